"""What happens to the definitions of custom fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crm.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFieldCreated(Event):
    name: ClassVar[str] = "custom_field.created"
    entity: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFieldChanged(Event):
    name: ClassVar[str] = "custom_field.changed"
    fields: list[str]
    dropped: int
    """How many records lost a choice by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFieldArchived(Event):
    name: ClassVar[str] = "custom_field.archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFieldRestored(Event):
    name: ClassVar[str] = "custom_field.restored"
