"""Enums of the domain, shown in the API with a description for each value."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

import strawberry

E = TypeVar("E", bound=type[Enum])


def described(enum: E, description: str, name: str | None = None, **values: str) -> E:
    """Show a domain enum, under its own name unless given one; every value must be described.

    Raises: KeyError for a value without a description.
    """
    shown = strawberry.enum(enum, name=name or enum.__name__, description=description)
    for value in shown.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = values[value.name]
    return shown
