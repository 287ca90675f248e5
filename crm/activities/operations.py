"""Writing timelines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.activities.models import Activity, ActivityKind
from crm.ids import new_id


async def log(
    *,
    actor: Actor,
    kind: ActivityKind,
    summary: str,
    body: str | None = None,
    contact_id: UUID | None = None,
    organization_id: UUID | None = None,
    lead_id: UUID | None = None,
    deal_id: UUID | None = None,
    inbound_message_id: UUID | None = None,
    id: UUID | None = None,
    now: datetime,
) -> Activity:
    """Add an entry to the timelines of the records named. Part of the caller's transaction."""
    return await Activity.create(
        id=id or new_id(),
        workspace_id=actor.workspace_id,
        kind=kind.value,
        at=now,
        summary=text.one_line(summary, 500),
        body=body,
        member_id=actor.member_id,
        contact_id=contact_id,
        organization_id=organization_id,
        lead_id=lead_id,
        deal_id=deal_id,
        inbound_message_id=inbound_message_id,
    )


async def log_each(*, actor: Actor, lead_ids: Iterable[UUID], summary: str, now: datetime) -> None:
    """Add the same change to the timeline of each of many leads. Part of the caller's transaction."""
    rows = [
        Activity(
            workspace_id=actor.workspace_id,
            kind=ActivityKind.CHANGE.value,
            at=now,
            summary=text.one_line(summary, 500),
            member_id=actor.member_id,
            lead_id=lead_id,
        )
        for lead_id in lead_ids
    ]
    await Activity.bulk_create(rows, batch_size=1000)
