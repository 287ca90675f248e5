"""Descriptions and fields that several inputs share."""

from __future__ import annotations

import dataclasses
from typing import Any

import strawberry

from schema.errors import UserError


class Lenient:
    """Base of inputs in which a field left out means the same as null."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            if getattr(self, field.name) is strawberry.UNSET:
                setattr(self, field.name, None)


def optional(description: str) -> Any:
    """A field of a ``Lenient`` input that may be left out."""
    return strawberry.field(description=description, default=strawberry.UNSET)


def expected_version() -> Any:
    return optional("The `version` that you saw: refused with STALE_VERSION when it has changed. Left out: no check.")


def idempotency_key() -> Any:
    return optional("A key of your own, 1 to 200 characters: the same request with it makes nothing twice.")


def user_errors() -> Any:
    return strawberry.field(
        description="Why nothing was changed; empty when all went well.", default_factory=list[UserError]
    )
