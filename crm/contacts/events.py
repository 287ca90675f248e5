"""Facts about contacts and organizations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crm.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCreated(Event):
    name: ClassVar[str] = "contact.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChanged(Event):
    name: ClassVar[str] = "contact.changed"
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationChanged(Event):
    name: ClassVar[str] = "organization.changed"
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationCreated(Event):
    name: ClassVar[str] = "organization.created"
