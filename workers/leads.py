"""What becomes of leads by time alone, in the background: they return on their day, and answers grow old."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from uuid import UUID

from celery import shared_task

from crm.accounts.facts import Actor
from crm.db import UNREACHABLE
from crm.doors import leads_due
from crm.faults import described
from crm.leads.returning import review_lead
from workers.runtime import runtime

log = logging.getLogger("anbahn.leads")

REVIEW_SECONDS = 30.0
"""How often leads are looked for of which something is due."""
REVIEWED_AT_ONCE = 200
MOST_PAGES = 10
"""So that a task ends well before it would be delivered again; the next one goes on."""
_FIRST = UUID(int=0)


@shared_task(name="leads.review")
def review(**_newer_args: object) -> None:
    """Do what is due of leads, in all workspaces: one transaction a lead, of which a second task finds nothing left."""
    now, beyond = _now(), _FIRST
    try:
        for _ in range(MOST_PAGES):
            found = runtime().run(leads_due(now=now, beyond=beyond, at_most=REVIEWED_AT_ONCE))
            for workspace_id, lead_id in found:
                _review(workspace_id, lead_id, now)
            if len(found) < REVIEWED_AT_ONCE:
                return
            _, beyond = found[-1]
    except UNREACHABLE as error:
        log.warning("leads are not reviewed: %s", type(error).__name__)


def _review(workspace_id: UUID, lead_id: UUID, now: datetime) -> None:
    """Review one lead. What goes wrong there keeps no other lead waiting."""
    try:
        runtime().run(review_lead(actor=Actor.system(workspace_id), lead_id=lead_id, now=now))
    except UNREACHABLE:
        raise
    except Exception as error:
        log.error("the lead %s is not reviewed: %s", lead_id, described(error))


def _now() -> datetime:
    return datetime.now(UTC)
