"""Changing contacts and organizations. What is left out stays as it is, lists are replaced as wholes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.changes import UNCHANGED
from crm.contacts import addresses, branches
from crm.contacts.events import ContactChanged, OrganizationChanged
from crm.contacts.facts import Address, ContactChange, OrganizationChange
from crm.contacts.models import Contact, Organization
from crm.contacts.operations import check_organization, check_owner, names_of_organization, read_domain
from crm.customfields import values as customfields
from crm.customfields.facts import Entity
from crm.db import atomic, lock
from crm.errors import Invalid
from crm.outbox import operations as outbox
from crm.tags import operations as tags

Columns = dict[str, Any]

_FIELDS = {
    "name": "name",
    "domain": "domain",
    "job_title": "jobTitle",
    "organization_id": "organization",
    "parent_id": "parent",
    "owner_id": "owner",
    "description": "description",
}
"""Columns, and the names of what they show in the API."""


@atomic()
async def update_contact(
    *, actor: Actor, contact_id: UUID, change: ContactChange, expected_version: int | None, now: datetime
) -> Contact:
    """Change a contact. An address that is taken from it is free for others at once.

    Raises: NotFound, StaleVersion, Invalid, Duplicate, Forbidden.
    """
    permit(actor, "contact.update")
    columns = _texts(change)
    if change.job_title is not UNCHANGED:
        columns["job_title"] = text.optional(change.job_title, field=("jobTitle",))
    given = await _Lists.of(change, actor)
    custom = await customfields.read(Entity.CONTACT, change.custom, actor=actor)
    await addresses.lock_names(actor, *addresses.email_names(Contact, given.emails or ()))
    contact = await lock(Contact, contact_id, actor, expected_version=expected_version)
    permit(actor, "contact.update", contact)
    refuse_archived(contact)
    await _owner(contact, change, columns, actor)
    if change.organization_id is not UNCHANGED:
        if change.organization_id != contact.organization_id:
            await check_organization(change.organization_id, actor)
        columns["organization_id"] = change.organization_id
    changed = [*_apply(contact, columns), *await given.write(contact, actor)]
    changed += await _tags(contact, change, actor, now)
    changed += ["customFields"] if customfields.write(contact, custom) else []
    if changed:
        contact.touch(now)
        await contact.save()
        await outbox.record(ContactChanged(subject_id=contact.id, fields=changed), actor=actor, now=now)
    return contact


@atomic()
async def update_organization(
    *, actor: Actor, organization_id: UUID, change: OrganizationChange, expected_version: int | None, now: datetime
) -> Organization:
    """Change an organization. A domain or address that is taken from it is free for others at once.

    Raises: NotFound, StaleVersion, Invalid, Duplicate, Forbidden.
    """
    permit(actor, "organization.update")
    columns = _texts(change)
    if change.domain is not UNCHANGED:
        columns["domain"] = read_domain(change.domain)
    given = await _Lists.of(change, actor)
    custom = await customfields.read(Entity.ORGANIZATION, change.custom, actor=actor)
    domain: str | None = columns.get("domain")
    parent_id = None if change.parent_id is UNCHANGED else change.parent_id
    await addresses.lock_names(actor, *names_of_organization(domain, given.emails or [], parent_id))
    organization = await lock(Organization, organization_id, actor, expected_version=expected_version)
    permit(actor, "organization.update", organization)
    refuse_archived(organization)
    await _owner(organization, change, columns, actor)
    await addresses.refuse_taken_domain(domain, actor, by=organization.id)
    if change.parent_id is not UNCHANGED:
        if change.parent_id is not None and change.parent_id != organization.parent_id:
            await branches.check_parent(change.parent_id, actor, of=organization)
        columns["parent_id"] = change.parent_id
    changed = [*_apply(organization, columns), *await given.write(organization, actor)]
    changed += await _tags(organization, change, actor, now)
    changed += ["customFields"] if customfields.write(organization, custom) else []
    if changed:
        organization.touch(now)
        await organization.save()
        await outbox.record(OrganizationChanged(subject_id=organization.id, fields=changed), actor=actor, now=now)
    return organization


def refuse_archived(party: addresses.Party) -> None:
    """Raises: Invalid for a record that is put away."""
    if party.archived_at is not None:
        noun = addresses.KEPT[type(party)].noun
        raise Invalid(f"The {noun} {party.name} is archived: restore it first.", field=("id",))


class _Lists:
    """The lists that are to be replaced; None stays as it is."""

    emails: list[addresses.Email] | None = None
    phones: list[str] | None = None
    postal: list[Address] | None = None

    @classmethod
    async def of(cls, change: ContactChange | OrganizationChange, actor: Actor) -> _Lists:
        """Raises: Invalid."""
        lists = cls()
        if change.emails is not UNCHANGED:
            lists.emails = addresses.read_emails(change.emails)
        if change.phones is not UNCHANGED:
            lists.phones = await addresses.read_phones(change.phones, actor)
        if change.postal_addresses is not UNCHANGED:
            lists.postal = addresses.read_postal(change.postal_addresses)
        return lists

    async def write(self, party: addresses.Party, actor: Actor) -> list[str]:
        """Replace them; the names of those that are other than they were.

        Raises: Duplicate.
        """
        changed = []
        if self.emails is not None:
            await addresses.refuse_taken_emails(type(party), self.emails, actor, by=party.id)
            if await addresses.write_emails(party, self.emails, actor):
                changed.append("emails")
        if self.phones is not None and await addresses.write_phones(party, self.phones, actor):
            changed.append("phones")
        if self.postal is not None and await addresses.write_postal(party, self.postal, actor):
            changed.append("postalAddresses")
        return changed


def _texts(change: ContactChange | OrganizationChange) -> Columns:
    """The columns that both kinds of records have.

    Raises: Invalid.
    """
    columns: Columns = {}
    if change.name is not UNCHANGED:
        columns["name"] = text.required(change.name or "", field=("name",))
    if change.description is not UNCHANGED:
        columns["description"] = text.note(change.description, field=("description",))
    return columns


async def _owner(
    party: addresses.Party, change: ContactChange | OrganizationChange, columns: Columns, actor: Actor
) -> None:
    if change.owner_id is not UNCHANGED:
        await check_owner(change.owner_id, actor)
        columns["owner_id"] = change.owner_id


async def _tags(
    party: addresses.Party, change: ContactChange | OrganizationChange, actor: Actor, now: datetime
) -> list[str]:
    """Raises: NotFound."""
    if change.tag_ids is UNCHANGED:
        return []
    return ["tags"] if await tags.replace(party, change.tag_ids, actor=actor, now=now) else []


def _apply(party: addresses.Party, columns: Columns) -> list[str]:
    """Write the columns into the record; the names of those that are other than they were."""
    changed = [name for name, value in columns.items() if getattr(party, name) != value]
    for name in changed:
        setattr(party, name, columns[name])
    party.name_folded = text.name_key(party.name)
    return [_FIELDS[name] for name in changed]
