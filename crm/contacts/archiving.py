"""Putting contacts and organizations away, and taking them out again. An archived record never blocks an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.contacts.addresses import KEPT, Email, domain_holder, domain_names, email_holder, email_names, lock_names
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
    claimed = await _claims(model, id, actor)
    await lock_names(actor, *email_names(model, claimed.emails), *domain_names(claimed.domain))
    record = await lock(model, id, actor, expected_version=expected_version)
    permit(actor, f"{kept.noun}.restore", record)
    if record.archived_at is None:
        raise Invalid(f"The {kept.noun} {record.name} is not archived.", field=("id",))
    if record.merged_into_id is not None:
        other = await get(model, record.merged_into_id, actor)
        raise Invalid(f"{record.name} was merged into {other.name}: undo the merge instead.", field=("id",))
    if await _claims(model, id, actor) != claimed:
        raise Conflict  # it was restored, changed and archived again meanwhile: other names must be locked
    await _refuse_taken(model, claimed, actor)
    await scoped(kept.email, actor).filter(**{f"{kept.noun}_id": id}).update(active=True)
    record.archived_at = None
    record.touch(now)
    await record.save()
    return record


@dataclass(frozen=True, slots=True)
class _Claimed:
    """What a record claims for itself alone."""

    emails: tuple[Email, ...]
    domain: str | None


async def _claims(model: type[Contact] | type[Organization], id: UUID, actor: Actor) -> _Claimed:
    kept = KEPT[model]
    rows = await scoped(kept.email, actor).filter(**{f"{kept.noun}_id": id}).order_by("position")
    organization = await scoped(Organization, actor).get_or_none(id=id) if model is Organization else None
    emails = tuple((row.address, row.address_normalized) for row in rows)
    return _Claimed(emails, organization.domain if organization else None)


async def _refuse_taken(model: type[Contact] | type[Organization], claimed: _Claimed, actor: Actor) -> None:
    """Raises: Duplicate when what the record claims belongs to another one by now."""
    taken = await email_holder(model, claimed.emails, actor)
    if taken is not None:
        what, holder = claimed.emails[taken[0]][0], taken[1]
    elif (organization := await domain_holder(claimed.domain, actor)) is not None:
        what, holder = str(claimed.domain), organization
    else:
        return
    message = f"{what} belongs to the {KEPT[model].noun} {holder.name} by now: take it from there first."
    raise Duplicate(message, field=("id",), current=holder)
