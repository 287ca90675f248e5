"""Mutations that win, lose and reopen deals: moves to a stage that is found by its kind."""

from __future__ import annotations

import strawberry

from crm.deals import closing
from crm.deals.facts import Place
from schema import ids, inputs
from schema.context import Info
from schema.deals.mutations import MoveDealPayload, PlaceInput, place_or_none, shown_of
from schema.deals.types import Deal
from schema.errors import refusable

_PLACE = "Where in the column; left out: at the end."


@strawberry.input(description="A deal that is won.")
class WinDealInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The deal.")
    reason: str | None = inputs.optional("Why it is won, at most 500 characters.")
    place: PlaceInput | None = inputs.optional(_PLACE)
    dry_run: bool | None = inputs.dry_run()
    expected_version: int | None = inputs.expected_version()


@strawberry.type(description="What winDeal did.")
class WinDealPayload(MoveDealPayload):
    pass


@strawberry.input(description="A deal that is lost.")
class LoseDealInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The deal.")
    lost_reason: str = strawberry.field(description="Why it is lost, 1 to 500 characters.")
    place: PlaceInput | None = inputs.optional(_PLACE)
    dry_run: bool | None = inputs.dry_run()
    expected_version: int | None = inputs.expected_version()


@strawberry.type(description="What loseDeal did.")
class LoseDealPayload(MoveDealPayload):
    pass


@strawberry.input(description="A deal that is worked on again.")
class ReopenDealInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The deal.")
    place: PlaceInput | None = inputs.optional(_PLACE)
    dry_run: bool | None = inputs.dry_run()
    expected_version: int | None = inputs.expected_version()


@strawberry.type(description="What reopenDeal did.")
class ReopenDealPayload(MoveDealPayload):
    pass


@strawberry.type
class ClosingMutations:
    @strawberry.mutation(description="Moves a deal to the WON stage of its pipeline: probability 100, `closedAt` set.")
    @refusable(WinDealPayload, deal=Deal.of)
    async def win_deal(self, info: Info, input: WinDealInput) -> WinDealPayload:
        moved = await closing.win_deal(
            actor=info.context.actor,
            deal_id=ids.decode("Deal", input.id, "id"),
            reason=input.reason,
            place=place_or_none(input.place) or Place.last(),
            expected_version=input.expected_version,
            dry_run=bool(input.dry_run),
            now=info.context.now,
        )
        return WinDealPayload(**shown_of(moved, dry_run=input.dry_run))

    @strawberry.mutation(description="Moves a deal to the LOST stage of its pipeline, for a reason: probability 0.")
    @refusable(LoseDealPayload, deal=Deal.of)
    async def lose_deal(self, info: Info, input: LoseDealInput) -> LoseDealPayload:
        moved = await closing.lose_deal(
            actor=info.context.actor,
            deal_id=ids.decode("Deal", input.id, "id"),
            lost_reason=input.lost_reason,
            place=place_or_none(input.place) or Place.last(),
            expected_version=input.expected_version,
            dry_run=bool(input.dry_run),
            now=info.context.now,
        )
        return LoseDealPayload(**shown_of(moved, dry_run=input.dry_run))

    @strawberry.mutation(
        description="Moves a deal that is won or lost back to the open stage it was in last; to the first open one if"
        " that was deleted."
    )
    @refusable(ReopenDealPayload, deal=Deal.of)
    async def reopen_deal(self, info: Info, input: ReopenDealInput) -> ReopenDealPayload:
        moved = await closing.reopen_deal(
            actor=info.context.actor,
            deal_id=ids.decode("Deal", input.id, "id"),
            place=place_or_none(input.place) or Place.last(),
            expected_version=input.expected_version,
            dry_run=bool(input.dry_run),
            now=info.context.now,
        )
        return ReopenDealPayload(**shown_of(moved, dry_run=input.dry_run))
