"""Facts about channels and inbound messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from crm.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCreated(Event):
    name: ClassVar[str] = "channel.created"
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessageProcessed(Event):
    name: ClassVar[str] = "inbound_message.processed"
    lead_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessageQuarantined(Event):
    name: ClassVar[str] = "inbound_message.quarantined"
    reason: str
