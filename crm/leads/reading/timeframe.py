"""TIMEFRAME: by when?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from crm.leads.facts import Criterion, CriterionState
from crm.leads.reading.budget import NAMES as MONEY
from crm.leads.reading.candidates import Candidate
from crm.leads.reading.need import read_need
from crm.leads.reading.sentences import Sentence
from crm.leads.reading.spans import spans

_LABELLED = re.compile(
    r"(?:zeitraum|zeitrahmen|zeitplan|zeitlich|termin(?:wunsch)?|wunschtermin|liefertermin|lieferdatum|lieferung"
    r"|umsetzung|ausführung"
    r"|start|beginn|fertigstellung|time ?frame|time ?line|deadline|delivery(?: date)?|due(?: date)?|start date"
    r"|go-live|target(?: date)?)"
    r"(?: (?:is|ist|wäre))?:? [^,]{0,20}$",
    re.IGNORECASE,
)
_PURPOSE = re.compile(
    r"\b(?:brauch\w*|benötig\w*|such\w*|inter(?:ess|est)\w*|gesucht|planen|plant|geplant|möchte[nt]?|wollen|will"
    r"|soll(?:en|te|ten)?|müss(?:en|te|ten)|start\w*|go(?:ing)? live|launch\w*"
    r"|einführ\w*|umsetz\w*|liefer\w*|geliefert|montage|montier\w*|umzug|umziehen|eröffn\w*|veranstaltung\w*"
    r"|event|feier\w*|\w*jubiläum\w*|\w*party|hochzeit|married|heirat\w*|einsetzen|einsatz|verschoben|postponed"
    r"|projekt\w*|project|kick ?off|beginn\w*|begin|ready|fertig\w*|in place|eintreffen|stattfinden|erfolgen"
    r"|ausführung"
    r"|zeitraum|zeitrahmen|time ?line|time ?frame"
    r"|wunschtermin|liefertermin|switch\w*|umstell\w*|migrat\w*|migrier\w*|roll\w* ?out|bestellen"
    r"|kaufen|buy|purchase|need\w*|require\w*|looking|want\w*"
    r"|would like|plan(?:ning|s)?|target|deliver\w*|install\w*|in place|open(?:ing|s)?|be completed|completion"
    r"|goods|replace\w*|implement\w*|decide|entscheiden)\b",
    re.IGNORECASE,
)
_MEETING = re.compile(
    r"(?<!liefer)(?<!wunsch)(?<!end)\btermin\b(?!wunsch|:)|\btreffen\b|\btreffen wir|\bmeet(?:ing|s)?\b"
    r"|telefonier\w*|\bcall\b|besprechung|\b(?:um|at) [0-9]{1,2}(?::[0-9]{2})? ?(?:uhr|am|pm|h)?\b"
    r"|[0-9] ?(?:uhr|am|pm)\b|\bdemo (?:am|on)\b|webinar|urlaub|vacation|holiday\b|leave\b|\bback\b|zurück\b"
    r"|\bmelde\b|get back to|come back to|try again|talk again"
    r"|let (?:me|us) know|please (?:send|confirm|reply|respond)|(?:zu)?schicken|(?:zu)?senden|\bfix\b|\bbug\b"
    r"|\berror\b|störung|wieder (?:da|im büro|erreichbar)|erreichbar"
    r"|bescheid|rückmeld\w*|rückruf|reply|respond|feedback|abwesen\w*|verfügbar für|available for a|angerufen"
    r"|wiedervorlage|follow up",
    re.IGNORECASE,
)
_REPLY_BY = re.compile(
    r"\b(?:angebots?(?:abgabe)?|antwort|rückmeldung|offer|quot(?:e|ation)|proposal|reply|answer|bids?|your decision"
    r"|ihre entscheidung)\b[^,.]{0,25}$",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:hatten?|haben wir|gekauft|bestellt|gelieferte?n?|wurden?|waren?|seit|since|letzte[nrsm]?"
    r"|vergangene[nrsm]?|last|ago|bought|purchased|ordered|met|was|were"
    r"|closed|founded|gegründet|vom(?! [0-9]{1,2}\.? ?(?:[a-zä]{3,9} )?(?:bis|-|–))|dated|rechnung\w*|invoice\w*"
    r"|bestellung|bestellnummer|valid until|gültig bis"
    r"|gültig ab|preisliste|renews?|läuft|expires?|kündig\w*|geboren|born"
    r"|stand|all the best|frohes|happy new|vor (?:zwei|drei|vier|[0-9]+)|umsatz|revenue|turnover|arbeitstag\w*"
    r"|öffnungszeiten|opening hours)\b",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"\b(?:kein(?:e|en)? (?:\w+ )?(?:zeitplan|zeitrahmen|eile|zeitdruck|termin(?:druck)?)\b|(?:zeitplan"
    r"|zeitrahmen)\b.{0,30}\b(?:noch nicht|noch offen|unklar|steht nicht)"
    r"|eilt nicht|hat keine eile|no (?:\w+ )?(?:time ?line|time ?frame|deadline|schedule)(?: yet)?\b"
    r"|(?:time ?line|time ?frame) (?:is )?(?:still )?(?:open|unclear|not (?:yet )?(?:set|fixed|defined|decided)))",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"\b(?:and|und|but|aber)\b", re.IGNORECASE)
MOST = 12
"""Expressions of one sentence that are looked at: a person writes fewer."""


def read_timeframe(sentence: Sentence, *, today: date, month_first: bool) -> Iterator[Candidate]:
    """What one sentence says of when it is wanted."""
    text = sentence.text
    none = _NONE.search(text)
    if none:
        yield Candidate(Criterion.TIMEFRAME, CriterionState.NOT_MET, none.start(), none.end(), "timeframe.none", 1)
    for span in spans(text, today=today, month_first=month_first)[:MOST]:
        start, end = sentence.clause(span.start, span.end)
        clause = text[start:end]
        before = text[max(0, span.start - 60) : span.start]
        labelled = _LABELLED.search(before) is not None
        if _MEETING.search(clause) or _PAST.search(clause):
            continue
        money = MONEY.search(clause)
        if money and not labelled and not _GOES_ON.search(clause, money.end(), max(0, span.start - start)):
            continue  # the year of the budget, or when it is decided
        if _REPLY_BY.search(before) and not labelled:
            continue
        if span.is_plain and not labelled and (sentence.asks or _MEETING.search(text)):
            continue
        purposeful = _PURPOSE.search(text) is not None or read_need(sentence) is not None
        weight = 4 if labelled else 2 if span.is_plain else 3
        rule = "timeframe.named" if labelled else "timeframe.day" if span.is_plain else "timeframe.bound"
        yield Candidate(
            Criterion.TIMEFRAME, CriterionState.MET, span.start, span.end, rule, weight,
            not_before=span.not_before, not_after=span.not_after, only_with_need=not purposeful,
        )  # fmt: skip
