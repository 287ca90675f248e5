"""How long a deal has been where it is, whether it is rotting there, and what it is worth by its probability. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.deals.facts import DealStatus


@dataclass(frozen=True, slots=True)
class Pace:
    """What is known of a deal's way through its stage at some moment."""

    entered_at: datetime
    last_activity_at: datetime | None
    """The latest entry of its timeline that is not in the future."""
    is_planned: bool
    """Whether its timeline has an entry in the future."""


def days(entered: datetime, now: datetime) -> int:
    """Whole days since a moment; 0 where clocks disagree."""
    return max((now - entered).days, 0)


def is_rotting(status: DealStatus, after_days: int | None, pace: Pace, now: datetime) -> bool:
    """Whether nothing has happened for more than the stage's days, and nothing is planned; only while it is open."""
    if status is not DealStatus.OPEN or after_days is None or pace.is_planned:
        return False
    last = max(pace.entered_at, pace.last_activity_at or pace.entered_at)
    return now - last > timedelta(days=after_days)


def weighted(minor: int, probability: int) -> int:
    """An amount in minor units times a probability in percent, rounded half up."""
    return (minor * probability + 50) // 100
