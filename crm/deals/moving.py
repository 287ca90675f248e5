"""The statements of a move. It is what people do all day, so it is three round trips instead of a dozen.

One locks the card and reads what decides the move, ``crm.deals.columns`` finds the place, and one writes everything.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError
from tortoise.models import Model

from crm import text
from crm.accounts.facts import Actor
from crm.activities.models import ActivityKind
from crm.db import Conflict, execute
from crm.deals.columns import lock_key
from crm.deals.events import DealLost, DealMoved, DealReopened, DealStageChanged, DealWon
from crm.deals.facts import DealStatus
from crm.deals.models import Deal
from crm.deals.rules import Move
from crm.ids import new_id
from crm.outbox import operations as outbox
from crm.outbox.events import Event
from crm.pipelines.models import Stage

M = TypeVar("M", bound=Model)

# Two requests may commit in another order than they came in: time in a stage is never negative.
_WRITE = f"""
WITH moved AS (
    UPDATE deal SET stage_id = $3, status = $4, rank = $5, lost_reason = $6, closed_at = $7, last_open_stage_id = $8,
        version = $9, updated_at = $10, won_reason = $20
    WHERE workspace_id = $1 AND id = $2
), stayed AS (
    UPDATE stage_change SET left_at = greatest($10, entered_at)
    WHERE workspace_id = $1 AND deal_id = $2 AND left_at IS NULL AND $11
    RETURNING left_at
), entered AS (
    INSERT INTO stage_change (id, workspace_id, deal_id, from_stage_id, to_stage_id, entered_at, member_id)
    SELECT $12, $1, $2, $13, $3, coalesce((SELECT left_at FROM stayed), $10), $14 WHERE $11
), logged AS (
    INSERT INTO activity (id, workspace_id, kind, at, summary, member_id, deal_id)
    SELECT $15, $1, '{ActivityKind.CHANGE.value}', $10, $16, $14, $2 WHERE $11
)
INSERT INTO outbox_event (id, workspace_id, name, subject_type, subject_id, payload, at)
SELECT event.id, $1, event.name, 'deal', $2, event.payload, $10
FROM unnest($17::uuid[], $18::text[], $19::jsonb[]) AS event (id, name, payload)
RETURNING (
    SELECT num_nonnulls(stage.archived_at, pipeline.archived_at) > 0
    FROM stage JOIN pipeline ON pipeline.workspace_id = $1 AND pipeline.id = stage.pipeline_id
    WHERE stage.workspace_id = $1 AND stage.id = $3
) AS put_away"""  # noqa: S608  (a word of our own)


@functools.cache  # not at import: Tortoise knows all columns of a model only when it has been set up
def _lock_sql() -> str:
    # The column is held before the card is locked: in this order nobody who waits for a column has a card that others
    # need. The stages are joined to the card as it was locked; joined below the lock, a card that somebody else has
    # just moved would be looked at again together with the stage it was in before, and not be found.
    return f"""
WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared($4)),
card AS MATERIALIZED (
    SELECT deal.* FROM held, deal WHERE deal.workspace_id = $1 AND deal.id = $2 FOR NO KEY UPDATE OF deal
)
SELECT {_columns(Deal, "card")}, {_columns(Stage, "target")}, {_columns(Stage, "source")},
    board.archived_at IS NOT NULL AS put_away
FROM card
JOIN pipeline AS board ON board.workspace_id = $1 AND board.id = card.pipeline_id
LEFT JOIN stage AS target ON target.workspace_id = $1 AND target.id = $3
JOIN stage AS source ON source.workspace_id = $1 AND source.id = card.stage_id"""  # noqa: S608  (our own columns)


def _columns(model: type[Model], alias: str) -> str:
    return ", ".join(f'{alias}.{column} AS "{alias}.{column}"' for column in model._meta.fields_db_projection.values())


def _made(model: type[M], alias: str, row: dict[str, object]) -> M:
    """A model's row out of prefixed columns."""
    columns = model._meta.fields_db_projection.values()
    return model._init_from_db(**{column: row[f"{alias}.{column}"] for column in columns})


@dataclass(frozen=True, slots=True)
class Card:
    """A card that is about to move."""

    deal: Deal
    """Locked."""
    source: Stage
    target: Stage | None
    """Its column is held; None: there is no such stage."""
    put_away: bool
    """Its pipeline is archived."""


async def lock_card(deal_id: UUID, stage_id: UUID, actor: Actor) -> Card | None:
    """The card, locked, and what decides its move to a stage; None: there is no such deal."""
    rows = await execute(_lock_sql(), actor.workspace_id, deal_id, stage_id, lock_key(stage_id))
    if not rows:
        return None
    (row,) = rows
    deal, source = _made(Deal, "card", row), _made(Stage, "source", row)
    target = _made(Stage, "target", row) if row["target.id"] is not None else None
    return Card(deal=deal, source=source, target=target, put_away=row["put_away"])


async def write_move(deal: Deal, before: Stage, stage: Stage, move: Move, actor: Actor, now: datetime) -> None:
    """Write a decided move and all that goes with it: the stays, the timeline, the events.

    Raises: Conflict when somebody took the very same rank, or put the stage away, in the same moment.
    """
    events = _events(deal, before, stage, move)
    summary, reason = f"Moved from {before.name} to {stage.name}", move.lost_reason or move.won_reason
    try:
        written = await execute(
            _WRITE,
            actor.workspace_id,
            deal.id,
            deal.stage_id,
            deal.status,
            deal.rank,
            deal.lost_reason,
            deal.closed_at,
            deal.last_open_stage_id,
            deal.version,
            now,
            move.changes_stage,
            new_id(),
            before.id,
            actor.member_id,
            new_id(),
            text.one_line(f"{summary}: {reason}" if reason else summary, 500),
            [new_id() for _ in events],
            [event.name for event in events],
            [orjson.dumps(outbox.payload(event)).decode() for event in events],
            deal.won_reason,
        )
    except IntegrityError as error:
        raise same_rank(error) from error
    # The stage was read by the statement that waited for its column, as it was before the wait. This one sees it as it
    # is: whoever deletes a stage, or archives a pipeline, holds the column alone.
    if written[0]["put_away"]:
        raise Conflict("the stage was deleted, or its pipeline archived")


def same_rank(error: IntegrityError) -> Exception:
    """What to raise for a refused write: Conflict when it was for a rank that somebody else took first."""
    return Conflict("the rank was taken") if "deal_rank_once" in str(error) else error


def _events(deal: Deal, before: Stage, stage: Stage, move: Move) -> list[Event]:
    if not move.changes_stage:
        return [DealMoved(subject_id=deal.id, stage_id=stage.id)]
    events: list[Event] = [DealStageChanged(subject_id=deal.id, from_stage_id=before.id, to_stage_id=stage.id)]
    if move.status is DealStatus.WON:
        events.append(DealWon(subject_id=deal.id, reason=deal.won_reason))
    if move.status is DealStatus.LOST:
        events.append(DealLost(subject_id=deal.id, reason=deal.lost_reason or ""))
    if move.reopens:
        events.append(DealReopened(subject_id=deal.id))
    return events
