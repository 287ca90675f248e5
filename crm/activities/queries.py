"""Looking at timelines."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from crm.accounts.facts import Actor
from crm.activities.models import Activity
from crm.db import scoped
from crm.paging import Order

LATEST_FIRST = Order(("at", "id"), descending=True)


def of_lead(*, actor: Actor, lead_id: UUID) -> QuerySet[Activity]:
    """A lead's timeline."""
    return scoped(Activity, actor).filter(lead_id=lead_id)


def of_deal(*, actor: Actor, deal_id: UUID, lead_ids: Sequence[UUID]) -> QuerySet[Activity]:
    """A deal's timeline: its own entries and those of the leads that feed it."""
    own = Q(deal_id=deal_id)
    return scoped(Activity, actor).filter(own | Q(lead_id__in=list(lead_ids)) if lead_ids else own)
