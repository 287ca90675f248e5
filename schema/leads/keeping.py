"""Mutations by which leads are kept: what is said of them, who works on them, and putting them away."""

from __future__ import annotations

import strawberry

from crm.leads import keeping
from schema import ids, inputs
from schema.context import Info
from schema.customfields.inputs import CustomFieldInput, custom_values, given
from schema.errors import UserError, refusable
from schema.leads.types import Lead
from schema.tags.inputs import changed_tag_ids, changed_tags


@strawberry.input(description="What is to be changed of a lead; what is left out stays as it is.")
class UpdateLeadInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The lead.")
    title: strawberry.Maybe[str | None] = inputs.change("It in one line, 1 to 500 characters; may not be emptied.")
    description: strawberry.Maybe[str | None] = inputs.change(
        "What else there is to say of it, at most 10,000 characters; null empties it."
    )
    source: strawberry.Maybe[str | None] = inputs.change(
        "Where it came from, at most 200 characters; null empties it. Settled once it is CONVERTED."
    )
    contact_id: strawberry.Maybe[strawberry.ID | None] = inputs.change(
        "Whose interest it is; null: no single person's, if it has an organization. Settled once it is CONVERTED."
    )
    organization_id: strawberry.Maybe[strawberry.ID | None] = inputs.change(
        "The organization whose interest it is; null: none, if it has a contact. Settled once it is CONVERTED."
    )
    owner_id: strawberry.Maybe[strawberry.ID | None] = inputs.change("The member who works on it; null: nobody.")
    tag_ids: strawberry.Maybe[list[strawberry.ID] | None] = changed_tags()
    custom_fields: list[CustomFieldInput] | None = custom_values()
    expected_version: int | None = inputs.expected_version()

    def to_domain(self) -> keeping.LeadChange:
        title, description = inputs.changed(self.title), inputs.changed(self.description)
        source = inputs.changed(self.source)
        return keeping.LeadChange(
            title=title,
            description=description,
            source=source,
            contact_id=inputs.changed_id("Contact", self.contact_id, "contactId"),
            organization_id=inputs.changed_id("Organization", self.organization_id, "organizationId"),
            owner_id=inputs.changed_id("Member", self.owner_id, "ownerId"),
            tag_ids=changed_tag_ids(self.tag_ids),
            custom=given(self.custom_fields),
        )


@strawberry.input(description="A lead to be given to somebody.")
class AssignLeadInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The lead.")
    owner_id: strawberry.Maybe[strawberry.ID | None] = inputs.change(
        "The member who is to work on it; null: nobody. It must be given."
    )
    expected_version: int | None = inputs.expected_version()


@strawberry.input(description="A lead to be put away.")
class ArchiveLeadInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The lead.")
    expected_version: int | None = inputs.expected_version()


@strawberry.input(description="A lead that was put away, to be taken back.")
class RestoreLeadInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The lead.")
    expected_version: int | None = inputs.expected_version()


def _lead() -> Lead | None:
    field: Lead | None = strawberry.field(description="The lead; on STALE_VERSION as it is now.", default=None)
    return field


@strawberry.type(description="What updateLead did.")
class UpdateLeadPayload:
    lead: Lead | None = _lead()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What assignLead did.")
class AssignLeadPayload:
    lead: Lead | None = _lead()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What archiveLead did.")
class ArchiveLeadPayload:
    lead: Lead | None = _lead()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What restoreLead did.")
class RestoreLeadPayload:
    lead: Lead | None = _lead()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type
class LeadKeepingMutations:
    @strawberry.mutation(description="Changes what is said of a lead. Where nothing changes, its version stays.")
    @refusable(UpdateLeadPayload, lead=Lead.of)
    async def update_lead(self, info: Info, input: UpdateLeadInput) -> UpdateLeadPayload:
        lead = await keeping.update_lead(
            actor=info.context.actor,
            lead_id=ids.decode("Lead", input.id, "id"),
            change=input.to_domain(),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return UpdateLeadPayload(lead=Lead.of(lead))

    @strawberry.mutation(description="Says who works on a lead, whatever its state. Refused only while it is archived.")
    @refusable(AssignLeadPayload, lead=Lead.of)
    async def assign_lead(self, info: Info, input: AssignLeadInput) -> AssignLeadPayload:
        lead = await keeping.assign_lead(
            actor=info.context.actor,
            lead_id=ids.decode("Lead", input.id, "id"),
            owner_id=inputs.changed_id("Member", input.owner_id, "ownerId"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return AssignLeadPayload(lead=Lead.of(lead))

    @strawberry.mutation(
        description="Puts a lead away with all that belongs to it: nothing is asked of it any more, and it does not "
        "return by itself. One that is CONVERTED is unconverted first."
    )
    @refusable(ArchiveLeadPayload, lead=Lead.of)
    async def archive_lead(self, info: Info, input: ArchiveLeadInput) -> ArchiveLeadPayload:
        lead = await keeping.archive_lead(
            actor=info.context.actor,
            lead_id=ids.decode("Lead", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return ArchiveLeadPayload(lead=Lead.of(lead))

    @strawberry.mutation(description="Takes back a lead that was put away, in the state that it had.")
    @refusable(RestoreLeadPayload, lead=Lead.of)
    async def restore_lead(self, info: Info, input: RestoreLeadInput) -> RestoreLeadPayload:
        lead = await keeping.restore_lead(
            actor=info.context.actor,
            lead_id=ids.decode("Lead", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return RestoreLeadPayload(lead=Lead.of(lead))
