"""The floor's HTTP: ``uvicorn --factory bench.floor.app:build``. A screen is an address; the body has its variables."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import settings
from bench.floor import reads
from bench.floor import statements as sql
from bench.floor.move import move
from bench.floor.pool import Connection, Pool
from crm.doors import hashed
from schema.cursors import CursorSigner

POOL_SIZE = 8
"""Enough for the eight connections of the load; more would only queue for the two cores."""

Screen = Callable[[Connection, str, reads.Json, CursorSigner], Awaitable[reads.Json]]
READS: dict[str, Screen] = {
    "board": reads.board,
    "list": reads.leads,
    "point": reads.deal,
    "timeline": reads.timeline,
}


def build() -> Starlette:
    """The floor, as the environment configures it: the same variables as for ``api.main:build``."""
    config = settings.read()
    return create_app(config.app_database_url(), config.required_secret(), size=POOL_SIZE, tuned=True)


def create_app(database_url: str, secret: str, *, size: int, tuned: bool) -> Starlette:
    """Put the floor together; ``size`` is its number of connections, ``tuned``: the process is its own."""
    cursors = CursorSigner(secret)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.pool = await Pool.open(database_url, size)
        if tuned:
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 20, 50)
        yield
        await app.state.pool.close()

    async def alive(_request: Request) -> Response:
        return _answer({"status": "ok"})

    async def move_deal(request: Request) -> Response:
        given = orjson.loads(await request.body())
        async with request.app.state.pool.lent() as connection:
            who = await _authenticated(connection, request)
            if who is None:
                return _refused()
            return _answer({"data": await move(connection, who[0], who[1], given["input"])})

    routes = [Route(f"/{name}", _reading(screen, cursors), methods=["POST"]) for name, screen in READS.items()]
    return Starlette(
        routes=[Route("/healthz", alive), Route("/move", move_deal, methods=["POST"]), *routes], lifespan=lifespan
    )


def _reading(screen: Screen, cursors: CursorSigner) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        given = orjson.loads(await request.body())
        async with request.app.state.pool.lent() as connection:
            who = await _authenticated(connection, request)
            if who is None:
                return _refused()
            return _answer({"data": await screen(connection, who[0], given, cursors)})

    return answer


async def _authenticated(connection: Connection, request: Request) -> Any:
    """(workspace id, member id) of the bearer key, with the connection bound to that workspace; None: let nobody in."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    who = await connection.row(sql.CREDENTIAL, hashed(key.strip())) if scheme.lower() == "bearer" else None
    if who is not None:
        await connection.bind(who[0])
    return who


def _answer(content: reads.Json) -> Response:
    return Response(orjson.dumps(content), media_type="application/json; charset=utf-8")


def _refused() -> Response:
    return Response(b'{"errors":[{"message":"no such key"}]}', status_code=401, media_type="application/json")
