"""Mutations that turn leads into deals, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import strawberry

from crm.errors import DomainError, StaleVersion
from crm.leads import facts
from crm.leads.conversion import Conversion, Converted, Request, convert_lead, convert_leads
from crm.leads.unconversion import Request as UnconversionRequest
from crm.leads.unconversion import Unconverted, unconvert_lead, unconvert_leads
from schema import ids, inputs
from schema.contacts.inputs import ContactInput, OrganizationInput
from schema.context import Info
from schema.deals.mutations import PlaceInput, neighbour_gone, place_or_none
from schema.deals.types import Deal
from schema.effects import Effect
from schema.enums import described
from schema.errors import UserError, refusable
from schema.leads.types import Lead
from schema.money import MoneyInput

DuplicatePolicy = described(
    facts.DuplicatePolicy,
    "What becomes of a contact or an organization that is to be made, and whose e-mail address or domain another one "
    "has.",
    REFUSE="Nothing is done; the refusal DUPLICATE names the other one.",
    USE_EXISTING="The other one is taken, and none is made; only what it lacks is filled.",
    CREATE_ANYWAY="It is made, without that address or domain.",
)


@strawberry.input(one_of=True, description="A contact: exactly one of these.")
class ContactChoice:
    existing_id: strawberry.ID | None = strawberry.field(description="One that is there.", default=strawberry.UNSET)
    create: ContactInput | None = strawberry.field(description="One to be made.", default=strawberry.UNSET)


@strawberry.input(one_of=True, description="An organization: exactly one of these.")
class OrganizationChoice:
    existing_id: strawberry.ID | None = strawberry.field(description="One that is there.", default=strawberry.UNSET)
    create: OrganizationInput | None = strawberry.field(description="One to be made.", default=strawberry.UNSET)


@strawberry.input(description="How a lead becomes a deal.")
class ConvertLeadInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The lead.")
    title: str | None = inputs.optional("The deal in one line, 1 to 500 characters; left out: as the lead's.")
    pipeline_id: strawberry.ID | None = inputs.optional(
        "The pipeline whose first open stage the deal lands in; left out: the stage's, else the first."
    )
    stage_id: strawberry.ID | None = inputs.optional(
        "The stage the deal lands in; left out: the first open one of the pipeline."
    )
    place: PlaceInput | None = inputs.optional("Where in the column; left out: at the end.")
    owner_id: strawberry.ID | None = inputs.optional("Who works on the deal; left out: the lead's owner, else you.")
    amount: MoneyInput | None = inputs.optional("What the deal would bring; left out: the budget.")
    expected_close_date: date | None = inputs.optional(
        "The day the deal is expected to be decided; left out: the end of the timeframe."
    )
    force: bool | None = inputs.optional("Convert although it is not QUALIFIED; owners and admins only.")
    contact: ContactChoice | None = inputs.optional("Who the deal is made with; left out: the lead's contact.")
    organization: OrganizationChoice | None = inputs.optional(
        "The organization the deal is made with; left out: the lead's."
    )
    duplicate_policy: DuplicatePolicy | None = inputs.optional(  # type: ignore[valid-type]
        "What becomes of a contact or organization to be made whose address or domain another one has; left out: "
        "REFUSE."
    )
    deal_id: strawberry.ID | None = inputs.optional(
        "An open deal that the lead is to feed instead of a new one; only its empty fields are filled."
    )
    expected_version: int | None = inputs.expected_version()
    idempotency_key: str | None = inputs.optional(
        "A key of your own, 1 to 200 characters: a request that comes once more converts nothing again, not even when "
        "the conversion has been undone since."
    )
    dry_run: bool | None = inputs.dry_run()

    def to_domain(self) -> Request:
        contact, organization = self.contact, self.organization
        by_contact = contact is not None and contact.existing_id is not strawberry.UNSET
        by_organization = organization is not None and organization.existing_id is not strawberry.UNSET
        at_contact, at_organization = ("contact", "existingId"), ("organization", "existingId")
        how = Conversion(
            stage_id=ids.decode_optional("Stage", self.stage_id, "stageId"),
            place=place_or_none(self.place),
            contact_id=ids.decode("Contact", str(contact.existing_id), *at_contact) if contact and by_contact else None,
            new_contact=contact.create.to_domain("contact", "create") if contact and contact.create else None,
            organization_id=ids.decode("Organization", str(organization.existing_id), *at_organization)
            if organization and by_organization
            else None,
            new_organization=organization.create.to_domain("organization", "create")
            if organization and organization.create
            else None,
            deal_id=ids.decode_optional("Deal", self.deal_id, "dealId"),
            force=bool(self.force),
            title=self.title,
            pipeline_id=ids.decode_optional("Pipeline", self.pipeline_id, "pipelineId"),
            owner_id=ids.decode_optional("Member", self.owner_id, "ownerId"),
            amount=self.amount.to_domain("amount") if self.amount else None,
            expected_close_date=self.expected_close_date,
            duplicates=self.duplicate_policy or facts.DuplicatePolicy.REFUSE,
        )
        lead_id = ids.decode("Lead", self.id, "id")
        return Request(lead_id, how, self.expected_version, self.idempotency_key, bool(self.dry_run))


@strawberry.input(description="Leads to be converted, each by itself: what is refused of one leaves the others done.")
class ConvertLeadsInput(inputs.Lenient):
    leads: list[ConvertLeadInput] = strawberry.field(description="The leads, 1 to 100, in this order.")
    dry_run: bool | None = inputs.dry_run()


@strawberry.input(description="A conversion to be undone.")
class UnconvertLeadInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The lead.")
    expected_version: int | None = inputs.expected_version()
    dry_run: bool | None = inputs.dry_run()

    def to_domain(self) -> UnconversionRequest:
        return UnconversionRequest(ids.decode("Lead", self.id, "id"), self.expected_version, bool(self.dry_run))


@strawberry.input(
    description="Conversions to be undone, each by itself: what is refused of one leaves the others done."
)
class UnconvertLeadsInput(inputs.Lenient):
    leads: list[UnconvertLeadInput] = strawberry.field(description="The leads, 1 to 100, in this order.")
    dry_run: bool | None = inputs.dry_run()


def _lead() -> Any:
    return strawberry.field(description="The lead; on STALE_VERSION as it is now.", default=None)


def _deal() -> Any:
    return strawberry.field(description="The deal it became or feeds.", default=None)


def _already_converted() -> Any:
    return strawberry.field(
        description="It had been converted before, into this deal; this call changed nothing, and checked no version.",
        default=False,
    )


def _former_deal() -> Any:
    return strawberry.field(
        description="The deal it had become or fed, as it is now: archived if it was made for this lead alone.",
        default=None,
    )


def _errors_of_all() -> Any:
    return strawberry.field(
        description="All refusals, each with the place of its lead first: `leads`, `0`. The results hold them, too.",
        default_factory=list[UserError],
    )


@strawberry.type(description="What convertLead did.")
class ConvertLeadPayload:
    lead: Lead | None = _lead()
    deal: Deal | None = _deal()
    already_converted: bool = _already_converted()
    neighbour_gone: bool = neighbour_gone()
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What convertLeads did with one lead.")
class ConvertLeadResult:
    lead: Lead | None = _lead()
    deal: Deal | None = _deal()
    already_converted: bool = _already_converted()
    neighbour_gone: bool = neighbour_gone()
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What convertLeads did.")
class ConvertLeadsPayload:
    results: list[ConvertLeadResult] = strawberry.field(
        description="What became of each lead, in the order of the input; empty when the whole was refused.",
        default_factory=list[ConvertLeadResult],
    )
    user_errors: list[UserError] = _errors_of_all()


@strawberry.type(description="What unconvertLead did.")
class UnconvertLeadPayload:
    lead: Lead | None = _lead()
    deal: Deal | None = _former_deal()
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What unconvertLeads did with one lead.")
class UnconvertLeadResult:
    lead: Lead | None = _lead()
    deal: Deal | None = _former_deal()
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What unconvertLeads did.")
class UnconvertLeadsPayload:
    results: list[UnconvertLeadResult] = strawberry.field(
        description="What became of each lead, in the order of the input; empty when the whole was refused.",
        default_factory=list[UnconvertLeadResult],
    )
    user_errors: list[UserError] = _errors_of_all()


P = TypeVar("P", ConvertLeadPayload, ConvertLeadResult)
U = TypeVar("U", UnconvertLeadPayload, UnconvertLeadResult)


def _converted(payload: type[P], done: Converted, rehearsed: bool) -> P:
    """What was done, or would be: then there is nothing to show, unless all was done before."""
    is_there = done.already or not rehearsed
    return payload(
        lead=Lead.of(done.lead) if is_there else None,
        deal=Deal.of(done.deal) if is_there else None,
        already_converted=done.already,
        neighbour_gone=done.neighbour_gone,
        effects=Effect.of_all(done.effects),
        user_errors=[UserError.of(error) for error in done.refusals],
    )


def _unconverted(payload: type[U], done: Unconverted, rehearsed: bool) -> U:
    return payload(
        lead=None if rehearsed else Lead.of(done.lead),
        deal=None if rehearsed else Deal.of(done.deal),
        effects=Effect.of_all(done.effects),
    )


def _refused(error: DomainError, **payload: Any) -> dict[str, Any]:
    """The fields of the result of a lead that was refused."""
    stale = isinstance(error, StaleVersion) and error.current is not None
    return {"user_errors": [UserError.of(error)], **({"lead": Lead.of(error.current)} if stale else {}), **payload}


def _read(given: Iterable[Any]) -> list[Any]:
    """Each lead's request, or why it cannot be read."""
    requests: list[Any] = []
    for one in given:
        try:
            requests.append(one.to_domain())
        except DomainError as error:
            requests.append(error)
    return requests


def _placed(results: Sequence[Any]) -> list[UserError]:
    """All errors of the results, which come to begin with the place of their lead."""
    for index, result in enumerate(results):
        result.user_errors = [
            replace(error, field=["leads", str(index), *(error.field or ())]) for error in result.user_errors
        ]
    return [error for result in results for error in result.user_errors]


@strawberry.type
class ConversionMutations:
    @strawberry.mutation(
        description="Turns a qualified lead into a deal, where it was dropped. Repeating it returns the same deal."
    )
    @refusable(ConvertLeadPayload, lead=Lead.of, deal=Deal.of)
    async def convert_lead(self, info: Info, input: ConvertLeadInput) -> ConvertLeadPayload:
        asked = input.to_domain()
        done = await convert_lead(
            actor=info.context.actor,
            lead_id=asked.lead_id,
            how=asked.how,
            expected_version=asked.expected_version,
            idempotency_key=asked.idempotency_key,
            dry_run=asked.dry_run,
            now=info.context.now,
        )
        return _converted(ConvertLeadPayload, done, asked.dry_run)

    @strawberry.mutation(description="Turns several qualified leads into deals, one after the other.")
    @refusable(ConvertLeadsPayload)
    async def convert_leads(self, info: Info, input: ConvertLeadsInput) -> ConvertLeadsPayload:
        requests = _read(input.leads)
        done = await convert_leads(
            actor=info.context.actor, requests=requests, dry_run=bool(input.dry_run), now=info.context.now
        )
        results = [
            ConvertLeadResult(**_refused(one))
            if isinstance(one, DomainError)
            else _converted(ConvertLeadResult, one, bool(input.dry_run) or request.dry_run)
            for request, one in zip(requests, done, strict=True)
        ]
        return ConvertLeadsPayload(user_errors=_placed(results), results=results)

    @strawberry.mutation(
        description="Undoes a conversion while the deal is open: the lead is as it was before. The deal is archived if "
        "it was made for this lead alone; else what the lead filled, and nobody has changed since, is taken out of it."
    )
    @refusable(UnconvertLeadPayload, lead=Lead.of)
    async def unconvert_lead(self, info: Info, input: UnconvertLeadInput) -> UnconvertLeadPayload:
        asked = input.to_domain()
        done = await unconvert_lead(
            actor=info.context.actor,
            lead_id=asked.lead_id,
            expected_version=asked.expected_version,
            dry_run=asked.dry_run,
            now=info.context.now,
        )
        return _unconverted(UnconvertLeadPayload, done, asked.dry_run)

    @strawberry.mutation(description="Undoes several conversions, one after the other.")
    @refusable(UnconvertLeadsPayload)
    async def unconvert_leads(self, info: Info, input: UnconvertLeadsInput) -> UnconvertLeadsPayload:
        requests = _read(input.leads)
        done = await unconvert_leads(
            actor=info.context.actor, requests=requests, dry_run=bool(input.dry_run), now=info.context.now
        )
        results = [
            UnconvertLeadResult(**_refused(one))
            if isinstance(one, DomainError)
            else _unconverted(UnconvertLeadResult, one, bool(input.dry_run) or request.dry_run)
            for request, one in zip(requests, done, strict=True)
        ]
        return UnconvertLeadsPayload(user_errors=_placed(results), results=results)
