"""Contacts and organizations in the API."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.connections import Connection
from schema.contacts.lists import CONTACTS, NOT_ARCHIVED
from schema.context import Info
from schema.deals.lists import DEALS
from schema.fields import computed, many, one, shown
from schema.lazy import LazyDeal, LazyLead
from schema.leads.lists import LEADS
from schema.node import Node
from schema.reads.mapping import Computed
from schema.scalars import EmailAddress, PhoneNumber

EMAILS = """ARRAY(SELECT e.address FROM contact_email AS e
    WHERE e.workspace_id = {workspace} AND e.contact_id = {row}.id ORDER BY e.position)"""
PHONES = """ARRAY(SELECT p.number FROM contact_phone AS p
    WHERE p.workspace_id = {workspace} AND p.contact_id = {row}.id ORDER BY p.position)"""


@strawberry.type(description="A company, association or authority.")
class Organization(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    name: str = shown("Its name.")
    domain: str | None = shown("The domain it registered, such as example.com.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")
    contacts: Connection[Contact] = many(
        CONTACTS, "The people who belong to it, by name.", on=f"{{row}}.organization_id = {{parent}} AND {NOT_ARCHIVED}"
    )
    leads: Connection[LazyLead] = many(LEADS, "Its leads, newest first.", by="organization_id")
    deals: Connection[LazyDeal] = many(DEALS, "Its deals, newest first.", by="organization_id")


@strawberry.type(description="A person.")
class Contact(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    name: str = shown("The person's name.")
    job_title: str | None = shown("What the person does there.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")
    organization: Organization | None = one(
        "organization_id", "Organization", "The organization the person belongs to."
    )
    leads: Connection[LazyLead] = many(LEADS, "The person's leads, newest first; any number of them.", by="contact_id")
    deals: Connection[LazyDeal] = many(DEALS, "The person's deals, newest first.", by="contact_id")

    @computed("The person's e-mail addresses, the main one first.", Computed((EMAILS,)))
    async def emails(self, info: Info) -> list[EmailAddress]:
        return [EmailAddress(address) for address in await info.context.emails.load(self.row.id)]

    @computed("The person's phone numbers, the main one first.", Computed((PHONES,)))
    async def phones(self, info: Info) -> list[PhoneNumber]:
        return [PhoneNumber(number) for number in await info.context.phones.load(self.row.id)]
