"""Contacts and organizations in the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from crm.customfields.facts import Entity
from schema.accounts.types import Member
from schema.connections import Connection
from schema.contacts.lists import CONTACTS, ORGANIZATIONS
from schema.context import Info
from schema.customfields.types import CustomFieldValue, shown_values, values_of
from schema.deals.lists import DEALS
from schema.fields import computed, every, many, one, shown
from schema.lazy import LazyContactDuplicate, LazyDeal, LazyLead, LazyMerge, LazyOrganizationDuplicate
from schema.leads.lists import LEADS
from schema.merging.lists import MERGES
from schema.node import Node
from schema.reads.mapping import Computed, From, Items
from schema.scalars import CountryCode, EmailAddress, PhoneNumber
from schema.tags.lists import TAGS, tags_of
from schema.tags.types import Tag

# ``of`` is the table they belong to: contact, or organization.
_EMAILS = """ARRAY(SELECT e.address FROM {of}_email AS e
    WHERE e.workspace_id = {workspace} AND e.{of}_id = {row}.id ORDER BY e.position)"""
_PHONES = """ARRAY(SELECT p.number FROM {of}_phone AS p
    WHERE p.workspace_id = {workspace} AND p.{of}_id = {row}.id ORDER BY p.position)"""
_PARTS = ("label", "street", "postal_code", "city", "region", "country")
_POSTAL = """SELECT {parts} FROM postal_address AS a WHERE a.workspace_id = {workspace} AND a.{of}_id = {row}.id"""
_PART = "coalesce(array_agg(a.{part} ORDER BY a.position), '{{}}') AS {part}"


def _emails_of(of: str) -> Computed:
    return Computed((_EMAILS.replace("{of}", of),))


def _phones_of(of: str) -> Computed:
    return Computed((_PHONES.replace("{of}", of),))


def _postal_of(of: str) -> Items:
    parts = ", ".join(_PART.replace("{part}", part) for part in _PARTS)
    gathered = _POSTAL.replace("{parts}", parts).replace("{of}", of)
    return Items({part: From(gathered, part) for part in _PARTS})


@strawberry.type(description="Where a contact or an organization is, or takes post.")
class PostalAddress:
    row: strawberry.Private[Any]

    label: str | None = shown("What it is for, such as billing.")
    street: str | None = shown("Street and number, on as many lines as it takes.")
    postal_code: str | None = shown("The postal code, as it is written there.")
    city: str | None = shown("The city or town.")
    region: str | None = shown("State, province or canton.")
    country: CountryCode | None = shown("The country.")


@strawberry.type(description="A company, association or authority.")
class Organization(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    name: str = shown("Its name.")
    domain: str | None = shown("The domain it registered, such as example.com.")
    description: str | None = shown("What else there is to know of it, as plain text.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")
    archived_at: datetime | None = shown("When it was put away; null: it is in use.")
    owner: Member | None = one("owner_id", "Member", "Who looks after it.")
    parent: Organization | None = one("parent_id", "Organization", "The organization it is a branch of.")
    merged_into: Organization | None = one(
        "merged_into_id", "Organization", "The one that holds what was its own, since they were merged."
    )
    branches: Connection[Organization] = many(ORGANIZATIONS, "Its own branches, by name.", by="parent_id")
    tags: list[Tag] = every(TAGS, "Its tags, by name.", on=tags_of("organization"))
    contacts: Connection[Contact] = many(CONTACTS, "The people who belong to it, by name.", by="organization_id")
    leads: Connection[LazyLead] = many(LEADS, "Its leads, newest first.", by="organization_id")
    deals: Connection[LazyDeal] = many(DEALS, "Its deals, newest first.", by="organization_id")
    merges: list[LazyMerge] = every(MERGES, "What was merged into it, latest first.", by="organization_id")

    @strawberry.field(description="Which other organizations may be the same, the most probable first; at most 20.")
    async def duplicates(self, info: Info) -> list[LazyOrganizationDuplicate]:
        from schema.merging.duplicates import of_organization

        return await of_organization(info, self.row.id)

    @computed("Its own e-mail addresses, such as info@, the main one first.", _emails_of("organization"))
    async def emails(self, info: Info) -> list[EmailAddress]:
        return [EmailAddress(address) for address in await info.context.emails_of_organizations.load(self.row.id)]

    @computed("Its phone numbers, the main one first.", _phones_of("organization"))
    async def phones(self, info: Info) -> list[PhoneNumber]:
        return [PhoneNumber(number) for number in await info.context.phones_of_organizations.load(self.row.id)]

    @computed("Its postal addresses, the main one first.", _postal_of("organization"))
    async def postal_addresses(self, info: Info) -> list[PostalAddress]:
        return [PostalAddress(row=row) for row in await info.context.postal_addresses.load(self.row.id)]

    @computed("Every custom field in use, in their order, with its value.", values_of(Entity.ORGANIZATION))
    async def custom_fields(self, info: Info) -> list[CustomFieldValue]:
        return shown_values(self.row.custom, await info.context.custom_fields.load(Entity.ORGANIZATION))


@strawberry.type(description="A person.")
class Contact(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    name: str = shown("The person's name.")
    job_title: str | None = shown("What the person does there.")
    description: str | None = shown("What else there is to know of the person, as plain text.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")
    archived_at: datetime | None = shown("When it was put away; null: it is in use.")
    owner: Member | None = one("owner_id", "Member", "Who looks after the person.")
    merged_into: Contact | None = one(
        "merged_into_id", "Contact", "The one that holds what was this one's own, since they were merged."
    )
    organization: Organization | None = one(
        "organization_id", "Organization", "The organization the person belongs to."
    )
    tags: list[Tag] = every(TAGS, "The person's tags, by name.", on=tags_of("contact"))
    leads: Connection[LazyLead] = many(LEADS, "The person's leads, newest first; any number of them.", by="contact_id")
    deals: Connection[LazyDeal] = many(DEALS, "The person's deals, newest first.", by="contact_id")
    merges: list[LazyMerge] = every(MERGES, "What was merged into the contact, latest first.", by="contact_id")

    @strawberry.field(description="Which other contacts may be the same person, the most probable first; at most 20.")
    async def duplicates(self, info: Info) -> list[LazyContactDuplicate]:
        from schema.merging.duplicates import of_contact

        return await of_contact(info, self.row.id)

    @computed("The person's e-mail addresses, the main one first.", _emails_of("contact"))
    async def emails(self, info: Info) -> list[EmailAddress]:
        return [EmailAddress(address) for address in await info.context.emails.load(self.row.id)]

    @computed("The person's phone numbers, the main one first.", _phones_of("contact"))
    async def phones(self, info: Info) -> list[PhoneNumber]:
        return [PhoneNumber(number) for number in await info.context.phones.load(self.row.id)]

    @computed("The person's postal addresses, the main one first.", _postal_of("contact"))
    async def postal_addresses(self, info: Info) -> list[PostalAddress]:
        return [PostalAddress(row=row) for row in await info.context.postal_addresses.load(self.row.id)]

    @computed("Every custom field in use, in their order, with its value.", values_of(Entity.CONTACT))
    async def custom_fields(self, info: Info) -> list[CustomFieldValue]:
        return shown_values(self.row.custom, await info.context.custom_fields.load(Entity.CONTACT))
