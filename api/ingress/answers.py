"""The answers of every ingress: "stored" only after the commit, and refusals that say what would be right."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from datetime import UTC, datetime

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse

from api.wiring import wiring_of
from crm.accounts.facts import Actor
from crm.db import UNREACHABLE
from crm.doors import ChannelDoor
from crm.faults import described
from crm.intake.operations import Delivery, receive
from schema import ids

log = logging.getLogger("anbahn.ingress")

RETRY_AFTER_SECONDS = 30
PATIENCE_SECONDS = 1.8
"""How long a sender waits for a database that hangs, before it is told to come again."""
SLOWEST_BYTES_PER_SECOND = 4 * 2**20
"""What a database must take of a large message to count as working."""
LONGEST_CONTENT_TYPE = 500


def refused(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Nothing was stored."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)


def not_stored() -> JSONResponse:
    """A fault of ours: the sender should come again."""
    return refused(
        503,
        "NOT_STORED",
        "The message could not be stored at the moment; send it again.",
        {"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def fault(error: Exception) -> JSONResponse:
    """Whatever went wrong on our side while a message was being taken: logged, and the sender should come again.

    It may have been stored all the same; then what comes again is a duplicate, which is what duplicates are for.
    """
    if not isinstance(error, UNREACHABLE):
        log.error("a message was not stored: %s", described(error))
    return not_stored()


async def open_door(door: Awaitable[ChannelDoor | None]) -> ChannelDoor | None:
    """What a key or secret opens, asked of the database within the sender's patience."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await door


async def store(request: Request, door: ChannelDoor, delivery: Delivery) -> JSONResponse:
    """Commit the delivery, then answer, then ring."""
    actor = Actor.system(door.workspace_id)
    async with asyncio.timeout(PATIENCE_SECONDS + len(delivery.raw) / SLOWEST_BYTES_PER_SECOND):
        received = await receive(actor=actor, delivery=delivery, now=datetime.now(UTC))
    ring = None
    if not received.duplicate:
        ring = BackgroundTask(
            wiring_of(request).doorbell.ring_intake, workspace_id=door.workspace_id, message_id=received.message_id
        )
    body = {"id": ids.encode("InboundMessage", received.message_id), "duplicate": received.duplicate}
    return JSONResponse(body, status_code=202, background=ring)
