"""Facts about pipelines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from crm.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineCreated(Event):
    name: ClassVar[str] = "pipeline.created"
