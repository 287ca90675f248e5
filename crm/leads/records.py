"""What every operation on a lead does with its row: tell its facts, keep what is to be asked, note a change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from crm.accounts.facts import Actor
from crm.activities import operations as activities
from crm.activities.models import ActivityKind
from crm.db import scoped
from crm.leads import asking, rules
from crm.leads.events import LeadFellBack
from crm.leads.facts import Answer, Criterion, LeadFacts, LeadState, Policy
from crm.leads.models import CriterionAnswer, Lead
from crm.outbox import operations as outbox

NEXT = ("next_criterion", "next_weight", "review_at")
"""Columns that follow from the answers: they change without a new version."""


async def facts(lead: Lead, actor: Actor) -> LeadFacts:
    """What decisions need to know of the lead."""
    rows = await scoped(CriterionAnswer, actor).filter(lead_id=lead.id)
    return LeadFacts(
        id=lead.id,
        state=LeadState(lead.state),
        answers={Criterion(row.criterion): row.facts() for row in rows},
        stale=lead.qualification_stale,
        qualified_at=lead.qualified_at,
        archived=lead.archived_at is not None,
    )


def ask(lead: Lead, answers: Mapping[Criterion, Answer], policy: Policy, now: datetime) -> None:
    """Set on an open lead what is to be asked next, and when that is to be determined anew. The caller saves it."""
    question = asking.next_question(answers, policy, now)
    lead.next_criterion = question.criterion.value if question else None
    lead.next_weight = question.weight if question else 0
    lead.review_at = asking.review_at(answers, now)


def ask_nothing(lead: Lead) -> None:
    """``ask`` for a lead that nobody works on any more."""
    lead.next_criterion, lead.next_weight, lead.review_at = None, 0, None


async def resume(lead: Lead, policy: Policy, actor: Actor, now: datetime) -> None:
    """``ask`` for a lead that is open again, by its own answers; what has grown old meanwhile may make it stale.

    The caller has held the policy (``crm.leads.policies.hold_policy``) before he locked the lead, and saves it.
    """
    known = await facts(lead, actor)
    if not rules.is_open(known):
        ask_nothing(lead)
        return
    ask(lead, known.answers, policy, now)
    if known.state is LeadState.QUALIFIED:
        verdict = rules.reviewed(known, known.answers, policy, now)
        lead.qualification_stale = verdict.stale
        await tell_fallen(lead, verdict, actor, now)


async def tell_fallen(lead: Lead, verdict: rules.Verdict, actor: Actor, now: datetime) -> None:
    """Note down what made a lead stale just now, if anything did."""
    if not verdict.fallen:
        return
    criteria = [criterion.value for criterion in verdict.fallen]
    await note_change(lead, f"Qualification is stale: {', '.join(criteria).lower()} fell back", None, actor, now)
    await outbox.record(LeadFellBack(subject_id=lead.id, criteria=criteria), actor=actor, now=now)


async def note_change(lead: Lead, summary: str, body: str | None, actor: Actor, now: datetime) -> None:
    """Add a change to the lead's timeline."""
    await activities.log(actor=actor, kind=ActivityKind.CHANGE, summary=summary, body=body, lead_id=lead.id, now=now)
