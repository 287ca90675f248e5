"""Facts about pipelines and their stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from crm.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineCreated(Event):
    name: ClassVar[str] = "pipeline.created"


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineChanged(Event):
    """``fields`` by their names in the API; ``position``: its place among the pipelines."""

    name: ClassVar[str] = "pipeline.changed"
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineArchived(Event):
    name: ClassVar[str] = "pipeline.archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRestored(Event):
    name: ClassVar[str] = "pipeline.restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCreated(Event):
    name: ClassVar[str] = "stage.created"
    pipeline_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChanged(Event):
    """``fields`` by their names in the API; ``position``: its place among the pipeline's stages."""

    name: ClassVar[str] = "stage.changed"
    pipeline_id: UUID
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDeleted(Event):
    """Its deals went to another stage; each tells so itself (``deal.stage_changed``)."""

    name: ClassVar[str] = "stage.deleted"
    pipeline_id: UUID
    moved_to_id: UUID | None
    deals: int
