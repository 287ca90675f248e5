"""Stages and their kinds, without the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class StageKind(StrEnum):
    """What it means for a deal to be in a stage. Stages are found by kind, never by name."""

    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class StageFacts:
    """What decisions about deals need to know of a stage."""

    id: UUID
    pipeline_id: UUID
    name: str
    kind: StageKind
    archived: bool = False
    """It was deleted."""
