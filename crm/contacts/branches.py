"""Organizations that are branches of others."""

from __future__ import annotations

from uuid import UUID

from crm.accounts.facts import Actor
from crm.contacts.models import Organization
from crm.db import execute, get
from crm.errors import Invalid

DEEPEST = 10
"""How many organizations may stand one above the other, from the top down to a branch of branches."""
LOCK = "branches"
"""What ``lock_names`` must hold while a parent is set: two who each look first would close a circle together."""

# Bounded, for nothing but this room keeps circles out.
_ABOVE = """
WITH RECURSIVE above (id, parent_id, level) AS (
    SELECT id, parent_id, 1 FROM organization WHERE workspace_id = $1 AND id = $2
    UNION ALL
    SELECT o.id, o.parent_id, above.level + 1 FROM above JOIN organization o
    ON o.workspace_id = $1 AND o.id = above.parent_id WHERE above.level < 100
) SELECT id FROM above"""
_LEVELS_BELOW = """
WITH RECURSIVE below (id, level) AS (
    SELECT id, 1 FROM organization WHERE workspace_id = $1 AND id = $2
    UNION ALL
    SELECT o.id, below.level + 1 FROM below JOIN organization o
    ON o.workspace_id = $1 AND o.parent_id = below.id WHERE below.level < 100
) SELECT coalesce(max(level), 1) AS levels FROM below"""


async def check_parent(
    parent_id: UUID, actor: Actor, field: tuple[str, ...] = (), *, of: Organization | None = None
) -> None:
    """Let an organization be the parent of a new one, or of the one ``of``; ``LOCK`` is held.

    Raises: NotFound; Invalid for one that is archived, a circle, or too many levels.
    """
    at = (*field, "parentId")
    parent = await get(Organization, parent_id, actor, field=at)
    if parent.archived_at is not None:
        raise Invalid(f"The organization {parent.name} is archived: restore it first.", field=at)
    above = [row["id"] for row in await execute(_ABOVE, actor.workspace_id, parent_id)]
    levels = 1
    if of is not None:
        if of.id == parent_id:
            raise Invalid("An organization cannot be a branch of itself: give another one.", field=at)
        if of.id in above:
            raise Invalid(f"{parent.name} is itself a branch of {of.name}: give one above it.", field=at)
        levels = (await execute(_LEVELS_BELOW, actor.workspace_id, of.id))[0]["levels"]
    if len(above) + levels > DEEPEST:
        raise Invalid(
            f"Branches would stand {len(above) + levels} deep: give a parent with which it is at most {DEEPEST}.",
            field=at,
        )
