"""Money in the API."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from crm import money
from schema.reads.mapping import READ, Column, Computed
from schema.scalars import CurrencyCode


@strawberry.type(description="An amount of one currency.")
class Money:
    amount: Decimal = strawberry.field(
        description="The amount, with all decimal places of its currency.",
        metadata={READ: Computed(("minor", "currency"), money.written)},
    )
    currency: CurrencyCode = strawberry.field(description="The currency.", metadata={READ: Column("currency")})

    @classmethod
    def of(cls, value: money.Money) -> Money:
        return cls(amount=value.amount, currency=CurrencyCode(value.currency))

    @classmethod
    def of_optional(cls, value: money.Money | None) -> Money | None:
        return None if value is None else cls.of(value)


@strawberry.input(description="An amount of one currency.")
class MoneyInput:
    amount: Decimal = strawberry.field(
        description="The amount, such as 1500.00; not negative, no finer than the currency's minor unit."
    )
    currency: CurrencyCode = strawberry.field(description="The currency.")

    def to_domain(self, *field: str) -> money.Money:
        return money.Money.of(self.amount, self.currency, field=field)
