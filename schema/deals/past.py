"""Asking for a pipeline's past: as it was at a moment, and what changed between two (docs/history.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import strawberry
from strawberry.dataloader import DataLoader

from crm.deals import history
from crm.deals.past import Bridge
from schema import ids
from schema.context import Context, Info
from schema.deals.changes import PipelineChanges
from schema.deals.snapshots import DealsThen, PipelineSnapshot, StageSnapshot
from schema.errors import RequestError
from schema.pipelines.types import Pipeline

PipelineId = Annotated[strawberry.ID, strawberry.argument(description="The board.")]
At = Annotated[
    datetime, strawberry.argument(description="The moment, with its zone, such as 2026-03-02T09:00:00Z; not to come.")
]
From = Annotated[datetime, strawberry.argument(name="from", description="The first moment, with its zone.")]
To = Annotated[
    datetime, strawberry.argument(description="The second moment, with its zone: not before `from`, and not to come.")
]


@strawberry.type
class PastQueries:
    @strawberry.field(description="A board as it was at a moment: every column with its deals and sums.")
    async def pipeline_as_of(self, info: Info, pipeline_id: PipelineId, at: At) -> PipelineSnapshot:
        context = info.context
        moment = _moment(at, "at", context)
        pipeline = await _pipeline(pipeline_id, context)
        deals = DealsThen(context, pipeline.id, moment)
        stages = await history.stages_then(actor=context.actor, pipeline_id=pipeline.id, at=moment)
        return PipelineSnapshot(
            at=moment,
            pipeline=Pipeline.of(pipeline),
            stages=[StageSnapshot(then=stage, all_deals=deals) for stage in stages],
        )

    @strawberry.field(description="What changed on a board between two moments, and how it adds up.")
    async def pipeline_changes(self, info: Info, pipeline_id: PipelineId, from_: From, to: To) -> PipelineChanges:
        context = info.context
        since, until = _moment(from_, "from", context), _moment(to, "to", context)
        if since > until:
            raise RequestError("from is later than to: exchange them.", "INVALID_TIME")
        pipeline = await _pipeline(pipeline_id, context)

        async def figures(keys: list[None]) -> list[Bridge]:
            found = await history.bridge(actor=context.actor, pipeline_id=pipeline.id, since=since, until=until)
            return [found] * len(keys)

        return PipelineChanges(
            pipeline=Pipeline.of(pipeline), from_=since, to=until, figures=DataLoader(load_fn=figures)
        )


async def _pipeline(global_id: str, context: Context) -> Any:
    parts = ids.split(global_id)
    pipeline = await context.row(*parts) if parts is not None and parts[0] == "Pipeline" else None
    if pipeline is None:
        raise RequestError("pipelineId: there is no pipeline with this id.", "NOT_FOUND")
    return pipeline


def _moment(given: datetime, name: str, context: Context) -> datetime:
    """A moment of the past, or the present one.

    Raises: RequestError.
    """
    if given.tzinfo is None:
        raise RequestError(f"{name}: give the moment with its zone, such as 2026-03-02T09:00:00Z.", "INVALID_TIME")
    if given > context.now:
        raise RequestError(f"{name} is still to come: give a moment up to now.", "INVALID_TIME")
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise RequestError(f"{name}: {given.isoformat()} lies before the year 1.", "INVALID_TIME") from None
