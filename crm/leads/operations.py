"""Making leads and qualifying them. Converting is in crm/leads/conversion.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.activities.models import Activity
from crm.contacts.models import Contact
from crm.contacts.operations import check_contact, check_organization, check_owner
from crm.customfields import values as customfields
from crm.customfields.facts import Entity
from crm.customfields.rules import Given, merged
from crm.db import atomic, get, lock
from crm.errors import Invalid
from crm.idempotency import once
from crm.leads import answering, rules
from crm.leads.events import LeadAnswered, LeadCaptured, LeadDisqualified, LeadQualified, LeadReopened
from crm.leads.facts import Answer, LeadState
from crm.leads.models import CriterionAnswer, Lead
from crm.leads.policies import hold_policy
from crm.leads.records import ask, ask_nothing, facts, note_change, tell_fallen
from crm.leads.returning import reopen
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
    description: str | None = None
    owner_id: UUID | None = None
    """None: whoever makes it."""
    custom: tuple[Given, ...] = ()


@atomic()
async def create_lead(*, actor: Actor, new: NewLead, idempotency_key: str | None, now: datetime) -> Lead:
    """Make a lead by hand.

    Raises: Invalid, NotFound, Forbidden.
    """
    permit(actor, "lead.create")

    async def make(id: UUID) -> Lead:
        await tags.existing(new.tag_ids, actor)
        await check_owner(new.owner_id, actor)
        custom = await customfields.read(Entity.LEAD, new.custom, actor=actor)
        if new.contact_id is None and new.organization_id is None:
            raise Invalid(
                "A lead is somebody's interest: give contactId, organizationId or both.", field=("contactId",)
            )
        await check_contact(new.contact_id, actor)
        await check_organization(new.organization_id, actor)
        organization_id = new.organization_id
        if organization_id is None and new.contact_id is not None:
            organization_id = (await get(Contact, new.contact_id, actor)).organization_id
        source = text.optional(new.source, field=("source",))
        title = text.required(new.title, field=("title",), limit=500)
        lead = await add_lead(
            actor=actor,
            id=id,
            now=now,
            title=title,
            source=source,
            description=text.note(new.description, field=("description",)),
            contact_id=new.contact_id,
            organization_id=organization_id,
            owner_id=new.owner_id or actor.member_id,
            custom=merged({}, custom),
        )
        await tags.put("Lead", lead.id, new.tag_ids, actor=actor)
        return lead

    return await once(Lead, make, actor=actor, operation="createLead", key=idempotency_key, request=new, now=now)


async def add_lead(*, actor: Actor, now: datetime, title: str, source: str | None, **columns: Any) -> Lead:
    """Make a NEW lead inside the caller's transaction; ``columns`` are further columns, already checked."""
    policy = await hold_policy(actor)
    lead = Lead(
        workspace_id=actor.workspace_id,
        title=title,
        state=LeadState.NEW.value,
        source=source,
        created_at=now,
        updated_at=now,
        **columns,
    )
    ask(lead, {}, policy, now)
    await lead.save()
    captured = LeadCaptured(subject_id=lead.id, source=source, inbound_message_id=columns.get("inbound_message_id"))
    await outbox.record(captured, actor=actor, now=now)
    return lead


@atomic()
async def answer_qualification(
    *, actor: Actor, lead_id: UUID, answers: tuple[Answer, ...], expected_version: int | None, now: datetime
) -> Lead:
    """Answer one or more BANT criteria; each answer replaces the criterion's earlier one, and its evidence.

    The lead becomes PROSPECTING with its first answer, and QUALIFIED by itself when the policy is satisfied.

    Raises: NotFound, StaleVersion, AlreadyConverted, Invalid, Forbidden.
    """
    policy = await hold_policy(actor)
    lead = await lock(Lead, lead_id, actor, expected_version=expected_version)
    permit(actor, "lead.answer", lead)
    answering.check_answers(answers, now)
    answers = tuple(answering.cleaned(answer, index) for index, answer in enumerate(answers))
    await _check_references(lead, answers, actor)
    new = {answer.criterion: answering.dated(answer, policy, now) for answer in answers}
    known = await facts(lead, actor)
    verdict = rules.judge(known, new, policy, now)
    for answer in new.values():
        await _write_answer(lead, answer, actor, now)
    after = {**known.answers, **new}
    lead.state = verdict.state.value
    lead.qualification_stale = verdict.stale
    if verdict.promoted:
        lead.qualified_at, lead.qualified_note = now, None
        lead.qualified_by_id = None
    ask(lead, after, policy, now)
    lead.touch(now)
    await lead.save()
    said = ", ".join(f"{answer.criterion.value.lower()} {answer.state.value.replace('_', ' ')}" for answer in answers)
    await note_change(lead, f"Answered: {said}", None, actor, now)
    await outbox.record(LeadAnswered(subject_id=lead.id, criteria=[one.value for one in new]), actor=actor, now=now)
    if verdict.promoted:
        how = rules.how_satisfied(rules.standing(after, now), policy)
        await note_change(lead, f"Qualified: {how}", None, actor, now)
        await outbox.record(LeadQualified(subject_id=lead.id, by_hand=False), actor=actor, now=now)
    await tell_fallen(lead, verdict, actor, now)
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
    await note_change(lead, "Qualified by hand", lead.qualified_note, actor, now)
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
    ask_nothing(lead)
    lead.touch(now)
    await lead.save()
    await note_change(lead, f"Disqualified: {lead.disqualify_reason}", note, actor, now)
    await outbox.record(LeadDisqualified(subject_id=lead.id, reason=lead.disqualify_reason), actor=actor, now=now)
    return lead


@atomic()
async def reopen_lead(*, actor: Actor, lead_id: UUID, expected_version: int | None, now: datetime) -> Lead:
    """Take a disqualified lead up again; it is PROSPECTING and keeps its answers.

    Raises: NotFound, StaleVersion, AlreadyConverted, Invalid, Forbidden.
    """
    policy = await hold_policy(actor)
    lead = await lock(Lead, lead_id, actor, expected_version=expected_version)
    permit(actor, "lead.reopen", lead)
    known = await facts(lead, actor)
    rules.check_reopen(known)
    reopen(lead)
    ask(lead, known.answers, policy, now)
    lead.touch(now)
    await lead.save()
    await note_change(lead, "Reopened", None, actor, now)
    await outbox.record(LeadReopened(subject_id=lead.id), actor=actor, now=now)
    return lead


async def _check_references(lead: Lead, answers: tuple[Answer, ...], actor: Actor) -> None:
    for index, answer in enumerate(answers):
        at = ("answers", str(index))
        people = (("decisionMakerId", answer.decision_maker_id), ("budgetHolderId", answer.budget_holder_id))
        for name, contact_id in people:
            if contact_id is not None:
                await get(Contact, contact_id, actor, field=(*at, name))
        if answer.activity_id is not None:
            entry = await get(Activity, answer.activity_id, actor, field=(*at, "activityId"))
            if entry.lead_id != lead.id:
                raise Invalid(
                    "activityId names an entry of another timeline: give one of this lead's.", field=(*at, "activityId")
                )


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
            "quote": answer.quote,
            "activity_id": answer.activity_id,
            "answered_at": now,
            "fresh_until": answer.fresh_until,
        },
    )
