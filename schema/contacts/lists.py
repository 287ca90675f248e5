"""Lists of contacts and organizations: by what they are filtered and ordered."""

from __future__ import annotations

import strawberry

from crm.contacts.rules import comparable_email, comparable_phone
from schema.comparators import (
    AddressFilter,
    CustomFieldFilter,
    DateTimeFilter,
    Direction,
    IdFilter,
    TagFilter,
    TextFilter,
    all_of,
    any_of,
    archived,
    custom,
    none_of,
    order_fields,
    reached_by,
    tagged,
    where,
)
from schema.reads.mapping import Listing
from schema.reads.ordering import BY_NAME

_EMAIL = "An e-mail address, without regard to case."
_PHONE = "A phone number with its country code, such as +49 30 123; only digits and a leading + count."


@strawberry.input(description="Which contacts. Everything given must hold.")
class ContactFilter:
    name: TextFilter | None = where("The person's name, compared as people sort it.", folded="name_folded")
    job_title: TextFilter | None = where("What the person does there.")
    organization_id: IdFilter | None = where("The organization the person belongs to.")
    owner_id: IdFilter | None = where("Who looks after the person.")
    email: AddressFilter | None = reached_by(
        _EMAIL, "ContactEmail", "contact_id", "address_normalized", comparable_email
    )
    phone: AddressFilter | None = reached_by(_PHONE, "ContactPhone", "contact_id", "number", comparable_phone)
    tags: TagFilter | None = tagged("contact_id")
    custom_fields: list[CustomFieldFilter] | None = custom()
    archived: bool | None = archived("contacts")
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
    email: AddressFilter | None = reached_by(
        _EMAIL, "OrganizationEmail", "organization_id", "address_normalized", comparable_email
    )
    phone: AddressFilter | None = reached_by(_PHONE, "OrganizationPhone", "organization_id", "number", comparable_phone)
    tags: TagFilter | None = tagged("organization_id")
    custom_fields: list[CustomFieldFilter] | None = custom()
    archived: bool | None = archived("organizations")
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


CONTACTS = Listing("Contact", BY_NAME, ContactFilter, ContactOrder, hides_archived=True)
ORGANIZATIONS = Listing("Organization", BY_NAME, OrganizationFilter, OrganizationOrder, hides_archived=True)
