"""Looking at contacts and organizations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from crm.accounts.facts import Actor
from crm.contacts.models import (
    ContactEmail,
    ContactPhone,
    OrganizationEmail,
    OrganizationPhone,
    PostalAddress,
)
from crm.db import scoped


async def emails_of(*, actor: Actor, contact_ids: list[UUID]) -> dict[UUID, list[str]]:
    """Each contact's addresses as written, the main one first."""
    return await _listed(ContactEmail, "contact_id", "address", contact_ids, actor)


async def phones_of(*, actor: Actor, contact_ids: list[UUID]) -> dict[UUID, list[str]]:
    """Each contact's phone numbers (E.164), the main one first."""
    return await _listed(ContactPhone, "contact_id", "number", contact_ids, actor)


async def emails_of_organizations(*, actor: Actor, ids: list[UUID]) -> dict[UUID, list[str]]:
    """Each organization's addresses as written, the main one first."""
    return await _listed(OrganizationEmail, "organization_id", "address", ids, actor)


async def phones_of_organizations(*, actor: Actor, ids: list[UUID]) -> dict[UUID, list[str]]:
    """Each organization's phone numbers (E.164), the main one first."""
    return await _listed(OrganizationPhone, "organization_id", "number", ids, actor)


async def postal_addresses_of(*, actor: Actor, ids: list[UUID]) -> dict[UUID, list[PostalAddress]]:
    """The postal addresses of contacts and organizations, by the id of whose they are; the main one first."""
    found: dict[UUID, list[PostalAddress]] = {id: [] for id in ids}
    whose = Q(contact_id__in=ids) | Q(organization_id__in=ids)
    for row in await scoped(PostalAddress, actor).filter(whose).order_by("position"):
        found[row.contact_id or row.organization_id].append(row)  # type: ignore[index]
    return found


async def _listed(model: Any, owner: str, column: str, ids: list[UUID], actor: Actor) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {id: [] for id in ids}
    for row in await scoped(model, actor).filter(**{f"{owner}__in": ids}).order_by("position"):
        found[getattr(row, owner)].append(getattr(row, column))
    return found
