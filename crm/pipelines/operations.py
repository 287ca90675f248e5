"""Making pipelines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.db import atomic, scoped
from crm.outbox import operations as outbox
from crm.pipelines.events import PipelineCreated
from crm.pipelines.facts import StageKind
from crm.pipelines.models import Pipeline, Stage


@dataclass(frozen=True, slots=True)
class NewStage:
    """A column of a board that is to be made. ``probability`` is in percent."""

    name: str
    kind: StageKind
    probability: int


@atomic()
async def create_pipeline(*, actor: Actor, name: str, stages: tuple[NewStage, ...], now: datetime) -> Pipeline:
    """Make a pipeline with its stages, in their order on the board.

    Raises: Invalid, Forbidden.
    """
    permit(actor, "pipeline.create")
    pipeline = await Pipeline.create(
        workspace_id=actor.workspace_id,
        name=text.required(name, field=("name",)),
        position=await scoped(Pipeline, actor).count(),
        created_at=now,
        updated_at=now,
    )
    for position, stage in enumerate(stages):
        await Stage.create(
            workspace_id=actor.workspace_id,
            pipeline_id=pipeline.id,
            name=text.required(stage.name, field=("stages", str(position), "name")),
            kind=stage.kind.value,
            probability=stage.probability,
            position=position,
            created_at=now,
            updated_at=now,
        )
    await outbox.record(PipelineCreated(subject_id=pipeline.id), actor=actor, now=now)
    return pipeline
