"""Ranks: texts whose byte order is the order of the cards in a column. Pure.

A rank is a fraction between 0 and 1 written in base 62 without trailing zeros, so there is always room between two
of them and a move writes one row. New ranks carry some randomness: people who drop cards on the same spot at the same
time get different ones, and no lock on the column is needed. Appending steps through a wide first part, so that
columns filled from one end keep short ranks; only bisecting one gap again and again makes them longer
(about one character for every five cards), until its cards are spaced anew in the background (docs/adr/0012).
"""

from __future__ import annotations

import random

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE = len(DIGITS)
WIDTH = 6
"""Digits of the part through which appending steps."""
STEP = BASE**2
"""How far an appended card lands beyond the last one, in units of the first part; twice that at most."""
SHORT = 12
"""Digits that cards spaced anew have at most."""
LONG = 24
"""A longer rank asks for its surroundings to be spaced anew; an index of the database names the same number."""
LONGEST = 190
"""A longer rank is not given: near the column's limit of 200 the move itself must make room first."""

_VALUES = {digit: value for value, digit in enumerate(DIGITS)}


def between(low: str | None, high: str | None, chance: random.Random) -> str:
    """A rank above ``low`` and below ``high``; None stands for the column's open end.

    Raises: ValueError when ``low`` is not below ``high``.
    """
    if low is not None and high is not None and low >= high:
        raise ValueError(f"no rank between {low!r} and {high!r}")
    if low is None and high is None:
        return _write(BASE**WIDTH // 2 + chance.randrange(STEP), WIDTH)
    if high is None:
        stepped = _read(low or "", WIDTH) + STEP + chance.randrange(STEP)
        if stepped < BASE**WIDTH:
            return _write(stepped, WIDTH)
    if low is None:
        stepped = _read(high or "", WIDTH) - STEP - chance.randrange(STEP)
        if stepped > 0:
            return _write(stepped, WIDTH)
    return _bisect(low or "", high, chance)


def spread(count: int, low: str | None = None, high: str | None = None) -> list[str] | None:
    """Short ranks between two others, evenly spread and in order; None stands for the column's open end.

    None when the two are so close that short ranks would leave no room between one another.
    """
    for width in range(WIDTH, SHORT + 1):
        bottom = _read(low or "", width)
        top = _read(high, width) if high is not None else BASE**width
        if top - bottom >= (count + 1) * BASE**2:
            gap = (top - bottom) // (count + 1)
            return [_write(bottom + gap * (index + 1), width) for index in range(count)]
    return None


def _bisect(low: str, high: str | None, chance: random.Random) -> str:
    """A rank in the middle half of the gap, with as many digits as give that half enough room."""
    width = max(len(low), len(high or ""), 1)
    while True:
        bottom = _read(low, width)
        top = _read(high, width) if high is not None else BASE**width
        if top - bottom >= BASE**2:
            quarter = (top - bottom) // 4
            return _write(bottom + quarter + chance.randrange(2 * quarter), width)
        width += 1


def _read(rank: str, width: int) -> int:
    """The first ``width`` digits as a whole number."""
    value = 0
    for digit in rank[:width].ljust(width, DIGITS[0]):
        value = value * BASE + _VALUES[digit]
    return value


def _write(value: int, width: int) -> str:
    digits = []
    for _ in range(width):
        value, digit = divmod(value, BASE)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits)).rstrip(DIGITS[0])
