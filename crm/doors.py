"""The doors into a workspace: the only questions asked before it is known which one it is about.

Each calls a function of the database that runs past row-level security and answers with ids or a count only
(crm/migrations: 0002_doors, 0003_board_at_scale, 0004_pipeline_in_full). Everything after a door runs bound to the
workspace that it named.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from crm.accounts.facts import Actor, Role
from crm.db import execute


@dataclass(frozen=True, slots=True)
class ChannelDoor:
    """The channel that a key or secret opens."""

    workspace_id: UUID
    channel_id: UUID


def hashed(secret: str) -> bytes:
    """How bearer keys and channel secrets are kept: SHA-256. They are random and long, so no slow hash is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


async def actor_of(key: str) -> Actor | None:
    """The member whose bearer key this is; None when it is nobody's or revoked."""
    rows = await execute("SELECT * FROM door_credential($1)", hashed(key))
    if not rows:
        return None
    row = rows[0]
    return Actor(workspace_id=_uuid(row["workspace_id"]), member_id=_uuid(row["member_id"]), role=Role(row["role"]))


async def form_of(key: str) -> ChannelDoor | None:
    """The form channel with this public key."""
    if "\x00" in key or len(key) > 64:
        return None
    return _channel(await execute("SELECT * FROM door_form($1)", key))


async def mailbox_of(secret: str) -> ChannelDoor | None:
    """The mail channel with this secret."""
    return _channel(await execute("SELECT * FROM door_mail($1)", hashed(secret)))


async def due_messages(
    *, now: datetime, grace: timedelta, ring_again_after: timedelta, at_most: int
) -> list[tuple[UUID, UUID]]:
    """(workspace id, message id) of inbound messages that want work and that no doorbell rang for lately; oldest first.

    ``grace``: how long a message must have been due, so that a doorbell on its way is not overtaken.
    They count as rung for from now on.
    """
    rows = await execute("SELECT * FROM door_due($1, $2, $3, $4)", now, now - grace, now - ring_again_after, at_most)
    return [(_uuid(row["workspace_id"]), _uuid(row["message_id"])) for row in rows]


async def fold_totals(*, at_most: int) -> int:
    """Fold waiting changes of the stages' totals, of all workspaces, into their tallies; how many were folded.

    Fewer than ``at_most``: nothing is left but what others are folding in this moment.
    """
    return int((await execute("SELECT door_fold($1) AS folded", at_most))[0]["folded"])


async def crowded_columns(*, at_most: int) -> list[tuple[UUID, UUID]]:
    """(workspace id, stage id) of columns in which cards lie so close that their ranks have grown long."""
    rows = await execute("SELECT * FROM door_crowded($1)", at_most)
    return [(_uuid(row["workspace_id"]), _uuid(row["stage_id"])) for row in rows]


async def leads_due(*, now: datetime, beyond: UUID, at_most: int) -> list[tuple[UUID, UUID]]:
    """(workspace id, lead id) of leads for which something is due by time alone; by their ids, from beyond one on."""
    rows = await execute("SELECT * FROM door_leads_due($1, $2, $3)", now, beyond, at_most)
    return [(_uuid(row["workspace_id"]), _uuid(row["lead_id"])) for row in rows]


def _channel(rows: list[dict[str, object]]) -> ChannelDoor | None:
    return ChannelDoor(_uuid(rows[0]["workspace_id"]), _uuid(rows[0]["channel_id"])) if rows else None


def _uuid(value: object) -> UUID:
    return UUID(str(value))  # asyncpg's own UUID class is not the standard one
