"""Descriptions and fields that several inputs share."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

import strawberry

from crm.changes import UNCHANGED, Change
from crm.errors import Invalid
from schema import ids
from schema.effects import Effect
from schema.errors import UserError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Given(Protocol[T_co]):
    """What ``strawberry.Maybe`` holds when a field is given; covariant, as that is not."""

    @property
    def value(self) -> T_co: ...


class Lenient:
    """Base of inputs in which a field left out means the same as null."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            if getattr(self, field.name) is strawberry.UNSET:
                setattr(self, field.name, None)


def optional(description: str) -> Any:
    """A field of a ``Lenient`` input that may be left out."""
    return strawberry.field(description=description, default=strawberry.UNSET)


def change(description: str) -> Any:
    """A field of an input that changes a record, of type ``strawberry.Maybe[T | None]``: left out, nothing changes."""
    return strawberry.field(description=description, default=None)


def changed(given: Given[T] | None) -> Change[T]:
    """What a ``change`` field asks for."""
    return UNCHANGED if given is None else given.value


def changed_id(kind: str, given: strawberry.Maybe[strawberry.ID | None], *field: str) -> Change[UUID | None]:
    """What a ``change`` field asks for that refers to an object of a kind.

    Raises: Invalid, naming the field.
    """
    return UNCHANGED if given is None else ids.decode_optional(kind, given.value, *field)


def dry_run() -> Any:
    """A field of a ``Lenient`` input."""
    return optional("true: nothing is changed; `effects` says what would be, and `userErrors` why it would be refused.")


def effects() -> Any:
    """The payload's field that goes with ``dry_run``."""
    return strawberry.field(
        description="What it did, or with `dryRun` would do, besides what it was asked for.",
        default_factory=list[Effect],
    )


def expected_version() -> Any:
    return optional("The `version` that you saw: refused with STALE_VERSION when it has changed. Left out: no check.")


def idempotency_key() -> Any:
    return optional("A key of your own, 1 to 200 characters: the same request with it makes nothing twice.")


def user_errors() -> Any:
    return strawberry.field(
        description="Why nothing was changed; empty when all went well.", default_factory=list[UserError]
    )


def moment(given: datetime | None, *field: str) -> datetime | None:
    """A moment out of an input.

    Raises: Invalid, naming the field, for one without a zone.
    """
    if given is not None and given.tzinfo is None:
        raise Invalid(f"{field[-1]} has no zone: give a moment such as 2026-03-02T09:00:00Z.", field=field)
    return given
