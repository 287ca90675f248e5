"""Whom a lead's deal is made with: the contact and the organization that are chosen, found, or made for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.contacts import addresses, rules
from crm.contacts.addresses import KEPT
from crm.contacts.events import ContactChanged, OrganizationChanged
from crm.contacts.facts import NewContact, NewOrganization
from crm.contacts.models import Contact, Organization
from crm.contacts.operations import add_contact, add_organization, check_owner
from crm.db import Conflict, get, lock, scoped
from crm.effects import EffectCode
from crm.errors import Duplicate, Invalid
from crm.leads.facts import DuplicatePolicy
from crm.leads.lists import PHONES, POSTAL_ADDRESSES, WORDS, listed, write
from crm.leads.models import Lead
from crm.leads.receipts import Ledger
from crm.outbox import operations as outbox

CREATE = "create"
MOST_ALIKE = 5

P = TypeVar("P", Contact, Organization)
N = TypeVar("N", NewContact, NewOrganization)


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom the deal is to be made with, as somebody asked for it; nothing: whom the lead has."""

    contact_id: UUID | None = None
    new_contact: NewContact | None = None
    organization_id: UUID | None = None
    new_organization: NewOrganization | None = None
    policy: DuplicatePolicy = DuplicatePolicy.REFUSE


@dataclass(frozen=True, slots=True)
class Parties:
    """Whom it is made with."""

    contact: Contact | None
    organization: Organization | None


async def settle(lead: Lead, choice: Choice, ledger: Ledger, actor: Actor, now: datetime) -> Parties:
    """Find or make the contact and the organization. Both are locked, the contact first, as all operations do.

    Raises: NotFound, Invalid (one is archived, or an input is wrong), Duplicate.
    """
    organization, organization_is_new = await _organization(lead, choice, ledger, actor, now)
    contact = await _contact(lead, choice, organization, ledger, actor, now)
    if organization is not None and not organization_is_new:
        organization = await _locked(organization, _at("organization", choice.organization_id), actor)
        if choice.new_organization is not None:
            await _fill_organization(organization, choice.new_organization, ledger, actor, now)
    return Parties(contact, organization)


def _at(name: str, given: UUID | None) -> tuple[str, ...]:
    return (name, "existingId") if given else (name,)


async def _organization(
    lead: Lead, choice: Choice, ledger: Ledger, actor: Actor, now: datetime
) -> tuple[Organization | None, bool]:
    """The organization, not locked yet; and whether it was made."""
    if choice.new_organization is None:
        id = choice.organization_id or lead.organization_id
        if id is None:
            return None, False
        field = _at("organization", choice.organization_id)
        return _active(await get(Organization, id, actor, field=field), field), False

    async def make(new: NewOrganization) -> Organization:
        return await add_organization(actor=actor, new=new, now=now, field=("organization", CREATE))

    async def without(new: NewOrganization, holder: Organization) -> NewOrganization:
        is_taken = new.domain is not None and rules.parse_domain(new.domain) == holder.domain
        emails = await _not_held(new.emails, holder, actor)
        return replace(new, emails=emails, domain=None if is_taken else new.domain)

    return await _made("organization", choice.new_organization, make, without, choice.policy, ledger, actor)


async def _contact(
    lead: Lead, choice: Choice, organization: Organization | None, ledger: Ledger, actor: Actor, now: datetime
) -> Contact | None:
    if choice.new_contact is None:
        id = choice.contact_id or lead.contact_id
        if id is None:
            return None
        field = _at("contact", choice.contact_id)
        contact = await _locked(await get(Contact, id, actor, field=field), field, actor)
        await _fill_contact(contact, None, organization, ledger, actor, now)
        return contact

    async def make(new: NewContact) -> Contact:
        return await add_contact(actor=actor, new=new, now=now, field=("contact", CREATE))

    async def without(new: NewContact, holder: Contact) -> NewContact:
        return replace(new, emails=await _not_held(new.emails, holder, actor))

    new = choice.new_contact
    if organization is not None and new.organization_id is None:
        new = replace(new, organization_id=organization.id)
    contact, is_new = await _made("contact", new, make, without, choice.policy, ledger, actor)
    if not is_new:
        contact = await _locked(contact, ("contact", CREATE), actor)
        await _fill_contact(contact, new, organization, ledger, actor, now)
    return contact


async def _not_held(given: tuple[str, ...], holder: Contact | Organization, actor: Actor) -> tuple[str, ...]:
    """Those of some e-mail addresses that the holder does not have."""
    kept = KEPT[type(holder)]
    rows = scoped(kept.email, actor).filter(**{f"{kept.noun}_id": holder.id}, active=True)
    held = {row.address_normalized for row in await rows}
    return tuple(email for email in given if rules.parse_email(email)[1] not in held)


async def _made(
    noun: str,
    new: N,
    make: Callable[[N], Awaitable[P]],
    without: Callable[[N, P], Awaitable[N]],
    policy: DuplicatePolicy,
    ledger: Ledger,
    actor: Actor,
) -> tuple[P, bool]:
    """The record that was made, or by the policy the one that is there already; and whether it was made.

    Who makes a record under an address keeps others from doing so until the end, so nobody comes in between.
    """
    holders: list[UUID] = []
    while True:
        try:
            record = await make(new)
        except Duplicate as error:
            holder: P = error.current
            holders.append(holder.id)
            ledger.tell(EffectCode.DUPLICATE, error.message, *error.field, record=holder)
            if policy is DuplicatePolicy.USE_EXISTING:
                ledger.tell(EffectCode.KEEPS, f"The {noun} {holder.name} is taken, and none is made.", record=holder)
                return holder, False
            if policy is DuplicatePolicy.REFUSE:
                ledger.refuse(error)
            new = await without(new, holder)
        else:
            ledger.create(record, f"The {noun} {record.name} is made.", noun)
            await _tell_alike(record, holders, ledger, actor)
            return record, True


async def _tell_alike(record: Contact | Organization, told: list[UUID], ledger: Ledger, actor: Actor) -> None:
    """Tell of others of the same name, who may be who is meant; nobody is kept from making another."""
    same = scoped(type(record), actor).filter(name_folded=text.name_key(record.name), archived_at=None)
    for other in await same.exclude(id__in=[record.id, *told]).order_by("created_at", "id").limit(MOST_ALIKE):
        message = f"{other.name} is there already, under the same name."
        ledger.tell(EffectCode.DUPLICATE, message, type(record).__name__.lower(), CREATE, "name", record=other)


def _active(row: P, field: tuple[str, ...]) -> P:
    if row.archived_at is None:
        return row
    if field[-1] == CREATE:
        raise Conflict("who had the address was archived in this moment")
    noun = type(row).__name__.lower()
    raise Invalid(f"The {noun} {row.name} is archived: restore it first, or choose another.", field=field)


async def _locked(row: P, field: tuple[str, ...], actor: Actor) -> P:
    return _active(await lock(type(row), row.id, actor, field=field), field)


async def _fill_contact(
    contact: Contact,
    new: NewContact | None,
    organization: Organization | None,
    ledger: Ledger,
    actor: Actor,
    now: datetime,
) -> None:
    """Fill what is empty of a locked contact: from what was to be made, and with the organization.

    Raises: Invalid.
    """
    filled = []
    if new is not None:
        job_title = text.optional(new.job_title, field=("contact", CREATE, "jobTitle"))
        if ledger.fill(contact, "job_title", job_title, f"The job title of {contact.name}"):
            filled.append("jobTitle")
        filled += await _fill_both_kinds(contact, new, ledger, actor)
    if organization is not None and contact.organization_id is None:
        ledger.fill(contact, "organization_id", organization.id, f"The organization of {contact.name}")
        filled.append("organization")
    if filled:
        contact.touch(now)
        await contact.save()
        await outbox.record(ContactChanged(subject_id=contact.id, fields=filled), actor=actor, now=now)


async def _fill_organization(
    organization: Organization, new: NewOrganization, ledger: Ledger, actor: Actor, now: datetime
) -> None:
    """Fill what is empty of a locked organization from what was to be made, and a name that was only ever its domain.

    Raises: Invalid.
    """
    filled = await _fill_both_kinds(organization, new, ledger, actor)
    name = text.required(new.name, field=("organization", CREATE, "name"))
    if organization.name == organization.domain != name:
        message = f"The organization known as {organization.name} is given its name, {name}."
        ledger.note_filled(organization, "name", name, message, before=organization.name)
        organization.name, organization.name_folded = name, text.name_key(name)
        filled.append("name")
    if filled:
        organization.touch(now)
        await organization.save()
        await outbox.record(OrganizationChanged(subject_id=organization.id, fields=filled), actor=actor, now=now)


async def _fill_both_kinds(
    party: Contact | Organization, new: NewContact | NewOrganization, ledger: Ledger, actor: Actor
) -> list[str]:
    """Fill what is empty of all that contacts and organizations both have; the names of what was filled.

    Raises: Invalid.
    """
    at = (KEPT[type(party)].noun, CREATE)
    await check_owner(new.owner_id, actor, at)
    description = text.note(new.description, field=(*at, "description"))
    filled = []
    if ledger.fill(party, "description", description, f"The description of {party.name}"):
        filled.append("description")
    if ledger.fill(party, "owner_id", new.owner_id, f"The owner of {party.name}"):
        filled.append("owner")
    given: dict[str, list[Any]] = {
        PHONES: await addresses.read_phones(new.phones, actor, at),
        POSTAL_ADDRESSES: addresses.read_postal(new.postal_addresses, at),
    }
    for name, wanted in given.items():
        if wanted and not await listed(party, name, actor):
            await write(party, name, wanted, actor)
            after = await listed(party, name, actor)
            ledger.note_filled(party, name, after, f"The {WORDS[name]} of {party.name} are filled.")
            filled.append(name)
    return filled
