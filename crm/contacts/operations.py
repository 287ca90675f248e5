"""Making contacts and organizations."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.models import Member
from crm.accounts.permissions import permit
from crm.contacts import addresses, branches, rules
from crm.contacts.events import ContactCreated, OrganizationCreated
from crm.contacts.facts import NewContact, NewOrganization
from crm.contacts.models import Contact, Organization
from crm.customfields import values as customfields
from crm.customfields.facts import Entity
from crm.customfields.rules import merged
from crm.db import atomic, get
from crm.errors import AlreadyMerged, Invalid
from crm.idempotency import once
from crm.ids import new_id
from crm.outbox import operations as outbox
from crm.tags import operations as tags


@atomic()
async def create_contact(*, actor: Actor, new: NewContact, idempotency_key: str | None, now: datetime) -> Contact:
    """Make a contact.

    Raises: Invalid, NotFound (organization, owner), Duplicate (an address belongs to another contact), Forbidden.
    """
    permit(actor, "contact.create")

    async def make(id: UUID) -> Contact:
        return await add_contact(actor=actor, new=new, now=now, id=id)

    return await once(Contact, make, actor=actor, operation="createContact", key=idempotency_key, request=new, now=now)


@atomic()
async def create_organization(
    *, actor: Actor, new: NewOrganization, idempotency_key: str | None, now: datetime
) -> Organization:
    """Make an organization.

    Raises: Invalid, NotFound (parent, owner), Duplicate (its domain or an address belongs to another organization),
    Forbidden.
    """
    permit(actor, "organization.create")

    async def make(id: UUID) -> Organization:
        return await add_organization(actor=actor, new=new, now=now, id=id)

    return await once(
        Organization, make, actor=actor, operation="createOrganization", key=idempotency_key, request=new, now=now
    )


async def add_contact(
    *, actor: Actor, new: NewContact, now: datetime, id: UUID | None = None, field: tuple[str, ...] = ()
) -> Contact:
    """Make a contact inside the caller's transaction. ``field`` is where its input stands in the caller's.

    Raises: Invalid, NotFound, Duplicate.
    """
    name = text.required(new.name, field=(*field, "name"))
    job_title = text.optional(new.job_title, field=(*field, "jobTitle"))
    description = text.note(new.description, field=(*field, "description"))
    emails = addresses.read_emails(new.emails, field)
    phones = await addresses.read_phones(new.phones, actor, field)
    postal = addresses.read_postal(new.postal_addresses, field)
    custom = await customfields.read(Entity.CONTACT, new.custom, actor=actor, field=field)
    await check_owner(new.owner_id, actor, field)
    await check_organization(new.organization_id, actor, field)
    await addresses.lock_names(actor, *addresses.email_names(Contact, emails))
    await addresses.refuse_taken_emails(Contact, emails, actor, field)
    contact = await Contact.create(
        id=id or new_id(),
        workspace_id=actor.workspace_id,
        name=name,
        name_folded=text.name_key(name),
        job_title=job_title,
        organization_id=new.organization_id,
        owner_id=new.owner_id,
        description=description,
        custom=merged({}, custom),
        created_at=now,
        updated_at=now,
    )
    await addresses.add_all(contact, emails, phones, postal, actor)
    await tags.put("Contact", contact.id, new.tag_ids, actor=actor, field=field)
    await outbox.record(ContactCreated(subject_id=contact.id), actor=actor, now=now)
    return contact


async def add_organization(
    *, actor: Actor, new: NewOrganization, now: datetime, id: UUID | None = None, field: tuple[str, ...] = ()
) -> Organization:
    """Make an organization inside the caller's transaction.

    Raises: Invalid, NotFound, Duplicate.
    """
    name = text.required(new.name, field=(*field, "name"))
    domain = read_domain(new.domain, field)
    description = text.note(new.description, field=(*field, "description"))
    emails = addresses.read_emails(new.emails, field)
    phones = await addresses.read_phones(new.phones, actor, field)
    postal = addresses.read_postal(new.postal_addresses, field)
    custom = await customfields.read(Entity.ORGANIZATION, new.custom, actor=actor, field=field)
    await check_owner(new.owner_id, actor, field)
    await addresses.lock_names(actor, *names_of_organization(domain, emails, new.parent_id))
    await addresses.refuse_taken_domain(domain, actor, field)
    await addresses.refuse_taken_emails(Organization, emails, actor, field)
    if new.parent_id is not None:
        await branches.check_parent(new.parent_id, actor, field)
    organization = await Organization.create(
        id=id or new_id(),
        workspace_id=actor.workspace_id,
        name=name,
        name_folded=text.name_key(name),
        domain=domain,
        parent_id=new.parent_id,
        owner_id=new.owner_id,
        description=description,
        custom=merged({}, custom),
        created_at=now,
        updated_at=now,
    )
    await addresses.add_all(organization, emails, phones, postal, actor)
    await tags.put("Organization", organization.id, new.tag_ids, actor=actor, field=field)
    await outbox.record(OrganizationCreated(subject_id=organization.id), actor=actor, now=now)
    return organization


# What making and changing check alike


def read_domain(given: str | None, field: tuple[str, ...] = ()) -> str | None:
    """The domain; blank counts as none.

    Raises: Invalid.
    """
    return rules.parse_domain(given, field=(*field, "domain")) if given and given.strip() else None


def names_of_organization(domain: str | None, emails: list[addresses.Email], parent_id: UUID | None) -> list[str]:
    """What ``lock_names`` must hold while an organization is given these."""
    names = [*addresses.email_names(Organization, emails), *addresses.domain_names(domain)]
    return names if parent_id is None else [*names, branches.LOCK]


async def check_owner(owner_id: UUID | None, actor: Actor, field: tuple[str, ...] = ()) -> None:
    """Raises: NotFound for whom the workspace does not have as a member."""
    if owner_id is not None:
        await get(Member, owner_id, actor, field=(*field, "ownerId"))


async def check_contact(contact_id: UUID | None, actor: Actor, field: tuple[str, ...] = ()) -> None:
    """Let a contact be the one whose lead it is.

    Raises: NotFound; AlreadyMerged; Invalid for one that is archived.
    """
    if contact_id is None:
        return
    at = (*field, "contactId")
    contact = await get(Contact, contact_id, actor, field=at)
    await _refuse_merged(Contact, contact, actor, at)
    if contact.archived_at is not None:
        raise Invalid(f"The contact {contact.name} is archived: restore it first.", field=at)


async def check_organization(organization_id: UUID | None, actor: Actor, field: tuple[str, ...] = ()) -> None:
    """Let an organization be the one that a person belongs to.

    Raises: NotFound; AlreadyMerged; Invalid for one that is archived.
    """
    if organization_id is None:
        return
    at = (*field, "organizationId")
    organization = await get(Organization, organization_id, actor, field=at)
    await _refuse_merged(Organization, organization, actor, at)
    if organization.archived_at is not None:
        raise Invalid(f"The organization {organization.name} is archived: restore it first.", field=at)


async def _refuse_merged(model: type[Any], row: Any, actor: Actor, field: tuple[str, ...]) -> None:
    """Raises: AlreadyMerged, with the one that holds what was the record's own."""
    holder = row
    while holder.merged_into_id is not None:
        holder = await get(model, holder.merged_into_id, actor, field=field)
    if holder is not row:
        raise AlreadyMerged(
            f"{row.name} has been merged into {holder.name}: take that one.", field=field, current=holder
        )
