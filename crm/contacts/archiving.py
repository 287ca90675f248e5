"""Putting contacts and organizations away, and taking them out again. An archived record never blocks an address."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.contacts.addresses import KEPT, Kept, email_names, lock_names
from crm.contacts.events import ContactArchived, ContactRestored, OrganizationArchived, OrganizationRestored
from crm.contacts.models import Contact, Organization
from crm.db import Conflict, atomic, get, lock, scoped
from crm.errors import Duplicate, Invalid
from crm.outbox import operations as outbox

R = TypeVar("R", Contact, Organization)


@atomic()
async def archive_contact(*, actor: Actor, contact_id: UUID, expected_version: int | None, now: datetime) -> Contact:
    """Put a contact away. Its leads, deals and entries of timelines stay, and still show it.

    Raises: NotFound, StaleVersion, Invalid (it is archived), Forbidden.
    """
    contact = await _archive(Contact, contact_id, actor, expected_version, now)
    await outbox.record(ContactArchived(subject_id=contact.id), actor=actor, now=now)
    return contact


@atomic()
async def restore_contact(*, actor: Actor, contact_id: UUID, expected_version: int | None, now: datetime) -> Contact:
    """Take a contact out again, with its addresses.

    Raises: NotFound, StaleVersion, Invalid (it is not archived, or merged into another), Duplicate (an address belongs
    to another contact by now), Forbidden.
    """
    contact = await _restore(Contact, contact_id, actor, expected_version, now)
    await outbox.record(ContactRestored(subject_id=contact.id), actor=actor, now=now)
    return contact


@atomic()
async def archive_organization(
    *, actor: Actor, organization_id: UUID, expected_version: int | None, now: datetime
) -> Organization:
    """Put an organization away. Its people, branches, leads and deals stay, and still show it.

    Raises: NotFound, StaleVersion, Invalid (it is archived), Forbidden.
    """
    organization = await _archive(Organization, organization_id, actor, expected_version, now)
    await outbox.record(OrganizationArchived(subject_id=organization.id), actor=actor, now=now)
    return organization


@atomic()
async def restore_organization(
    *, actor: Actor, organization_id: UUID, expected_version: int | None, now: datetime
) -> Organization:
    """Take an organization out again, with its domain and addresses.

    Raises: NotFound, StaleVersion, Invalid (it is not archived, or merged into another), Duplicate (its domain or an
    address belongs to another organization by now), Forbidden.
    """
    organization = await _restore(Organization, organization_id, actor, expected_version, now)
    await outbox.record(OrganizationRestored(subject_id=organization.id), actor=actor, now=now)
    return organization


async def _archive(model: type[R], id: UUID, actor: Actor, expected_version: int | None, now: datetime) -> R:
    kept = KEPT[model]
    permit(actor, f"{kept.noun}.archive")
    record = await lock(model, id, actor, expected_version=expected_version)
    permit(actor, f"{kept.noun}.archive", record)
    if record.archived_at is not None:
        raise Invalid(f"The {kept.noun} {record.name} is archived already.", field=("id",))
    await scoped(kept.email, actor).filter(**{f"{kept.noun}_id": id}).update(active=False)
    record.archived_at = now
    record.touch(now)
    await record.save()
    return record


async def _restore(model: type[R], id: UUID, actor: Actor, expected_version: int | None, now: datetime) -> R:
    kept = KEPT[model]
    permit(actor, f"{kept.noun}.restore")
    names = await _names(model, kept, id, actor)
    await lock_names(actor, *names)
    record = await lock(model, id, actor, expected_version=expected_version)
    permit(actor, f"{kept.noun}.restore", record)
    if record.archived_at is None:
        raise Invalid(f"The {kept.noun} {record.name} is not archived.", field=("id",))
    if record.merged_into_id is not None:
        other = await get(model, record.merged_into_id, actor)
        raise Invalid(f"{record.name} was merged into {other.name}: undo the merge instead.", field=("id",))
    if await _names(model, kept, id, actor) != names:
        raise Conflict  # it was restored, changed and archived again meanwhile: other names must be locked
    await _refuse_taken(record, kept, actor)
    await scoped(kept.email, actor).filter(**{f"{kept.noun}_id": id}).update(active=True)
    record.archived_at = None
    record.touch(now)
    await record.save()
    return record


async def _names(model: type[Contact] | type[Organization], kept: Kept, id: UUID, actor: Actor) -> list[str]:
    """What the record claims: the names under which it is locked."""
    rows = await scoped(kept.email, actor).filter(**{f"{kept.noun}_id": id}).order_by("position")
    names = email_names(model, [(row.address, row.address_normalized) for row in rows])
    organization = await scoped(Organization, actor).get_or_none(id=id) if model is Organization else None
    return [*names, f"domain:{organization.domain}"] if organization and organization.domain else names


async def _refuse_taken(record: Contact | Organization, kept: Kept, actor: Actor) -> None:
    """Raises: Duplicate when what the record claims belongs to another one by now."""
    own = await scoped(kept.email, actor).filter(**{f"{kept.noun}_id": record.id}).order_by("position")
    for row in own:
        taken = await scoped(kept.email, actor).get_or_none(address_normalized=row.address_normalized, active=True)
        if taken is not None:
            other = await get(type(record), getattr(taken, f"{kept.noun}_id"), actor)
            raise Duplicate(
                f"{row.address} belongs to the {kept.noun} {other.name} by now: take it from there first.",
                field=("id",),
                current=other,
            )
    if isinstance(record, Organization) and record.domain is not None:
        holder = await scoped(Organization, actor).get_or_none(domain=record.domain, archived_at=None)
        if holder is not None:
            raise Duplicate(
                f"{record.domain} belongs to the organization {holder.name} by now: take it from there first.",
                field=("id",),
                current=holder,
            )
