"""What every event has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A frozen fact in the past tense. Its fields besides ``subject_id`` are its payload."""

    name: ClassVar[str]
    """Stable, such as ``lead.captured``; the part before the point is the kind of its subject."""
    subject_id: UUID
