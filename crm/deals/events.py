"""Facts about deals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from crm.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class DealCreated(Event):
    name: ClassVar[str] = "deal.created"
    stage_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DealMoved(Event):
    """The card has another place in the same column."""

    name: ClassVar[str] = "deal.moved"
    stage_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DealStageChanged(Event):
    name: ClassVar[str] = "deal.stage_changed"
    from_stage_id: UUID
    to_stage_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DealWon(Event):
    name: ClassVar[str] = "deal.won"
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealLost(Event):
    name: ClassVar[str] = "deal.lost"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DealReopened(Event):
    name: ClassVar[str] = "deal.reopened"
