"""The query root: lists are connections, single objects are found by `node`."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from tortoise.models import Model

from crm.accounts import models as accounts
from crm.activities import models as activities
from crm.contacts import models as contacts
from crm.db import scoped
from crm.deals import models as deals
from crm.intake import models as intake
from crm.leads import models as leads
from crm.paging import BY_NAME, NEWEST_FIRST, Order
from crm.pipelines import models as pipelines
from schema import ids
from schema.accounts.types import Member
from schema.activities.types import Activity
from schema.connections import After, Before, Connection, First, Last, connect
from schema.contacts.types import Contact, Organization
from schema.context import Info
from schema.deals.types import Deal
from schema.intake.types import Channel, InboundMessage
from schema.leads.types import Lead
from schema.node import Node
from schema.pipelines.types import Pipeline, Stage

NODES: dict[str, tuple[type[Model], type[Any]]] = {
    "Member": (accounts.Member, Member),
    "Contact": (contacts.Contact, Contact),
    "Organization": (contacts.Organization, Organization),
    "Lead": (leads.Lead, Lead),
    "Deal": (deals.Deal, Deal),
    "Pipeline": (pipelines.Pipeline, Pipeline),
    "Stage": (pipelines.Stage, Stage),
    "Activity": (activities.Activity, Activity),
    "Channel": (intake.Channel, Channel),
    "InboundMessage": (intake.InboundMessage, InboundMessage),
}
"""Every entity: the prefix of its global id → the model whose rows it shows, and the type."""

RECEIVED_LAST_FIRST = Order(("received_at", "id"), descending=True)
GlobalId = Annotated[strawberry.ID, strawberry.argument(description="A global id.")]
GlobalIds = Annotated[list[strawberry.ID], strawberry.argument(description="Global ids.")]


async def _find(info: Info, global_id: str) -> Node | None:
    parts = ids.split(global_id)
    if parts is None or parts[0] not in NODES:
        return None
    model, shown = NODES[parts[0]]
    found: Node | None = shown.of_optional(await info.context.row(model, parts[1]))
    return found


@strawberry.type(
    description="Everything that can be asked. All of it is of the workspace that the credential belongs to."
)
class Query:
    @strawberry.field(description="The object with this global id; null when there is none.")
    async def node(self, info: Info, id: GlobalId) -> Node | None:
        return await _find(info, id)

    @strawberry.field(description="The objects with these global ids, in their order; null for each that there is not.")
    async def nodes(self, info: Info, ids: GlobalIds) -> list[Node | None]:
        return [await _find(info, id) for id in ids]

    @strawberry.field(description="Contacts by name, as people sort them: without regard to case, umlauts and accents.")
    async def contacts(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Contact]:
        rows = scoped(contacts.Contact, info.context.actor).filter(archived_at=None)
        return await connect(info, Contact.of, rows, BY_NAME, first, after, last, before)

    @strawberry.field(description="Organizations by name.")
    async def organizations(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Organization]:
        rows = scoped(contacts.Organization, info.context.actor).filter(archived_at=None)
        return await connect(info, Organization.of, rows, BY_NAME, first, after, last, before)

    @strawberry.field(description="Leads, newest first, in every state: a converted one stays visible.")
    async def leads(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Lead]:
        rows = scoped(leads.Lead, info.context.actor)
        return await connect(info, Lead.of, rows, NEWEST_FIRST, first, after, last, before)

    @strawberry.field(description="Deals of all pipelines, newest first; a board is read through `pipelines`.")
    async def deals(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Deal]:
        rows = scoped(deals.Deal, info.context.actor)
        return await connect(info, Deal.of, rows, NEWEST_FIRST, first, after, last, before)

    @strawberry.field(description="What came in through the channels, latest first.")
    async def inbound_messages(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[InboundMessage]:
        rows = scoped(intake.InboundMessage, info.context.actor)
        return await connect(info, InboundMessage.of, rows, RECEIVED_LAST_FIRST, first, after, last, before)

    @strawberry.field(description="The boards, in their order.")
    async def pipelines(self, info: Info) -> list[Pipeline]:
        rows = scoped(pipelines.Pipeline, info.context.actor).order_by("position", "id")
        return [Pipeline.of(row) for row in await rows]

    @strawberry.field(description="The ways in, oldest first.")
    async def channels(self, info: Info) -> list[Channel]:
        rows = scoped(intake.Channel, info.context.actor).order_by("created_at", "id")
        return [Channel.of(row) for row in await rows]
