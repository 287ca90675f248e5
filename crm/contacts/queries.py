"""Looking at contacts and organizations."""

from __future__ import annotations

from uuid import UUID

from crm.accounts.facts import Actor
from crm.contacts.models import ContactEmail, ContactPhone
from crm.db import scoped


async def emails_of(*, actor: Actor, contact_ids: list[UUID]) -> dict[UUID, list[str]]:
    """Each contact's addresses as written, the main one first."""
    found: dict[UUID, list[str]] = {id: [] for id in contact_ids}
    for row in await scoped(ContactEmail, actor).filter(contact_id__in=contact_ids).order_by("position"):
        found[row.contact_id].append(row.address)
    return found


async def phones_of(*, actor: Actor, contact_ids: list[UUID]) -> dict[UUID, list[str]]:
    """Each contact's phone numbers (E.164), the main one first."""
    found: dict[UUID, list[str]] = {id: [] for id in contact_ids}
    for row in await scoped(ContactPhone, actor).filter(contact_id__in=contact_ids).order_by("position"):
        found[row.contact_id].append(row.number)
    return found
