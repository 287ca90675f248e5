"""The words in which a pipeline's past is told: what was there at a moment, and what changed between two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from crm.deals.facts import DealStatus
from crm.money import Money


class ChangeKind(StrEnum):
    """How a deal differs between two moments. Their order is the order in which changes are listed."""

    ADDED = "ADDED"
    ENTERED = "ENTERED"
    RESTORED = "RESTORED"
    REOPENED = "REOPENED"
    MOVED_FORWARD = "MOVED_FORWARD"
    MOVED_BACK = "MOVED_BACK"
    VALUE_UP = "VALUE_UP"
    VALUE_DOWN = "VALUE_DOWN"
    VALUE_CHANGED = "VALUE_CHANGED"
    SLIPPED = "SLIPPED"
    PULLED_IN = "PULLED_IN"
    OWNER_CHANGED = "OWNER_CHANGED"
    WON = "WON"
    LOST = "LOST"
    ARCHIVED = "ARCHIVED"
    LEFT = "LEFT"


KINDS = tuple(ChangeKind)


@dataclass(frozen=True, slots=True)
class Totals:
    """A number of deals and their sum in each currency, by currency code; amounts may be negative in differences."""

    count: int
    amounts: list[Money]


@dataclass(frozen=True, slots=True)
class StageThen:
    """What a stage held at a moment."""

    stage_id: UUID
    totals: Totals
    weighted: list[Money]
    """The sums of amount times probability, each deal's rounded half up."""


@dataclass(frozen=True, slots=True)
class DealThen:
    """A deal as it was at a moment."""

    deal_id: UUID
    stage_id: UUID
    status: DealStatus
    amount: Money | None
    probability: int
    expected_close_date: date | None
    owner_id: UUID | None


@dataclass(frozen=True, slots=True)
class Change:
    """One way in which a deal differs between two moments, with all of it that is compared.

    ``from_…`` is None for a deal that was not there yet.
    """

    kind: ChangeKind
    deal_id: UUID
    at: datetime
    """When, between the two moments, it last changed in this way."""
    from_stage_id: UUID | None
    to_stage_id: UUID
    from_amount: Money | None
    to_amount: Money | None
    from_close_date: date | None
    to_close_date: date | None
    from_owner_id: UUID | None
    to_owner_id: UUID | None


@dataclass(frozen=True, slots=True)
class KindSummary:
    """All changes of one kind."""

    kind: ChangeKind
    totals: Totals
    """How many deals, and their amounts as they are afterwards (LEFT: as they were; of values: the differences)."""
    effect: Totals
    """What these changes did to the open deals' number and sums."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """From the open deals of one moment to those of another: opening + all effects = closing, in each currency."""

    opening: Totals
    closing: Totals
    summary: list[KindSummary]


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list by its key, which descends: rows beyond ``after`` and before ``before``."""

    size: int
    backward: bool = False
    after: tuple[object, ...] | None = None
    before: tuple[object, ...] | None = None
