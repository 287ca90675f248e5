"""Turning leads into deals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.activities import operations as activities
from crm.activities.models import ActivityKind
from crm.contacts.facts import NewContact, NewOrganization
from crm.contacts.finding import fill_contact
from crm.contacts.models import Contact, Organization
from crm.contacts.operations import add_contact, add_organization
from crm.db import atomic, check_version, get, lock, scoped
from crm.deals.facts import DealStatus, Place
from crm.deals.models import Deal
from crm.deals.operations import Added, NewDeal, add_deal
from crm.errors import Invalid
from crm.ids import new_id
from crm.leads import rules
from crm.leads.events import LeadConverted
from crm.leads.facts import Answer, Criterion, CriterionState, LeadState
from crm.leads.models import CriterionAnswer, Lead
from crm.leads.records import ask_nothing, facts
from crm.money import Money
from crm.outbox import operations as outbox


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a lead is to become a deal."""

    stage_id: UUID | None = None
    """None: the first open stage of the first pipeline."""
    place: Place | None = None
    contact_id: UUID | None = None
    new_contact: NewContact | None = None
    organization_id: UUID | None = None
    new_organization: NewOrganization | None = None
    deal_id: UUID | None = None
    """An open deal that the lead is to feed, instead of a new one."""
    force: bool = False


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of the lead. ``already``: it had been converted before; nothing was changed now."""

    lead: Lead
    deal: Deal
    already: bool
    neighbour_gone: bool = False
    """The card named in ``place`` was not in the column any more; the deal landed at the end."""


@atomic()
async def convert_lead(
    *, actor: Actor, lead_id: UUID, how: Conversion, expected_version: int | None, now: datetime
) -> Converted:
    """Turn a qualified lead into a deal, or let it feed an existing one. Repeating it returns the same deal.

    Raises: NotFound, StaleVersion, NotQualified, AlreadyConverted (into another deal than asked), Duplicate,
    Invalid, Forbidden.
    """
    lead = await lock(Lead, lead_id, actor)
    permit(actor, "lead.convert", lead)
    if lead.state == LeadState.CONVERTED.value:
        return await _again(lead, how, actor)
    check_version(lead, expected_version)
    if how.force:
        permit(actor, "lead.force_convert", lead)
    rules.check_convert(await facts(lead, actor), forced=how.force)
    fed = await _open_deal(how.deal_id, how, actor) if how.deal_id else None
    organization_id = await _organization(lead, how, actor, now)
    contact_id = await _contact(lead, how, organization_id, actor, now)
    rows = await scoped(CriterionAnswer, actor).filter(lead_id=lead.id)
    answers = {Criterion(row.criterion): row.facts() for row in rows}
    if fed is not None:
        deal, neighbour_gone = fed, False
        await _feed(lead, deal, answers, contact_id, organization_id, now)
    else:
        added = await _new_deal(lead, how, answers, contact_id, organization_id, actor, now)
        deal, neighbour_gone = added.deal, added.neighbour_gone
    lead.state = LeadState.CONVERTED.value
    lead.disqualify_reason = lead.disqualify_note = lead.nurture_until = None  # a forced one may have been put aside
    ask_nothing(lead)
    lead.converted_at = now
    lead.deal_id = deal.id
    lead.contact_id = lead.contact_id or contact_id
    lead.organization_id = lead.organization_id or organization_id
    lead.touch(now)
    await lead.save()
    await activities.log(
        actor=actor,
        kind=ActivityKind.CHANGE,
        summary=f"Converted into the deal {deal.title}",
        lead_id=lead.id,
        deal_id=deal.id,
        now=now,
    )
    await outbox.record(LeadConverted(subject_id=lead.id, deal_id=deal.id), actor=actor, now=now)
    return Converted(lead=lead, deal=deal, already=False, neighbour_gone=neighbour_gone)


async def _again(lead: Lead, how: Conversion, actor: Actor) -> Converted:
    deal = await scoped(Deal, actor).get(id=lead.deal_id)
    if how.deal_id is not None and how.deal_id != deal.id:
        raise rules.AlreadyConverted(f"The lead has been converted into the deal {deal.title}.", field=("dealId",))
    return Converted(lead=lead, deal=deal, already=True)


async def _organization(lead: Lead, how: Conversion, actor: Actor, now: datetime) -> UUID | None:
    if how.organization_id is not None:
        await get(Organization, how.organization_id, actor, field=("organization", "existingId"))
        return how.organization_id
    if how.new_organization is not None:
        at = ("organization", "create")
        return (await add_organization(actor=actor, new=how.new_organization, now=now, field=at)).id
    return lead.organization_id


async def _contact(
    lead: Lead, how: Conversion, organization_id: UUID | None, actor: Actor, now: datetime
) -> UUID | None:
    if how.new_contact is not None:
        contact = await add_contact(actor=actor, new=how.new_contact, now=now, field=("contact", "create"))
    elif how.contact_id is not None:
        contact = await lock(Contact, how.contact_id, actor, field=("contact", "existingId"))
    elif lead.contact_id is not None:
        contact = await lock(Contact, lead.contact_id, actor)
    else:
        return None
    await fill_contact(contact, actor=actor, organization_id=organization_id, now=now)
    return contact.id


async def _new_deal(
    lead: Lead,
    how: Conversion,
    answers: dict[Criterion, Answer],
    contact_id: UUID | None,
    organization_id: UUID | None,
    actor: Actor,
    now: datetime,
) -> Added:
    new = NewDeal(
        title=lead.title,
        stage_id=how.stage_id,
        place=how.place,
        amount=_carried_amount(answers),
        contact_id=contact_id,
        organization_id=organization_id,
        expected_close_date=_carried_day(answers),
    )
    carried = {"source": lead.source, "utm": lead.utm, "qualification_snapshot": _snapshot(answers)}
    owner_id = lead.owner_id or actor.member_id
    return await add_deal(actor=actor, new=new, now=now, id=new_id(), owner_id=owner_id, carried=carried)


async def _open_deal(deal_id: UUID, how: Conversion, actor: Actor) -> Deal:
    """The deal that the lead is to feed, locked. Looked at before anything is made for it.

    Raises: NotFound, Invalid: what is asked for would not come to pass.
    """
    if how.stage_id is not None or how.place is not None:
        given = "stageId" if how.stage_id is not None else "place"
        raise Invalid(f"An existing deal stays where it is: give dealId or {given}.", field=(given,))
    deal = await lock(Deal, deal_id, actor, field=("dealId",))
    if deal.status != DealStatus.OPEN.value:
        raise Invalid(f"The deal is {deal.status}: a lead can feed an open deal only.", field=("dealId",))
    for name, has, existing, new in (
        ("contact", deal.contact_id, how.contact_id, how.new_contact),
        ("organization", deal.organization_id, how.organization_id, how.new_organization),
    ):
        if has is not None and (new is not None or existing not in (None, has)):
            raise Invalid(f"The deal has another {name}, which it keeps: leave {name} out.", field=(name,))
    return deal


async def _feed(
    lead: Lead,
    deal: Deal,
    answers: dict[Criterion, Answer],
    contact_id: UUID | None,
    organization_id: UUID | None,
    now: datetime,
) -> None:
    """Let the lead feed an existing deal, of which only empty fields are filled."""
    amount, day = _carried_amount(answers), _carried_day(answers)
    if deal.amount_minor is None and amount is not None:
        deal.amount_minor, deal.currency = amount.minor, amount.currency
    deal.expected_close_date = deal.expected_close_date or day
    deal.contact_id = deal.contact_id or contact_id
    deal.organization_id = deal.organization_id or organization_id
    deal.owner_id = deal.owner_id or lead.owner_id
    deal.source = deal.source or lead.source
    deal.utm = deal.utm or lead.utm
    deal.qualification_snapshot = deal.qualification_snapshot or _snapshot(answers)
    deal.touch(now)
    await deal.save()


def _carried_amount(answers: dict[Criterion, Answer]) -> Money | None:
    """The budget, unless it was found wanting."""
    budget = answers.get(Criterion.BUDGET)
    return budget.amount if budget and budget.state is not CriterionState.NOT_MET else None


def _carried_day(answers: dict[Criterion, Answer]) -> date | None:
    """The last day of the timeframe, else its first."""
    timeframe = answers.get(Criterion.TIMEFRAME)
    return (timeframe.not_after or timeframe.not_before) if timeframe else None


def _snapshot(answers: dict[Criterion, Answer]) -> dict[str, Any]:
    """The answers as plain data, as they stand now."""
    snapshot: dict[str, Any] = {}
    for criterion, answer in answers.items():
        plain: dict[str, Any] = {"state": answer.state.value}
        if answer.amount is not None:
            plain["amount"] = {"minor": answer.amount.minor, "currency": answer.amount.currency}
        for name in ("note", "text"):
            if getattr(answer, name) is not None:
                plain[name] = getattr(answer, name)
        for name in ("pending_until", "not_before", "not_after", "decision_maker_id", "budget_holder_id"):
            if getattr(answer, name) is not None:
                plain[name] = str(getattr(answer, name))
        snapshot[criterion.value] = plain
    return snapshot
