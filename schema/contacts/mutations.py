"""Mutations of contacts and organizations."""

from __future__ import annotations

import strawberry

from crm.contacts import archiving, changing, operations
from schema import ids, inputs
from schema.contacts.inputs import (
    ArchiveContactInput,
    ArchiveOrganizationInput,
    CreateContactInput,
    CreateOrganizationInput,
    RestoreContactInput,
    RestoreOrganizationInput,
    UpdateContactInput,
    UpdateOrganizationInput,
)
from schema.contacts.types import Contact, Organization
from schema.context import Info
from schema.errors import UserError, refusable


def _contact() -> Contact | None:
    field: Contact | None = strawberry.field(description="The contact; on STALE_VERSION as it is now.", default=None)
    return field


def _organization() -> Organization | None:
    field: Organization | None = strawberry.field(
        description="The organization; on STALE_VERSION as it is now.", default=None
    )
    return field


@strawberry.type(description="What createContact did.")
class CreateContactPayload:
    contact: Contact | None = strawberry.field(description="The new contact.", default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What updateContact did.")
class UpdateContactPayload:
    contact: Contact | None = _contact()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What archiveContact did.")
class ArchiveContactPayload:
    contact: Contact | None = _contact()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What restoreContact did.")
class RestoreContactPayload:
    contact: Contact | None = _contact()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What createOrganization did.")
class CreateOrganizationPayload:
    organization: Organization | None = strawberry.field(description="The new organization.", default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What updateOrganization did.")
class UpdateOrganizationPayload:
    organization: Organization | None = _organization()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What archiveOrganization did.")
class ArchiveOrganizationPayload:
    organization: Organization | None = _organization()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What restoreOrganization did.")
class RestoreOrganizationPayload:
    organization: Organization | None = _organization()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type
class ContactMutations:
    @strawberry.mutation(description="Makes a contact.")
    @refusable(CreateContactPayload)
    async def create_contact(self, info: Info, input: CreateContactInput) -> CreateContactPayload:
        contact = await operations.create_contact(
            actor=info.context.actor,
            new=input.to_domain(),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return CreateContactPayload(contact=Contact.of(contact))

    @strawberry.mutation(
        description="Changes a contact: what is given, lists as wholes. When nothing is other than it was, its version "
        "stays. An archived one must be restored first."
    )
    @refusable(UpdateContactPayload, contact=Contact.of)
    async def update_contact(self, info: Info, input: UpdateContactInput) -> UpdateContactPayload:
        contact = await changing.update_contact(
            actor=info.context.actor,
            contact_id=ids.decode("Contact", input.id, "id"),
            change=input.to_domain(),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return UpdateContactPayload(contact=Contact.of(contact))

    @strawberry.mutation(
        description="Puts a contact away: lists leave it out, its addresses are free for others. Its leads and deals "
        "stay and still show it."
    )
    @refusable(ArchiveContactPayload, contact=Contact.of)
    async def archive_contact(self, info: Info, input: ArchiveContactInput) -> ArchiveContactPayload:
        contact = await archiving.archive_contact(
            actor=info.context.actor,
            contact_id=ids.decode("Contact", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return ArchiveContactPayload(contact=Contact.of(contact))

    @strawberry.mutation(
        description="Takes an archived contact out again. Refused with DUPLICATE while an address of it belongs to "
        "another contact; one that was merged into another comes back by undoing that."
    )
    @refusable(RestoreContactPayload, contact=Contact.of)
    async def restore_contact(self, info: Info, input: RestoreContactInput) -> RestoreContactPayload:
        contact = await archiving.restore_contact(
            actor=info.context.actor,
            contact_id=ids.decode("Contact", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return RestoreContactPayload(contact=Contact.of(contact))

    @strawberry.mutation(description="Makes an organization.")
    @refusable(CreateOrganizationPayload)
    async def create_organization(self, info: Info, input: CreateOrganizationInput) -> CreateOrganizationPayload:
        organization = await operations.create_organization(
            actor=info.context.actor,
            new=input.to_domain(),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return CreateOrganizationPayload(organization=Organization.of(organization))

    @strawberry.mutation(
        description="Changes an organization: what is given, lists as wholes. When nothing is other than it was, its "
        "version stays. An archived one must be restored first."
    )
    @refusable(UpdateOrganizationPayload, organization=Organization.of)
    async def update_organization(self, info: Info, input: UpdateOrganizationInput) -> UpdateOrganizationPayload:
        organization = await changing.update_organization(
            actor=info.context.actor,
            organization_id=ids.decode("Organization", input.id, "id"),
            change=input.to_domain(),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return UpdateOrganizationPayload(organization=Organization.of(organization))

    @strawberry.mutation(
        description="Puts an organization away: lists leave it out, its domain and addresses are free for others. Its "
        "people, branches, leads and deals stay and still show it."
    )
    @refusable(ArchiveOrganizationPayload, organization=Organization.of)
    async def archive_organization(self, info: Info, input: ArchiveOrganizationInput) -> ArchiveOrganizationPayload:
        organization = await archiving.archive_organization(
            actor=info.context.actor,
            organization_id=ids.decode("Organization", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return ArchiveOrganizationPayload(organization=Organization.of(organization))

    @strawberry.mutation(
        description="Takes an archived organization out again. Refused with DUPLICATE while its domain or an address "
        "belongs to another organization; one that was merged into another comes back by undoing that."
    )
    @refusable(RestoreOrganizationPayload, organization=Organization.of)
    async def restore_organization(self, info: Info, input: RestoreOrganizationInput) -> RestoreOrganizationPayload:
        organization = await archiving.restore_organization(
            actor=info.context.actor,
            organization_id=ids.decode("Organization", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return RestoreOrganizationPayload(organization=Organization.of(organization))
