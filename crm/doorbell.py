"""The doorbell: "row N wants work". Ringing it may fail at any time; a sweep finds what no ring reached."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class Doorbell(Protocol):
    """Wakes a worker for one row, after the row's commit. Never raises, never blocks for long."""

    async def ring_intake(self, *, workspace_id: UUID, message_id: UUID) -> None:
        """An inbound message wants to be processed."""
        ...
