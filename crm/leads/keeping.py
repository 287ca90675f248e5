"""Keeping leads: what is said of them, who works on them, and putting them away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.models import Member
from crm.accounts.permissions import permit
from crm.changes import UNCHANGED, Change
from crm.contacts.operations import check_contact, check_organization
from crm.customfields import values as customfields
from crm.customfields.facts import Entity
from crm.customfields.rules import Given, merged
from crm.db import atomic, get, lock
from crm.errors import Invalid
from crm.leads import rules
from crm.leads.events import LeadArchived, LeadAssigned, LeadChanged, LeadRestored
from crm.leads.models import Lead
from crm.leads.policies import hold_policy
from crm.leads.records import ask_nothing, facts, note_change, resume
from crm.outbox import operations as outbox
from crm.tags import operations as tags


@dataclass(frozen=True, slots=True)
class LeadChange:
    """What is to be changed of a lead."""

    title: Change[str | None] = UNCHANGED
    description: Change[str | None] = UNCHANGED
    source: Change[str | None] = UNCHANGED
    contact_id: Change[UUID | None] = UNCHANGED
    organization_id: Change[UUID | None] = UNCHANGED
    owner_id: Change[UUID | None] = UNCHANGED
    tag_ids: Change[tuple[UUID, ...]] = UNCHANGED
    custom: tuple[Given, ...] = ()
    """Values of some custom fields; all others stay."""


NAMES = {
    "title": "title",
    "description": "description",
    "source": "source",
    "contact_id": "contactId",
    "organization_id": "organizationId",
    "custom": "customFields",
}


@atomic()
async def update_lead(
    *, actor: Actor, lead_id: UUID, change: LeadChange, expected_version: int | None, now: datetime
) -> Lead:
    """Change what is said of a lead. Whose interest it is, and where it came from, is settled once it is converted.

    Raises: NotFound, StaleVersion, AlreadyConverted, Invalid, Forbidden.
    """
    permit(actor, "lead.update")
    custom = await customfields.read(Entity.LEAD, change.custom, actor=actor)
    lead = await lock(Lead, lead_id, actor, expected_version=expected_version)
    permit(actor, "lead.update", lead)
    known = await facts(lead, actor)
    rules.refuse_archived(known)
    wanted = {**await _wanted(lead, change, actor), "custom": merged(lead.custom, custom)}
    changed = [name for name, value in wanted.items() if getattr(lead, name) != value]
    for name in ("source", "contact_id", "organization_id"):
        if name in changed:
            rules.refuse_converted(known, field=(NAMES[name],))
    for name in changed:
        setattr(lead, name, wanted[name])
    if lead.contact_id is None and lead.organization_id is None:
        emptied = "contact_id" if "contact_id" in changed else "organization_id"
        raise Invalid(
            "A lead is somebody's interest: it keeps a contact, an organization or both.", field=(NAMES[emptied],)
        )
    assigned = await _assign(lead, change.owner_id, actor, now)
    retagged = change.tag_ids is not UNCHANGED and await tags.replace(lead, change.tag_ids, actor=actor, now=now)
    if changed:
        names = [NAMES[name] for name in changed]
        told = ", ".join(name.removesuffix("Id") for name in names)
        await note_change(lead, f"Changed: {told}", None, actor, now)
        await outbox.record(LeadChanged(subject_id=lead.id, fields=names), actor=actor, now=now)
    if changed or assigned or retagged:
        lead.touch(now)
        await lead.save()
    return lead


@atomic()
async def assign_lead(
    *, actor: Actor, lead_id: UUID, owner_id: Change[UUID | None], expected_version: int | None, now: datetime
) -> Lead:
    """Say who works on a lead; None: nobody. A converted one too may change hands.

    Raises: NotFound, StaleVersion, Invalid, Forbidden.
    """
    lead = await lock(Lead, lead_id, actor, expected_version=expected_version)
    permit(actor, "lead.assign", lead)
    rules.refuse_archived(await facts(lead, actor))
    if owner_id is UNCHANGED:
        raise Invalid("ownerId is left out: give a member's id, or null for nobody.", field=("ownerId",))
    if await _assign(lead, owner_id, actor, now):
        lead.touch(now)
        await lead.save()
    return lead


@atomic()
async def archive_lead(*, actor: Actor, lead_id: UUID, expected_version: int | None, now: datetime) -> Lead:
    """Put a lead away, with all that belongs to it. Nothing is asked of it, and it does not return by itself.

    Raises: NotFound, StaleVersion, AlreadyConverted, Invalid, Forbidden.
    """
    lead = await lock(Lead, lead_id, actor, expected_version=expected_version)
    permit(actor, "lead.archive", lead)
    rules.check_archive(await facts(lead, actor))
    lead.archived_at = now
    ask_nothing(lead)
    lead.touch(now)
    await lead.save()
    await note_change(lead, "Archived", None, actor, now)
    await outbox.record(LeadArchived(subject_id=lead.id), actor=actor, now=now)
    return lead


@atomic()
async def restore_lead(*, actor: Actor, lead_id: UUID, expected_version: int | None, now: datetime) -> Lead:
    """Take back a lead that was put away, in the state that it had.

    Raises: NotFound, StaleVersion, Invalid, Forbidden.
    """
    policy = await hold_policy(actor)
    lead = await lock(Lead, lead_id, actor, expected_version=expected_version)
    permit(actor, "lead.restore", lead)
    rules.check_restore(await facts(lead, actor))
    lead.archived_at = None
    await resume(lead, policy, actor, now)
    lead.touch(now)
    await lead.save()
    await note_change(lead, "Restored", None, actor, now)
    await outbox.record(LeadRestored(subject_id=lead.id), actor=actor, now=now)
    return lead


async def _wanted(lead: Lead, change: LeadChange, actor: Actor) -> dict[str, object]:
    """The columns' new values, checked; only of what was given."""
    wanted: dict[str, object] = {}
    if change.title is not UNCHANGED:
        if change.title is None:
            raise Invalid("A lead keeps a title: give 1 to 500 characters.", field=("title",))
        wanted["title"] = text.required(change.title, field=("title",), limit=500)
    if change.description is not UNCHANGED:
        wanted["description"] = text.note(change.description, field=("description",))
    if change.source is not UNCHANGED:
        wanted["source"] = text.optional(change.source, field=("source",))
    if change.contact_id is not UNCHANGED:
        if change.contact_id != lead.contact_id:
            await check_contact(change.contact_id, actor)
        wanted["contact_id"] = change.contact_id
    if change.organization_id is not UNCHANGED:
        if change.organization_id != lead.organization_id:
            await check_organization(change.organization_id, actor)
        wanted["organization_id"] = change.organization_id
    return wanted


async def _assign(lead: Lead, owner_id: Change[UUID | None], actor: Actor, now: datetime) -> bool:
    """Give the lead to somebody else; whether that changed anything. The caller saves it."""
    if owner_id is UNCHANGED or owner_id == lead.owner_id:
        return False
    owner = await get(Member, owner_id, actor, field=("ownerId",)) if owner_id is not None else None
    assigned = LeadAssigned(subject_id=lead.id, owner_id=owner_id, from_owner_id=lead.owner_id)
    lead.owner_id = owner_id
    await note_change(lead, f"Assigned to {owner.name}" if owner else "Assigned to nobody", None, actor, now)
    await outbox.record(assigned, actor=actor, now=now)
    return True
