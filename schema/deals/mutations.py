"""Mutations of deals."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from crm.deals import operations
from crm.deals.facts import Place
from crm.errors import Invalid
from schema import ids, inputs
from schema.context import Info
from schema.customfields.inputs import CustomFieldInput, custom_values, given
from schema.deals.types import Deal
from schema.effects import Effect
from schema.errors import UserError, refusable
from schema.money import MoneyInput
from schema.pipelines.types import Stage
from schema.tags.inputs import tag_ids


@strawberry.input(
    one_of=True,
    description="A place in a column: exactly one of these. `before` and `after` name a deal of the target stage.",
)
class PlaceInput:
    before: strawberry.ID | None = strawberry.field(description="Just before this deal.", default=strawberry.UNSET)
    after: strawberry.ID | None = strawberry.field(description="Just after this deal.", default=strawberry.UNSET)
    first: bool | None = strawberry.field(description="true: at the top.", default=strawberry.UNSET)
    last: bool | None = strawberry.field(description="true: at the end.", default=strawberry.UNSET)

    def to_domain(self) -> Place:
        if isinstance(self.before, str):
            return Place.before(ids.decode("Deal", self.before, "place", "before"))
        if isinstance(self.after, str):
            return Place.after(ids.decode("Deal", self.after, "place", "after"))
        if self.first is True:
            return Place.first()
        if self.last is True:
            return Place.last()
        raise Invalid("false names no place: give true, or another place.", field=("place",))


def neighbour_gone() -> Any:
    """The payload's field that says where a card landed when its neighbour was not there."""
    return strawberry.field(
        description="The card named in `place` was not in the column any more: the deal landed at the end.",
        default=False,
    )


def shown_of(moved: operations.Moved, *, dry_run: bool | None) -> dict[str, Any]:
    """What the payload of a move shows; of one that was only rehearsed, what it would have done."""
    told = {"neighbour_gone": moved.neighbour_gone, "effects": Effect.of_all(moved.effects)}
    if dry_run:
        return told
    deal, left, entered = Deal.of(moved.deal), Stage.of(moved.from_stage), Stage.of(moved.to_stage)
    return {"deal": deal, "from_stage": left, "to_stage": entered, **told}


def place_or_none(place: PlaceInput | None) -> Place | None:
    return None if place is None else place.to_domain()


@strawberry.input(description="A deal to be made by hand.")
class CreateDealInput(inputs.Lenient):
    title: str = strawberry.field(description="It in one line, 1 to 500 characters.")
    stage_id: strawberry.ID | None = inputs.optional(
        "The stage it begins in, OPEN or WON; left out: the first open one of the first pipeline."
    )
    place: PlaceInput | None = inputs.optional("Where in the column; left out: at the end.")
    amount: MoneyInput | None = inputs.optional("What it would bring.")
    contact_id: strawberry.ID | None = inputs.optional("Who it is made with.")
    organization_id: strawberry.ID | None = inputs.optional("The organization it is made with.")
    expected_close_date: date | None = inputs.optional("The day it is expected to be decided.")
    description: str | None = inputs.optional("More about it, at most 10,000 characters.")
    owner_id: strawberry.ID | None = inputs.optional("Who is to work on it; left out: you.")
    probability: int | None = inputs.optional("How likely it is won, 0 to 100 percent; left out: as its stage says.")
    dry_run: bool | None = inputs.dry_run()
    tag_ids: list[strawberry.ID] | None = inputs.optional("Tags to be put on it, at most 100.")
    custom_fields: list[CustomFieldInput] | None = custom_values()
    idempotency_key: str | None = inputs.idempotency_key()


@strawberry.type(description="What createDeal did.")
class CreateDealPayload:
    deal: Deal | None = strawberry.field(description="The new deal.", default=None)
    neighbour_gone: bool = neighbour_gone()
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.input(description="A move of a card.")
class MoveDealInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The deal.")
    stage_id: strawberry.ID = strawberry.field(
        description="The stage it goes to, of its own pipeline; may be the one it is in."
    )
    place: PlaceInput | None = inputs.optional("Where in the column; left out: at the end.")
    lost_reason: str | None = inputs.optional("Why it is lost; demanded by a LOST stage, refused by others.")
    won_reason: str | None = inputs.optional("Why it is won; for a WON stage, refused by others.")
    dry_run: bool | None = inputs.dry_run()
    expected_version: int | None = inputs.expected_version()


@strawberry.type(description="What moveDeal did: the card and both columns, all that a client's cache must learn.")
class MoveDealPayload:
    deal: Deal | None = strawberry.field(description="The deal; on STALE_VERSION as it is now.", default=None)
    from_stage: Stage | None = strawberry.field(description="The column it left, with its new totals.", default=None)
    to_stage: Stage | None = strawberry.field(description="The column it is in now, with its new totals.", default=None)
    neighbour_gone: bool = neighbour_gone()
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type
class DealMutations:
    @strawberry.mutation(description="Makes a deal by hand, with no lead behind it.")
    @refusable(CreateDealPayload)
    async def create_deal(self, info: Info, input: CreateDealInput) -> CreateDealPayload:
        new = operations.NewDeal(
            title=input.title,
            stage_id=ids.decode_optional("Stage", input.stage_id, "stageId"),
            place=place_or_none(input.place),
            amount=input.amount.to_domain("amount") if input.amount else None,
            contact_id=ids.decode_optional("Contact", input.contact_id, "contactId"),
            organization_id=ids.decode_optional("Organization", input.organization_id, "organizationId"),
            expected_close_date=input.expected_close_date,
            description=input.description,
            owner_id=ids.decode_optional("Member", input.owner_id, "ownerId"),
            probability=input.probability,
            tag_ids=tag_ids(input.tag_ids),
            custom=given(input.custom_fields),
        )
        added = await operations.create_deal(
            actor=info.context.actor,
            new=new,
            idempotency_key=input.idempotency_key,
            dry_run=bool(input.dry_run),
            now=info.context.now,
        )
        return CreateDealPayload(
            deal=None if input.dry_run else Deal.of(added.deal),
            neighbour_gone=added.neighbour_gone,
            effects=Effect.of_all(added.effects),
        )

    @strawberry.mutation(description="Moves a deal to a stage, between two cards.")
    @refusable(MoveDealPayload, deal=Deal.of)
    async def move_deal(self, info: Info, input: MoveDealInput) -> MoveDealPayload:
        moved = await operations.move_deal(
            actor=info.context.actor,
            deal_id=ids.decode("Deal", input.id, "id"),
            stage_id=ids.decode("Stage", input.stage_id, "stageId"),
            place=place_or_none(input.place) or Place.last(),
            expected_version=input.expected_version,
            lost_reason=input.lost_reason,
            won_reason=input.won_reason,
            dry_run=bool(input.dry_run),
            now=info.context.now,
        )
        return MoveDealPayload(**shown_of(moved, dry_run=input.dry_run))
