"""Mutations of stages."""

from __future__ import annotations

from typing import Any

import strawberry

from crm.changes import UNCHANGED, Change
from crm.deals import boards
from crm.pipelines import facts, stages
from schema import ids, inputs
from schema.context import Info
from schema.effects import Effect
from schema.errors import UserError, refusable
from schema.pipelines.enums import DealField
from schema.pipelines.types import Pipeline, Stage


@strawberry.input(one_of=True, description="A place among the stages of a pipeline: exactly one of these.")
class StagePositionInput:
    before: strawberry.ID | None = strawberry.field(description="Just before this stage.", default=strawberry.UNSET)
    after: strawberry.ID | None = strawberry.field(description="Just after this stage.", default=strawberry.UNSET)

    def to_domain(self) -> stages.Beside:
        if isinstance(self.before, str):
            return stages.Beside(ids.decode("Stage", self.before, "position", "before"), after=False)
        return stages.Beside(ids.decode("Stage", str(self.after), "position", "after"), after=True)


@strawberry.input(description="An OPEN stage that is to be made. Each pipeline has its WON and its LOST one already.")
class CreateStageInput(inputs.Lenient):
    pipeline_id: strawberry.ID = strawberry.field(description="The pipeline.")
    name: str = strawberry.field(description="Its name, 1 to 200 characters.")
    probability: int = strawberry.field(description="How likely a deal in it is won, 0 to 100 percent.")
    position: StagePositionInput | None = inputs.optional("Where among the stages; left out: last of the open ones.")
    color: str | None = inputs.optional("The color it is shown in, as in CSS: #1e90ff.")
    rotting_after_days: int | None = inputs.optional(
        "After how many days without anything happening a deal in it is rotting, 1 to 3650; left out: never."
    )
    required_fields: list[DealField] | None = inputs.optional(  # type: ignore[valid-type]
        "Which of its own fields a deal must have to come into it."
    )
    required_custom_fields: list[str] | None = inputs.optional(
        "Which custom fields a deal must have to come into it, by their keys."
    )
    description: str | None = inputs.optional("When a deal belongs into it, at most 10,000 characters.")
    idempotency_key: str | None = inputs.idempotency_key()

    def to_domain(self) -> facts.NewStage:
        return facts.NewStage(
            name=self.name,
            kind=facts.StageKind.OPEN,
            probability=self.probability,
            color=self.color,
            rotting_after_days=self.rotting_after_days,
            demands=facts.Demands(tuple(self.required_fields or ()), tuple(self.required_custom_fields or ())),
            description=self.description,
        )


@strawberry.type(description="What createStage did.")
class CreateStagePayload:
    stage: Stage | None = strawberry.field(description="The new stage.", default=None)
    pipeline: Pipeline | None = strawberry.field(description="The pipeline with all its stages.", default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.input(description="What is to be otherwise of a stage. What is left out stays as it is; null empties it.")
class UpdateStageInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The stage.")
    name: strawberry.Maybe[str | None] = inputs.change("Its name, 1 to 200 characters; cannot be null.")
    probability: strawberry.Maybe[int | None] = inputs.change(
        "How likely a deal in it is won, 0 to 100 percent; WON and LOST keep theirs."
    )
    color: strawberry.Maybe[str | None] = inputs.change("The color it is shown in, as in CSS: #1e90ff.")
    rotting_after_days: strawberry.Maybe[int | None] = inputs.change(
        "After how many days without anything happening a deal in it is rotting, 1 to 3650; null: never."
    )
    required_fields: strawberry.Maybe[list[DealField] | None] = inputs.change(  # type: ignore[valid-type]
        "Which of its own fields a deal must have to come into it from now on; null: none."
    )
    required_custom_fields: strawberry.Maybe[list[str] | None] = inputs.change(
        "Which custom fields a deal must have to come into it from now on, by their keys; null: none."
    )
    description: strawberry.Maybe[str | None] = inputs.change("When a deal belongs into it, at most 10,000 characters.")
    expected_version: int | None = inputs.expected_version()

    def to_domain(self) -> stages.StageChanges:
        return stages.StageChanges(
            name=inputs.changed(self.name),
            probability=inputs.changed(self.probability),
            color=inputs.changed(self.color),
            rotting_after_days=inputs.changed(self.rotting_after_days),
            required_fields=_listed(inputs.changed(self.required_fields)),
            required_custom_fields=_listed(inputs.changed(self.required_custom_fields)),
            description=inputs.changed(self.description),
        )


def _listed(given: Change[list[facts.DealField] | None] | Change[list[str] | None]) -> Change[tuple[Any, ...]]:
    return given if given is UNCHANGED else tuple(given or ())


@strawberry.type(description="What updateStage did.")
class UpdateStagePayload:
    stage: Stage | None = strawberry.field(description="The stage; on STALE_VERSION as it is now.", default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.input(description="An order of a pipeline's stages.")
class ReorderStagesInput(inputs.Lenient):
    pipeline_id: strawberry.ID = strawberry.field(description="The pipeline.")
    stage_ids: list[strawberry.ID] = strawberry.field(
        description="All its stages in their new order; WON and LOST stay last."
    )
    expected_version: int | None = inputs.optional(
        "The pipeline's `version` that you saw: refused with STALE_VERSION when it has changed. Left out: no check."
    )


@strawberry.type(description="What reorderStages did.")
class ReorderStagesPayload:
    pipeline: Pipeline | None = strawberry.field(
        description="The pipeline with its stages in their new order; on STALE_VERSION as it is now.", default=None
    )
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.input(description="A stage to be deleted.")
class DeleteStageInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The stage: an OPEN one, and not the last of its pipeline.")
    move_deals_to: strawberry.ID | None = inputs.optional(
        "Another OPEN stage of the same pipeline, to whose end its deals go in their order; demanded when it has deals."
    )
    dry_run: bool | None = inputs.dry_run()
    expected_version: int | None = inputs.expected_version()


@strawberry.type(description="What deleteStage did.")
class DeleteStagePayload:
    stage: Stage | None = strawberry.field(
        description="The stage, with `archivedAt` set; on STALE_VERSION as it is now.", default=None
    )
    pipeline: Pipeline | None = strawberry.field(description="The pipeline without it.", default=None)
    moved_to: Stage | None = strawberry.field(
        description="The stage that has its deals now, with its new totals; null where none was named.", default=None
    )
    moved_deals: int | None = strawberry.field(description="How many deals went there.", default=None)
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type
class StageMutations:
    @strawberry.mutation(description="Makes an OPEN stage. Owners and admins may.")
    @refusable(CreateStagePayload)
    async def create_stage(self, info: Info, input: CreateStageInput) -> CreateStagePayload:
        stage = await stages.create_stage(
            actor=info.context.actor,
            pipeline_id=ids.decode("Pipeline", input.pipeline_id, "pipelineId"),
            new=input.to_domain(),
            beside=input.position.to_domain() if input.position else None,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        pipeline = await info.context.row_of("Pipeline", stage.pipeline_id)
        return CreateStagePayload(stage=Stage.of(stage), pipeline=Pipeline.of(pipeline))

    @strawberry.mutation(
        description="Changes a stage. What it demands is asked of deals that come in from then on. Owners and"
        " admins may."
    )
    @refusable(UpdateStagePayload, stage=Stage.of)
    async def update_stage(self, info: Info, input: UpdateStageInput) -> UpdateStagePayload:
        stage = await stages.update_stage(
            actor=info.context.actor,
            stage_id=ids.decode("Stage", input.id, "id"),
            changes=input.to_domain(),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return UpdateStagePayload(stage=Stage.of(stage))

    @strawberry.mutation(description="Puts a pipeline's stages in another order. Owners and admins may.")
    @refusable(ReorderStagesPayload, pipeline=Pipeline.of)
    async def reorder_stages(self, info: Info, input: ReorderStagesInput) -> ReorderStagesPayload:
        given = [ids.decode("Stage", id, "stageIds", str(index)) for index, id in enumerate(input.stage_ids)]
        pipeline = await stages.reorder_stages(
            actor=info.context.actor,
            pipeline_id=ids.decode("Pipeline", input.pipeline_id, "pipelineId"),
            stage_ids=tuple(given),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return ReorderStagesPayload(pipeline=Pipeline.of(pipeline))

    @strawberry.mutation(
        description="Deletes a stage. Its deals go to another one, and no deal is lost, not even one that is moved in"
        " the same moment; histories still know it. Owners and admins may."
    )
    @refusable(DeleteStagePayload, stage=Stage.of)
    async def delete_stage(self, info: Info, input: DeleteStageInput) -> DeleteStagePayload:
        deleted = await boards.delete_stage(
            actor=info.context.actor,
            stage_id=ids.decode("Stage", input.id, "id"),
            move_deals_to=ids.decode_optional("Stage", input.move_deals_to, "moveDealsTo"),
            expected_version=input.expected_version,
            dry_run=bool(input.dry_run),
            now=info.context.now,
        )
        effects = Effect.of_all(deleted.effects)
        if input.dry_run:
            return DeleteStagePayload(moved_deals=deleted.deals, effects=effects)
        return DeleteStagePayload(
            stage=Stage.of(deleted.stage),
            pipeline=Pipeline.of(deleted.pipeline),
            moved_to=Stage.of_optional(deleted.moved_to),
            moved_deals=deleted.deals,
            effects=effects,
        )
