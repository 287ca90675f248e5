"""The query root: lists are connections, single objects are found by `node`."""

from __future__ import annotations

import asyncio
from typing import Annotated, cast

import strawberry

from schema import ids
from schema.accounts.lists import MEMBERS
from schema.accounts.types import Member
from schema.activities.types import Activity
from schema.connections import Connection
from schema.contacts.lists import CONTACTS, ORGANIZATIONS
from schema.contacts.types import Contact, Organization
from schema.context import Info
from schema.customfields.enums import CustomFieldEntity
from schema.customfields.lists import CUSTOM_FIELDS
from schema.customfields.types import CustomField
from schema.deals.lists import DEALS
from schema.deals.past import PastQueries
from schema.deals.types import Deal
from schema.errors import RequestError
from schema.fields import computed, every, many
from schema.intake.lists import CHANNELS, MESSAGES
from schema.intake.types import Channel, InboundMessage
from schema.leads.lists import LEADS
from schema.leads.policies import QualificationPolicy
from schema.leads.types import Lead
from schema.merging.duplicates import DuplicateQueries
from schema.node import Node
from schema.pipelines.lists import NOT_ARCHIVED, PIPELINES
from schema.pipelines.types import Pipeline
from schema.reads.arguments import LARGEST_PAGE
from schema.reads.mapping import ById, ByIds, Only
from schema.tags.lists import TAGS
from schema.tags.types import Tag

GlobalId = Annotated[strawberry.ID, strawberry.argument(description="A global id.")]
GlobalIds = Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")]
OfEntity = Annotated[
    CustomFieldEntity | None, strawberry.argument(description="Of which records; left out: of all.")  # type: ignore[valid-type]
]
Archived = Annotated[bool | None, strawberry.argument(description="true: only archived ones; false: only others.")]
TYPES: list[type[Node]] = [Activity]
"""Types that are found by `node`, whether or not a field leads to them."""


async def _find(info: Info, global_id: str) -> Node | None:
    parts = ids.split(global_id)
    if parts is None or parts[0] not in Node.kinds:
        return None
    return Node.kinds[parts[0]].of_optional(await info.context.row(*parts))


@strawberry.type(
    description="Everything that can be asked. All of it is of the workspace that the credential belongs to."
)
class Query(PastQueries, DuplicateQueries):
    contacts: Connection[Contact] = many(
        CONTACTS, "Contacts by name, as people sort them: without regard to case, umlauts and accents."
    )
    organizations: Connection[Organization] = many(ORGANIZATIONS, "Organizations by name.")
    leads: Connection[Lead] = many(LEADS, "Leads, newest first, in every state: a converted one stays visible.")
    deals: Connection[Deal] = many(DEALS, "Deals of all pipelines, newest first; a board is read through `pipelines`.")
    inbound_messages: Connection[InboundMessage] = many(MESSAGES, "What came in through the channels, latest first.")
    pipelines: list[Pipeline] = every(PIPELINES, "The boards in use, in their order.", on=NOT_ARCHIVED)
    archived_pipelines: list[Pipeline] = every(
        PIPELINES, "The boards that were put away; restorePipeline brings them back.", on=f"NOT ({NOT_ARCHIVED})"
    )
    members: list[Member] = every(MEMBERS, "The people who work in the workspace, in the order in which they joined.")
    channels: list[Channel] = every(CHANNELS, "The ways in, oldest first.")

    @computed(
        "Custom fields, by entity, then in their order; those in use, unless `archived` says otherwise.", CUSTOM_FIELDS
    )
    async def custom_fields(self, info: Info, entity: OfEntity = None, archived: Archived = None) -> list[CustomField]:
        return cast("list[CustomField]", await info.context.whole_list(info, CUSTOM_FIELDS, None))

    tags: list[Tag] = every(TAGS, "All tags, by name: at most 500.")

    @computed("When leads become QUALIFIED by themselves, and what is asked.", Only("QualificationPolicy"))
    async def qualification_policy(self, info: Info) -> QualificationPolicy:
        spliced = await info.context.spliced(info)
        if spliced is not None:
            return cast("QualificationPolicy", spliced)
        return QualificationPolicy.of(await info.context.only("QualificationPolicy"))

    @computed("The object with this global id; null when there is none.", ById())
    async def node(self, info: Info, id: GlobalId) -> Node | None:
        spliced = await info.context.spliced(info)
        return await _find(info, id) if spliced is None else spliced

    @computed("The objects with these global ids, in their order; null for each that there is not.", ByIds())
    async def nodes(self, info: Info, ids: GlobalIds) -> list[Node | None]:
        spliced = await info.context.spliced(info)
        if spliced is not None:
            return cast("list[Node | None]", spliced)
        if len(ids) > LARGEST_PAGE:
            raise RequestError(f"ids has {len(ids)} entries: give at most {LARGEST_PAGE}.", "INVALID_PAGINATION")
        return list(await asyncio.gather(*(_find(info, id) for id in ids)))  # together: one read a type
