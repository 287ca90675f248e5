"""Sentences of a text, on one line each, that remember where their letters stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST = 600
"""Characters of a sentence. Longer ones are read in pieces, so that reading takes time linear in the text."""

_END = re.compile(r"[.!?…]+[\"”“»)]?(?= )|[;•](?= )")
_ABBREVIATED = re.compile(
    r"(?:^|[ (])(?:ca|z\. ?B|d\. ?h|u\. ?a|i\. ?[AV]|ppa|Mio|Mrd|Tsd|Nr|Stk|Abt|Tel|No|Dr|Prof|Dipl|Ing|Hr|Hrn"
    r"|Fr|Mr|Mrs|Ms"
    r"|St|Str|inkl|"
    r"incl|exkl|excl|zzgl|bzw|bzgl|evtl|ggf|max|min|mind|approx|etc|vs|e\. ?g|i\. ?e|Jan|Feb|Mär|Mrz|Apr|Jun|Jul|Aug|"
    r"Sept?|Okt|Oct|Nov|Dez|Dec|[A-ZÄÖÜ])$",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?:^|[^0-9.])[0-9]{1,2}$")
_AFTER_ORDINAL = re.compile(
    r" (?:[a-zäöü0-9]|januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|"
    r"quartal|halbjahr|kalenderwoche|kw)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Letters with single spaces between the words."""

    text: str
    places: tuple[int, ...]
    """Where each letter stands in the text that was given."""

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of the sentence stands in the text that was given."""
        return self.places[start], self.places[end - 1] + 1

    @property
    def asks(self) -> bool:
        return self.text.rstrip('"”“») ').endswith("?")

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """From comma to comma (or dash, or colon) around a part of the sentence."""
        left = max(
            (self.text.rfind(mark, 0, start) + len(mark) for mark in _MARKS if mark in self.text[:start]), default=0
        )
        rights = [self.text.find(mark, end) for mark in _MARKS]
        return left, min((right for right in rights if right >= 0), default=len(self.text))


_MARKS = (", ", " – ", " - ", ": ", " (", ") ", "; ", " aber ", " but ")


def sentences(text: str, lines: Iterable[tuple[int, int]]) -> Iterator[Sentence]:
    """The sentences of lines that belong together, each (start, end) in the text."""
    letters: list[str] = []
    places: list[int] = []
    for start, end in lines:
        for place in range(start, end):
            letter = text[place]
            if not letter.isspace():
                letters.append(letter)
            elif letters and letters[-1] != " ":
                letters.append(" ")
            else:
                continue
            places.append(place)
        if letters and letters[-1] != " ":
            letters.append(" ")
            places.append(end)
    joined = "".join(letters)
    begin = 0
    for cut in (*_cuts(joined), len(joined)):
        for piece in range(begin, cut, LONGEST):
            yield from _trimmed(joined, places, piece, min(piece + LONGEST, cut))
        begin = cut


def _cuts(joined: str) -> Iterator[int]:
    for found in _END.finditer(joined):
        if found[0].startswith("."):
            before = joined[max(0, found.start() - 12) : found.start()]
            after = joined[found.end() : found.end() + 16]
            if _ABBREVIATED.search(before) or (_ORDINAL.search(before) and _AFTER_ORDINAL.match(after)):
                continue
        yield found.end()


def _trimmed(joined: str, places: list[int], start: int, end: int) -> Iterator[Sentence]:
    while start < end and joined[start] == " ":
        start += 1
    while end > start and joined[end - 1] == " ":
        end -= 1
    if start < end:
        yield Sentence(joined[start:end], tuple(places[start:end]))
