"""Changing boards on which deals stand: deleting stages, archiving pipelines.

Both lock the pipeline, and hold the columns alone from which cards are taken or which nobody may enter any more, before
they look at a deal: whoever waits for such a column meanwhile finds it put away afterwards, and loses no card.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.activities.models import ActivityKind
from crm.db import atomic, execute, get, lock, scoped
from crm.deals.columns import hold_alone, ranks_behind
from crm.deals.events import DealStageChanged
from crm.deals.facts import DealStatus
from crm.deals.models import Deal
from crm.effects import Effect, EffectCode
from crm.errors import Invalid
from crm.ids import new_id
from crm.outbox import operations as outbox
from crm.pipelines import rules
from crm.pipelines.events import PipelineArchived, StageDeleted
from crm.pipelines.facts import StageKind
from crm.pipelines.models import Pipeline, Stage
from crm.pipelines.stages import stages_of

_CARDS = """
SELECT id FROM deal WHERE workspace_id = $1 AND stage_id = $2 AND archived_at IS NULL ORDER BY rank FOR NO KEY UPDATE"""

# However many deals there are, one statement moves them all: $6 are the deals in their order, and beside each its rank
# and the ids of the rows that tell of it.
_MOVE_ALL = f"""
WITH card AS MATERIALIZED (
    SELECT * FROM unnest($6::uuid[], $7::text[], $8::uuid[], $9::uuid[], $10::uuid[])
    AS card (deal_id, rank, stay_id, entry_id, event_id)
), moved AS (
    UPDATE deal SET stage_id = $3, rank = card.rank, version = version + 1, updated_at = $4
    FROM card WHERE deal.workspace_id = $1 AND deal.id = card.deal_id
), stayed AS (
    UPDATE stage_change SET left_at = greatest($4, entered_at)
    FROM card WHERE workspace_id = $1 AND stage_change.deal_id = card.deal_id AND left_at IS NULL
    RETURNING card.stay_id, card.deal_id, left_at
), entered AS (
    INSERT INTO stage_change (id, workspace_id, deal_id, from_stage_id, to_stage_id, entered_at, member_id)
    SELECT stay_id, $1, deal_id, $2, $3, left_at, $5 FROM stayed
), logged AS (
    INSERT INTO activity (id, workspace_id, kind, at, summary, member_id, deal_id)
    SELECT entry_id, $1, '{ActivityKind.CHANGE.value}', $4, $11, $5, deal_id FROM card
)
INSERT INTO outbox_event (id, workspace_id, name, subject_type, subject_id, payload, at)
SELECT event_id, $1, $12, 'deal', deal_id, $13::jsonb, $4 FROM card"""  # noqa: S608  (a word of our own)

# Where a closed deal would be reopened follows from the board: nobody has changed the deal, and its version stays.
_REPOINT = """
UPDATE deal SET last_open_stage_id = $3 WHERE workspace_id = $1 AND last_open_stage_id = $2
AND stage_id IN (SELECT id FROM stage WHERE workspace_id = $1 AND pipeline_id = $4 AND kind <> 'OPEN')
RETURNING id"""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A stage that was deleted."""

    stage: Stage
    pipeline: Pipeline
    moved_to: Stage | None
    """Where its deals went; None: it had none, and nobody named a stage."""
    deals: int
    """How many went there."""
    effects: list[Effect] = field(default_factory=list)


@atomic()
async def delete_stage(
    *,
    actor: Actor,
    stage_id: UUID,
    move_deals_to: UUID | None,
    expected_version: int | None,
    dry_run: bool = False,
    now: datetime,
) -> Deleted:
    """Delete an OPEN stage; its deals go, in their order, to the end of another OPEN one of the same pipeline.

    History still knows it. Archived deals stay in it, until they are restored. What the other stage demands is not
    asked of deals that are brought over.

    Raises: NotFound, StaleVersion, Invalid, Forbidden.
    """
    seen = await get(Stage, stage_id, actor)
    pipeline = await lock(Pipeline, seen.pipeline_id, actor)
    target = await get(Stage, move_deals_to, actor, field=("moveDealsTo",)) if move_deals_to else None
    await hold_alone(id for id in (stage_id, move_deals_to) if id is not None)
    stage = await lock(Stage, stage_id, actor, expected_version=expected_version)
    permit(actor, "stage.delete", stage)
    others = [other for other in await stages_of(pipeline.id, actor) if other.id != stage.id]
    rules.check_deletion(stage.facts(), [other.facts() for other in others], move_deals_to)
    deal_ids = [row["id"] for row in await execute(_CARDS, actor.workspace_id, stage_id)]
    if deal_ids and target is None:
        raise Invalid(f"The stage {stage.name} has {len(deal_ids)} deals: say where they go.", field=("moveDealsTo",))
    if deal_ids and target is not None:
        await _move_all(deal_ids, stage, target, actor, now)
    heir = target or _nearest(stage, others)
    repointed = await execute(_REPOINT, actor.workspace_id, stage_id, heir.id, pipeline.id)
    stage.archived_at = now
    stage.touch(now)
    await stage.save()
    pipeline.touch(now)
    await pipeline.save(update_fields=["version", "updated_at"])
    deleted = StageDeleted(
        subject_id=stage.id, pipeline_id=pipeline.id, moved_to_id=target.id if target else None, deals=len(deal_ids)
    )
    await outbox.record(deleted, actor=actor, now=now)
    effects = _effects(stage, heir, len(deal_ids), len(repointed))
    return Deleted(stage=stage, pipeline=pipeline, moved_to=target, deals=len(deal_ids), effects=effects)


@atomic()
async def archive_pipeline(*, actor: Actor, pipeline_id: UUID, expected_version: int | None, now: datetime) -> Pipeline:
    """Put a pipeline away that has no open deals. Its closed ones can be read; nothing moves on it.

    Raises: NotFound, StaleVersion, Invalid, Forbidden.
    """
    pipeline = await lock(Pipeline, pipeline_id, actor, expected_version=expected_version)
    permit(actor, "pipeline.archive", pipeline)
    if pipeline.archived_at is not None:
        raise Invalid("The pipeline is archived already.", field=("id",))
    await hold_alone(stage.id for stage in await stages_of(pipeline_id, actor))
    still_open = scoped(Deal, actor).filter(pipeline_id=pipeline_id, status=DealStatus.OPEN.value, archived_at=None)
    count = await still_open.count()
    if count:
        raise Invalid(
            f"The pipeline {pipeline.name} has {count} open deals: win, lose or archive them first.", field=("id",)
        )
    pipeline.archived_at = now
    pipeline.touch(now)
    await pipeline.save()
    await outbox.record(PipelineArchived(subject_id=pipeline.id), actor=actor, now=now)
    return pipeline


async def _move_all(deal_ids: list[UUID], stage: Stage, target: Stage, actor: Actor, now: datetime) -> None:
    changed = DealStageChanged(subject_id=stage.id, from_stage_id=stage.id, to_stage_id=target.id)
    await execute(
        _MOVE_ALL,
        actor.workspace_id,
        stage.id,
        target.id,
        now,
        actor.member_id,
        deal_ids,
        await ranks_behind(target.id, len(deal_ids), actor),
        *([new_id() for _ in deal_ids] for _ in range(3)),
        text.one_line(f"Moved from {stage.name} to {target.name}: the stage was deleted", 500),
        changed.name,
        orjson.dumps(outbox.payload(changed)).decode(),
    )


def _nearest(stage: Stage, others: list[Stage]) -> Stage:
    """The open stage before it, else the first one behind it."""
    opened = [other for other in others if other.kind == StageKind.OPEN.value]
    return next((other for other in reversed(opened) if other.position <= stage.position), opened[0])


def _effects(stage: Stage, heir: Stage, deals: int, repointed: int) -> list[Effect]:
    effects = [Effect(EffectCode.ARCHIVES, f"The stage {stage.name} is deleted.", (), ("Stage", stage.id))]
    if deals:
        said = f"{deals} deals go to the end of {heir.name}."
        effects.append(Effect(EffectCode.MOVES, said, ("stage",), ("Stage", heir.id)))
    if repointed:
        said = f"{repointed} closed deals would be reopened in {heir.name}."
        effects.append(Effect(EffectCode.CHANGES, said, ("lastOpenStage",), ("Stage", heir.id)))
    return effects
