"""Facts about deals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DealChanged(Event):
    """Something else of it than its place is otherwise; ``fields`` by their names in the API."""

    name: ClassVar[str] = "deal.changed"
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DealValueChanged(Event):
    """Its amount is another one, in minor units of its currency; None: it has none."""

    name: ClassVar[str] = "deal.value_changed"
    from_minor: int | None
    from_currency: str | None
    to_minor: int | None
    to_currency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealSlipped(Event):
    """It is expected to be decided later than before."""

    name: ClassVar[str] = "deal.slipped"
    from_date: date
    to_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DealAssigned(Event):
    """Another member works on it; None: nobody."""

    name: ClassVar[str] = "deal.assigned"
    from_owner_id: UUID | None
    to_owner_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealArchived(Event):
    name: ClassVar[str] = "deal.archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class DealRestored(Event):
    name: ClassVar[str] = "deal.restored"
