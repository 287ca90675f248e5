"""Looking at leads."""

from __future__ import annotations

from uuid import UUID

from crm.accounts.facts import Actor
from crm.db import scoped
from crm.leads.facts import Answer, Criterion
from crm.leads.models import CriterionAnswer


async def answers_of(*, actor: Actor, lead_ids: list[UUID]) -> dict[UUID, dict[Criterion, Answer]]:
    """Each lead's BANT answers; a criterion never asked is absent."""
    found: dict[UUID, dict[Criterion, Answer]] = {id: {} for id in lead_ids}
    for row in await scoped(CriterionAnswer, actor).filter(lead_id__in=lead_ids):
        found[row.lead_id][Criterion(row.criterion)] = row.facts()
    return found
