"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

import asyncio

import redis.asyncio as redis
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import JSONResponse
from tortoise.exceptions import OperationalError

from api.wiring import wiring_of
from crm.db import UNREACHABLE, is_writable
from crm.migrate import is_migrated

CHECK_TIMEOUT_SECONDS = 2.0


async def healthz(_request: Request) -> JSONResponse:
    """200 as long as the process answers at all."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> JSONResponse:
    """200 when messages can be taken and questions answered, else 503.

    A missing broker is told but does not count: messages are stored without it, and a sweep finds them later.
    """
    database, broker = await asyncio.gather(_database(), _broker(wiring_of(request).redis_url))
    ready = database == "ok"
    body = {"status": "ready" if ready else "not ready", "checks": {"database": database, "broker": broker}}
    return JSONResponse(body, status_code=200 if ready else 503)


async def _database() -> str:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
            if not await is_writable():
                return "read-only"
            return "ok" if await is_migrated() else "not migrated: run anbahn migrate"
    except UNREACHABLE:
        return "unreachable"
    except OperationalError:
        return "not migrated: run anbahn migrate"


async def _broker(url: str) -> str:
    if not url.startswith(("redis", "unix")):
        return "not checked"
    client = redis.from_url(url, socket_timeout=CHECK_TIMEOUT_SECONDS, socket_connect_timeout=CHECK_TIMEOUT_SECONDS)
    try:
        await client.ping()
    except (RedisError, OSError):
        return "unreachable"
    finally:
        await client.aclose()
    return "ok"
