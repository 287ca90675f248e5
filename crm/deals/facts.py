"""What decisions about deals are made from, without the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class DealStatus(StrEnum):
    """Follows from the kind of the deal's stage."""

    OPEN = "OPEN"
    WON = "WON"
    LOST = "LOST"


class PlaceKind(StrEnum):
    """How a place in a column is named."""

    BEFORE = "before"
    AFTER = "after"
    FIRST = "first"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a column a card goes: before or after another card, or at an end."""

    kind: PlaceKind
    neighbour_id: UUID | None = None

    @classmethod
    def first(cls) -> Place:
        return cls(PlaceKind.FIRST)

    @classmethod
    def last(cls) -> Place:
        return cls(PlaceKind.LAST)

    @classmethod
    def before(cls, deal_id: UUID) -> Place:
        return cls(PlaceKind.BEFORE, deal_id)

    @classmethod
    def after(cls, deal_id: UUID) -> Place:
        return cls(PlaceKind.AFTER, deal_id)


@dataclass(frozen=True, slots=True)
class DealFacts:
    """What decisions need to know of a deal."""

    id: UUID
    pipeline_id: UUID
    stage_id: UUID
    status: DealStatus
    archived: bool = False


class Intent(StrEnum):
    """What somebody wants who moves a deal; the last part of the verb that he must be allowed."""

    MOVE = "move"
    """To a stage, whichever that is."""
    WIN = "win"
    LOSE = "lose"
    REOPEN = "reopen"
