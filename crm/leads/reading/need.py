"""NEED: what is needed? The sentence that says so."""

from __future__ import annotations

import re

from crm.leads.facts import Criterion, CriterionState
from crm.leads.reading.candidates import Candidate
from crm.leads.reading.sentences import Sentence

_STRONG = re.compile(
    r"\b(?:suchen?|sucht|gesucht|benötig(?:e|en|t|ten)|brauch(?:e|en|t|ten)|bräuchten?|interessier(?:e|en"
    r"|t) (?:uns|mich|sich)|interesse an|beschaffung (?:von|eine[rs])|anschaffung (?:von|eine[rs])"
    r"|what we(?:\'re| are) after|we(?:\'re| are) after"
    r"|(?:auf der )?suche nach|bedarf(?: an|:| für)|hätten? .{2,60} bedarf|bestellen wir|wir bestellen"
    r"|wants? (?:to )?(?:order|buy)|bitte[nt]? .{0,40}\b(?:angebot|offerte|kostenvoranschlag)"
    r"|angebot (?:für|über|zu)|offerte (?:für|über)"
    r"|bieten sie uns\b.{1,200}\ban\b|(?:an|preis)frage (?:zu|zum|zur|für|bezüglich|bzgl|wegen|über)"
    r"|geht (?:uns )?um (?:ein|die|den|das)"
    r"|ihr angebot|ausschreibung"
    r"|looking (?:for|to (?!hearing)|into)|in need of|needs? (?!to\b)|need to (?:replace|buy|find|order|upgrade"
    r"|renew|equip|purchase|get new)|requir(?:e|es|ing)"
    r"|interested in|in the market for|searching for|seeking|request(?:ing)? (?:for )?(?:a |an )?(?:quot|offer"
    r"|proposal|pricing)"
    r"|(?:send|give|provide|make)\b.{0,20}\b(?:a |an |your )?(?:quot(?:e|ation)|offer|proposal)\b|quot(?:e"
    r"|ation)s? for|evaluating|exploring|rf[qpi]\b)",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"\b(?:(?:möchten?|will|wollen|würden?) .{2,200}\b\w{3,}(?:en|ern|eln)\b|plan(?:en|t|e)\b|soll(?:en"
    r"|te)? .{2,150}\b(?:raussuchen|finden|beschaffen|anschaffen|kaufen|besorgen|bestellen)"
    r"|soll(?:en)? .{2,150}\b(?:abgelöst|ersetzt|erneuert|modernisiert|eingeführt|umgestellt|angeschafft) werden"
    r"|to invest in|denken über .{2,120} nach|überlegen|hätten? (?:gern|gerne)\b|(?:would|'d) (?:like"
    r"|love) to \w+"
    r"|wants? to \w+|plan(?:ning|s)? to \w+|considering|hop(?:e|ing) to \w+|putting together|organi[sz]ing"
    r"|(?:wir|ich) (?:organisiere|veranstalte)n?|thinking (?:about|of))",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"\b(?:(?:would|'d) (?:like|love) to|wants? to|planning to) (?:know|ask|thank|inform|confirm|schedule|meet"
    r"|talk|speak|discuss|hear|share|introduce|invite|let|make sure|cancel|move|apologi[sz]e|say|start|kick|go"
    r"|come|see|return|complain|point|offer|present|show)\b"
    r"|\b(?:möchten?|wollen|will|würden?|hätten?)\b.{0,120}\b(?:bedanken|fragen|wissen|informieren|bestätigen"
    r"|kündigen|vereinbaren|besprechen|sprechen|treffen|einladen|mitteilen|hinweisen"
    r"|entschuldigen|vorstellen|verschieben|absagen|stornieren|reklamieren|beschweren|danken|telefonieren|melden"
    r"|anbieten|anrufen|zurückgeben|teilnehmen)\b",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:kein(?:e|en|erlei)? (?:\w+ ){0,2}(?:interesse|bedarf|suche)|nicht interessiert|(?:brauch|benötig"
    r"|such)\w*\b.{0,40}\b(?:nicht|kein\w*)\b|nicht mehr (?:brauch|benötig)"
    r"|not (?:really |currently )?(?:interested|looking|needed|required)|no longer|(?:don't|do not|doesn't"
    r"|does not|didn't|won't) (?:\w+ )?(?:need|require|want|have to)|no need"
    r"|looking forward|look forward|wunschlos)\b",
    re.IGNORECASE,
)
_OF_YOU = re.compile(
    r"\b(?:(?:are|were) you|do you|if you|you (?:may |might |will |can )?(?:need|require|are looking|want)"
    r"|(?:suchen|brauchen|benötigen|planen|möchten|wollen|interessieren) sie\b"
    r"|sie (?:suchen|brauchen|benötigen|möchten|planen|wollen|sich)|(?:falls|wenn|sollten|sofern) sie"
    r"|brauchst du|suchst du)",
    re.IGNORECASE,
)
_TRIFLES = re.compile(
    r"\b(?:brauch\w*|benötig\w*|need|require|such\w*|bitte\w*)\b.{0,40}?\b(?:auskunft|hilfe\b|techniker|assistance"
    r"|information(?:en)?\b(?! system)|rückruf|rückmeldung|unterschrift|adresse|iban|bestätigung|antwort|kopie"
    r"|rechnung|gutschrift|termin\b|decision|entscheidung|fix\b|bug ?fix|hotfix|patch\b|workaround|reset"
    r"|password|passwort|reply|answer|signature"
    r"|your (?:address|bank|vat)|approval|invoice|receipt|a (?:few|couple) (?:of )?(?:days|minutes|weeks)"
    r"|help with (?:my|the) (?:login|account)|support (?:with|for) my)"
    r"|\b(?:stelle als|stelle|praktikum|position as|job\b|internship|ausbildungsplatz|mitarbeiter/in|werkstudent)\b"
    r"|\b(?:wohnung|beta testers|auftraggeber|neue kunden|aufträge|experts to interview|interview(?:partner)?\w*"
    r"|volunteers|sponsors?|investors?|investoren|praktikant\w*)\b|\bdelivery is required\b"
    r"|\blieferung wird .{0,20}benötigt",
    re.IGNORECASE,
)


def read_need(sentence: Sentence) -> Candidate | None:
    """The sentence, if it states a need."""
    text = sentence.text
    if _NOT.search(text) or _OF_YOU.search(text) or _TRIFLES.search(text):
        return None
    strong = _STRONG.search(text)
    if strong is None and (_POLITE.search(text) or sentence.asks):
        return None
    found = strong or _WEAK.search(text)
    if found is None:
        return None
    rule = "need.stated" if strong else "need.intended"
    return Candidate(Criterion.NEED, CriterionState.MET, 0, len(text), rule, 2 if strong else 1, need=text[:500])
