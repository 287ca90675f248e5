"""Winning, losing and reopening deals: moves to a stage of a kind, which is looked for here."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm.accounts.facts import Actor
from crm.db import atomic, execute, get, scoped
from crm.deals.facts import Intent, Place
from crm.deals.models import Deal
from crm.deals.operations import How, Moved, carry_out, first_open_of, reason_given
from crm.errors import NotFound
from crm.pipelines.facts import StageKind
from crm.pipelines.models import Stage


@atomic()
async def win_deal(
    *,
    actor: Actor,
    deal_id: UUID,
    reason: str | None,
    place: Place,
    expected_version: int | None,
    dry_run: bool = False,
    now: datetime,
) -> Moved:
    """Move a deal to the WON stage of its pipeline.

    Raises: NotFound, StaleVersion, FieldsRequired, Invalid, Forbidden.
    """
    how = How(Intent.WIN, place, None, reason_given(reason, "reason"), dry_run)
    stage_id = await _closing_stage_id(deal_id, StageKind.WON, actor)
    return await carry_out(deal_id, stage_id, how, expected_version, actor, now)


@atomic()
async def lose_deal(
    *,
    actor: Actor,
    deal_id: UUID,
    lost_reason: str,
    place: Place,
    expected_version: int | None,
    dry_run: bool = False,
    now: datetime,
) -> Moved:
    """Move a deal to the LOST stage of its pipeline, for a reason.

    Raises: NotFound, StaleVersion, LostReasonMissing, FieldsRequired, Invalid, Forbidden.
    """
    how = How(Intent.LOSE, place, reason_given(lost_reason, "lostReason"), None, dry_run)
    stage_id = await _closing_stage_id(deal_id, StageKind.LOST, actor)
    return await carry_out(deal_id, stage_id, how, expected_version, actor, now)


@atomic()
async def reopen_deal(
    *,
    actor: Actor,
    deal_id: UUID,
    place: Place,
    expected_version: int | None,
    dry_run: bool = False,
    now: datetime,
) -> Moved:
    """Move a deal that is won or lost back to the open stage it was in last; to the first one if that was deleted.

    Raises: NotFound, StaleVersion, FieldsRequired, Invalid, Forbidden.
    """
    how = How(Intent.REOPEN, place, None, None, dry_run)
    deal = await get(Deal, deal_id, actor)
    stage = await open_stage_of(deal, actor)
    return await carry_out(deal_id, stage.id, how, expected_version, actor, now)


async def _closing_stage_id(deal_id: UUID, kind: StageKind, actor: Actor) -> UUID:
    """The WON or LOST stage of a deal's pipeline; each has one.

    Raises: NotFound.
    """
    found = await execute(
        "SELECT stage.id FROM deal JOIN stage ON stage.workspace_id = $1 AND stage.pipeline_id = deal.pipeline_id"
        " AND stage.kind = $3 AND stage.archived_at IS NULL WHERE deal.workspace_id = $1 AND deal.id = $2",
        actor.workspace_id,
        deal_id,
        kind.value,
    )
    if not found:
        raise NotFound("There is no deal with this id.", field=("id",))
    stage_id: UUID = found[0]["id"]
    return stage_id


async def open_stage_of(deal: Deal, actor: Actor) -> Stage:
    """Where a deal goes back to: the open stage it was in last, or the first one if that was deleted."""
    if deal.last_open_stage_id is not None:
        last = await scoped(Stage, actor).get_or_none(id=deal.last_open_stage_id, archived_at=None)
        if last is not None:
            return last
    first = await first_open_of(deal.pipeline_id, actor)
    if first is None:
        raise LookupError(f"the pipeline {deal.pipeline_id} has no open stage")  # its last one cannot be deleted
    return first
