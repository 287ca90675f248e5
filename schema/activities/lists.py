"""Timelines: by what they are filtered and ordered."""

from __future__ import annotations

import strawberry

from schema.comparators import (
    DateTimeFilter,
    Direction,
    IdFilter,
    TextFilter,
    all_of,
    any_of,
    none_of,
    order_fields,
    where,
)
from schema.reads.mapping import Listing
from schema.reads.ordering import LATEST_FIRST


@strawberry.input(description="Which entries of a timeline. Everything given must hold.")
class ActivityFilter:
    kind: TextFilter | None = where("What happened: note, call, meeting, email, form, task or change.")
    summary: TextFilter | None = where("It in one line.")
    member_id: IdFilter | None = where("Who did it.")
    at: DateTimeFilter | None = where("When it happened.")
    and_: list[ActivityFilter] | None = all_of()
    or_: list[ActivityFilter] | None = any_of()
    not_: ActivityFilter | None = none_of()


ActivityOrderField = order_fields(
    "ActivityOrderField", "What timelines can be ordered by.", AT=("When it happened.", ("at",))
)


@strawberry.input(description="One thing to order a timeline by.")
class ActivityOrder:
    field: ActivityOrderField = strawberry.field(description="By what.")  # type: ignore[valid-type]
    direction: Direction = strawberry.field(description="Which end comes first.", default=Direction.ASC)


TIMELINE = Listing("Activity", LATEST_FIRST, ActivityFilter, ActivityOrder)
