"""BUDGET: is there money for it, and how much?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice

from crm.leads.facts import Criterion, CriterionState
from crm.leads.reading.amounts import amounts, figures, in_currency_of
from crm.leads.reading.candidates import Candidate
from crm.leads.reading.sentences import Sentence
from crm.leads.reading.spans import spans

NAMES = re.compile(
    r"budget|kostenrahmen|preisrahmen|preisvorstellung|finanzrahmen|investitionssumme|investitionsvolumen"
    r"|auftragsvolumen"
    r"|price range|preislimit|haushaltsmittel|\bfunds\b|\blimit liegt|ballpark|spending limit|fördermittel",
    re.IGNORECASE,
)
"""The word itself."""
_TO_SPEND = re.compile(
    r"\b(?:eingeplant|veranschlagt|zur verfügung|stehen .{0,60}bereit|steht .{0,60}bereit|bereitgestellt"
    r"|bewilligt|genehmigt|freigegeben"
    r"|reserviert|vorgesehen|vorgestellt|angesetzt|money we have|to invest|pledged|to work with|mehr (?:als"
    r"|wie) .{2,40} nicht|ausgeben|investieren|aufwenden"
    r"|geld ist da|(?:sind|wäre|wären|ist|geht) (?:für uns )?(?:okay"
    r"|ok|in ordnung|machbar|drin)"
    r"|maximal|höchstens|nicht mehr als|set aside|(?:can|could|willing to|prepared to|able to|going to) (?:spend"
    r"|pay|invest|go)"
    r"|to spend|allocated|earmarked|approved|granted|reserved|available for|at our disposal|afford|up to"
    r"|not more than|no more than"
    r"|ceiling)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:ca\.?|circa|etwa|rund|ungefähr|so um die|roughly|about|around|approx\.?|approximately) ?$", re.IGNORECASE
)
_SPENDING = re.compile(r"\b(?:can|could) spend\b", re.IGNORECASE)
_UP_TO = re.compile(r"\b(?:bis(?: zu)?|max\.?|höchstens) ?$", re.IGNORECASE)
_OTHER_MONEY = re.compile(
    r"umsatz|umgesetzt|erwirtschaft\w*|last year|vergangenen jahr|turnover|revenue|gewinn|profit|\bseed\b"
    r"|\bround\b|raised|funding|valuation|bewertung|gehalt|salary"
    r"|\blohn|wage"
    r"|rechnung|invoice|gutschrift|refund|credit note|bestellung|bestellwert|rabatt|nachlass|skonto|discount"
    r"|stammkapital"
    r"|\bstatt\b|instead of|mahngebühr|strafe|\bfine\b|schaden|damage|stundensatz|hourly|bilanz|saved|gespart"
    r"|einspar|savings",
    re.IGNORECASE,
)
_PRICES = re.compile(
    r"\b(?:kostet|(?<!nicht )kosten(?! (?:bis|von maximal|dürfen))|preis\w*|listenpreis|costs?|prices?|priced|quoted"
    r"|pro stück|je stück|each|per unit"
    r"|per month|pro monat|plans? start|tarif|pauschal|zzgl|angeboten|offered)\b",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"(?:\b(?:noch |derzeit |aktuell |leider |momentan )*kein(?:e|en|erlei)? (?:\w+ )?(?:budget|etat|mittel|geld)\b"
    r"|budget\b.{0,50}\b(?:noch )?(?:nicht|nie) (?:\w+ ){0,2}(?:freigegeben|genehmigt|bewilligt|geklärt"
    r"|eingeplant|vorhanden|da\b|verabschiedet|beschlossen)"
    r"|budget (?:ist|is) (?:erschöpft|aufgebraucht|ausgeschöpft|exhausted|used up|frozen|eingefroren|gestrichen)"
    r"|budget\b.{0,50}\b(?:gestrichen|gekürzt|cancelled|been cut|eingefroren)"
    r"|\bno (?:\w+ )?(?:budget|funding|money)\b|\b(?:don't|do not|doesn't|does not|didn't|won't|haven't|have not"
    r"|hasn't|has not) (?:\w+ ){0,2}(?:any |a |the )?(?:\w+ )?budget"
    r"|\bbudget\b.{0,50}\b(?:not (?:yet )?(?:been )?(?:approved|available|released|signed off|allocated)"
    r"|hasn't been|has not been|isn't approved|still open))",
    re.IGNORECASE,
)
_DECIDED_LATER = re.compile(
    r"budget\b.{0,80}\b(?:entschieden|beschlossen|festgelegt|verabschiedet|decided|freigegeben|genehmigt"
    r"|approved|confirmed|finali[sz]ed|set)\b"
    r"|(?:entschieden|beschlossen|decided|freigabe|approval)\b.{0,40}budget",
    re.IGNORECASE,
)
_LATER = re.compile(r"\b(?:wird|werden|erst|will be|to be|gets|soll|should be|is expected)\b", re.IGNORECASE)
_THERE = re.compile(
    r"budget\b.{0,40}\b(?:ist|sind|wurde|wird|is|are|was|has been|have been|steht|haben wir|vorhanden)\b.{0,30}?"
    r"\b(?:freigegeben|genehmigt|bewilligt|vorhanden|gesichert|bereit|eingeplant|da|steht|approved|available"
    r"|signed off|secured|in place|confirmed|allocated|there)\b"
    r"|budget (?:steht|vorhanden|freigegeben|genehmigt|approved|available|secured|confirmed)\b"
    r"|\b(?:approved|allocated|secured|freigegebene[sn]?|genehmigte[sn]?) budget"
    r"|\b(?:wir haben|we have|we've got) (?:the |a |an |das |ein )?(?:\w+ )?budget\b",
    re.IGNORECASE,
)
MOST = 12
"""Amounts of one sentence that are looked at: a person writes fewer."""


def read_budget(sentence: Sentence, *, today: date, region: str | None) -> Iterator[Candidate]:
    """What one sentence says of money to spend."""
    text = sentence.text
    named = NAMES.search(text)
    none = _NONE.search(text)
    if named or none:
        yield from _undecided(sentence, none, today)
    if none:
        return
    spend = _TO_SPEND.search(text)
    is_plain = not sentence.asks and not _PRICES.search(text) and not _OTHER_MONEY.search(text)
    for amount in islice(amounts(text, region=region), MOST):
        start, end = sentence.clause(amount.start, amount.end)
        clause = text[start:end]
        if _OTHER_MONEY.search(clause):
            continue
        near = NAMES.search(text, max(0, start - 40), end) or _TO_SPEND.search(
            text, max(0, start - 40), min(len(text), end + 60)
        )
        if near and not (sentence.asks and not named) and (named or not _PRICES.search(clause)):
            yield Candidate(
                Criterion.BUDGET, CriterionState.MET, amount.start, amount.end, "budget.amount", 3, amount=amount.money
            )
        elif is_plain and (named or spend or _UP_TO.search(text, max(0, amount.start - 12), amount.start)):
            yield Candidate(
                Criterion.BUDGET, CriterionState.MET, amount.start, amount.end, "budget.amount", 2, amount=amount.money
            )
        elif is_plain and _ABOUT.search(text, max(0, amount.start - 20), amount.start):
            yield Candidate(
                Criterion.BUDGET, CriterionState.MET, amount.start, amount.end, "budget.roughly", 1, amount=amount.money
            )
    stated = named or (_SPENDING.search(text) if not _PRICES.search(text) else None)
    if stated and not sentence.asks:
        yield from _bare_figure(sentence, stated.end(), region)
    if named and not sentence.asks:
        there = _THERE.search(text)
        if there and not _LATER.search(there[0]):
            yield Candidate(Criterion.BUDGET, CriterionState.MET, there.start(), there.end(), "budget.approved", 1)


def _undecided(sentence: Sentence, none: re.Match[str] | None, today: date) -> Iterator[Candidate]:
    """The budget is decided on a day that is named: PENDING. Otherwise, where there is none: NOT_MET."""
    decided = _DECIDED_LATER.search(sentence.text)
    if decided and (none or _LATER.search(sentence.text)):
        for span in spans(sentence.text, today=today):
            if span.not_after and decided.start() - 40 <= span.start <= decided.end() + 40:
                start, end = min(decided.start(), span.start), max(decided.end(), span.end)
                yield Candidate(
                    Criterion.BUDGET, CriterionState.PENDING, start, end, "budget.decided_later", 5,
                    pending_until=span.not_after,
                )  # fmt: skip
                return
    if none and not sentence.asks:
        yield Candidate(Criterion.BUDGET, CriterionState.NOT_MET, none.start(), none.end(), "budget.none", 4)


def _bare_figure(sentence: Sentence, after: int, region: str | None) -> Iterator[Candidate]:
    """ "The budget is 5k": the currency is the country's, if that is known."""
    known = list(islice(amounts(sentence.text, region=region), MOST))
    for figure in figures(sentence.text[: after + 60]):  # of one phrase
        if figure.start < after or any(one.start <= figure.start < one.end for one in known):
            continue
        following = sentence.text[figure.end : figure.end + 2]
        if following[:1] not in ("", ".", ",", ";", "!", ")") and not re.match(
            r" (?:and|und|for|für|oder|or|pro|per|im|-|–)", sentence.text[figure.end : figure.end + 6]
        ):
            continue
        money = in_currency_of(figure.value, region)
        yield Candidate(
            Criterion.BUDGET, CriterionState.MET, figure.start, figure.end, "budget.figure", 2, amount=money
        )
        return
