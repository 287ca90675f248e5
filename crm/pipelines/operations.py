"""Making pipelines, changing them and putting them in order. Archiving one is an operation of deals."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.changes import UNCHANGED, Change
from crm.db import atomic, execute, lock, scoped
from crm.errors import Invalid, NotFound
from crm.idempotency import once
from crm.outbox import operations as outbox
from crm.pipelines import rules
from crm.pipelines.events import PipelineChanged, PipelineCreated, PipelineRestored
from crm.pipelines.facts import NewStage as NewStage
from crm.pipelines.models import Pipeline
from crm.pipelines.stages import add_stage


@atomic()
async def create_pipeline(
    *,
    actor: Actor,
    name: str,
    stages: tuple[NewStage, ...] = rules.STANDARD_STAGES,
    description: str | None = None,
    idempotency_key: str | None = None,
    now: datetime,
) -> Pipeline:
    """Make a pipeline with its stages, in their order on the board; it comes behind those there are.

    Raises: Invalid, Forbidden.
    """
    permit(actor, "pipeline.create")

    async def make(id: UUID) -> Pipeline:
        rules.check_stages(stages)
        pipeline = await Pipeline.create(
            id=id,
            workspace_id=actor.workspace_id,
            name=text.required(name, field=("name",)),
            description=text.note(description, field=("description",)),
            position=await _behind_all(actor),
            created_at=now,
            updated_at=now,
        )
        for position, stage in enumerate(stages):
            field = ("stages", str(position))
            await add_stage(actor=actor, pipeline_id=id, new=stage, position=position, field=field, now=now)
        await outbox.record(PipelineCreated(subject_id=id), actor=actor, now=now)
        return pipeline

    given = (name, stages, description)
    return await once(
        Pipeline, make, actor=actor, operation="createPipeline", key=idempotency_key, request=given, now=now
    )


@atomic()
async def update_pipeline(
    *,
    actor: Actor,
    pipeline_id: UUID,
    name: Change[str | None],
    description: Change[str | None],
    expected_version: int | None,
    now: datetime,
) -> Pipeline:
    """Change a pipeline's name or description; where nothing is otherwise than before, nothing is written.

    Raises: NotFound, StaleVersion, Invalid, Forbidden.
    """
    pipeline = await lock(Pipeline, pipeline_id, actor, expected_version=expected_version)
    permit(actor, "pipeline.update", pipeline)
    columns: dict[str, str | None] = {}
    if name is not UNCHANGED:
        columns["name"] = text.required(name or "", field=("name",))
    if description is not UNCHANGED:
        columns["description"] = text.note(description, field=("description",))
    fields = [column for column, value in columns.items() if getattr(pipeline, column) != value]
    if fields:
        pipeline.update_from_dict(columns)
        await _changed(pipeline, fields, actor, now)
    return pipeline


@atomic()
async def reorder_pipelines(*, actor: Actor, pipeline_ids: tuple[UUID, ...], now: datetime) -> list[Pipeline]:
    """Put the pipelines in use in this order, which names each of them; all of them, in it.

    Raises: NotFound, Invalid, Forbidden.
    """
    permit(actor, "pipeline.reorder")
    in_use = scoped(Pipeline, actor).filter(archived_at=None).order_by("id").select_for_update(no_key=True)
    pipelines = {pipeline.id: pipeline for pipeline in await in_use}
    for index, id in enumerate(pipeline_ids):
        if id not in pipelines:
            raise NotFound("There is no pipeline in use with this id.", field=("ids", str(index)))
    rules.arranged(list(pipelines), pipeline_ids, "pipeline", field=("ids",))
    ordered = [pipelines[id] for id in pipeline_ids]
    for position, pipeline in enumerate(ordered):
        if pipeline.position != position:
            pipeline.position = position
            await _changed(pipeline, ["position"], actor, now)
    return ordered


@atomic()
async def restore_pipeline(*, actor: Actor, pipeline_id: UUID, expected_version: int | None, now: datetime) -> Pipeline:
    """Take an archived pipeline into use again, behind the others.

    Raises: NotFound, StaleVersion, Invalid, Forbidden.
    """
    pipeline = await lock(Pipeline, pipeline_id, actor, expected_version=expected_version)
    permit(actor, "pipeline.restore", pipeline)
    if pipeline.archived_at is None:
        raise Invalid("The pipeline is not archived: it is in use.", field=("id",))
    pipeline.archived_at = None
    pipeline.position = await _behind_all(actor)
    pipeline.touch(now)
    await pipeline.save()
    await outbox.record(PipelineRestored(subject_id=pipeline.id), actor=actor, now=now)
    return pipeline


async def _behind_all(actor: Actor) -> int:
    rows = await execute(
        "SELECT coalesce(max(position) + 1, 0) AS next FROM pipeline WHERE workspace_id = $1 AND archived_at IS NULL",
        actor.workspace_id,
    )
    return int(rows[0]["next"])


async def _changed(pipeline: Pipeline, fields: list[str], actor: Actor, now: datetime) -> None:
    pipeline.touch(now)
    await pipeline.save()
    await outbox.record(PipelineChanged(subject_id=pipeline.id, fields=fields), actor=actor, now=now)
