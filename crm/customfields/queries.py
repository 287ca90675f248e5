"""Looking at the definitions of custom fields."""

from __future__ import annotations

from collections.abc import Sequence

from crm.accounts.facts import Actor
from crm.customfields.facts import Entity
from crm.customfields.models import CustomField
from crm.db import scoped


async def fields_in_use(*, actor: Actor, entities: Sequence[Entity]) -> dict[Entity, list[CustomField]]:
    """Each entity's fields that are not archived, in their order."""
    found: dict[Entity, list[CustomField]] = {entity: [] for entity in entities}
    rows = scoped(CustomField, actor).filter(entity__in=[entity.value for entity in entities], archived_at=None)
    for row in await rows.order_by("position", "id"):
        found[Entity(row.entity)].append(row)
    return found
