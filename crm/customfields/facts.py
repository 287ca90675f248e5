"""Custom fields, without the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Entity(StrEnum):
    """Which records a custom field belongs to."""

    CONTACT = "CONTACT"
    ORGANIZATION = "ORGANIZATION"
    LEAD = "LEAD"
    DEAL = "DEAL"


class FieldKind(StrEnum):
    """What a custom field holds."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    CHOICE = "CHOICE"
    """One of the field's choices."""
    CHOICES = "CHOICES"
    """Any number of the field's choices."""


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """What decisions need to know of a custom field."""

    id: UUID
    entity: Entity
    key: str
    name: str
    kind: FieldKind
    choices: tuple[str, ...]
    archived: bool
