"""Facts about leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from crm.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCaptured(Event):
    """A lead came into being, by a message or by hand."""

    name: ClassVar[str] = "lead.captured"
    source: str | None
    inbound_message_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadAnswered(Event):
    name: ClassVar[str] = "lead.answered"
    criteria: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadQualified(Event):
    name: ClassVar[str] = "lead.qualified"
    by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadDisqualified(Event):
    name: ClassVar[str] = "lead.disqualified"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadReopened(Event):
    name: ClassVar[str] = "lead.reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadConverted(Event):
    name: ClassVar[str] = "lead.converted"
    deal_id: UUID
