"""What changed on a board between two moments, in the API (docs/history.md)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import strawberry
from strawberry.dataloader import DataLoader

from crm.deals import history
from crm.deals.past import KINDS, Bridge, Change, KindSummary, Totals
from schema.accounts.types import Member
from schema.connections import After, Before, Connection, First, Last, connection_from
from schema.context import Info
from schema.deals.enums import PipelineChangeKind
from schema.deals.snapshots import given, page_of
from schema.deals.types import Deal
from schema.money import Money
from schema.pipelines.types import Pipeline, Stage
from schema.reads.arguments import asked_of_page

_CHANGES_LIST = "PipelineChange kind,-deal_id"

Kinds = Annotated[
    list[PipelineChangeKind] | None,  # type: ignore[valid-type]
    strawberry.argument(description="Only changes of these kinds; left out: of all."),
]


@strawberry.type(description="A number of deals and what they are worth.")
class DealTotals:
    count: int = strawberry.field(description="How many deals; in differences it may be negative.")
    amounts: list[Money] = strawberry.field(description="Their sum in each currency; currencies are never mixed.")

    @classmethod
    def of(cls, totals: Totals) -> DealTotals:
        return cls(count=totals.count, amounts=[Money.of(amount) for amount in totals.amounts])


@strawberry.type(description="All changes of one kind.")
class PipelineChangeSummary:
    kind: PipelineChangeKind = strawberry.field(description="In which way deals changed.")  # type: ignore[valid-type]
    count: int = strawberry.field(description="How many deals changed in this way.")
    amounts: list[Money] = strawberry.field(
        description="What they are worth at `to`, in each currency; LEFT: at `from`; changes of the value:"
        " the difference, which may be negative."
    )
    effect: DealTotals = strawberry.field(
        description="What these changes did to the open deals: `opening` and all effects are `closing`, exactly."
    )

    @classmethod
    def of(cls, summary: KindSummary) -> PipelineChangeSummary:
        return cls(
            kind=summary.kind,
            count=summary.totals.count,
            amounts=[Money.of(amount) for amount in summary.totals.amounts],
            effect=DealTotals.of(summary.effect),
        )


@strawberry.type(description="One way in which a deal is not at `to` what it was at `from`.")
class PipelineChange:
    change: strawberry.Private[Change]
    kind: PipelineChangeKind = strawberry.field(description="In which way.")  # type: ignore[valid-type]
    at: datetime = strawberry.field(description="When, between the two moments, it last changed in this way.")
    from_close_date: date | None = strawberry.field(description="The day it was expected to be decided, at `from`.")
    to_close_date: date | None = strawberry.field(description="The same at `to`.")

    @classmethod
    def of(cls, change: Change) -> PipelineChange:
        return cls(
            change=change,
            kind=change.kind,
            at=change.at,
            from_close_date=change.from_close_date,
            to_close_date=change.to_close_date,
        )

    @strawberry.field(description="The deal as it is now.")
    async def deal(self, info: Info) -> Deal:
        return Deal.of(await info.context.row_of("Deal", self.change.deal_id))

    @strawberry.field(description="The column it stood in at `from`; null where it was not there yet.")
    async def from_stage(self, info: Info) -> Stage | None:
        return Stage.of_optional(await info.context.row("Stage", self.change.from_stage_id))

    @strawberry.field(description="The column it stood in at `to`.")
    async def to_stage(self, info: Info) -> Stage:
        return Stage.of(await info.context.row_of("Stage", self.change.to_stage_id))

    @strawberry.field(description="Its amount at `from`.")
    def from_amount(self) -> Money | None:
        return Money.of_optional(self.change.from_amount)

    @strawberry.field(description="Its amount at `to`.")
    def to_amount(self) -> Money | None:
        return Money.of_optional(self.change.to_amount)

    @strawberry.field(description="Who worked on it at `from`.")
    async def from_owner(self, info: Info) -> Member | None:
        return Member.of_optional(await info.context.row("Member", self.change.from_owner_id))

    @strawberry.field(description="Who worked on it at `to`.")
    async def to_owner(self, info: Info) -> Member | None:
        return Member.of_optional(await info.context.row("Member", self.change.to_owner_id))


@strawberry.type(
    description="What changed on a board between two moments: the difference of the board as it was at either."
    " What was undone in between does not appear, and of a deal that changed in several ways, each does."
)
class PipelineChanges:
    pipeline: Pipeline = strawberry.field(description="The board as it is now.")
    from_: datetime = strawberry.field(name="from", description="The first moment.")
    to: datetime = strawberry.field(description="The second moment.")
    figures: strawberry.Private[DataLoader[None, Bridge]]

    @strawberry.field(description="The open deals at `from`.")
    async def opening(self) -> DealTotals:
        return DealTotals.of((await self.figures.load(None)).opening)

    @strawberry.field(description="The open deals at `to`.")
    async def closing(self) -> DealTotals:
        return DealTotals.of((await self.figures.load(None)).closing)

    @strawberry.field(description="The changes by kind, in the order of the list; kinds without any are left out.")
    async def summary(self) -> list[PipelineChangeSummary]:
        return [PipelineChangeSummary.of(part) for part in (await self.figures.load(None)).summary]

    @strawberry.field(
        description="The changes one by one: by kind, in the order in which the kinds are listed in the"
        " schema, then newest deals first."
    )
    async def changes(
        self,
        info: Info,
        kinds: Kinds = strawberry.UNSET,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[PipelineChange]:
        wanted = tuple(kinds) if kinds or kinds == [] else KINDS
        cursors = info.context.cursors
        asked = asked_of_page(given(first=first, after=after, last=last, before=before), _CHANGES_LIST, cursors)

        async def count() -> int:
            summary = (await self.figures.load(None)).summary
            return sum(part.totals.count for part in summary if part.kind in wanted)

        found = await history.changes(
            actor=info.context.actor,
            pipeline_id=self.pipeline.row.id,
            since=self.from_,
            until=self.to,
            kinds=wanted,
            page=page_of(asked),
        )
        return connection_from(
            found,
            asked,
            lambda row: cursors.write(_CHANGES_LIST, (KINDS.index(row.kind), row.deal_id)),
            PipelineChange.of,
            count,
        )
