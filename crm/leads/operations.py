"""Making leads and qualifying them. Converting is in crm/leads/conversion.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.activities import operations as activities
from crm.activities.models import ActivityKind
from crm.contacts.models import Contact, Organization
from crm.db import atomic, get, lock, scoped
from crm.errors import Invalid
from crm.idempotency import once
from crm.leads import rules
from crm.leads.events import LeadAnswered, LeadCaptured, LeadDisqualified, LeadQualified, LeadReopened
from crm.leads.facts import Answer, Criterion, CriterionState, LeadFacts, LeadState
from crm.leads.models import CriterionAnswer, Lead
from crm.outbox import operations as outbox
from crm.tags import operations as tags


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead as somebody gives it: of a contact, an organization, or both."""

    title: str
    contact_id: UUID | None = None
    organization_id: UUID | None = None
    source: str | None = None
    tag_ids: tuple[UUID, ...] = ()


@atomic()
async def create_lead(*, actor: Actor, new: NewLead, idempotency_key: str | None, now: datetime) -> Lead:
    """Make a lead by hand.

    Raises: Invalid, NotFound, Forbidden.
    """
    permit(actor, "lead.create")

    async def make(id: UUID) -> Lead:
        await tags.existing(new.tag_ids, actor)
        if new.contact_id is None and new.organization_id is None:
            raise Invalid(
                "A lead is somebody's interest: give contactId, organizationId or both.", field=("contactId",)
            )
        contact = await get(Contact, new.contact_id, actor, field=("contactId",)) if new.contact_id else None
        organization_id = new.organization_id
        if organization_id is not None:
            await get(Organization, organization_id, actor, field=("organizationId",))
        elif contact is not None:
            organization_id = contact.organization_id
        source = text.optional(new.source, field=("source",))
        title = text.required(new.title, field=("title",), limit=500)
        lead = await add_lead(
            actor=actor,
            id=id,
            now=now,
            title=title,
            source=source,
            contact_id=new.contact_id,
            organization_id=organization_id,
            owner_id=actor.member_id,
        )
        await tags.put("Lead", lead.id, new.tag_ids, actor=actor)
        return lead

    return await once(Lead, make, actor=actor, operation="createLead", key=idempotency_key, request=new, now=now)


async def add_lead(*, actor: Actor, now: datetime, title: str, source: str | None, **columns: Any) -> Lead:
    """Make a NEW lead inside the caller's transaction; ``columns`` are further columns, already checked."""
    lead = await Lead.create(
        workspace_id=actor.workspace_id,
        title=title,
        state=LeadState.NEW.value,
        source=source,
        created_at=now,
        updated_at=now,
        **columns,
    )
    captured = LeadCaptured(subject_id=lead.id, source=source, inbound_message_id=columns.get("inbound_message_id"))
    await outbox.record(captured, actor=actor, now=now)
    return lead


@atomic()
async def answer_qualification(
    *, actor: Actor, lead_id: UUID, answers: tuple[Answer, ...], expected_version: int | None, now: datetime
) -> Lead:
    """Answer one or more BANT criteria; each answer replaces the criterion's earlier one.

    The lead becomes PROSPECTING with its first answer, and QUALIFIED by itself when the policy is satisfied.

    Raises: NotFound, StaleVersion, AlreadyConverted, Invalid, Forbidden.
    """
    lead = await lock(Lead, lead_id, actor, expected_version=expected_version)
    permit(actor, "lead.answer", lead)
    rules.check_answers(answers)
    answers = tuple(_cleaned(answer, index) for index, answer in enumerate(answers))
    await _check_people(answers, actor)
    verdict = rules.judge(await facts(lead, actor), answers)
    for answer in answers:
        await _write_answer(lead, answer, actor, now)
    lead.state = verdict.state.value
    lead.qualification_stale = verdict.stale
    if verdict.promoted:
        lead.qualified_at, lead.qualified_note = now, None
        lead.qualified_by_id = None
    lead.touch(now)
    await lead.save()
    said = ", ".join(f"{answer.criterion.value.lower()} {answer.state.value.replace('_', ' ')}" for answer in answers)
    await _note_change(lead, f"Answered: {said}", None, actor, now)
    criteria = [answer.criterion.value for answer in answers]
    await outbox.record(LeadAnswered(subject_id=lead.id, criteria=criteria), actor=actor, now=now)
    if verdict.promoted:
        await _note_change(lead, "Qualified: all criteria are met", None, actor, now)
        await outbox.record(LeadQualified(subject_id=lead.id, by_hand=False), actor=actor, now=now)
    return lead


@atomic()
async def qualify_lead(
    *, actor: Actor, lead_id: UUID, note: str | None, expected_version: int | None, now: datetime
) -> Lead:
    """Qualify a lead by hand, whatever its answers; a stale qualification is confirmed by it.

    Raises: NotFound, StaleVersion, AlreadyConverted, Invalid, Forbidden.
    """
    lead = await lock(Lead, lead_id, actor, expected_version=expected_version)
    permit(actor, "lead.qualify", lead)
    rules.check_qualify(await facts(lead, actor))
    lead.state = LeadState.QUALIFIED.value
    lead.qualification_stale = False
    lead.qualified_at = now
    lead.qualified_by_id = actor.member_id
    lead.qualified_note = text.note(note, field=("note",))
    lead.touch(now)
    await lead.save()
    await _note_change(lead, "Qualified by hand", lead.qualified_note, actor, now)
    await outbox.record(LeadQualified(subject_id=lead.id, by_hand=True), actor=actor, now=now)
    return lead


@atomic()
async def disqualify_lead(
    *,
    actor: Actor,
    lead_id: UUID,
    reason: str | None,
    note: str | None,
    nurture_until: date | None,
    expected_version: int | None,
    now: datetime,
) -> Lead:
    """Put a lead aside for a reason, until a day or for good.

    Raises: NotFound, StaleVersion, AlreadyConverted, ReasonRequired, Invalid, Forbidden.
    """
    lead = await lock(Lead, lead_id, actor, expected_version=expected_version)
    permit(actor, "lead.disqualify", lead)
    reason = text.optional(reason, field=("reason",))
    note = text.note(note, field=("note",))
    lead.disqualify_reason = rules.check_disqualify(await facts(lead, actor), reason, note, nurture_until, now.date())
    lead.state = LeadState.DISQUALIFIED.value
    lead.disqualify_note = note
    lead.nurture_until = nurture_until
    lead.qualification_stale = False
    lead.touch(now)
    await lead.save()
    await _note_change(lead, f"Disqualified: {lead.disqualify_reason}", note, actor, now)
    await outbox.record(LeadDisqualified(subject_id=lead.id, reason=lead.disqualify_reason), actor=actor, now=now)
    return lead


@atomic()
async def reopen_lead(*, actor: Actor, lead_id: UUID, expected_version: int | None, now: datetime) -> Lead:
    """Take a disqualified lead up again; it is PROSPECTING and keeps its answers.

    Raises: NotFound, StaleVersion, AlreadyConverted, Invalid, Forbidden.
    """
    lead = await lock(Lead, lead_id, actor, expected_version=expected_version)
    permit(actor, "lead.reopen", lead)
    rules.check_reopen(await facts(lead, actor))
    lead.state = LeadState.PROSPECTING.value
    lead.disqualify_reason = lead.disqualify_note = lead.nurture_until = None
    lead.qualified_at = lead.qualified_by_id = lead.qualified_note = None  # the timeline keeps when and by whom
    lead.touch(now)
    await lead.save()
    await _note_change(lead, "Reopened", None, actor, now)
    await outbox.record(LeadReopened(subject_id=lead.id), actor=actor, now=now)
    return lead


async def facts(lead: Lead, actor: Actor) -> LeadFacts:
    """What decisions need to know of the lead."""
    rows = await scoped(CriterionAnswer, actor).filter(lead_id=lead.id)
    states = {Criterion(row.criterion): CriterionState(row.state) for row in rows}
    return LeadFacts(id=lead.id, state=LeadState(lead.state), states=states, stale=lead.qualification_stale)


def _cleaned(answer: Answer, index: int) -> Answer:
    at = ("answers", str(index))
    return Answer(
        **{
            **{name: getattr(answer, name) for name in Answer.__slots__},
            "note": text.note(answer.note, field=(*at, "note")),
            "text": text.note(answer.text, field=(*at, "text")),
        }
    )


async def _check_people(answers: tuple[Answer, ...], actor: Actor) -> None:
    for index, answer in enumerate(answers):
        people = (("decisionMakerId", answer.decision_maker_id), ("budgetHolderId", answer.budget_holder_id))
        for name, contact_id in people:
            if contact_id is not None:
                await get(Contact, contact_id, actor, field=("answers", str(index), name))


async def _write_answer(lead: Lead, answer: Answer, actor: Actor, now: datetime) -> None:
    await CriterionAnswer.update_or_create(
        workspace_id=actor.workspace_id,
        lead_id=lead.id,
        criterion=answer.criterion.value,
        defaults={
            "state": answer.state.value,
            "note": answer.note,
            "pending_until": answer.pending_until,
            "amount_minor": answer.amount.minor if answer.amount else None,
            "currency": answer.amount.currency if answer.amount else None,
            "decision_maker_id": answer.decision_maker_id,
            "budget_holder_id": answer.budget_holder_id,
            "text": answer.text,
            "not_before": answer.not_before,
            "not_after": answer.not_after,
            "member_id": actor.member_id,
            "answered_at": now,
        },
    )


async def _note_change(lead: Lead, summary: str, body: str | None, actor: Actor, now: datetime) -> None:
    await activities.log(actor=actor, kind=ActivityKind.CHANGE, summary=summary, body=body, lead_id=lead.id, now=now)
