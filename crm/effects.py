"""What an operation does besides what it was asked for, or would do: told with a dry run before anything happens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class EffectCode(StrEnum):
    """The kinds of effects; stable, for programs to branch on."""

    CREATES = "CREATES"
    """A record is made."""
    FILLS = "FILLS"
    """An empty field of a record is filled."""
    CHANGES = "CHANGES"
    """A field, or a state, changes."""
    MOVES = "MOVES"
    """Something is given to another record."""
    CLOSES = "CLOSES"
    """A deal is won or lost by it."""
    REOPENS = "REOPENS"
    """A deal or lead is open again by it."""
    ARCHIVES = "ARCHIVES"
    """A record is put away."""
    RESTORES = "RESTORES"
    """A record that was put away is back."""
    LACKS = "LACKS"
    """A field that is demanded is empty: the operation will be refused."""
    DUPLICATE = "DUPLICATE"
    """There is a record already that this one looks like."""
    KEEPS = "KEEPS"
    """Something stays as it is that one might expect to change."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that happens."""

    code: EffectCode
    message: str
    """For people: what happens to what."""
    field: tuple[str, ...] = ()
    """The record's field it is about, by its name in the API."""
    record: tuple[str, UUID] | None = None
    """(kind, id) of the record it happens to; None: it is made, or none in particular."""
