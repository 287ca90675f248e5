"""The doorbell over Celery: one short task by name, after the commit. Whatever goes wrong, a sweep comes by."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from workers.broker import INTAKE, make_celery

log = logging.getLogger("anbahn.doorbell")

THREADS = 4
"""Threads that ring; their own, for with a broker that hangs they would take all of the event loop's threads."""
PATIENCE_SECONDS = 1.0
"""How long a ring waits for a thread before it is left to the sweep, so that rings never pile up."""


class CeleryDoorbell:
    """Sends tasks by name, so that whoever rings need not import the workers' code."""

    def __init__(self, redis_url: str) -> None:
        self._app = make_celery(redis_url)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="doorbell")

    async def ring_intake(self, *, workspace_id: UUID, message_id: UUID) -> None:
        """Wake a worker for an inbound message. Never raises."""
        latest = time.monotonic() + PATIENCE_SECONDS
        try:
            await asyncio.get_running_loop().run_in_executor(
                self._threads, self._send, str(workspace_id), str(message_id), latest
            )
        except Exception as error:  # anything at all: the row is safe, and the sweep finds it
            log.warning("no doorbell for message %s: %s", message_id, type(error).__name__)

    def _send(self, workspace_id: str, message_id: str, latest: float) -> None:
        if time.monotonic() > latest:
            raise TimeoutError
        self._app.send_task(
            "intake.process",
            kwargs={"workspace_id": workspace_id, "message_id": message_id},
            queue=INTAKE,
            ignore_result=True,
        )
