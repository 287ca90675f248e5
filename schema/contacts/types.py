"""Contacts and organizations in the API."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.paging import BY_NAME, NEWEST_FIRST
from crm.rows import rows
from schema.connections import After, Before, Connection, First, Last, connect
from schema.context import Info
from schema.lazy import LazyDeal, LazyLead
from schema.node import Node, shown
from schema.scalars import EmailAddress, PhoneNumber


@strawberry.type(description="A company, association or authority.")
class Organization(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    name: str = shown("Its name.")
    domain: str | None = shown("The domain it registered, such as example.com.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")

    @strawberry.field(description="The people who belong to it, by name.")
    async def contacts(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Contact]:
        found = rows("Contact", info.context.actor, organization_id=self.row.id, archived_at=None)
        return await connect(info, Contact.of, found, BY_NAME, first, after, last, before)

    @strawberry.field(description="Its leads, newest first.")
    async def leads(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[LazyLead]:
        from schema.leads.types import Lead

        found = rows("Lead", info.context.actor, organization_id=self.row.id)
        return await connect(info, Lead.of, found, NEWEST_FIRST, first, after, last, before)

    @strawberry.field(description="Its deals, newest first.")
    async def deals(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[LazyDeal]:
        from schema.deals.types import Deal

        found = rows("Deal", info.context.actor, organization_id=self.row.id)
        return await connect(info, Deal.of, found, NEWEST_FIRST, first, after, last, before)


@strawberry.type(description="A person.")
class Contact(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    name: str = shown("The person's name.")
    job_title: str | None = shown("What the person does there.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")

    @strawberry.field(description="The person's e-mail addresses, the main one first.")
    async def emails(self, info: Info) -> list[EmailAddress]:
        return [EmailAddress(address) for address in await info.context.emails.load(self.row.id)]

    @strawberry.field(description="The person's phone numbers, the main one first.")
    async def phones(self, info: Info) -> list[PhoneNumber]:
        return [PhoneNumber(number) for number in await info.context.phones.load(self.row.id)]

    @strawberry.field(description="The organization the person belongs to.")
    async def organization(self, info: Info) -> Organization | None:
        return Organization.of_optional(await info.context.row("Organization", self.row.organization_id))

    @strawberry.field(description="The person's leads, newest first; any number of them.")
    async def leads(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[LazyLead]:
        from schema.leads.types import Lead

        found = rows("Lead", info.context.actor, contact_id=self.row.id)
        return await connect(info, Lead.of, found, NEWEST_FIRST, first, after, last, before)

    @strawberry.field(description="The person's deals, newest first.")
    async def deals(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[LazyDeal]:
        from schema.deals.types import Deal

        found = rows("Deal", info.context.actor, contact_id=self.row.id)
        return await connect(info, Deal.of, found, NEWEST_FIRST, first, after, last, before)
