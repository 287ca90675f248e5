"""Which parts of a text are its writer's own words: no quoted older mail, no signature, nothing that machines send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from crm.leads.reading.sentences import Sentence, sentences

LONGEST = 20_000
"""Characters that are read; what comes after them is not."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_WROTE = re.compile(r"(?:am|on|le) .{6,200}(?:schrieb|wrote|a écrit)\b.{0,120}:$", re.IGNORECASE)
_WROTE_BEGINS = re.compile(r"(?:am|on) .{0,40}[0-9]", re.IGNORECASE)
_ORIGINAL = re.compile(
    r"[-_ ]{2,20}(?:original message|ursprüngliche nachricht|originalnachricht|forwarded message"
    r"|weitergeleitete nachricht)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"[*]?(?:von|from|gesendet|sent|datum|date|an|to|betreff|subject|cc)[*]?: ?[*]?", re.IGNORECASE)
_CLOSING = re.compile(
    r"(?:mit (?:den )?(?:freundlich|best|herzlich|lieb|sonnig|vielen)\w* (?:grüßen?|grüssen?|gruß|gruss|empfehlungen)"
    r"|(?:viele|beste|freundliche|liebe|herzliche|schöne|sonnige|danke und|besten dank und|vielen dank und)?"
    r" ?(?:grüße|grüsse|gruß|gruss)|mfg|lg|vg|bg|hochachtungsvoll"
    r"|(?:with )?(?:best|kind|warm|many)(?:est)?(?: (?:regards|wishes|thanks))?|regards|cheers|sincerely"
    r"|(?:many )?thanks"
    r"|thank you|danke|yours(?: (?:sincerely|faithfully|truly))?|sent from my .{1,30}|von meinem .{1,30} gesendet)"
    r"(?: aus [\w-]{2,30})?(?:[,.!]? [\w.-]{2,20}){0,2}[,.!]?",
    re.IGNORECASE,
)
_DASHES = re.compile(r"(?:--|—|__+)")
_POSTSCRIPT = re.compile(r"p\.? ?s\.?[: ]", re.IGNORECASE)
_NAME = re.compile(r"[A-ZÄÖÜ][^0-9]{0,50}")
_SAYS_SOMETHING = re.compile(
    r"\b(?:(?:need|brauch|such|benötig|look|möcht|want|interes|anfrag|angebot|quot|liefer|deliver)[a-zäöü]{0,6}"
    r"|bitte|please|budget|wir|we|ich|i|is|are|ist|sind)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?:[-*•·]|[0-9]{1,2}[.)]) |[\w][\w /()-]{1,30}: ")
_LONG_LINE = 45
"""Characters from which a line may have been broken because it was full."""

_MACHINE = re.compile(
    r"\b(?:unsubscribe|view (?:this email )?in (?:your )?browser|newsletter abmelden|vom newsletter|abbestellen"
    r"|im browser (?:ansehen|öffnen)|automated message|automatic(?:ally generated)? (?:reply|message)|auto-?reply"
    r"|do[ -]?not reply to this|please do not reply|out of (?:the )?office|on (?:annual|parental|sick"
    r"|maternity) leave"
    r"|abwesenheitsnotiz|automatische (?:antwort|nachricht|e-?mail)|nicht im (?:büro|haus)|außer haus"
    r"|nicht weitergeleitet"
    r"|(?:undeliverable|delivery status notification|unzustellbar))\b",
    re.IGNORECASE,
)
_BUSINESS_OF_OTHERS = re.compile(
    r"\b(?:ihre bestellung|your (?:order|subscription|invoice|payment)\b|gesamtbetrag|has shipped|(?:unsere"
    r"|ihre) rechnung"
    r"|(?:our|your|the attached) invoice|zahlbar|payable|zahlungserinnerung|mahnung|pleased to offer|wir bieten ihnen"
    r"|we can offer you|unser angebot für sie|bewerbe mich|meine bewerbung|gehaltsvorstellung|lebenslauf|my cv\b"
    r"|salary expectation|hiring (?:team|manager)|remove me from)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Passages:
    """The parts of a text that are read."""

    body: list[Sentence] = field(default_factory=list)
    """What the writer says; empty where a machine wrote, or it is about an invoice, an application and the like."""
    signature: list[Sentence] = field(default_factory=list)
    """The lines in which the writers say who they are, each as one sentence."""


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str


def passages(text: str) -> Passages:
    """Take a text apart."""
    own = list(_own(_lines(text[:LONGEST])))
    body, signature = _parted(own)
    said = " ".join(line.text for line in body)
    found = Passages()
    by_machine = _MACHINE.search(said) or _MACHINE.search(" ".join(line.text for line in signature))
    if not by_machine and not _BUSINESS_OF_OTHERS.search(said):
        for paragraph in _paragraphs(body):
            found.body += sentences(text, ((line.start, line.end) for line in paragraph))
    for line in signature:
        found.signature += sentences(text, [(line.start, line.end)])
    return found


def _lines(text: str) -> list[_Line]:
    lines = []
    for found in _LINE.finditer(text):
        whole = found[0]
        stripped = whole.strip()
        start = found.start() + (len(whole) - len(whole.lstrip()))
        lines.append(_Line(start, start + len(stripped), " ".join(stripped.split())))
    return lines


def _own(lines: list[_Line]) -> Iterator[_Line]:
    """Without quoted mail, whichever way it is quoted."""
    skipped = False
    for number, line in enumerate(lines):
        if skipped:
            skipped = False
            continue
        if line.text.startswith(">"):
            yield _Line(line.start, line.start, "")
            continue
        following = lines[number + 1].text if number + 1 < len(lines) else ""
        wrapped = bool(_WROTE_BEGINS.match(line.text)) and bool(
            _WROTE.fullmatch(f"{line.text[:200]} {following[:160]}")
        )
        if wrapped or _WROTE.fullmatch(line.text[:400]):
            skipped = wrapped
            after = lines[number + 1 + wrapped : number + 4 + wrapped]
            if not any(one.text.startswith(">") for one in after):
                return
            continue
        if _ORIGINAL.match(line.text) or (_HEADER.match(line.text) and _HEADER.match(following)):
            return
        yield line


def _parted(own: list[_Line]) -> tuple[list[_Line], list[_Line]]:
    """(body, signature)."""
    body: list[_Line] = []
    signature: list[_Line] = []
    signed = begun = False
    for line in own:
        if signed and _POSTSCRIPT.match(line.text):
            signed = False
        elif not signed and begun:
            short = len(line.text) <= 60
            signed = bool(_DASHES.fullmatch(line.text)) or (short and bool(_CLOSING.fullmatch(line.text)))
        begun = begun or bool(line.text)
        (signature if signed else body).append(line)
    if not signature:
        signature = _last_lines(body)
        body = body[: len(body) - len(signature)]
    return body, signature


def _last_lines(body: list[_Line]) -> list[_Line]:
    """The name and title below a text that ends without a greeting: up to three short lines after an empty one."""
    last = len(body)
    while last and not body[last - 1].text:
        last -= 1
    first = last
    while first and body[first - 1].text and last - first < 4:
        first -= 1
    block = body[first:last]
    is_signed = (
        0 < len(block) <= 3
        and first > 0
        and not body[first - 1].text
        and any(line.text for line in body[:first])
        and all(len(line.text) <= 70 and not line.text.endswith((".", "?", "!", ":")) for line in block)
        and bool(_NAME.fullmatch(block[0].text))
        and not any(_SAYS_SOMETHING.search(line.text) for line in block)
    )
    return body[first:] if is_signed else []


def _paragraphs(lines: list[_Line]) -> Iterator[list[_Line]]:
    """Lines that are one text: broken only because they were full."""
    current: list[_Line] = []
    for line in lines:
        full = bool(current) and len(current[-1].text) >= _LONG_LINE
        if current and (not line.text or not full or _LABEL.match(line.text)):
            yield current
            current = []
        if line.text:
            current.append(line)
    if current:
        yield current
