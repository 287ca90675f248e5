"""From when to when: expressions of days with what joins them and what stands before them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from crm.leads.reading.days import Days, Expression, expressions, meant

_JOINED = re.compile(
    r",? ?(?:-|–|—|/|bis(?: zum| spätestens| einschließlich)?|to|until|through|till|and|und|oder|or)"
    r" ?(?:the|dem|den|zum|mit|im|in)?(?: dem)? ?",
    re.IGNORECASE,
)
_FILLERS = (
    r"(?:(?:the|dem|den|der|zum|zur|am|in|im|on|of|about|around|etwa|ca\.|latest|spätestens|mindestens"
    r"|einschließlich) )*$"
)
_BY = re.compile(
    r"(?<![\w])(?:bis|by|until|till|spätestens|zum|no later than|not later than|at the latest|deadline:?"
    r"|latest:?|frist:?"
    rf"|noch(?: in)?|zum [\w-]{{3,30}}(?= am )) {_FILLERS}",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?<![\w])(?<!nicht )(?<!not )(?:vor|before|prior to)"
    rf"(?: (?:de[nmr]|the|our|unser\w*)(?: [\w-]{{2,20}}){{1,3}}(?= (?:im|am|on|in) ))? {_FILLERS}",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"(?<![\w])(?:ab|from|starting(?: in| on| from)?|as of|as from|beginning(?: in| on)?|frühestens|earliest"
    r"|at the earliest"
    rf"|nicht vor|not before|onwards from|von) {_FILLERS}",
    re.IGNORECASE,
)
_AFTER = re.compile(rf"(?<![\w])(?:nach|after) {_FILLERS}", re.IGNORECASE)
_WINDOW = 40
"""Characters before an expression in which words for it are looked for."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, and where that stands in its sentence."""

    start: int
    end: int
    not_before: date | None
    not_after: date | None
    is_plain: bool
    """A day or month as such, without a word that makes it a bound."""


def spans(sentence: str, *, today: date, month_first: bool = False) -> list[Span]:
    """Every stretch of days that is not over."""
    found = expressions(sentence, today=today, month_first=month_first)
    read = []
    number = 0
    while number < len(found):
        one = found[number]
        following = found[number + 1] if number + 1 < len(found) else None
        joined = following and _JOINED.fullmatch(sentence, one.end, following.start)
        days = _range(one, following, today) if following and joined else None
        if following and days:
            read.append(Span(one.start, following.end, *_bounds(days), is_plain=False))
            number += 2
        else:
            span = _bounded(one, sentence, today)
            if span is not None:
                read.append(span)
            number += 1
    return [span for span in read if (span.not_after or span.not_before or today) >= today]


def _range(one: Expression, following: Expression, today: date) -> Days | None:
    first = meant(one, today, following.year)
    last = meant(following, today, one.year)
    if first is None or last is None:
        return None
    if last[1] < first[0] and following.year is None:
        last = following.in_year(first[0].year + 1)
    elif last[1] < first[0] and one.year is None:
        first = one.in_year(last[0].year - 1)
    if first is None or last is None or last[1] < first[0]:
        return None
    return first[0], last[1]


def _bounds(days: Days) -> tuple[date | None, date | None]:
    """Days without an end on one side are kept as the first or the last day there is."""
    return (None if days[0] == date.min else days[0]), (None if days[1] == date.max else days[1])


def _bounded(one: Expression, sentence: str, today: date) -> Span | None:
    days = meant(one, today)
    if days is None:
        return None
    first, last = _bounds(days)
    before = sentence[max(0, one.start - _WINDOW) : one.start]
    offset = one.start - len(before)
    day = timedelta(days=1)
    if first is None or last is None:
        return Span(one.start, one.end, first, last, is_plain=False)
    if found := _BY.search(before):
        return Span(offset + found.start(), one.end, None, last, is_plain=False)
    if found := _BEFORE.search(before):
        return Span(offset + found.start(), one.end, None, first - day, is_plain=False)
    if found := _FROM.search(before):
        return Span(offset + found.start(), one.end, first, None, is_plain=False)
    if found := _AFTER.search(before):
        return Span(offset + found.start(), one.end, last + day, None, is_plain=False)
    return Span(one.start, one.end, first, last, one.is_plain)
