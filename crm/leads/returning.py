"""What becomes of leads by time alone: one returns on its day, an answer stops being fresh, a pending one falls due."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.db import atomic, scoped
from crm.leads import rules
from crm.leads.events import LeadReturned
from crm.leads.facts import LeadState, Policy
from crm.leads.models import Lead
from crm.leads.policies import hold_policy
from crm.leads.records import NEXT, ask, facts, note_change, tell_fallen
from crm.outbox import operations as outbox


@atomic()
async def review_lead(*, actor: Actor, lead_id: UUID, now: datetime) -> bool:
    """Do with a lead what is due; False: nothing was, or somebody else has done it.

    Raises: Forbidden.
    """
    permit(actor, "lead.review")
    policy = await hold_policy(actor)
    lead = await scoped(Lead, actor).select_for_update(no_key=True).get_or_none(id=lead_id, archived_at=None)
    if lead is None:
        return False
    if lead.nurture_until is not None and lead.nurture_until <= now.date():
        await _return(lead, policy, actor, now)
    elif lead.review_at is not None and lead.review_at <= now:
        await _review(lead, policy, actor, now)
    else:
        return False
    return True


async def _return(lead: Lead, policy: Policy, actor: Actor, now: datetime) -> None:
    """The day has come on which a disqualified lead was to be taken up again: PROSPECTING, with its answers."""
    reason, note = lead.disqualify_reason, lead.disqualify_note
    reopen(lead)
    ask(lead, (await facts(lead, actor)).answers, policy, now)
    lead.touch(now)
    await lead.save()
    await note_change(lead, f"Taken up again on its day; it had been disqualified: {reason}", note, actor, now)
    await outbox.record(LeadReturned(subject_id=lead.id), actor=actor, now=now)


async def _review(lead: Lead, policy: Policy, actor: Actor, now: datetime) -> None:
    known = await facts(lead, actor)
    ask(lead, known.answers, policy, now)
    verdict = rules.reviewed(known, known.answers, policy, now)
    if known.state is not LeadState.QUALIFIED or verdict.stale == known.stale:
        await lead.save(update_fields=NEXT)
        return
    lead.qualification_stale = verdict.stale
    lead.touch(now)
    await lead.save()
    await tell_fallen(lead, verdict, actor, now)


def reopen(lead: Lead) -> None:
    """Make a disqualified lead's row one that is worked on; its timeline keeps when and by whom it was qualified."""
    lead.state = LeadState.PROSPECTING.value
    lead.disqualify_reason = lead.disqualify_note = lead.nurture_until = None
    lead.qualified_at = lead.qualified_by_id = lead.qualified_note = None
