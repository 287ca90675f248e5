"""Taking deals off the board, and putting them back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tortoise.exceptions import IntegrityError

from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.activities import operations as activities
from crm.activities.models import ActivityKind
from crm.db import Conflict, atomic, get, lock, scoped
from crm.deals import rules
from crm.deals.closing import open_stage_of
from crm.deals.columns import hold, rank_for
from crm.deals.events import DealArchived, DealRestored, DealStageChanged
from crm.deals.facts import Place
from crm.deals.models import Deal, StageChange
from crm.deals.moving import same_rank
from crm.errors import Invalid
from crm.outbox import operations as outbox
from crm.pipelines.models import Pipeline, Stage


@atomic()
async def archive_deal(*, actor: Actor, deal_id: UUID, expected_version: int | None, now: datetime) -> Deal:
    """Take a deal off the board. It counts nowhere, can be read, and changes only by being restored.

    Raises: NotFound, StaleVersion, Invalid, Forbidden.
    """
    deal = await lock(Deal, deal_id, actor, expected_version=expected_version)
    permit(actor, "deal.archive", deal)
    if deal.archived_at is not None:
        raise Invalid("The deal is archived already.", field=("id",))
    deal.archived_at = now
    deal.touch(now)
    await deal.save(update_fields=["archived_at", "version", "updated_at"])
    await activities.log(actor=actor, kind=ActivityKind.CHANGE, summary="Archived", deal_id=deal.id, now=now)
    await outbox.record(DealArchived(subject_id=deal.id), actor=actor, now=now)
    return deal


@atomic()
async def restore_deal(*, actor: Actor, deal_id: UUID, expected_version: int | None, now: datetime) -> Deal:
    """Put a deal back on the board: at the end of its stage, or of the first open one if that was deleted.

    It may lack what the stage demands: it does not come in, it comes back.

    Raises: NotFound, StaleVersion, Invalid, Forbidden.
    """
    seen = await get(Deal, deal_id, actor)
    stage_id = await _home_of(seen, actor)
    await hold(stage_id)
    deal = await lock(Deal, deal_id, actor, expected_version=expected_version)
    permit(actor, "deal.restore", deal)
    if deal.archived_at is None:
        raise Invalid("The deal is not archived: it is on the board.", field=("id",))
    # Read once more now that the column is held: nobody deletes the stage from here on.
    stage = await scoped(Stage, actor).get(id=stage_id)
    board = await scoped(Pipeline, actor).get(id=deal.pipeline_id)
    rules.check_board(archived=board.archived_at is not None, field=("id",))
    if deal.stage_id != seen.stage_id or stage.archived_at is not None:
        raise Conflict("the deal's stage is another one by now")
    before, deal.stage_id = deal.stage_id, stage.id
    deal.rank, _ = await rank_for(deal.id, stage.id, Place.last(), actor)
    deal.archived_at = None
    deal.touch(now)
    try:
        await deal.save(update_fields=["archived_at", "stage_id", "rank", "version", "updated_at"])
    except IntegrityError as error:
        raise same_rank(error) from error
    await activities.log(actor=actor, kind=ActivityKind.CHANGE, summary="Restored", deal_id=deal.id, now=now)
    await outbox.record(DealRestored(subject_id=deal.id), actor=actor, now=now)
    if before != stage.id:
        await _changed_stage(deal, before, actor, now)
    return deal


async def _home_of(deal: Deal, actor: Actor) -> UUID:
    """The stage that an archived deal goes back to. Only open stages are ever deleted, so its status stays."""
    stage = await scoped(Stage, actor).get(id=deal.stage_id)
    return stage.id if stage.archived_at is None else (await open_stage_of(deal, actor)).id


async def _changed_stage(deal: Deal, before: UUID, actor: Actor, now: datetime) -> None:
    stay = await scoped(StageChange, actor).get(deal_id=deal.id, left_at=None)
    stay.left_at = max(now, stay.entered_at)
    await stay.save(update_fields=["left_at"])
    await StageChange.create(
        workspace_id=actor.workspace_id,
        deal_id=deal.id,
        from_stage_id=before,
        to_stage_id=deal.stage_id,
        entered_at=stay.left_at,
        member_id=actor.member_id,
    )
    changed = DealStageChanged(subject_id=deal.id, from_stage_id=before, to_stage_id=deal.stage_id)
    await outbox.record(changed, actor=actor, now=now)
