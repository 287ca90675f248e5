"""What a stage demands of the deals that come into it, and what one of them lacks. Pure.

A demand is a name: of one of a deal's own fields (``AMOUNT``), or ``custom:`` and the key of a custom field of deals.
It is asked when a deal comes in, not of those that are there already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from crm.errors import Code, DomainError
from crm.money import Money
from crm.pipelines.facts import CUSTOM, DealField

_NAMES = {
    DealField.AMOUNT: "amount",
    DealField.CONTACT: "contact",
    DealField.ORGANIZATION: "organization",
    DealField.EXPECTED_CLOSE_DATE: "expectedCloseDate",
    DealField.OWNER: "owner",
    DealField.DESCRIPTION: "description",
}
"""By their names in the API."""


class FieldsRequired(DomainError):
    code = Code.FIELDS_REQUIRED


@dataclass(frozen=True, slots=True)
class DealValues:
    """What a deal has of all that a stage may demand."""

    amount: Money | None = None
    contact_id: UUID | None = None
    organization_id: UUID | None = None
    expected_close_date: date | None = None
    owner_id: UUID | None = None
    description: str | None = None
    custom: Mapping[str, object] = field(default_factory=dict)


def lacking(values: DealValues, required: Sequence[str]) -> tuple[str, ...]:
    """Those of a stage's demands that a deal does not meet, in the stage's order."""
    has: dict[str, object] = {
        DealField.AMOUNT: values.amount,
        DealField.CONTACT: values.contact_id,
        DealField.ORGANIZATION: values.organization_id,
        DealField.EXPECTED_CLOSE_DATE: values.expected_close_date,
        DealField.OWNER: values.owner_id,
        DealField.DESCRIPTION: values.description,
        **{f"{CUSTOM}{key}": value for key, value in values.custom.items()},
    }
    return tuple(name for name in required if _is_blank(has.get(name)))


def _is_blank(value: object) -> bool:
    """Whether nobody has said anything: 0 and false are answers."""
    return value is None or value == "" or value == [] or value == {}


def custom_keys(names: Iterable[str]) -> tuple[str, ...]:
    """The keys of the custom fields among demands."""
    return tuple(name.removeprefix(CUSTOM) for name in names if name.startswith(CUSTOM))


def path(name: str) -> tuple[str, ...]:
    """Where the API shows what is demanded: ("amount",), or ("custom", key)."""
    return ("custom", name.removeprefix(CUSTOM)) if name.startswith(CUSTOM) else (_NAMES[DealField(name)],)


def refusal(stage_name: str, names: Sequence[str], field: tuple[str, ...]) -> FieldsRequired:
    """The refusal of a deal that lacks what a stage demands, naming each."""
    listed = ", ".join(".".join(path(name)) for name in names)
    return FieldsRequired(f"{stage_name} demands what the deal does not have: fill in {listed}.", field=field)
