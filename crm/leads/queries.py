"""Looking at leads."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q

from crm.accounts.facts import Actor
from crm.activities.models import Activity
from crm.db import scoped
from crm.deals.models import StageChange
from crm.deals.pace import Pace
from crm.leads.facts import Answer, Criterion
from crm.leads.models import CriterionAnswer, Lead


async def answers_of(*, actor: Actor, lead_ids: list[UUID]) -> dict[UUID, dict[Criterion, Answer]]:
    """Each lead's BANT answers; a criterion never asked is absent."""
    found: dict[UUID, dict[Criterion, Answer]] = {id: {} for id in lead_ids}
    for row in await scoped(CriterionAnswer, actor).filter(lead_id__in=lead_ids):
        found[row.lead_id][Criterion(row.criterion)] = row.facts()
    return found


async def paces_of(*, actor: Actor, deal_ids: list[UUID], now: datetime) -> dict[UUID, Pace]:
    """Each deal's pace at a moment; its timeline includes those of the leads that feed it."""
    stays = await scoped(StageChange, actor).filter(deal_id__in=deal_ids, left_at=None)
    entered = {row.deal_id: row.entered_at for row in stays}
    leads = {row.id: row.deal_id for row in await scoped(Lead, actor).filter(deal_id__in=deal_ids)}
    happened: dict[UUID, set[datetime]] = {id: set() for id in deal_ids}
    for row in await scoped(Activity, actor).filter(Q(deal_id__in=deal_ids) | Q(lead_id__in=list(leads))):
        for deal_id in (row.deal_id, leads.get(row.lead_id) if row.lead_id else None):
            if deal_id in happened:
                happened[deal_id].add(row.at)
    return {
        id: Pace(
            entered[id],
            max((at for at in happened[id] if at <= now), default=None),
            any(at > now for at in happened[id]),
        )
        for id in deal_ids
    }
