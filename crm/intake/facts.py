"""What decisions about inbound messages are made from, without the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ChannelKind(StrEnum):
    """By which way messages come in."""

    FORM = "FORM"
    MAIL = "MAIL"


class InboundState(StrEnum):
    """Where an inbound message stands."""

    RECEIVED = "RECEIVED"
    PROCESSING = "PROCESSING"
    PROCESSED = "PROCESSED"
    IGNORED = "IGNORED"
    QUARANTINED = "QUARANTINED"


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that one worker has taken, for as long as its lease lasts."""

    workspace_id: UUID
    message_id: UUID
    attempt: int
    """Counts from 1. Whoever files must still hold this attempt."""
    kind: ChannelKind
    content_type: str
    raw: bytes
    received_at: datetime
