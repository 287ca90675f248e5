"""The query root: lists are connections, single objects are found by `node`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import strawberry

from crm.paging import BY_NAME, NEWEST_FIRST, Order
from crm.rows import rows
from schema import ids
from schema.accounts.types import Member
from schema.activities.types import Activity
from schema.connections import LARGEST_PAGE, After, Before, Connection, First, Last, connect
from schema.contacts.types import Contact, Organization
from schema.context import Info
from schema.deals.types import Deal
from schema.errors import RequestError
from schema.intake.types import Channel, InboundMessage
from schema.leads.types import Lead
from schema.node import Node
from schema.pipelines.types import Pipeline, Stage

NODES: dict[str, type[Node]] = {
    shown.__name__: shown
    for shown in (Member, Contact, Organization, Lead, Deal, Pipeline, Stage, Activity, Channel, InboundMessage)
}
"""Every entity by the name that begins its global id; the same names as in ``crm.rows.KINDS``."""

RECEIVED_LAST_FIRST = Order(("received_at", "id"), descending=True)
GlobalId = Annotated[strawberry.ID, strawberry.argument(description="A global id.")]
GlobalIds = Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")]


async def _find(info: Info, global_id: str) -> Node | None:
    parts = ids.split(global_id)
    if parts is None or parts[0] not in NODES:
        return None
    return NODES[parts[0]].of_optional(await info.context.row(*parts))


@strawberry.type(
    description="Everything that can be asked. All of it is of the workspace that the credential belongs to."
)
class Query:
    @strawberry.field(description="The object with this global id; null when there is none.")
    async def node(self, info: Info, id: GlobalId) -> Node | None:
        return await _find(info, id)

    @strawberry.field(description="The objects with these global ids, in their order; null for each that there is not.")
    async def nodes(self, info: Info, ids: GlobalIds) -> list[Node | None]:
        if len(ids) > LARGEST_PAGE:
            raise RequestError(f"ids has {len(ids)} entries: give at most {LARGEST_PAGE}.", "INVALID_PAGINATION")
        return list(await asyncio.gather(*(_find(info, id) for id in ids)))  # together: one read a type

    @strawberry.field(description="Contacts by name, as people sort them: without regard to case, umlauts and accents.")
    async def contacts(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Contact]:
        found = rows("Contact", info.context.actor, archived_at=None)
        return await connect(info, Contact.of, found, BY_NAME, first, after, last, before)

    @strawberry.field(description="Organizations by name.")
    async def organizations(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Organization]:
        found = rows("Organization", info.context.actor, archived_at=None)
        return await connect(info, Organization.of, found, BY_NAME, first, after, last, before)

    @strawberry.field(description="Leads, newest first, in every state: a converted one stays visible.")
    async def leads(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Lead]:
        found = rows("Lead", info.context.actor)
        return await connect(info, Lead.of, found, NEWEST_FIRST, first, after, last, before)

    @strawberry.field(description="Deals of all pipelines, newest first; a board is read through `pipelines`.")
    async def deals(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Deal]:
        found = rows("Deal", info.context.actor)
        return await connect(info, Deal.of, found, NEWEST_FIRST, first, after, last, before)

    @strawberry.field(description="What came in through the channels, latest first.")
    async def inbound_messages(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[InboundMessage]:
        found = rows("InboundMessage", info.context.actor)
        return await connect(info, InboundMessage.of, found, RECEIVED_LAST_FIRST, first, after, last, before)

    @strawberry.field(description="The boards, in their order.")
    async def pipelines(self, info: Info) -> list[Pipeline]:
        found = rows("Pipeline", info.context.actor).order_by("position", "id")
        return [Pipeline.of(row) for row in await found]

    @strawberry.field(description="The ways in, oldest first.")
    async def channels(self, info: Info) -> list[Channel]:
        found = rows("Channel", info.context.actor).order_by("created_at", "id")
        return [Channel.of(row) for row in await found]
