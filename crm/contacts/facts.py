"""Contacts and organizations as people give them, without the database."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from crm.changes import UNCHANGED, Change
from crm.customfields.rules import Given


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address: at least one part besides the label."""

    label: str | None = None
    street: str | None = None
    postal_code: str | None = None
    city: str | None = None
    region: str | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True)
class NewContact:
    """A person as somebody gives them."""

    name: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    job_title: str | None = None
    organization_id: UUID | None = None
    owner_id: UUID | None = None
    description: str | None = None
    postal_addresses: tuple[Address, ...] = ()
    tag_ids: tuple[UUID, ...] = ()
    custom: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """An organization as somebody gives it."""

    name: str
    domain: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    parent_id: UUID | None = None
    owner_id: UUID | None = None
    description: str | None = None
    postal_addresses: tuple[Address, ...] = ()
    tag_ids: tuple[UUID, ...] = ()
    custom: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChange:
    """What is to be changed of a person; lists are replaced as wholes."""

    name: Change[str | None] = UNCHANGED
    emails: Change[tuple[str, ...]] = UNCHANGED
    phones: Change[tuple[str, ...]] = UNCHANGED
    job_title: Change[str | None] = UNCHANGED
    organization_id: Change[UUID | None] = UNCHANGED
    owner_id: Change[UUID | None] = UNCHANGED
    description: Change[str | None] = UNCHANGED
    postal_addresses: Change[tuple[Address, ...]] = UNCHANGED
    tag_ids: Change[tuple[UUID, ...]] = UNCHANGED
    custom: tuple[Given, ...] = ()
    """Values of some custom fields; all others stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationChange:
    """What is to be changed of an organization; lists are replaced as wholes."""

    name: Change[str | None] = UNCHANGED
    domain: Change[str | None] = UNCHANGED
    emails: Change[tuple[str, ...]] = UNCHANGED
    phones: Change[tuple[str, ...]] = UNCHANGED
    parent_id: Change[UUID | None] = UNCHANGED
    owner_id: Change[UUID | None] = UNCHANGED
    description: Change[str | None] = UNCHANGED
    postal_addresses: Change[tuple[Address, ...]] = UNCHANGED
    tag_ids: Change[tuple[UUID, ...]] = UNCHANGED
    custom: tuple[Given, ...] = ()
    """Values of some custom fields; all others stay."""
