"""Mutations of contacts and organizations."""

from __future__ import annotations

import strawberry

from crm.contacts import operations
from schema import ids, inputs
from schema.contacts.types import Contact, Organization
from schema.context import Info
from schema.errors import UserError, refusable


@strawberry.input(description="A person.")
class ContactInput(inputs.Lenient):
    name: str = strawberry.field(description="The person's name, 1 to 200 characters.")
    emails: list[str] | None = inputs.optional(
        "E-mail addresses, the main one first; none may belong to another contact."
    )
    phones: list[str] | None = inputs.optional("Phone numbers, the main one first; stored as E.164.")
    job_title: str | None = inputs.optional("What the person does there.")
    organization_id: strawberry.ID | None = inputs.optional("The organization the person belongs to.")

    def to_domain(self, *field: str) -> operations.NewContact:
        return operations.NewContact(
            name=self.name,
            emails=tuple(self.emails or ()),
            phones=tuple(self.phones or ()),
            job_title=self.job_title,
            organization_id=ids.decode_optional("Organization", self.organization_id, *field, "organizationId"),
        )


@strawberry.input(description="A company, association or authority.")
class OrganizationInput(inputs.Lenient):
    name: str = strawberry.field(description="Its name, 1 to 200 characters.")
    domain: str | None = inputs.optional("Its domain or web address; may belong to no other organization.")

    def to_domain(self) -> operations.NewOrganization:
        return operations.NewOrganization(name=self.name, domain=self.domain)


@strawberry.input(description="A person to be made.")
class CreateContactInput(ContactInput):
    idempotency_key: str | None = inputs.idempotency_key()


@strawberry.input(description="An organization to be made.")
class CreateOrganizationInput(OrganizationInput):
    idempotency_key: str | None = inputs.idempotency_key()


@strawberry.type(description="What createContact did.")
class CreateContactPayload:
    contact: Contact | None = strawberry.field(description="The new contact.", default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What createOrganization did.")
class CreateOrganizationPayload:
    organization: Organization | None = strawberry.field(description="The new organization.", default=None)
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
