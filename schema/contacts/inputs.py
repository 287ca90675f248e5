"""Contacts and organizations as they are given."""

from __future__ import annotations

import strawberry

from crm.changes import UNCHANGED, Change
from crm.contacts import facts
from schema import ids, inputs
from schema.customfields.inputs import CustomFieldInput, custom_values, given
from schema.tags.inputs import changed_tag_ids, changed_tags, tag_ids


@strawberry.input(description="A postal address; at least one part besides the label must be given.")
class PostalAddressInput(inputs.Lenient):
    label: str | None = inputs.optional("What it is for, such as billing; at most 50 characters.")
    street: str | None = inputs.optional("Street and number, on as many lines as it takes; at most 500 characters.")
    postal_code: str | None = inputs.optional("The postal code, as it is written there; at most 20 characters.")
    city: str | None = inputs.optional("The city or town; at most 200 characters.")
    region: str | None = inputs.optional("State, province or canton; at most 200 characters.")
    country: str | None = inputs.optional("The country by its ISO 3166-1 code of two letters, such as DE.")

    def to_domain(self) -> facts.Address:
        return facts.Address(
            label=self.label,
            street=self.street,
            postal_code=self.postal_code,
            city=self.city,
            region=self.region,
            country=self.country,
        )


def postal_addresses(given: list[PostalAddressInput] | None) -> tuple[facts.Address, ...]:
    return tuple(address.to_domain() for address in given or ())


@strawberry.input(description="A person.")
class ContactInput(inputs.Lenient):
    name: str = strawberry.field(description="The person's name, 1 to 200 characters.")
    emails: list[str] | None = inputs.optional(
        "E-mail addresses, the main one first; none may belong to another contact."
    )
    phones: list[str] | None = inputs.optional("Phone numbers, the main one first; stored as E.164.")
    job_title: str | None = inputs.optional("What the person does there.")
    organization_id: strawberry.ID | None = inputs.optional("The organization the person belongs to.")
    owner_id: strawberry.ID | None = inputs.optional("The member who looks after the person.")
    description: str | None = inputs.optional("What else there is to know, as plain text; at most 10000 characters.")
    postal_addresses: list[PostalAddressInput] | None = inputs.optional(
        "Postal addresses, the main one first; at most 20."
    )
    tag_ids: list[strawberry.ID] | None = inputs.optional("Tags to be put on it, at most 100.")
    custom_fields: list[CustomFieldInput] | None = custom_values()

    def to_domain(self, *field: str) -> facts.NewContact:
        return facts.NewContact(
            name=self.name,
            emails=tuple(self.emails or ()),
            phones=tuple(self.phones or ()),
            job_title=self.job_title,
            organization_id=ids.decode_optional("Organization", self.organization_id, *field, "organizationId"),
            owner_id=ids.decode_optional("Member", self.owner_id, *field, "ownerId"),
            description=self.description,
            postal_addresses=postal_addresses(self.postal_addresses),
            tag_ids=tag_ids(self.tag_ids, *field),
            custom=given(self.custom_fields),
        )


@strawberry.input(description="A company, association or authority.")
class OrganizationInput(inputs.Lenient):
    name: str = strawberry.field(description="Its name, 1 to 200 characters.")
    domain: str | None = inputs.optional("Its domain or web address; may belong to no other organization.")
    emails: list[str] | None = inputs.optional(
        "Its own e-mail addresses, such as info@, the main one first; none may belong to another organization."
    )
    phones: list[str] | None = inputs.optional("Phone numbers, the main one first; stored as E.164.")
    parent_id: strawberry.ID | None = inputs.optional("The organization it is a branch of.")
    owner_id: strawberry.ID | None = inputs.optional("The member who looks after it.")
    description: str | None = inputs.optional("What else there is to know, as plain text; at most 10000 characters.")
    postal_addresses: list[PostalAddressInput] | None = inputs.optional(
        "Postal addresses, the main one first; at most 20."
    )
    tag_ids: list[strawberry.ID] | None = inputs.optional("Tags to be put on it, at most 100.")
    custom_fields: list[CustomFieldInput] | None = custom_values()

    def to_domain(self, *field: str) -> facts.NewOrganization:
        return facts.NewOrganization(
            name=self.name,
            domain=self.domain,
            emails=tuple(self.emails or ()),
            phones=tuple(self.phones or ()),
            parent_id=ids.decode_optional("Organization", self.parent_id, *field, "parentId"),
            owner_id=ids.decode_optional("Member", self.owner_id, *field, "ownerId"),
            description=self.description,
            postal_addresses=postal_addresses(self.postal_addresses),
            tag_ids=tag_ids(self.tag_ids, *field),
            custom=given(self.custom_fields),
        )


@strawberry.input(description="A person to be made.")
class CreateContactInput(ContactInput):
    idempotency_key: str | None = inputs.idempotency_key()


@strawberry.input(description="An organization to be made.")
class CreateOrganizationInput(OrganizationInput):
    idempotency_key: str | None = inputs.idempotency_key()


@strawberry.input(description="What is to be changed of a person. What is left out stays as it is.")
class UpdateContactInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The contact.")
    expected_version: int | None = inputs.expected_version()
    name: strawberry.Maybe[str | None] = inputs.change("The person's name, 1 to 200 characters; cannot be emptied.")
    emails: strawberry.Maybe[list[str] | None] = inputs.change(
        "All e-mail addresses, the main one first, instead of those there are; null: none."
    )
    phones: strawberry.Maybe[list[str] | None] = inputs.change(
        "All phone numbers, the main one first, instead of those there are; null: none."
    )
    job_title: strawberry.Maybe[str | None] = inputs.change("What the person does there; null: unknown.")
    organization_id: strawberry.Maybe[strawberry.ID | None] = inputs.change(
        "The organization the person belongs to; null: none."
    )
    owner_id: strawberry.Maybe[strawberry.ID | None] = inputs.change(
        "The member who looks after the person; null: nobody."
    )
    description: strawberry.Maybe[str | None] = inputs.change(
        "What else there is to know, as plain text, at most 10000 characters; null: nothing."
    )
    postal_addresses: strawberry.Maybe[list[PostalAddressInput] | None] = inputs.change(
        "All postal addresses, the main one first, at most 20, instead of those there are; null: none."
    )
    tag_ids: strawberry.Maybe[list[strawberry.ID] | None] = changed_tags()
    custom_fields: list[CustomFieldInput] | None = custom_values()

    def to_domain(self) -> facts.ContactChange:
        return facts.ContactChange(
            name=inputs.changed(self.name),
            emails=_listed(self.emails),
            phones=_listed(self.phones),
            job_title=inputs.changed(self.job_title),
            organization_id=inputs.changed_id("Organization", self.organization_id, "organizationId"),
            owner_id=inputs.changed_id("Member", self.owner_id, "ownerId"),
            description=inputs.changed(self.description),
            postal_addresses=_postal(self.postal_addresses),
            tag_ids=changed_tag_ids(self.tag_ids),
            custom=given(self.custom_fields),
        )


@strawberry.input(description="What is to be changed of an organization. What is left out stays as it is.")
class UpdateOrganizationInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The organization.")
    expected_version: int | None = inputs.expected_version()
    name: strawberry.Maybe[str | None] = inputs.change("Its name, 1 to 200 characters; cannot be emptied.")
    domain: strawberry.Maybe[str | None] = inputs.change("Its domain or web address; null: none.")
    emails: strawberry.Maybe[list[str] | None] = inputs.change(
        "All its own e-mail addresses, the main one first, instead of those there are; null: none."
    )
    phones: strawberry.Maybe[list[str] | None] = inputs.change(
        "All phone numbers, the main one first, instead of those there are; null: none."
    )
    parent_id: strawberry.Maybe[strawberry.ID | None] = inputs.change(
        "The organization it is a branch of; null: none. Branches make no circle and stand at most 10 deep."
    )
    owner_id: strawberry.Maybe[strawberry.ID | None] = inputs.change("The member who looks after it; null: nobody.")
    description: strawberry.Maybe[str | None] = inputs.change(
        "What else there is to know, as plain text, at most 10000 characters; null: nothing."
    )
    postal_addresses: strawberry.Maybe[list[PostalAddressInput] | None] = inputs.change(
        "All postal addresses, the main one first, at most 20, instead of those there are; null: none."
    )
    tag_ids: strawberry.Maybe[list[strawberry.ID] | None] = changed_tags()
    custom_fields: list[CustomFieldInput] | None = custom_values()

    def to_domain(self) -> facts.OrganizationChange:
        return facts.OrganizationChange(
            name=inputs.changed(self.name),
            domain=inputs.changed(self.domain),
            emails=_listed(self.emails),
            phones=_listed(self.phones),
            parent_id=inputs.changed_id("Organization", self.parent_id, "parentId"),
            owner_id=inputs.changed_id("Member", self.owner_id, "ownerId"),
            description=inputs.changed(self.description),
            postal_addresses=_postal(self.postal_addresses),
            tag_ids=changed_tag_ids(self.tag_ids),
            custom=given(self.custom_fields),
        )


@strawberry.input(description="A contact to be put away.")
class ArchiveContactInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The contact.")
    expected_version: int | None = inputs.expected_version()


@strawberry.input(description="An archived contact to be taken out again.")
class RestoreContactInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The contact.")
    expected_version: int | None = inputs.expected_version()


@strawberry.input(description="An organization to be put away.")
class ArchiveOrganizationInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The organization.")
    expected_version: int | None = inputs.expected_version()


@strawberry.input(description="An archived organization to be taken out again.")
class RestoreOrganizationInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The organization.")
    expected_version: int | None = inputs.expected_version()


def _listed(given: strawberry.Maybe[list[str] | None]) -> Change[tuple[str, ...]]:
    return UNCHANGED if given is None else tuple(given.value or ())


def _postal(given: strawberry.Maybe[list[PostalAddressInput] | None]) -> Change[tuple[facts.Address, ...]]:
    return UNCHANGED if given is None else postal_addresses(given.value)
