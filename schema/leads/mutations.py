"""Mutations of leads. Converting is in schema/leads/converting.py."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from crm.leads import operations
from crm.leads.facts import Answer
from schema import ids, inputs
from schema.context import Info
from schema.customfields.inputs import CustomFieldInput, custom_values, given
from schema.errors import UserError, refusable
from schema.leads.enums import Criterion, CriterionState
from schema.leads.types import Lead
from schema.money import MoneyInput
from schema.tags.inputs import tag_ids


@strawberry.input(description="A lead to be made by hand: of a contact, an organization, or both.")
class CreateLeadInput(inputs.Lenient):
    title: str = strawberry.field(description="It in one line, 1 to 500 characters.")
    contact_id: strawberry.ID | None = inputs.optional("Whose interest it is.")
    organization_id: strawberry.ID | None = inputs.optional(
        "The organization whose interest it is; left out: the contact's."
    )
    source: str | None = inputs.optional("Where it came from, such as a fair; at most 200 characters.")
    tag_ids: list[strawberry.ID] | None = inputs.optional("Tags to be put on it, at most 100.")
    description: str | None = inputs.optional("What else there is to say of it; at most 10,000 characters.")
    owner_id: strawberry.ID | None = inputs.optional("The member who works on it; left out: whoever makes it.")
    custom_fields: list[CustomFieldInput] | None = custom_values()
    idempotency_key: str | None = inputs.idempotency_key()


@strawberry.input(description="An answer to one question of BANT; it replaces the earlier one.")
class CriterionAnswerInput(inputs.Lenient):
    criterion: Criterion = strawberry.field(description="Which question.")  # type: ignore[valid-type]
    state: CriterionState = strawberry.field(description="How it is answered.")  # type: ignore[valid-type]
    note: str | None = inputs.optional("What else there is to say.")
    pending_until: date | None = inputs.optional("PENDING: when it will be known.")
    amount: MoneyInput | None = inputs.optional("BUDGET: how much there is to spend.")
    decision_maker_id: strawberry.ID | None = inputs.optional("AUTHORITY: the contact who decides.")
    budget_holder_id: strawberry.ID | None = inputs.optional("AUTHORITY: the contact who holds the budget.")
    text: str | None = inputs.optional("NEED: what is needed.")
    not_before: date | None = inputs.optional("TIMEFRAME: the earliest day.")
    not_after: date | None = inputs.optional("TIMEFRAME: the latest day.")
    quote: str | None = inputs.optional("Evidence: the words it was read from; at most 10,000 characters.")
    activity_id: strawberry.ID | None = inputs.optional(
        "Evidence: the entry of the lead's own timeline that holds them, such as a mail or a note of a call."
    )
    fresh_until: datetime | None = inputs.optional(
        "MET or NOT_MET: the future moment from which on it has to be asked again, with a zone; left out: as the "
        "workspace's policy says (`freshDays`)."
    )

    def to_domain(self, index: int) -> Answer:
        at = ("answers", str(index))
        return Answer(
            criterion=self.criterion,
            state=self.state,
            note=self.note,
            pending_until=self.pending_until,
            amount=self.amount.to_domain(*at, "amount") if self.amount else None,
            decision_maker_id=ids.decode_optional("Contact", self.decision_maker_id, *at, "decisionMakerId"),
            budget_holder_id=ids.decode_optional("Contact", self.budget_holder_id, *at, "budgetHolderId"),
            text=self.text,
            not_before=self.not_before,
            not_after=self.not_after,
            quote=self.quote,
            activity_id=ids.decode_optional("Activity", self.activity_id, *at, "activityId"),
            fresh_until=inputs.moment(self.fresh_until, *at, "freshUntil"),
        )


@strawberry.input(description="Answers to questions of BANT.")
class AnswerQualificationInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The lead.")
    answers: list[CriterionAnswerInput] = strawberry.field(description="One answer for each question you know about.")
    expected_version: int | None = inputs.expected_version()


@strawberry.input(description="A lead to be qualified by hand.")
class QualifyLeadInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The lead.")
    note: str | None = inputs.optional("Why, whatever the answers say.")
    expected_version: int | None = inputs.expected_version()


@strawberry.input(description="A lead to be put aside.")
class DisqualifyLeadInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The lead.")
    reason: str | None = inputs.optional("Why; demanded. OTHER demands a note too.")
    note: str | None = inputs.optional("More about that.")
    nurture_until: date | None = inputs.optional("The day it is to be taken up again; left out: never by itself.")
    expected_version: int | None = inputs.expected_version()


@strawberry.input(description="A disqualified lead to be taken up again.")
class ReopenLeadInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The lead.")
    expected_version: int | None = inputs.expected_version()


def _lead() -> Lead | None:
    field: Lead | None = strawberry.field(description="The lead; on STALE_VERSION as it is now.", default=None)
    return field


@strawberry.type(description="What createLead did.")
class CreateLeadPayload:
    lead: Lead | None = strawberry.field(description="The new lead.", default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What answerQualification did.")
class AnswerQualificationPayload:
    lead: Lead | None = _lead()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What qualifyLead did.")
class QualifyLeadPayload:
    lead: Lead | None = _lead()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What disqualifyLead did.")
class DisqualifyLeadPayload:
    lead: Lead | None = _lead()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What reopenLead did.")
class ReopenLeadPayload:
    lead: Lead | None = _lead()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type
class LeadMutations:
    @strawberry.mutation(description="Makes a lead by hand.")
    @refusable(CreateLeadPayload)
    async def create_lead(self, info: Info, input: CreateLeadInput) -> CreateLeadPayload:
        new = operations.NewLead(
            title=input.title,
            contact_id=ids.decode_optional("Contact", input.contact_id, "contactId"),
            organization_id=ids.decode_optional("Organization", input.organization_id, "organizationId"),
            source=input.source,
            tag_ids=tag_ids(input.tag_ids),
            description=input.description,
            owner_id=ids.decode_optional("Member", input.owner_id, "ownerId"),
            custom=given(input.custom_fields),
        )
        lead = await operations.create_lead(
            actor=info.context.actor, new=new, idempotency_key=input.idempotency_key, now=info.context.now
        )
        return CreateLeadPayload(lead=Lead.of(lead))

    @strawberry.mutation(
        description="Answers questions of BANT. The first answer makes the lead PROSPECTING; when the workspace's "
        "policy is satisfied it becomes QUALIFIED by itself."
    )
    @refusable(AnswerQualificationPayload, lead=Lead.of)
    async def answer_qualification(self, info: Info, input: AnswerQualificationInput) -> AnswerQualificationPayload:
        lead = await operations.answer_qualification(
            actor=info.context.actor,
            lead_id=ids.decode("Lead", input.id, "id"),
            answers=tuple(answer.to_domain(index) for index, answer in enumerate(input.answers)),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return AnswerQualificationPayload(lead=Lead.of(lead))

    @strawberry.mutation(description="Qualifies a lead by hand, whatever its answers.")
    @refusable(QualifyLeadPayload, lead=Lead.of)
    async def qualify_lead(self, info: Info, input: QualifyLeadInput) -> QualifyLeadPayload:
        lead = await operations.qualify_lead(
            actor=info.context.actor,
            lead_id=ids.decode("Lead", input.id, "id"),
            note=input.note,
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return QualifyLeadPayload(lead=Lead.of(lead))

    @strawberry.mutation(description="Puts a lead aside for a reason.")
    @refusable(DisqualifyLeadPayload, lead=Lead.of)
    async def disqualify_lead(self, info: Info, input: DisqualifyLeadInput) -> DisqualifyLeadPayload:
        lead = await operations.disqualify_lead(
            actor=info.context.actor,
            lead_id=ids.decode("Lead", input.id, "id"),
            reason=input.reason,
            note=input.note,
            nurture_until=input.nurture_until,
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return DisqualifyLeadPayload(lead=Lead.of(lead))

    @strawberry.mutation(description="Takes a disqualified lead up again: it is PROSPECTING and keeps its answers.")
    @refusable(ReopenLeadPayload, lead=Lead.of)
    async def reopen_lead(self, info: Info, input: ReopenLeadInput) -> ReopenLeadPayload:
        lead = await operations.reopen_lead(
            actor=info.context.actor,
            lead_id=ids.decode("Lead", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return ReopenLeadPayload(lead=Lead.of(lead))
