"""Lists of deals: by what they are filtered and ordered."""

from __future__ import annotations

import strawberry

from schema.comparators import (
    CustomFieldFilter,
    DateFilter,
    DateTimeFilter,
    Direction,
    Filter,
    IdFilter,
    MoneyFilter,
    TagFilter,
    TextFilter,
    all_of,
    any_of,
    archived,
    custom,
    none_of,
    order_fields,
    tagged,
    where,
)
from schema.deals.enums import DealStatus
from schema.reads.mapping import Listing
from schema.reads.ordering import BY_RANK, NEWEST_FIRST, ascending


@strawberry.input(description="Which deals. Everything given must hold.")
class DealFilter:
    title: TextFilter | None = where("It in one line.")
    status: Filter[DealStatus] | None = where("Whether it is open, won or lost.")  # type: ignore[valid-type]
    source: TextFilter | None = where("Where it came from.")
    amount: MoneyFilter | None = where("What it would bring.")
    pipeline_id: IdFilter | None = where("The board it stands on.")
    stage_id: IdFilter | None = where("The column it stands in.")
    contact_id: IdFilter | None = where("Who it is made with.")
    organization_id: IdFilter | None = where("The organization it is made with.")
    owner_id: IdFilter | None = where("Who works on it.")
    tags: TagFilter | None = tagged("deal_id")
    custom_fields: list[CustomFieldFilter] | None = custom()
    archived: bool | None = archived("deals")
    lost_reason: TextFilter | None = where("LOST: why.")
    won_reason: TextFilter | None = where("WON: why.")
    description: TextFilter | None = where("More about it.")
    currency: TextFilter | None = where("The currency of its amount, by its ISO 4217 code.")
    expected_close_date: DateFilter | None = where("The day it is expected to be decided.")
    closed_at: DateTimeFilter | None = where("When it was won or lost.")
    created_at: DateTimeFilter | None = where("When it was made.")
    updated_at: DateTimeFilter | None = where("When it was last changed.")
    and_: list[DealFilter] | None = all_of()
    or_: list[DealFilter] | None = any_of()
    not_: DealFilter | None = none_of()


DealOrderField = order_fields(
    "DealOrderField",
    "What deals can be ordered by.",
    CREATED_AT=("When it was made.", ("created_at",)),
    UPDATED_AT=("When it was last changed.", ("updated_at",)),
    EXPECTED_CLOSE_DATE=("The day it is expected to be decided.", ("expected_close_date",)),
    CLOSED_AT=("When it was won or lost.", ("closed_at",)),
    AMOUNT=("What it would bring: by currency, then by amount.", ("currency", "amount_minor")),
)


@strawberry.input(description="One thing to order deals by.")
class DealOrder:
    field: DealOrderField = strawberry.field(description="By what.")  # type: ignore[valid-type]
    direction: Direction = strawberry.field(description="Which end comes first.", default=Direction.ASC)


STAYS = Listing("StageChange", ascending("entered_at", "id"))
DEALS = Listing("Deal", NEWEST_FIRST, DealFilter, DealOrder, hides_archived=True)
CARDS = Listing("Deal", BY_RANK, DealFilter, DealOrder, hides_archived=True)
"""The deals of a column, in board order."""
