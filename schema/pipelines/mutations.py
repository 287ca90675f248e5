"""Mutations of pipelines."""

from __future__ import annotations

import strawberry

from crm.deals import boards
from crm.pipelines import facts, operations, rules
from schema import ids, inputs
from schema.context import Info
from schema.errors import UserError, refusable
from schema.pipelines.enums import DealField, StageKind
from schema.pipelines.types import Pipeline

_AS_IT_IS = "The pipeline; on STALE_VERSION as it is now."


@strawberry.input(description="A column of a board that is to be made.")
class NewStageInput(inputs.Lenient):
    name: str = strawberry.field(description="Its name, 1 to 200 characters.")
    kind: StageKind = strawberry.field(description="Whether deals in it are open, won or lost.")  # type: ignore[valid-type]
    probability: int | None = inputs.optional(
        "How likely a deal in it is won, 0 to 100 percent; left out for WON (100) and LOST (0)."
    )
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

    def to_domain(self) -> facts.NewStage:
        return facts.NewStage(
            name=self.name,
            kind=self.kind,
            probability=self.probability,
            color=self.color,
            rotting_after_days=self.rotting_after_days,
            demands=facts.Demands(tuple(self.required_fields or ()), tuple(self.required_custom_fields or ())),
            description=self.description,
        )


@strawberry.input(description="A board to be made.")
class CreatePipelineInput(inputs.Lenient):
    name: str = strawberry.field(description="Its name, 1 to 200 characters.")
    description: str | None = inputs.optional("What it is for, at most 10,000 characters.")
    stages: list[NewStageInput] | None = inputs.optional(
        "Its stages from left to right: at least one OPEN, then exactly one WON and one LOST, at most 50; left out:"
        " Qualified, Offer sent, In negotiation, Won, Lost."
    )
    idempotency_key: str | None = inputs.idempotency_key()


@strawberry.type(description="What createPipeline did.")
class CreatePipelinePayload:
    pipeline: Pipeline | None = strawberry.field(description="The new pipeline, behind the others.", default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.input(description="What is to be otherwise of a pipeline. What is left out stays as it is.")
class UpdatePipelineInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The pipeline.")
    name: strawberry.Maybe[str | None] = inputs.change("Its name, 1 to 200 characters; cannot be null.")
    description: strawberry.Maybe[str | None] = inputs.change(
        "What it is for, at most 10,000 characters; null: nothing is said."
    )
    expected_version: int | None = inputs.expected_version()


@strawberry.type(description="What updatePipeline did.")
class UpdatePipelinePayload:
    pipeline: Pipeline | None = strawberry.field(description=_AS_IT_IS, default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.input(description="An order of the boards.")
class ReorderPipelinesInput(inputs.Lenient):
    ids: list[strawberry.ID] = strawberry.field(description="All pipelines in use, in their new order.")


@strawberry.type(description="What reorderPipelines did.")
class ReorderPipelinesPayload:
    pipelines: list[Pipeline] | None = strawberry.field(
        description="The pipelines in use, in their new order.", default=None
    )
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.input(description="A pipeline to be put away.")
class ArchivePipelineInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The pipeline.")
    expected_version: int | None = inputs.expected_version()


@strawberry.type(description="What archivePipeline did.")
class ArchivePipelinePayload(UpdatePipelinePayload):
    pass


@strawberry.input(description="A pipeline to be taken into use again.")
class RestorePipelineInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The pipeline.")
    expected_version: int | None = inputs.expected_version()


@strawberry.type(description="What restorePipeline did.")
class RestorePipelinePayload(UpdatePipelinePayload):
    pass


@strawberry.type
class PipelineMutations:
    @strawberry.mutation(description="Makes a board. Owners and admins may.")
    @refusable(CreatePipelinePayload)
    async def create_pipeline(self, info: Info, input: CreatePipelineInput) -> CreatePipelinePayload:
        stages = rules.STANDARD_STAGES
        if input.stages is not None:
            stages = tuple(stage.to_domain() for stage in input.stages)
        pipeline = await operations.create_pipeline(
            actor=info.context.actor,
            name=input.name,
            stages=stages,
            description=input.description,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return CreatePipelinePayload(pipeline=Pipeline.of(pipeline))

    @strawberry.mutation(description="Changes a pipeline's name or description. Owners and admins may.")
    @refusable(UpdatePipelinePayload, pipeline=Pipeline.of)
    async def update_pipeline(self, info: Info, input: UpdatePipelineInput) -> UpdatePipelinePayload:
        pipeline = await operations.update_pipeline(
            actor=info.context.actor,
            pipeline_id=ids.decode("Pipeline", input.id, "id"),
            name=inputs.changed(input.name),
            description=inputs.changed(input.description),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return UpdatePipelinePayload(pipeline=Pipeline.of(pipeline))

    @strawberry.mutation(description="Puts the boards in another order. Owners and admins may.")
    @refusable(ReorderPipelinesPayload)
    async def reorder_pipelines(self, info: Info, input: ReorderPipelinesInput) -> ReorderPipelinesPayload:
        given = [ids.decode("Pipeline", id, "ids", str(index)) for index, id in enumerate(input.ids)]
        pipelines = await operations.reorder_pipelines(
            actor=info.context.actor, pipeline_ids=tuple(given), now=info.context.now
        )
        return ReorderPipelinesPayload(pipelines=[Pipeline.of(pipeline) for pipeline in pipelines])

    @strawberry.mutation(
        description="Puts a board away that has no open deals: `pipelines` does not show it, `archivedPipelines` does,"
        " and nothing moves on it. Owners and admins may."
    )
    @refusable(ArchivePipelinePayload, pipeline=Pipeline.of)
    async def archive_pipeline(self, info: Info, input: ArchivePipelineInput) -> ArchivePipelinePayload:
        pipeline = await boards.archive_pipeline(
            actor=info.context.actor,
            pipeline_id=ids.decode("Pipeline", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return ArchivePipelinePayload(pipeline=Pipeline.of(pipeline))

    @strawberry.mutation(description="Takes an archived board into use again, behind others. Owners and admins may.")
    @refusable(RestorePipelinePayload, pipeline=Pipeline.of)
    async def restore_pipeline(self, info: Info, input: RestorePipelineInput) -> RestorePipelinePayload:
        pipeline = await operations.restore_pipeline(
            actor=info.context.actor,
            pipeline_id=ids.decode("Pipeline", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return RestorePipelinePayload(pipeline=Pipeline.of(pipeline))
