"""Lists of leads: by what they are filtered and ordered."""

from __future__ import annotations

import strawberry

from schema.comparators import (
    BooleanFilter,
    CustomFieldFilter,
    DateFilter,
    DateTimeFilter,
    Direction,
    Filter,
    IdFilter,
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
from schema.leads.enums import Criterion, LeadState, SuggestionState
from schema.reads.mapping import Listing
from schema.reads.ordering import NEWEST_FIRST, descending


@strawberry.input(description="Which leads. Everything given must hold.")
class LeadFilter:
    title: TextFilter | None = where("It in one line.")
    state: Filter[LeadState] | None = where("Where it stands.")  # type: ignore[valid-type]
    source: TextFilter | None = where("Where it came from.")
    contact_id: IdFilter | None = where("Whose interest it is.")
    organization_id: IdFilter | None = where("The organization whose interest it is.")
    owner_id: IdFilter | None = where("Who works on it.")
    deal_id: IdFilter | None = where("The deal it became or feeds.")
    tags: TagFilter | None = tagged("lead_id")
    custom_fields: list[CustomFieldFilter] | None = custom()
    archived: bool | None = archived("leads")
    qualification_stale: BooleanFilter | None = where(
        "An answer has fallen back, or grown too old, since it became QUALIFIED."
    )
    disqualify_reason: TextFilter | None = where("Why it is DISQUALIFIED.")
    nurture_until: DateFilter | None = where("The day it is to be taken up again.")
    next_criterion: Filter[Criterion] | None = where("What is to be asked of it next; null: nothing.")  # type: ignore[valid-type]
    qualified_at: DateTimeFilter | None = where("When it last became QUALIFIED.")
    converted_at: DateTimeFilter | None = where("When it was converted.")
    created_at: DateTimeFilter | None = where("When it was captured.")
    updated_at: DateTimeFilter | None = where("When it was last changed.")
    and_: list[LeadFilter] | None = all_of()
    or_: list[LeadFilter] | None = any_of()
    not_: LeadFilter | None = none_of()


LeadOrderField = order_fields(
    "LeadOrderField",
    "What leads can be ordered by.",
    CREATED_AT=("When it was captured.", ("created_at",)),
    UPDATED_AT=("When it was last changed.", ("updated_at",)),
    QUALIFIED_AT=("When it last became QUALIFIED.", ("qualified_at",)),
    CONVERTED_AT=("When it was converted.", ("converted_at",)),
    NEXT_QUESTION=(
        "The weight of what is to be asked next, 0 without a question: DESC brings the heaviest first.",
        ("next_weight",),
    ),
    NURTURE_UNTIL=("The day it is to be taken up again.", ("nurture_until",)),
)


@strawberry.input(description="One thing to order leads by.")
class LeadOrder:
    field: LeadOrderField = strawberry.field(description="By what.")  # type: ignore[valid-type]
    direction: Direction = strawberry.field(description="Which end comes first.", default=Direction.ASC)


LEADS = Listing("Lead", NEWEST_FIRST, LeadFilter, LeadOrder, hides_archived=True)
FEEDING = Listing("Lead", NEWEST_FIRST, LeadFilter, LeadOrder)
"""The leads that feed a deal: archived ones still do."""


@strawberry.input(description="Which suggestions. Everything given must hold.")
class SuggestionFilter:
    state: Filter[SuggestionState] | None = where("What became of it.")  # type: ignore[valid-type]
    criterion: Filter[Criterion] | None = where("Which question it answers.")  # type: ignore[valid-type]
    rule: TextFilter | None = where("Which rule read it.")
    activity_id: IdFilter | None = where("The entry of the timeline that holds the words.")
    decided_at: DateTimeFilter | None = where("When it was decided on.")
    created_at: DateTimeFilter | None = where("When it was read.")
    and_: list[SuggestionFilter] | None = all_of()
    or_: list[SuggestionFilter] | None = any_of()
    not_: SuggestionFilter | None = none_of()


SuggestionOrderField = order_fields(
    "SuggestionOrderField",
    "What suggestions can be ordered by.",
    CREATED_AT=("When it was read.", ("created_at",)),
    DECIDED_AT=("When it was decided on.", ("decided_at",)),
)


@strawberry.input(description="One thing to order suggestions by.")
class SuggestionOrder:
    field: SuggestionOrderField = strawberry.field(description="By what.")  # type: ignore[valid-type]
    direction: Direction = strawberry.field(description="Which end comes first.", default=Direction.ASC)


SUGGESTIONS = Listing("Suggestion", NEWEST_FIRST, SuggestionFilter, SuggestionOrder)
CONVERSIONS = Listing("Conversion", descending("converted_at", "id"))
