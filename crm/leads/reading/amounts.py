"""Amounts of money as people write them, in German and English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from crm.errors import Invalid
from crm.money import Money


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount, and where it stands in its sentence."""

    start: int
    end: int
    money: Money


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that may be an amount, without a currency."""

    start: int
    end: int
    value: Decimal


_SPACED = r"[0-9]{1,3}(?: [0-9]{3}){1,3}(?![0-9])"
_NUMBER = r"[0-9]{1,3}(?:[.,'’][0-9]{3}){1,4}(?:[.,][0-9]{1,2})?(?![0-9])|[0-9]{1,12}(?:[.,][0-9]{1,3})?(?![0-9])"
_TIMES = {
    "k": 1_000, "tsd": 1_000, "tausend": 1_000, "thousand": 1_000, "t": 1_000,
    "mio": 10**6, "million": 10**6, "millionen": 10**6, "millions": 10**6, "mn": 10**6, "m": 10**6,
}  # fmt: skip
_TIMES_RE = r"(?:k|tsd\.?|tausend|thousand|mio\.?|million(?:en|s)?|mn|m|t)(?![\w])"
_SYMBOLS = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "eur": "EUR", "teur": "EUR", "t€": "EUR", "k€": "EUR", "keur": "EUR",
    "us$": "USD", "dollar": "USD", "dollars": "USD", "us-dollar": "USD",
    "£": "GBP", "pound": "GBP", "pounds": "GBP", "pfund": "GBP", "sfr": "CHF", "fr.": "CHF", "franken": "CHF",
    "tchf": "CHF", "kchf": "CHF", "yen": "JPY", "zł": "PLN",
}  # fmt: skip
_CODES = "EUR USD GBP CHF SEK NOK DKK PLN CZK HUF RON AUD CAD NZD JPY CNY INR SGD HKD ZAR TRY AED BRL MXN KRW".split()
_DOLLARS = {"CA": "CAD", "AU": "AUD", "NZ": "NZD", "SG": "SGD", "HK": "HKD"}
_THOUSANDS = {"teur", "t€", "k€", "keur", "tchf", "kchf"}
_AFTER = (
    rf"(?:t€|k€|€|us\$|\$|£|zł|fr\.|(?:teur|keur|tchf|kchf|sfr|euros?|us-dollar|dollars?|pounds?|pfund|franken|yen|"
    rf"{'|'.join(_CODES)})(?![\w]))"
)
_BEFORE = rf"(?:€|us\$|\$|£|fr\.(?= ?[0-9]{{1,3}}['’][0-9]{{3}})|(?<![\w])(?:sfr|euro|{'|'.join(_CODES)})(?![\w]))"
_RANGE = (
    rf"(?:(?:zwischen |between |von "
    rf"|from )?(?:{_BEFORE} ?)?(?<![\w.,])(?:{_NUMBER}) ?(?:{_TIMES_RE})? ?(?:{_AFTER})? ?"
    + (r"(?:-|–|—|bis zu|bis|to|und|and|or|oder) ?)?")
)
_AMOUNT = re.compile(
    rf"{_RANGE}(?:(?P<before>{_BEFORE}) ?(?P<a>{_SPACED}|{_NUMBER})(?:[,.]?-{{1,2}}(?![\w]))? ?(?P<at>{_TIMES_RE})?"
    rf"|(?<![\w.,'])(?P<b>{_SPACED}|{_NUMBER})(?:,-{{1,2}})? ?(?P<bt>{_TIMES_RE})? ?(?P<after>{_AFTER}))(?! ?%)",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    rf"(?<![\w.,'])(?P<n>{_NUMBER}) ?(?P<t>(?:k|tsd\.?|tausend|thousand|mio\.?|millionen"
    rf"|million)(?![\w]))?(?![\w%])(?! ?%)",
    re.IGNORECASE,
)

_BY_REGION = {
    "US": "USD", "GB": "GBP", "CH": "CHF", "LI": "CHF", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "SE": "SEK", "NO": "NOK",
    "DK": "DKK", "PL": "PLN", "CZ": "CZK", **dict.fromkeys("DE AT FR IT ES NL BE LU IE PT FI GR".split(), "EUR"),
}  # fmt: skip


def amounts(sentence: str, *, region: str | None) -> Iterator[Amount]:
    """Every amount with its currency; of a range the upper end, which is what can be spent at most."""
    for found in _AMOUNT.finditer(sentence):
        written = found["a"] or found["b"]
        unit = (found["before"] or found["after"]).casefold()
        times = (found["at"] or found["bt"] or "").rstrip(".").casefold()
        value = _value(written, times)
        if value is None:
            continue
        if unit in _THOUSANDS:
            value *= 1_000
        money = _money(value, _currency(unit, region))
        if money is not None and money.minor > 0:
            yield Amount(found.start(), found.end(), money)


def figures(sentence: str) -> Iterator[Figure]:
    """Every number from 500 up, or with its thousands in words, that no unit follows."""
    for found in _FIGURE.finditer(sentence):
        value = _value(found["n"], (found["t"] or "").rstrip(".").casefold())
        if value is not None and value >= 500 and not _is_year(found["n"]):
            yield Figure(found.start(), found.end(), value)


def in_currency_of(value: Decimal, region: str | None) -> Money | None:
    """The amount in the currency of a country (ISO 3166); None where that is not known."""
    return _money(value, _BY_REGION.get(region or ""))


def _currency(unit: str, region: str | None) -> str:
    if unit == "$":
        return _DOLLARS.get(region or "", "USD")
    return _SYMBOLS.get(unit, unit.upper())


def _money(value: Decimal, currency: str | None) -> Money | None:
    if currency is None:
        return None
    try:
        return Money.of(value, currency)
    except Invalid:
        return None


def _is_year(written: str) -> bool:
    return len(written) == 4 and written[:2] in ("19", "20")


def _value(written: str, times: str) -> Decimal | None:
    """``10.000,50`` and ``10,000.50`` are the same; one mark before three digits separates thousands."""
    digits = written.replace("'", "").replace("’", "").replace(" ", "")
    point = max(digits.rfind("."), digits.rfind(","))
    if point >= 0:
        whole, fraction = digits[:point], digits[point + 1 :]
        marks = {mark for mark in ".," if mark in digits}
        if len(fraction) == 3 and len(marks) == 1 and _TIMES.get(times, 1) < 10**6:
            whole, fraction = whole + fraction, ""
        digits = whole.replace(".", "").replace(",", "") + ("." + fraction if fraction else "")
    try:
        return Decimal(digits) * _TIMES.get(times, 1)
    except InvalidOperation:
        return None
