"""The doorbell over Celery: one short task by name, after the commit. Whatever goes wrong, a sweep comes by."""

from __future__ import annotations

import asyncio
import logging
import threading
from uuid import UUID

from workers.broker import INTAKE, make_celery

log = logging.getLogger("anbahn.doorbell")

MOST_AT_ONCE = 16
"""Rings under way; with a broker that hangs, further ones are left to the sweep instead of piling up."""


class CeleryDoorbell:
    """Sends tasks by name, so that whoever rings need not import the workers' code."""

    def __init__(self, redis_url: str) -> None:
        self._app = make_celery(redis_url)
        self._under_way = 0
        self._lock = threading.Lock()

    async def ring_intake(self, *, workspace_id: UUID, message_id: UUID) -> None:
        """Wake a worker for an inbound message. Never raises."""
        if self._under_way >= MOST_AT_ONCE:
            return
        self._under_way += 1
        try:
            await asyncio.to_thread(self._send, str(workspace_id), str(message_id))
        except Exception as error:  # anything at all: the row is safe, and the sweep finds it
            log.warning("no doorbell for message %s: %s", message_id, type(error).__name__)
        finally:
            self._under_way -= 1

    def _send(self, workspace_id: str, message_id: str) -> None:
        self._app.send_task(
            "intake.process",
            kwargs={"workspace_id": workspace_id, "message_id": message_id},
            queue=INTAKE,
            ignore_result=True,
        )
