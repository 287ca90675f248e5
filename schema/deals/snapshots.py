"""A board as it was at a moment, in the API (docs/history.md)."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from crm.deals import history
from crm.deals.past import DealThen, Page, StageThen
from schema.accounts.types import Member
from schema.connections import After, Before, Connection, First, Last, connection_from
from schema.context import Context, Info
from schema.deals.enums import DealStatus
from schema.deals.types import Deal
from schema.money import Money
from schema.pipelines.types import Pipeline, Stage
from schema.reads.arguments import AskedPage, asked_of_page

_DEALS_LIST = "DealSnapshot -deal_id"


def given(**arguments: Any) -> dict[str, Any]:
    """The arguments that were given."""
    return {name: value for name, value in arguments.items() if value is not strawberry.UNSET}


def page_of(asked: AskedPage) -> Page:
    return Page(asked.size, asked.backward, asked.after, asked.before)


@strawberry.type(description="A deal as it was at a moment.")
class DealSnapshot:
    then: strawberry.Private[DealThen]
    status: DealStatus = strawberry.field(description="Whether it was open, won or lost.")  # type: ignore[valid-type]
    probability: int = strawberry.field(
        description="How likely it was won, in percent: a person's estimate then, else what its stage says today."
    )
    expected_close_date: date | None = strawberry.field(description="The day it was expected to be decided.")

    @classmethod
    def of(cls, then: DealThen) -> DealSnapshot:
        return cls(
            then=then,
            status=then.status,
            probability=then.probability,
            expected_close_date=then.expected_close_date,
        )

    @strawberry.field(description="What it would have brought.")
    def amount(self) -> Money | None:
        return Money.of_optional(self.then.amount)

    @strawberry.field(description="The deal as it is now.")
    async def deal(self, info: Info) -> Deal:
        return Deal.of(await info.context.row_of("Deal", self.then.deal_id))

    @strawberry.field(description="The column it stood in.")
    async def stage(self, info: Info) -> Stage:
        return Stage.of(await info.context.row_of("Stage", self.then.stage_id))

    @strawberry.field(description="Who worked on it.")
    async def owner(self, info: Info) -> Member | None:
        return Member.of_optional(await info.context.row("Member", self.then.owner_id))


class DealsThen:
    """Reads the deals of a snapshot's stages, those with the same arguments together."""

    def __init__(self, context: Context, pipeline_id: UUID, at: datetime) -> None:
        self._context = context
        self._read = partial(history.deals_then, actor=context.actor, pipeline_id=pipeline_id, at=at)
        self._loaders: dict[AskedPage, DataLoader[UUID, list[DealThen]]] = {}

    async def of(self, stage_id: UUID, asked: AskedPage) -> list[DealThen]:
        if asked not in self._loaders:
            self._loaders[asked] = DataLoader(load_fn=partial(self._load, asked))
        return await self._loaders[asked].load(stage_id)

    async def _load(self, asked: AskedPage, stage_ids: list[UUID]) -> list[list[DealThen]]:
        found = await self._read(stage_ids=stage_ids, page=page_of(asked))
        return [found[id] for id in stage_ids]


@strawberry.type(description="A column of a board as it was at a moment. Archived deals are not in it.")
class StageSnapshot:
    then: strawberry.Private[StageThen]
    all_deals: strawberry.Private[DealsThen]

    @strawberry.field(description="The column as it is now.")
    async def stage(self, info: Info) -> Stage:
        return Stage.of(await info.context.row_of("Stage", self.then.stage_id))

    @strawberry.field(description="How many deals it held.")
    def count(self) -> int:
        return self.then.totals.count

    @strawberry.field(description="Their sum in each currency; currencies are never mixed.")
    def amounts(self) -> list[Money]:
        return [Money.of(amount) for amount in self.then.totals.amounts]

    @strawberry.field(
        description="Their sum times their probability, each rounded half up, in each currency. A probability is"
        " a person's estimate then, else what the stage says today."
    )
    def weighted(self) -> list[Money]:
        return [Money.of(amount) for amount in self.then.weighted]

    @strawberry.field(description="The deals that it held, newest first.")
    async def deals(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[DealSnapshot]:
        cursors = info.context.cursors
        asked = asked_of_page(given(first=first, after=after, last=last, before=before), _DEALS_LIST, cursors)

        async def count() -> int:
            return self.then.totals.count

        return connection_from(
            await self.all_deals.of(self.then.stage_id, asked),
            asked,
            lambda row: cursors.write(_DEALS_LIST, (row.deal_id,)),
            DealSnapshot.of,
            count,
        )


@strawberry.type(description="A board as it was at a moment.")
class PipelineSnapshot:
    at: datetime = strawberry.field(description="The moment.")
    pipeline: Pipeline = strawberry.field(description="The board as it is now.")
    stages: list[StageSnapshot] = strawberry.field(
        description="Its columns from left to right: those of today, and deleted ones that held deals then."
    )
