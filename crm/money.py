"""Money: whole minor units of one currency (cents, yen, fils), never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from iso4217 import Currency

from crm.errors import Invalid

LARGEST_MINOR = 10**17
"""A single amount stays well inside a 64-bit integer; sums of them may not, and are numeric."""


@cache
def exponent(currency: str) -> int:
    """How many decimal places the currency has (ISO 4217: EUR 2, JPY 0, KWD 3).

    Raises: Invalid for a code that is no currency with a minor unit (XAU, XXX).
    """
    try:
        digits = Currency(currency).exponent
    except ValueError:
        digits = None
    if digits is None:
        raise Invalid(f"{currency!r} is not a currency: give its ISO 4217 code, such as EUR.", field=("currency",))
    return digits


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (``minor=1999, currency="EUR"`` is 19.99 EUR)."""

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal, currency: str, *, field: tuple[str, ...] = ()) -> Money:
        """Read an amount as people write it.

        Raises: Invalid when the currency is unknown, or the amount is negative, too large or finer than the minor unit.
        """
        code = currency.strip().upper()
        try:
            places = exponent(code)
        except Invalid as error:
            raise Invalid(error.message, field=(*field, "currency")) from None
        if not amount.is_finite():
            raise Invalid("The amount is not a number: give one such as 1500.00.", field=(*field, "amount"))
        if amount < 0 or amount.adjusted() > 17:
            raise Invalid("The amount must be from 0 to 999 trillion.", field=(*field, "amount"))
        # Compared, not computed with: arithmetic rounds to 28 digits first, and would take 1.000…001 for 1.
        rounded = amount.quantize(Decimal(1).scaleb(-places))
        if rounded != amount:
            raise Invalid(f"{code} has {places} decimal places; {amount} has more.", field=(*field, "amount"))
        scaled = rounded.scaleb(places)
        if scaled > LARGEST_MINOR:
            raise Invalid("The amount must be from 0 to 999 trillion.", field=(*field, "amount"))
        return cls(int(scaled), code)

    @property
    def amount(self) -> Decimal:
        """The amount as people write it, with all of the currency's decimal places."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))


def written(minor: int | Decimal, currency: str) -> str:
    """Minor units as people write the amount, with all of the currency's decimal places: ``12345.00``."""
    places, whole = exponent(currency), int(minor)
    if places == 2 and whole >= 0:  # nearly always
        return f"{whole // 100}.{whole % 100:02d}"
    return str(Decimal(whole).scaleb(-places))
