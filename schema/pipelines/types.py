"""Pipelines and stages in the API."""

from __future__ import annotations

import strawberry

from crm.paging import BY_RANK
from crm.pipelines import facts
from crm.rows import rows
from schema.connections import After, Before, Connection, First, Last, connect
from schema.context import Info
from schema.enums import described
from schema.lazy import LazyDeal
from schema.money import Money
from schema.node import Node, shown

StageKind = described(
    facts.StageKind,
    "What it means for a deal to be in a stage.",
    OPEN="It is being worked on.",
    WON="It is won: probability 100.",
    LOST="It is lost, for a reason: probability 0.",
)


@strawberry.type(description="What lies in a stage.")
class StageTotals:
    count: int = strawberry.field(description="How many deals.")
    amounts: list[Money] = strawberry.field(description="Their sum in each currency; currencies are never mixed.")


@strawberry.type(description="A board: stages from left to right.")
class Pipeline(Node):
    name: str = shown("Its name.")

    @strawberry.field(description="Its stages, from left to right.")
    async def stages(self, info: Info) -> list[Stage]:
        found = rows("Stage", info.context.actor, pipeline_id=self.row.id)
        return [Stage.of(row) for row in await found.order_by("position", "id")]


@strawberry.type(description="A column of a board.")
class Stage(Node):
    name: str = shown("Its name; only people read it.")
    probability: int = shown("How likely a deal in it is won, in percent.")

    @strawberry.field(description="Whether deals in it are open, won or lost.")
    def kind(self) -> StageKind:  # type: ignore[valid-type]
        return facts.StageKind(self.row.kind)

    @strawberry.field(description="The pipeline it belongs to.")
    async def pipeline(self, info: Info) -> Pipeline:
        return Pipeline.of(await info.context.row_of("Pipeline", self.row.pipeline_id))

    @strawberry.field(description="How many deals it holds, and their sums.")
    async def totals(self, info: Info) -> StageTotals:
        count, sums = await info.context.totals.load(self.row.id)
        return StageTotals(count=count, amounts=[Money.of(money) for money in sums])

    @strawberry.field(description="Its deals in board order.")
    async def deals(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[LazyDeal]:
        from schema.deals.types import Deal

        found = rows("Deal", info.context.actor, stage_id=self.row.id)
        return await connect(info, Deal.of, found, BY_RANK, first, after, last, before)
