"""Days and stretches of days as people write them, in German and English, one expression at a time.

What is joined out of several, and what stands before it ("bis", "from … to"), is in ``spans``.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

Days = tuple[date, date]
"""The first and the last day."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression, and where it stands in its sentence."""

    start: int
    end: int
    in_year: Callable[[int], Days | None]
    """Its days in a given year; None where there are none (30 February)."""
    year: int | None
    """The year it names; relative ones have one too. None: the year is meant that comes next."""
    is_plain: bool = False
    """A day or month as such: by itself it says nothing of what happens then."""
    is_day: bool = False


_MONTHS = {
    "januar": 1, "jänner": 1, "january": 1, "februar": 2, "feber": 2, "february": 2, "märz": 3, "maerz": 3, "march": 3,
    "april": 4, "mai": 5, "may": 5, "juni": 6, "june": 6, "juli": 7, "july": 7, "august": 8, "september": 9,
    "oktober": 10, "october": 10, "november": 11, "dezember": 12, "december": 12,
}  # fmt: skip
_SHORT = {
    "jan": 1, "feb": 2, "mär": 3, "mrz": 3, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9,
    "okt": 10, "oct": 10, "nov": 11, "dez": 12, "dec": 12,
}  # fmt: skip
_ORDINALS = {"erst": 1, "zweit": 2, "dritt": 3, "viert": 4, "first": 1, "second": 2, "third": 3, "fourth": 4}
_COUNTS = {
    **{word: n for n, word in enumerate("null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf".split())},
    **{word: n for n, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())},
    "einem": 1, "einer": 1, "einen": 1, "eines": 1, "a": 1, "an": 1, "the next": 1, "a couple of": 2, "a few": 3,
    "ein paar": 3, "wenigen": 3,
}  # fmt: skip

_YEAR = r"(?P<year>20[0-9]{2})(?![0-9])"
_OF_YEAR = rf"(?:,? (?:of |in |des jahres )?{_YEAR})?"
_LONG = "|".join(_MONTHS)
_ANY = rf"(?:{_LONG}|(?:{'|'.join(sorted(_SHORT, key=len, reverse=True))})(?![\w]))"
_PART = (
    r"(?:(?P<part>anfang|beginn|mitte|ende|early|mid|late|(?:the )?(?:end|beginning|start|middle)(?: of)?(?: the)?)"
    r"[ -](?:des |der |diese[sn] |im |of |in |the )?)?"
)
_NEXT = (
    r"(?P<which>nächste[rsnm]?|kommende[rsnm]?|next|coming|diese[rsnm]?|laufende[rsnm]?|aktuelle[rsnm]?|this|current)"
)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w])(?:{pattern})(?![\w])", re.IGNORECASE)


_ISO = re.compile(r"(?<![\w.-])(20[0-9]{2})-([0-9]{2})-([0-9]{2})(?![\w-])")
_DOTTED = re.compile(r"(?<![\w.,])([0-9]{1,2})\. ?([0-9]{1,2})\.(?: ?(20[0-9]{2}|[0-9]{2})(?![0-9]))?(?![0-9])")
_SLASHED = re.compile(r"(?<![\w/.])([0-9]{1,2})/([0-9]{1,2})/(20[0-9]{2}|[0-9]{2})(?![\w/])")
_DAY_MONTH = _compiled(
    rf"(?:(?P<from>[0-9]{{1,2}})(?:\.|st|nd|rd|th)? ?(?:-|–|bis(?: zum)?|to|und|and) ?)?"
    rf"(?P<day>[0-9]{{1,2}})(?:\.|st|nd|rd|th)? ?(?:of )?(?P<month>{_ANY})\.?{_OF_YEAR}"
)
_MONTH_DAY = _compiled(
    rf"(?P<month>{_ANY})\.? (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?![0-9%]|[.:][0-9])(?:,? {_YEAR})?"
)
_MONTH = _compiled(rf"{_PART}(?P<month>{_LONG}){_OF_YEAR}")
_QUARTER = _compiled(
    rf"{_PART}(?:q ?(?P<q>[1-4])|(?P<qq>[1-4])\. quartals?|(?P<word>(?:erst|zweit|dritt|viert)(?=e[snmr]?)|first"
    rf"|second|third|fourth)"
    rf"(?:e[snmr]?)? (?:quartals?|quarter))(?:[ /.'’-]{{1,2}}(?:of |in )?{_YEAR})?"
)
_HALF = _compiled(
    rf"(?:h(?P<h>[12])|(?P<hh>[12])\. (?:jahreshälfte|halbjahr)(?:es)?|(?P<word>(?:erst|zweit)(?=e)|first|second)"
    rf"(?:e[snmr]?)? (?:halbjahr|jahreshälfte|half(?: of the year)?))(?:[ /.'’-]{{1,2}}(?:of |in )?{_YEAR})?"
)
_WEEK = _compiled(
    rf"(?:(?P<first>[0-9]{{1,2}})\. ?(?:kw|kalenderwoche)|(?:kw|cw|kalenderwoche|calendar week|week)\.? ?"
    rf"(?P<week>[0-9]{{1,2}})(?![0-9%]|[.,:][0-9]))(?: ?[-/ ] ?{_YEAR})?"
)
_NAMED = _compiled(
    rf"{_PART}{_NEXT} (?P<unit>woche|week|monate?s?|month|quartale?s?|quarter|jahre?s?|year|frühjahrs?"
    rf"|frühlings?|spring"
    r"|sommers?|summer|herbst(?:es)?|autumn|fall|winters?)"
)
_SEASON = _compiled(
    rf"(?:{_PART}(?P<season>frühjahr|frühling|spring|sommer|summer|herbst|autumn|fall|winter)(?: of)? {_YEAR}"
    r"|im (?P<im>frühjahr|frühling|sommer|herbst|winter)(?! 20)|in (?:the )?(?P<in>spring|summer|autumn|fall"
    r"|winter)(?! of 20| 20))"
)
_YEAR_END = _compiled(
    rf"jahresende|jahreswechsel|ende (?:des |dieses )?jahr(?:es)?|(?:the )?year[ -]?end|(?:the )?end of (?:the "
    rf"|this )?year(?: {_YEAR})?"
)
_WHOLE_YEAR = _compiled(
    rf"(?:(?P<part>anfang|mitte|ende|early|mid|late|(?:the )?end of)[ -]|in |auf |für |im jahr "
    rf"|im lauf(?:e)? (?:von )?){_YEAR}"
)
_COUNTED = "|".join(sorted(_COUNTS, key=len, reverse=True))
_WITHIN = _compiled(
    r"(?:in|innerhalb(?: von| der)?|binnen|within|over)(?: the| den| der)?(?: next| nächsten| kommenden| coming)?"
    rf" (?:(?:ca\.?|etwa|about|around|maximal|spätestens) )?(?P<n>[0-9]{{1,3}}|{_COUNTED})"
    r"(?:(?: bis | to | ?[-–] ?| oder | or )(?P<m>[0-9]{1,3}|\w{2,7}))?"
    r" (?P<unit>tage?n?|days?|werktage?n?|wochen?|weeks?|monate?n?|months?)(?: time)?"
)
_SOON = _compiled(
    r"so (?:schnell|bald|rasch|zeitnah) (?:es )?(?:wie|als) (?:möglich|es geht)|so (?:schnell"
    r"|bald)(?: es)? (?:wie )?geht|baldmöglichst|schnellstmöglich|"
    r"baldigst|asap|a\.s\.a\.p\.|as soon as (?:possible|you can)|as quickly as possible|immediately|right away"
    r"|sofort lieferbar"
)
_AT_ONCE = _compiled(r"ab sofort|with immediate effect|starting now|from now on")
_AFTER_SUMMER = _compiled(
    r"nach (?:den |der |dem )?(?:sommerferien|sommerpause|sommer)|after (?:the )?summer(?: holidays| break"
    r"| vacation)?"
)

_SEASONS = {
    "frühjahr": 3, "frühling": 3, "spring": 3, "sommer": 6, "summer": 6, "herbst": 9, "autumn": 9, "fall": 9,
    "winter": 12,
}  # fmt: skip
SOON = timedelta(days=30)
"""What "as soon as possible" comes to."""
_JUST_PAST = timedelta(days=60)


def expressions(sentence: str, *, today: date, month_first: bool = False) -> list[Expression]:
    """Every expression, in order; where two overlap, the one that begins first, and then the longer one."""
    found = [one for read in _READERS for one in read(sentence, today)]
    found += _slashed(sentence, month_first)
    found.sort(key=lambda one: (one.start, -one.end))
    chosen: list[Expression] = []
    for one in found:
        if not chosen or one.start >= chosen[-1].end:
            chosen.append(one)
    return chosen


def meant(expression: Expression, today: date, year: int | None = None) -> Days | None:
    """Its days: in the year it names, else in ``year``, else the next ones that are not over."""
    wanted = expression.year or year
    if wanted is not None:
        return expression.in_year(wanted)
    days = expression.in_year(today.year)
    if days is not None and days[1] >= today:
        return days
    if days is not None and expression.is_day and today - days[1] <= _JUST_PAST:
        return days  # whoever means a day of next year says so when this year's has just been
    return expression.in_year(today.year + 1)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _one_day(found: re.Match[str], year: str | None, month: int, day: int, first: int | None = None) -> Expression:
    def in_year(year: int) -> Days | None:
        last = _day(year, month, day)
        begin = _day(year, month, first) if first else last
        return (begin, last) if begin and last and begin <= last else None

    return Expression(found.start(), found.end(), in_year, _year(year), is_plain=True, is_day=first is None)


def _year(written: str | None) -> int | None:
    if not written:
        return None
    return int(written) if len(written) == 4 else 2000 + int(written)


def _iso(sentence: str, _: date) -> Iterator[Expression]:
    for found in _ISO.finditer(sentence):
        yield _one_day(found, found[1], int(found[2]), int(found[3]))


def _dotted(sentence: str, _: date) -> Iterator[Expression]:
    for found in _DOTTED.finditer(sentence):
        if 1 <= int(found[2]) <= 12 and 1 <= int(found[1]) <= 31:
            yield _one_day(found, found[3], int(found[2]), int(found[1]))


def _slashed(sentence: str, month_first: bool) -> Iterator[Expression]:
    for found in _SLASHED.finditer(sentence):
        a, b = int(found[1]), int(found[2])
        day, month = (b, a) if (month_first or b > 12) and a <= 12 else (a, b)
        yield _one_day(found, found[3], month, day)


def _month_of(word: str) -> int:
    return _MONTHS.get(word.casefold()) or _SHORT[word.casefold()]


def _day_month(sentence: str, _: date) -> Iterator[Expression]:
    for found in _DAY_MONTH.finditer(sentence):
        first = int(found["from"]) if found["from"] else None
        yield _one_day(found, found["year"], _month_of(found["month"]), int(found["day"]), first)


def _month_day(sentence: str, _: date) -> Iterator[Expression]:
    for found in _MONTH_DAY.finditer(sentence):
        if found["month"][0].isupper():
            yield _one_day(found, found["year"], _month_of(found["month"]), int(found["day"]))


_MAY = re.compile(
    r"(?:in|by|of|mid|mid-|end|until|till|from|or|and|to|early|late|this|next|before|after|for|since|during|–|-"
    r"|/) ?$",
    re.I,
)


def _months(sentence: str, _: date) -> Iterator[Expression]:
    for found in _MONTH.finditer(sentence):
        word, month = found["month"], _month_of(found["month"])
        if word in ("may", "march"):  # which are words of their own
            continue
        if word == "May" and not (
            found["part"] or found["year"] or _MAY.search(sentence[max(0, found.start() - 8) : found.start()])
        ):
            continue
        yield Expression(
            found.start(), found.end(), _of_months(month, month, found["part"]), _year(found["year"]),
            is_plain=not found["part"],
        )  # fmt: skip


def _of_months(first: int, last: int, part: str | None = None) -> Callable[[int], Days]:
    """The days from one month to another (13 is the next year's January), or their beginning, middle or end."""

    def in_year(year: int) -> Days:
        begin = date(year + (first - 1) // 12, (first - 1) % 12 + 1, 1)
        end_year, end_month = year + (last - 1) // 12, (last - 1) % 12 + 1
        return _part(begin, date(end_year, end_month, monthrange(end_year, end_month)[1]), part)

    return in_year


def _part(first: date, last: date, part: str | None) -> Days:
    """Of a month the days to the 10th, to the 20th and from the 21st; of whole months a third of them; else of days."""
    if part is None:
        return first, last
    days, months = (last - first).days + 1, round((last - first).days / 30.4)
    if months > 1:
        begins = [_of_months(first.month + months * third // 3, first.month)(first.year)[0] for third in (0, 1, 2)]
    else:
        third = 10 if months else max(1, days // 3)
        begins = [first + timedelta(days=third * number) for number in (0, 1, 2)]
    word = part.casefold()
    if any(sign in word for sign in ("anfang", "beginn", "early", "start")):
        return first, begins[1] - timedelta(days=1)
    if any(sign in word for sign in ("mitte", "mid")):
        return begins[1], begins[2] - timedelta(days=1)
    return begins[2], last


def _quarters(sentence: str, _: date) -> Iterator[Expression]:
    for found in _QUARTER.finditer(sentence):
        number = int(found["q"] or found["qq"] or _ORDINALS[found["word"].casefold()])
        in_year = _of_months(3 * number - 2, 3 * number, found["part"])
        yield Expression(found.start(), found.end(), in_year, _year(found["year"]))


def _halves(sentence: str, _: date) -> Iterator[Expression]:
    for found in _HALF.finditer(sentence):
        number = int(found["h"] or found["hh"] or _ORDINALS[found["word"].casefold()])
        yield Expression(found.start(), found.end(), _of_months(6 * number - 5, 6 * number), _year(found["year"]))


def _weeks(sentence: str, _: date) -> Iterator[Expression]:
    for found in _WEEK.finditer(sentence):
        yield Expression(
            found.start(), found.end(), _of_week(int(found["week"] or found["first"])), _year(found["year"])
        )


def _of_week(week: int) -> Callable[[int], Days | None]:
    def in_year(year: int) -> Days | None:
        try:
            monday = date.fromisocalendar(year, week, 1)
        except ValueError:
            return None
        return monday, monday + timedelta(days=6)

    return in_year


def _seasons(sentence: str, _: date) -> Iterator[Expression]:
    for found in _SEASON.finditer(sentence):
        month = _SEASONS[(found["season"] or found["im"] or found["in"]).casefold()]
        in_year = _of_months(month, month + 2, found["part"])
        yield Expression(found.start(), found.end(), in_year, _year(found["year"]))


def _years(sentence: str, today: date) -> Iterator[Expression]:
    for found in _YEAR_END.finditer(sentence):
        yield Expression(found.start(), found.end(), _of_months(12, 12), _year(found["year"]) or today.year)
    for found in _WHOLE_YEAR.finditer(sentence):
        yield Expression(
            found.start(), found.end(), _of_months(1, 12, found["part"]), _year(found["year"]), is_plain=True
        )


def _named(sentence: str, today: date) -> Iterator[Expression]:
    """Next month, this quarter, the end of next year."""
    for found in _NAMED.finditer(sentence):
        later = 1 if found["which"].casefold().startswith(("nächst", "kommend", "next", "coming")) else 0
        days = _unit(found["unit"].casefold(), later, today)
        part = found["part"]
        yield _fixed(found, _part(*days, part) if part else days, is_plain=True)


def _unit(unit: str, later: int, today: date) -> Days:
    if unit.startswith(("woche", "week")):
        monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * later)
        return monday, monday + timedelta(days=6)
    if unit.startswith(("monat", "month")):
        return _of_months(today.month + later, today.month + later)(today.year)
    if unit.startswith(("quart",)):
        last = (today.month + 2) // 3 * 3 + 3 * later
        return _of_months(last - 2, last)(today.year)
    if unit.startswith(("jahr", "year")):
        return _of_months(1, 12)(today.year + later)
    month = next(month for name, month in _SEASONS.items() if unit.startswith(name))
    days = _of_months(month, month + 2)(today.year)
    over = days[1] < today or (later and days[0] <= today)
    return _of_months(month, month + 2)(today.year + 1) if over else days


def _fixed(found: re.Match[str], days: Days, *, is_plain: bool = False) -> Expression:
    """Days that the words and today's date give, whatever the year."""
    return Expression(found.start(), found.end(), lambda _: days, days[0].year, is_plain=is_plain)


def _relative(sentence: str, today: date) -> Iterator[Expression]:
    for found in _WITHIN.finditer(sentence):
        count = _count(found["m"]) or _count(found["n"])
        if count:
            yield _fixed(found, (date.min, _later(today, count, found["unit"].casefold())))
    for found in _SOON.finditer(sentence):
        yield _fixed(found, (today, today + SOON))
    for found in _AT_ONCE.finditer(sentence):
        yield _fixed(found, (today, date.max))
    for found in _AFTER_SUMMER.finditer(sentence):
        yield _fixed(found, (_next_september(today), date.max))


def _next_september(today: date) -> date:
    return date(today.year + (today.month > 9), 9, 1)


def _count(word: str | None) -> int | None:
    if not word:
        return None
    return int(word) if word.isascii() and word.isdigit() else _COUNTS.get(word.casefold())


def _later(today: date, count: int, unit: str) -> date:
    if unit.startswith(("monat", "month")):
        year, month = divmod(today.year * 12 + today.month - 1 + count, 12)
        return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))
    return today + timedelta(days=count * (7 if unit.startswith(("woche", "week")) else 1))


_READERS: tuple[Callable[[str, date], Iterator[Expression]], ...] = (
    _iso, _dotted, _day_month, _month_day, _months, _quarters, _halves, _weeks, _seasons, _years, _named, _relative,
)  # fmt: skip
