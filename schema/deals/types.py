"""Deals in the API."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from crm.activities import queries as timelines
from crm.deals import facts, rules
from crm.paging import NEWEST_FIRST
from crm.rows import rows
from schema.accounts.types import Member
from schema.activities.types import Activity
from schema.connections import After, Before, Connection, First, Last, connect
from schema.contacts.types import Contact, Organization
from schema.context import Info
from schema.enums import described
from schema.lazy import LazyLead
from schema.money import Money
from schema.node import Node, shown
from schema.pipelines.types import Pipeline, Stage

DealStatus = described(
    facts.DealStatus,
    "Follows from the kind of the deal's stage.",
    OPEN="It is being worked on.",
    WON="It is won.",
    LOST="It is lost.",
)


@strawberry.type(description="One possible sale: a card on the board.")
class Deal(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    title: str = shown("It in one line.")
    expected_close_date: date | None = shown("The day it is expected to be decided.")
    closed_at: datetime | None = shown("When it was won or lost; null while it is open.")
    lost_reason: str | None = shown("LOST: why.")
    source: str | None = shown("Where it came from, carried over from its lead.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")

    @strawberry.field(description="What it would bring.")
    def amount(self) -> Money | None:
        return Money.of_optional(self.row.amount)

    @strawberry.field(description="How likely it is won, in percent: its stage's, until a person says otherwise.")
    async def probability(self, info: Info) -> int:
        stage = await info.context.row_of("Stage", self.row.stage_id)
        return rules.probability(facts.DealStatus(self.row.status), stage.probability, self.row.probability_override)

    @strawberry.field(description="Whether it is open, won or lost.")
    def status(self) -> DealStatus:  # type: ignore[valid-type]
        return facts.DealStatus(self.row.status)

    @strawberry.field(description="The column it stands in.")
    async def stage(self, info: Info) -> Stage:
        return Stage.of(await info.context.row_of("Stage", self.row.stage_id))

    @strawberry.field(description="The board it stands on.")
    async def pipeline(self, info: Info) -> Pipeline:
        return Pipeline.of(await info.context.row_of("Pipeline", self.row.pipeline_id))

    @strawberry.field(description="Who it is made with.")
    async def contact(self, info: Info) -> Contact | None:
        return Contact.of_optional(await info.context.row("Contact", self.row.contact_id))

    @strawberry.field(description="The organization it is made with.")
    async def organization(self, info: Info) -> Organization | None:
        return Organization.of_optional(await info.context.row("Organization", self.row.organization_id))

    @strawberry.field(description="Who works on it.")
    async def owner(self, info: Info) -> Member | None:
        return Member.of_optional(await info.context.row("Member", self.row.owner_id))

    @strawberry.field(description="The leads that feed it, newest first; none for a deal made by hand.")
    async def leads(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[LazyLead]:
        from schema.leads.types import Lead

        found = rows("Lead", info.context.actor, deal_id=self.row.id)
        return await connect(info, Lead.of, found, NEWEST_FIRST, first, after, last, before)

    @strawberry.field(description="What happened to it and to the leads that feed it, latest first.")
    async def timeline(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Activity]:
        actor = info.context.actor
        lead_ids = [id for (id,) in await rows("Lead", actor, deal_id=self.row.id).values_list("id")]
        found = timelines.of_deal(actor=actor, deal_id=self.row.id, lead_ids=lead_ids)
        return await connect(info, Activity.of, found, timelines.LATEST_FIRST, first, after, last, before)
