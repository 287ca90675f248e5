"""Mutations that change what is known of a deal, take it off the board, and put it back."""

from __future__ import annotations

from datetime import date

import strawberry

from crm.changes import UNCHANGED, Change
from crm.deals import archiving, changing
from crm.money import Money
from schema import ids, inputs
from schema.context import Info
from schema.customfields.inputs import CustomFieldInput, custom_values, given
from schema.deals.types import Deal
from schema.errors import UserError, refusable
from schema.money import MoneyInput
from schema.pipelines.types import Stage
from schema.tags.inputs import changed_tag_ids, changed_tags


@strawberry.input(description="What is to be otherwise of a deal. What is left out stays as it is; null empties it.")
class UpdateDealInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The deal.")
    title: strawberry.Maybe[str | None] = inputs.change("It in one line, 1 to 500 characters; cannot be null.")
    description: strawberry.Maybe[str | None] = inputs.change("More about it, at most 10,000 characters.")
    amount: strawberry.Maybe[MoneyInput | None] = inputs.change("What it would bring.")
    probability: strawberry.Maybe[int | None] = inputs.change(
        "How likely it is won, 0 to 100 percent, while it is open; null: as its stage says again."
    )
    expected_close_date: strawberry.Maybe[date | None] = inputs.change("The day it is expected to be decided.")
    contact_id: strawberry.Maybe[strawberry.ID | None] = inputs.change("Who it is made with.")
    organization_id: strawberry.Maybe[strawberry.ID | None] = inputs.change("The organization it is made with.")
    owner_id: strawberry.Maybe[strawberry.ID | None] = inputs.change("Who is to work on it.")
    lost_reason: strawberry.Maybe[str | None] = inputs.change("LOST: why, 1 to 500 characters; cannot be null.")
    won_reason: strawberry.Maybe[str | None] = inputs.change("WON: why, at most 500 characters.")
    tag_ids: strawberry.Maybe[list[strawberry.ID] | None] = changed_tags()
    custom_fields: list[CustomFieldInput] | None = custom_values()
    expected_version: int | None = inputs.expected_version()

    def to_domain(self) -> changing.DealChanges:
        return changing.DealChanges(
            title=inputs.changed(self.title),
            description=inputs.changed(self.description),
            amount=_amount(inputs.changed(self.amount)),
            probability=inputs.changed(self.probability),
            expected_close_date=inputs.changed(self.expected_close_date),
            contact_id=inputs.changed_id("Contact", self.contact_id, "contactId"),
            organization_id=inputs.changed_id("Organization", self.organization_id, "organizationId"),
            owner_id=inputs.changed_id("Member", self.owner_id, "ownerId"),
            lost_reason=inputs.changed(self.lost_reason),
            won_reason=inputs.changed(self.won_reason),
            tag_ids=changed_tag_ids(self.tag_ids),
            custom=given(self.custom_fields),
        )


def _amount(amount: Change[MoneyInput | None]) -> Change[Money | None]:
    return amount if amount is UNCHANGED or amount is None else amount.to_domain("amount")


@strawberry.type(description="What updateDeal did.")
class UpdateDealPayload:
    deal: Deal | None = strawberry.field(description="The deal; on STALE_VERSION as it is now.", default=None)
    stage: Stage | None = strawberry.field(
        description="The column it stands in, with its new totals; also of one that was archived.", default=None
    )
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.input(description="A deal to be taken off the board.")
class ArchiveDealInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The deal.")
    expected_version: int | None = inputs.expected_version()


@strawberry.type(description="What archiveDeal did.")
class ArchiveDealPayload(UpdateDealPayload):
    pass


@strawberry.input(description="A deal to be put back on the board.")
class RestoreDealInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The deal.")
    expected_version: int | None = inputs.expected_version()


@strawberry.type(description="What restoreDeal did.")
class RestoreDealPayload(UpdateDealPayload):
    pass


@strawberry.type
class DealChangingMutations:
    @strawberry.mutation(description="Changes what is known of a deal. Where it stands is changed by moveDeal.")
    @refusable(UpdateDealPayload, deal=Deal.of)
    async def update_deal(self, info: Info, input: UpdateDealInput) -> UpdateDealPayload:
        deal = await changing.update_deal(
            actor=info.context.actor,
            deal_id=ids.decode("Deal", input.id, "id"),
            changes=input.to_domain(),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return UpdateDealPayload(deal=Deal.of(deal), stage=Stage.of(await info.context.row_of("Stage", deal.stage_id)))

    @strawberry.mutation(
        description="Takes a deal off the board: it counts in no total, can be read, and is changed by nothing but"
        " restoreDeal. Its leads stay converted."
    )
    @refusable(ArchiveDealPayload, deal=Deal.of)
    async def archive_deal(self, info: Info, input: ArchiveDealInput) -> ArchiveDealPayload:
        deal = await archiving.archive_deal(
            actor=info.context.actor,
            deal_id=ids.decode("Deal", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return ArchiveDealPayload(deal=Deal.of(deal), stage=Stage.of(await info.context.row_of("Stage", deal.stage_id)))

    @strawberry.mutation(
        description="Puts an archived deal back on the board, at the end of its stage; of the first open one if that"
        " was deleted."
    )
    @refusable(RestoreDealPayload, deal=Deal.of)
    async def restore_deal(self, info: Info, input: RestoreDealInput) -> RestoreDealPayload:
        deal = await archiving.restore_deal(
            actor=info.context.actor,
            deal_id=ids.decode("Deal", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return RestoreDealPayload(deal=Deal.of(deal), stage=Stage.of(await info.context.row_of("Stage", deal.stage_id)))
