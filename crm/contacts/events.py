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
    """What was changed, by the names in the API: ``jobTitle``, ``emails``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactArchived(Event):
    name: ClassVar[str] = "contact.archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRestored(Event):
    name: ClassVar[str] = "contact.restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationCreated(Event):
    name: ClassVar[str] = "organization.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationChanged(Event):
    name: ClassVar[str] = "organization.changed"
    fields: list[str]
    """What was changed, by the names in the API: ``domain``, ``parent``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationArchived(Event):
    name: ClassVar[str] = "organization.archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationRestored(Event):
    name: ClassVar[str] = "organization.restored"
