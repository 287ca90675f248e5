"""Values of custom fields as inputs of records give them."""

from __future__ import annotations

from datetime import date as day
from decimal import Decimal
from typing import Any

import strawberry

from crm.customfields.rules import SLOTS, Given
from schema import inputs


@strawberry.input(
    description="A custom field's value: in the slot of the field's kind, and in no other. Without any it is emptied."
)
class CustomFieldInput(inputs.Lenient):
    key: str = strawberry.field(description="The field's `key`.")
    text: str | None = inputs.optional("TEXT: the text; a blank one empties the field.")
    number: Decimal | None = inputs.optional("NUMBER: the number, of at most 30 digits.")
    boolean: bool | None = inputs.optional("BOOLEAN: yes or no.")
    date: day | None = inputs.optional("DATE: the day.")
    choice: str | None = inputs.optional("CHOICE: one of the field's choices.")
    choices: list[str] | None = inputs.optional("CHOICES: some of the field's choices; an empty list empties it.")

    def to_domain(self) -> Given:
        slots = ((slot, getattr(self, slot)) for slot in SLOTS.values())
        return Given(self.key, tuple((slot, value) for slot, value in slots if value is not None))


def custom_values() -> Any:
    """The field ``customFields`` of an input."""
    return inputs.optional("Values of custom fields; those that are not named stay as they are.")


def given(values: list[CustomFieldInput] | None) -> tuple[Given, ...]:
    """What ``custom_values`` asks for."""
    return tuple(value.to_domain() for value in values or ())
