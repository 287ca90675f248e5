"""Answers that are read out of texts: proposed with their words, accepted or refused by a person."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from crm import text as texts
from crm.accounts.facts import Actor
from crm.accounts.models import Workspace
from crm.accounts.permissions import permit
from crm.activities import operations as activities
from crm.activities.models import Activity, ActivityKind
from crm.changes import UNCHANGED
from crm.contacts.models import Contact
from crm.db import atomic, check_version, get, lock, scoped
from crm.effects import Effect, EffectCode
from crm.errors import DomainError, Invalid
from crm.faults import described
from crm.idempotency import once
from crm.leads import rules
from crm.leads.events import SuggestionAccepted, SuggestionProposed, SuggestionRefused, SuggestionSuperseded
from crm.leads.facts import Answer, Criterion, LeadState, SuggestionState
from crm.leads.models import CriterionAnswer, Lead, Suggestion
from crm.leads.operations import answer_qualification
from crm.leads.proposals import Made, Proposal, proposals_of, worth_proposing
from crm.outbox import operations as outbox

log = logging.getLogger("anbahn.suggestions")

MOST_REMEMBERED = 200
"""Of how many suggestions of a lead, the latest, it is looked up whether the same was proposed before."""


@dataclass(frozen=True, slots=True)
class Given:
    """A text of a lead's timeline."""

    text: str
    activity_id: UUID
    """The entry that holds it."""
    contact_id: UUID | None
    """Who wrote it, or whom it is about."""
    today: date
    """The day it is of, from which its "next month" counts."""
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Suggested:
    """What was read out of a text and is new."""

    lead: Lead
    activity: Activity
    """The entry of the timeline that holds the text."""
    proposals: tuple[Proposal, ...]
    suggestions: tuple[Suggestion, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """A suggestion that was decided on, and its lead."""

    suggestion: Suggestion
    lead: Lead


@dataclass(slots=True)
class _Round:
    """What one text has led to."""

    suggestions: list[Suggestion] = field(default_factory=list)
    superseded: list[Suggestion] = field(default_factory=list)


@atomic()
async def suggest(*, actor: Actor, lead_id: UUID, given: Given, now: datetime) -> list[Suggestion]:
    """Propose what a text of a lead's timeline answers; part of the caller's transaction.

    Nothing is proposed that repeats an answer, that waits for a decision already, or that was read out of the
    same words and decided on. What is undecided and says something else is superseded.

    Raises: NotFound, Forbidden.
    """
    permit(actor, "lead.suggest")
    lead = await lock(Lead, lead_id, actor)
    return (await _propose(lead, given, actor, now)).suggestions


async def suggest_if_possible(*, actor: Actor, lead_id: UUID, given: Given, now: datetime) -> str | None:
    """``suggest`` for callers whose work must not fail by it: a sentence for the trace; None: nothing was proposed.

    It is a savepoint of the caller's transaction. Whatever is raised inside is logged and undoes no more than that.
    """
    try:
        made = await suggest(actor=actor, lead_id=lead_id, given=given, now=now)
    except Exception as error:
        log.error("no suggestions for lead %s: %s", lead_id, described(error))
        return "no answers were read out of the text: reading it failed"
    if not made:
        return None
    return f"answers proposed: {', '.join(f'{one.criterion.lower()} ({one.rule})' for one in made)}"


@atomic()
async def suggest_answers(
    *,
    actor: Actor,
    lead_id: UUID,
    text: str,
    expected_version: int | None,
    idempotency_key: str | None,
    dry_run: bool,
    now: datetime,
) -> Suggested:
    """Read a text that a person gives, such as the note of a call; it is kept as a note in the lead's timeline.

    Raises: NotFound, StaleVersion, AlreadyConverted, Invalid, Forbidden.
    """
    lead = await lock(Lead, lead_id, actor, expected_version=expected_version, field=("leadId",))
    permit(actor, "lead.suggest", lead)
    body = texts.note(text, field=("text",))
    if body is None:
        raise Invalid("text is blank: give the text that is to be read.", field=("text",))
    if lead.state == LeadState.CONVERTED.value:
        raise rules.AlreadyConverted("The lead has been converted: work on its deal.", field=("leadId",))
    rounds: list[_Round] = []

    async def make(id: UUID) -> Activity:
        first = next(line for line in body.splitlines() if line.strip())
        entry = await activities.log(
            actor=actor, kind=ActivityKind.NOTE, summary=first, body=body, lead_id=lead.id, now=now, id=id
        )
        given = Given(body, activity_id=entry.id, contact_id=lead.contact_id, today=now.date())
        rounds.append(await _propose(lead, given, actor, now))
        return entry

    request = {"lead": lead_id, "text": text}
    entry = await once(
        Activity, make, actor=actor, operation="suggestAnswers", key=idempotency_key, request=request, now=now
    )
    if rounds:
        made, effects = rounds[0].suggestions, _effects(rounds[0])
    else:
        made, effects = await scoped(Suggestion, actor).filter(activity_id=entry.id).order_by("id"), ()
    return Suggested(lead, entry, tuple(one.facts() for one in made), tuple(made), effects)


@atomic()
async def accept_suggestion(
    *,
    actor: Actor,
    suggestion_id: UUID,
    changes: dict[str, Any],
    expected_version: int | None,
    now: datetime,
) -> Decided:
    """Answer the criterion as it is suggested, or with changes (fields of ``Answer``), with the words as evidence.

    Raises: NotFound, StaleVersion, AlreadyConverted, Invalid, Forbidden.
    """
    seen = await get(Suggestion, suggestion_id, actor)
    permit(actor, "suggestion.accept", seen)
    _check_open(seen, expected_version)
    # The lead is locked before the suggestion, as when suggestions are made; so it is looked at again after that.
    lead = await _answer(seen, changes, actor, now)
    suggestion = await lock(Suggestion, suggestion_id, actor)
    _check_open(suggestion, expected_version)
    await _decide(suggestion, SuggestionState.ACCEPTED, actor, now)
    accepted = SuggestionAccepted(subject_id=suggestion.id, lead_id=lead.id, criterion=suggestion.criterion)
    await outbox.record(accepted, actor=actor, now=now)
    return Decided(suggestion, lead)


@atomic()
async def refuse_suggestion(
    *, actor: Actor, suggestion_id: UUID, expected_version: int | None, now: datetime
) -> Decided:
    """Say that a suggestion is not right: the same words are not read again.

    Raises: NotFound, StaleVersion, Invalid, Forbidden.
    """
    suggestion = await lock(Suggestion, suggestion_id, actor)
    permit(actor, "suggestion.refuse", suggestion)
    _check_open(suggestion, expected_version)
    await _decide(suggestion, SuggestionState.REFUSED, actor, now)
    refused = SuggestionRefused(subject_id=suggestion.id, lead_id=suggestion.lead_id, criterion=suggestion.criterion)
    await outbox.record(refused, actor=actor, now=now)
    return Decided(suggestion, await scoped(Lead, actor).get(id=suggestion.lead_id))


async def _propose(lead: Lead, given: Given, actor: Actor, now: datetime) -> _Round:
    """The lead is locked: what is proposed for it, is proposed by one after the other."""
    done = _Round()
    if lead.state == LeadState.CONVERTED.value:
        return done
    region = (await Workspace.get(id=actor.workspace_id)).region
    contact = await scoped(Contact, actor).get_or_none(id=given.contact_id) if given.contact_id else None
    found = proposals_of(
        given.text,
        subject=given.subject,
        today=given.today,
        region=region,
        contact_id=given.contact_id,
        job_title=contact.job_title if contact else None,
    )
    if not found:
        return done
    answers = {
        Criterion(row.criterion): row.facts() for row in await scoped(CriterionAnswer, actor).filter(lead_id=lead.id)
    }
    latest = scoped(Suggestion, actor).filter(lead_id=lead.id).order_by("-created_at", "-id").limit(MOST_REMEMBERED)
    earlier = list(await latest.select_for_update(no_key=True))
    made = [Made(row.facts(), SuggestionState(row.state)) for row in earlier]
    for proposal in worth_proposing(found, answers, made):
        for row in earlier:
            if row.state == SuggestionState.PROPOSED.value and row.criterion == proposal.criterion.value:
                await _supersede(row, actor, now)
                done.superseded.append(row)
        done.suggestions.append(await _create(lead, proposal, given.activity_id, actor, now))
    return done


async def _create(lead: Lead, proposal: Proposal, activity_id: UUID, actor: Actor, now: datetime) -> Suggestion:
    suggestion = await Suggestion.create(
        workspace_id=actor.workspace_id,
        lead_id=lead.id,
        criterion=proposal.criterion.value,
        answer_state=proposal.answer_state.value,
        pending_until=proposal.pending_until,
        amount_minor=proposal.amount.minor if proposal.amount else None,
        currency=proposal.amount.currency if proposal.amount else None,
        decision_maker_id=proposal.decision_maker_id,
        text=proposal.text,
        not_before=proposal.not_before,
        not_after=proposal.not_after,
        quote=proposal.quote,
        rule=proposal.rule,
        activity_id=activity_id,
        state=SuggestionState.PROPOSED.value,
        created_at=now,
        updated_at=now,
    )
    proposed = SuggestionProposed(subject_id=suggestion.id, lead_id=lead.id, criterion=suggestion.criterion)
    await outbox.record(proposed, actor=actor, now=now)
    return suggestion


async def _supersede(suggestion: Suggestion, actor: Actor, now: datetime) -> None:
    suggestion.state = SuggestionState.SUPERSEDED.value
    suggestion.touch(now)
    await suggestion.save()
    superseded = SuggestionSuperseded(
        subject_id=suggestion.id, lead_id=suggestion.lead_id, criterion=suggestion.criterion
    )
    await outbox.record(superseded, actor=actor, now=now)


async def _decide(suggestion: Suggestion, state: SuggestionState, actor: Actor, now: datetime) -> None:
    suggestion.state = state.value
    suggestion.decided_at, suggestion.decided_by_id = now, actor.member_id
    suggestion.touch(now)
    await suggestion.save()


_WHAT_HAPPENED = {
    SuggestionState.ACCEPTED: "has been accepted: change the answer itself",
    SuggestionState.REFUSED: "has been refused: answer the criterion itself if it was right after all",
    SuggestionState.SUPERSEDED: "has been superseded by a newer one: decide on that",
}


def _check_open(suggestion: Suggestion, expected_version: int | None) -> None:
    """Raises: StaleVersion, Invalid, saying what became of it."""
    check_version(suggestion, expected_version)
    happened = _WHAT_HAPPENED.get(SuggestionState(suggestion.state))
    if happened is not None:
        raise Invalid(f"This suggestion {happened}.", field=("id",))


async def _answer(suggestion: Suggestion, changes: dict[str, Any], actor: Actor, now: datetime) -> Lead:
    """Raises: what ``answer_qualification`` does, naming the fields of this operation's input."""
    given = {name: value for name, value in changes.items() if value is not UNCHANGED}
    answer = replace(answer_of(suggestion.facts()), quote=suggestion.quote, activity_id=suggestion.activity_id, **given)
    try:
        return await answer_qualification(
            actor=actor, lead_id=suggestion.lead_id, answers=(answer,), expected_version=None, now=now
        )
    except DomainError as error:
        if error.field[:2] == ("answers", "0"):
            error.field = error.field[2:]
        raise


def answer_of(proposal: Proposal) -> Answer:
    """The answer that a proposal comes to; the role that was read becomes its note."""
    is_need = proposal.criterion is Criterion.NEED
    return Answer(
        criterion=proposal.criterion,
        state=proposal.answer_state,
        note=None if is_need else proposal.text,
        pending_until=proposal.pending_until,
        amount=proposal.amount,
        decision_maker_id=proposal.decision_maker_id,
        text=proposal.text if is_need else None,
        not_before=proposal.not_before,
        not_after=proposal.not_after,
    )


def _effects(done: _Round) -> tuple[Effect, ...]:
    made = [
        Effect(EffectCode.CREATES, f"{one.criterion} {one.answer_state.replace('_', ' ')} is suggested: {one.quote!r}.")
        for one in done.suggestions
    ]
    gone = [
        Effect(
            EffectCode.CHANGES, f"The undecided suggestion for {one.criterion} is superseded.", ("state",),
            ("Suggestion", one.id),
        )
        for one in done.superseded
    ]  # fmt: skip
    return (Effect(EffectCode.CREATES, "The text is kept as a note in the timeline."), *made, *gone)
