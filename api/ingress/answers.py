"""The answers of every ingress: "stored" only after the commit, and refusals that say what would be right."""

from __future__ import annotations

from datetime import UTC, datetime

import asyncpg
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse

from api.wiring import wiring_of
from crm.accounts.facts import Actor
from crm.db import UNREACHABLE
from crm.doors import ChannelDoor
from crm.intake.operations import Delivery, receive
from schema import ids

RETRY_AFTER_SECONDS = 30

# The last one is what asyncpg 0.32 says on a connection that has been told of PostgreSQL's end, but is not cut yet
# ("cannot switch to state 15; another operation (2) is in progress"); nothing has been sent then.
OUT_OF_REACH: tuple[type[BaseException], ...] = (*UNREACHABLE, asyncpg.InternalClientError)
"""What is answered with "not stored, come again"."""


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


async def store(request: Request, door: ChannelDoor, delivery: Delivery) -> JSONResponse:
    """Commit the delivery, then answer, then ring."""
    actor = Actor.system(door.workspace_id)
    received = await receive(actor=actor, delivery=delivery, now=datetime.now(UTC))
    ring = None
    if not received.duplicate:
        ring = BackgroundTask(
            wiring_of(request).doorbell.ring_intake, workspace_id=door.workspace_id, message_id=received.message_id
        )
    body = {"id": ids.encode("InboundMessage", received.message_id), "duplicate": received.duplicate}
    return JSONResponse(body, status_code=202, background=ring)
