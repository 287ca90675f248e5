"""Lists of contacts and organizations: by what they are filtered and ordered."""

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
from schema.reads.ordering import BY_NAME

NOT_ARCHIVED = "{row}.archived_at IS NULL"


@strawberry.input(description="Which contacts. Everything given must hold.")
class ContactFilter:
    name: TextFilter | None = where("The person's name, compared as people sort it.", folded="name_folded")
    job_title: TextFilter | None = where("What the person does there.")
    organization_id: IdFilter | None = where("The organization the person belongs to.")
    owner_id: IdFilter | None = where("Who looks after the person.")
    created_at: DateTimeFilter | None = where("When it was made.")
    updated_at: DateTimeFilter | None = where("When it was last changed.")
    and_: list[ContactFilter] | None = all_of()
    or_: list[ContactFilter] | None = any_of()
    not_: ContactFilter | None = none_of()


ContactOrderField = order_fields(
    "ContactOrderField",
    "What contacts can be ordered by.",
    NAME=("The person's name, without regard to case, umlauts and accents.", ("name_folded", "name")),
    CREATED_AT=("When it was made.", ("created_at",)),
    UPDATED_AT=("When it was last changed.", ("updated_at",)),
)


@strawberry.input(description="One thing to order contacts by.")
class ContactOrder:
    field: ContactOrderField = strawberry.field(description="By what.")  # type: ignore[valid-type]
    direction: Direction = strawberry.field(description="Which end comes first.", default=Direction.ASC)


@strawberry.input(description="Which organizations. Everything given must hold.")
class OrganizationFilter:
    name: TextFilter | None = where("Its name, compared as people sort it.", folded="name_folded")
    domain: TextFilter | None = where("The domain it registered, in lower case.")
    parent_id: IdFilter | None = where("The organization it is a branch of.")
    owner_id: IdFilter | None = where("Who looks after it.")
    created_at: DateTimeFilter | None = where("When it was made.")
    updated_at: DateTimeFilter | None = where("When it was last changed.")
    and_: list[OrganizationFilter] | None = all_of()
    or_: list[OrganizationFilter] | None = any_of()
    not_: OrganizationFilter | None = none_of()


OrganizationOrderField = order_fields(
    "OrganizationOrderField",
    "What organizations can be ordered by.",
    NAME=("Its name, without regard to case, umlauts and accents.", ("name_folded", "name")),
    CREATED_AT=("When it was made.", ("created_at",)),
    UPDATED_AT=("When it was last changed.", ("updated_at",)),
)


@strawberry.input(description="One thing to order organizations by.")
class OrganizationOrder:
    field: OrganizationOrderField = strawberry.field(description="By what.")  # type: ignore[valid-type]
    direction: Direction = strawberry.field(description="Which end comes first.", default=Direction.ASC)


CONTACTS = Listing("Contact", BY_NAME, ContactFilter, ContactOrder)
ORGANIZATIONS = Listing("Organization", BY_NAME, OrganizationFilter, OrganizationOrder)
