"""Making stages, changing them and putting them in order. Deleting one is an operation of deals.

Whoever changes which stages a pipeline has, or their order, locks the pipeline first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.changes import UNCHANGED, Change
from crm.customfields.facts import Entity
from crm.customfields.models import CustomField
from crm.db import atomic, lock, scoped
from crm.errors import Invalid, NotFound
from crm.idempotency import once
from crm.ids import new_id
from crm.outbox import operations as outbox
from crm.pipelines import rules
from crm.pipelines.events import StageChanged, StageCreated
from crm.pipelines.facts import Demands, NewStage, StageKind
from crm.pipelines.models import Pipeline, Stage


@dataclass(frozen=True, slots=True)
class Beside:
    """A place among the stages of a pipeline: just before or after another one."""

    stage_id: UUID
    after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChanges:
    """What is to be otherwise of a stage; None empties."""

    name: Change[str | None] = UNCHANGED
    probability: Change[int | None] = UNCHANGED
    color: Change[str | None] = UNCHANGED
    rotting_after_days: Change[int | None] = UNCHANGED
    required_fields: Change[tuple[Any, ...]] = UNCHANGED
    required_custom_fields: Change[tuple[str, ...]] = UNCHANGED
    description: Change[str | None] = UNCHANGED


@atomic()
async def create_stage(
    *,
    actor: Actor,
    pipeline_id: UUID,
    new: NewStage,
    beside: Beside | None,
    idempotency_key: str | None,
    now: datetime,
) -> Stage:
    """Make an OPEN stage: beside another one, or behind the open ones.

    Raises: NotFound, Invalid, Forbidden.
    """
    permit(actor, "stage.create")

    async def make(id: UUID) -> Stage:
        pipeline = await lock(Pipeline, pipeline_id, actor, field=("pipelineId",))
        stages = await stages_of(pipeline_id, actor)
        if len(stages) >= rules.MOST_STAGES:
            raise Invalid(
                f"A pipeline has at most {rules.MOST_STAGES} stages: delete one first.", field=("pipelineId",)
            )
        facts = [stage.facts() for stage in stages]
        if beside is not None and beside.stage_id not in {stage.id for stage in stages}:
            field = ("position", "after" if beside.after else "before")
            raise NotFound("There is no stage with this id in the pipeline.", field=field)
        order = rules.inserted(facts, id, beside.stage_id if beside else None, after=bool(beside and beside.after))
        kinds = {stage.id: stage.kind for stage in facts} | {id: StageKind.OPEN}
        rules.check_order([kinds[one] for one in order], field=("position",))
        made = await add_stage(actor=actor, pipeline_id=pipeline_id, new=new, position=order.index(id), id=id, now=now)
        await outbox.record(StageCreated(subject_id=id, pipeline_id=pipeline_id), actor=actor, now=now)
        await _arrange(pipeline, [*stages, made], order, actor, now)
        return made

    request = (pipeline_id, new, beside)
    return await once(Stage, make, actor=actor, operation="createStage", key=idempotency_key, request=request, now=now)


@atomic()
async def update_stage(
    *, actor: Actor, stage_id: UUID, changes: StageChanges, expected_version: int | None, now: datetime
) -> Stage:
    """Change a stage; where nothing is otherwise than before, nothing is written.

    What it demands is asked of deals that come in from now on.

    Raises: NotFound, StaleVersion, Invalid, Forbidden.
    """
    stage = await lock(Stage, stage_id, actor, expected_version=expected_version)
    permit(actor, "stage.update", stage)
    if stage.archived_at is not None:
        raise Invalid("The stage was deleted: it cannot be changed any more.", field=("id",))
    columns = await _columns(stage, changes, actor)
    changed = [name for name, value in columns.items() if getattr(stage, name) != value]
    if not changed:
        return stage
    stage.update_from_dict(columns)
    await _changed(stage, [_NAMES.get(name, name) for name in changed], actor, now)
    return stage


@atomic()
async def reorder_stages(
    *, actor: Actor, pipeline_id: UUID, stage_ids: tuple[UUID, ...], expected_version: int | None, now: datetime
) -> Pipeline:
    """Put a pipeline's stages in this order, which names each of them; WON and LOST stay last.

    Raises: NotFound, StaleVersion (of the pipeline), Invalid, Forbidden.
    """
    pipeline = await lock(Pipeline, pipeline_id, actor, expected_version=expected_version, field=("pipelineId",))
    permit(actor, "stage.reorder", pipeline)
    stages = await stages_of(pipeline_id, actor)
    kinds = {stage.id: StageKind(stage.kind) for stage in stages}
    for index, id in enumerate(stage_ids):
        if id not in kinds:
            raise NotFound("There is no stage with this id in the pipeline.", field=("stageIds", str(index)))
    rules.arranged(list(kinds), stage_ids, "stage", field=("stageIds",))
    rules.check_order([kinds[id] for id in stage_ids], field=("stageIds",))
    await _arrange(pipeline, stages, stage_ids, actor, now)
    return pipeline


async def stages_of(pipeline_id: UUID, actor: Actor) -> list[Stage]:
    """The stages of a locked pipeline that were not deleted, from left to right; locked as well."""
    stages = scoped(Stage, actor).filter(pipeline_id=pipeline_id, archived_at=None)
    return list(await stages.order_by("position", "id").select_for_update(no_key=True))


async def add_stage(
    *,
    actor: Actor,
    pipeline_id: UUID,
    new: NewStage,
    position: int,
    now: datetime,
    id: UUID | None = None,
    field: tuple[str, ...] = (),
) -> Stage:
    """Make a stage inside the caller's transaction. ``field`` is where its input stands in the caller's.

    Raises: Invalid.
    """
    await _check_custom_keys(new.demands.custom_keys, actor, field)
    return await Stage.create(
        id=id or new_id(),
        workspace_id=actor.workspace_id,
        pipeline_id=pipeline_id,
        name=text.required(new.name, field=(*field, "name")),
        kind=new.kind.value,
        probability=rules.probability(new.kind, new.probability, field=(*field, "probability")),
        position=position,
        color=rules.color(new.color, field=(*field, "color")),
        rotting_after_days=rules.rotting_after_days(new.rotting_after_days, field=(*field, "rottingAfterDays")),
        required_fields=_distinct(new.demands.names),
        description=text.note(new.description, field=(*field, "description")),
        created_at=now,
        updated_at=now,
    )


_NAMES = {"rotting_after_days": "rottingAfterDays", "required_fields": "requiredFields"}
"""Columns by their names in the API, where these differ."""


async def _columns(stage: Stage, changes: StageChanges, actor: Actor) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if changes.name is not UNCHANGED:
        columns["name"] = text.required(changes.name or "", field=("name",))
    if changes.probability is not UNCHANGED:
        kind = StageKind(stage.kind)
        columns["probability"] = rules.probability(kind, changes.probability, field=("probability",))
    if changes.color is not UNCHANGED:
        columns["color"] = rules.color(changes.color, field=("color",))
    if changes.rotting_after_days is not UNCHANGED:
        columns["rotting_after_days"] = rules.rotting_after_days(
            changes.rotting_after_days, field=("rottingAfterDays",)
        )
    if changes.description is not UNCHANGED:
        columns["description"] = text.note(changes.description, field=("description",))
    if changes.required_fields is not UNCHANGED or changes.required_custom_fields is not UNCHANGED:
        demands = Demands.of(stage.required_fields)
        fields, keys = demands.fields, demands.custom_keys
        if changes.required_fields is not UNCHANGED:
            fields = changes.required_fields
        if changes.required_custom_fields is not UNCHANGED:
            keys = changes.required_custom_fields
            await _check_custom_keys(keys, actor, ())
        columns["required_fields"] = _distinct(Demands(fields, keys).names)
    return columns


async def _check_custom_keys(keys: tuple[str, ...], actor: Actor, field: tuple[str, ...]) -> None:
    """Raises: Invalid for a key that no custom field of deals has which is offered."""
    if not keys:
        return
    offered = scoped(CustomField, actor).filter(entity=Entity.DEAL.value, archived_at=None, key__in=keys)
    known = {definition.key for definition in await offered}
    for index, key in enumerate(keys):
        if key not in known:
            raise Invalid(
                f"Deals have no custom field {key[:60]!r}: give the key of one that they have.",
                field=(*field, "requiredCustomFields", str(index)),
            )


def _distinct(names: list[str]) -> list[str]:
    return list(dict.fromkeys(names))


async def _arrange(pipeline: Pipeline, stages: list[Stage], order: Any, actor: Actor, now: datetime) -> None:
    """Number the stages of a pipeline that is locked; it has another version when that changes their order."""
    by_id = {stage.id: stage for stage in stages}
    moved = False
    for position, id in enumerate(order):
        if by_id[id].position != position:
            by_id[id].position = position
            await _changed(by_id[id], ["position"], actor, now)
            moved = True
    if moved:
        pipeline.touch(now)
        await pipeline.save(update_fields=["version", "updated_at"])


async def _changed(stage: Stage, fields: list[str], actor: Actor, now: datetime) -> None:
    stage.touch(now)
    await stage.save()
    changed = StageChanged(subject_id=stage.id, pipeline_id=stage.pipeline_id, fields=fields)
    await outbox.record(changed, actor=actor, now=now)
