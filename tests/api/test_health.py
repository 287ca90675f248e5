"""Whether the process lives and whether it can work, as a load balancer or an operator asks."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
from tortoise.context import TortoiseContext

from api.app import create_app
from crm import db
from crm.migrate import LATEST
from embedded.process import fresh_port
from tests.conftest import SECRET, Database, RecordingDoorbell


async def ready(http: httpx.AsyncClient) -> tuple[int, dict[str, str]]:
    answer = await http.get("/readyz")
    body = answer.json()
    assert body["status"] == ("ready" if answer.status_code == 200 else "not ready")
    return answer.status_code, body["checks"]


async def test_a_process_that_answers_is_alive(http: httpx.AsyncClient) -> None:
    answer = await http.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_it_is_ready_without_a_broker_and_says_so(http: httpx.AsyncClient) -> None:
    assert await ready(http) == (200, {"database": "ok", "broker": "unreachable"})


async def test_a_broker_that_hangs_is_not_waited_for(database: Database, orm: None) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    app = create_app(database_url=database.app_url, redis_url=url, secret=SECRET, doorbell=RecordingDoorbell())
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://anbahn.test") as client:
        began = time.monotonic()
        assert await ready(client) == (200, {"database": "ok", "broker": "unreachable"})
        assert time.monotonic() - began < 4
    server.close()


async def test_a_broker_that_answers_is_ok(database: Database, orm: None) -> None:
    async def pong(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            for command in range(data.count(b"\r\n*") + 1):
                writer.write(b"+PONG\r\n" if b"PING" in data and not command else b"+OK\r\n")
        writer.close()

    server = await asyncio.start_server(pong, "127.0.0.1", 0)
    url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0?protocol=2"
    app = create_app(database_url=database.app_url, redis_url=url, secret=SECRET, doorbell=RecordingDoorbell())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://anbahn.test") as client:
        assert await ready(client) == (200, {"database": "ok", "broker": "ok"})
    server.close()


async def test_without_a_database_it_is_not_ready(http: httpx.AsyncClient) -> None:
    async with TortoiseContext() as context:
        await context.init(config=db.tortoise_config(f"postgres://anbahn_app:x@127.0.0.1:{fresh_port()}/anbahn"))
        began = time.monotonic()
        status, checks = await ready(http)
        assert time.monotonic() - began < 3
        assert (status, checks["database"]) == (503, "unreachable")
        assert (await http.get("/healthz")).status_code == 200


async def test_on_a_database_that_was_not_migrated_it_is_not_ready_and_says_what_to_do(
    http: httpx.AsyncClient, database: Database
) -> None:
    # The one that every server is born with: there, and empty.
    empty = urlunsplit(urlsplit(database.app_url)._replace(path="/postgres"))
    async with TortoiseContext() as context:
        await context.init(config=db.tortoise_config(empty))
        status, checks = await ready(http)
        assert (status, checks["database"]) == (503, "not migrated: run anbahn migrate")


async def test_on_a_database_of_an_older_version_it_is_not_ready_and_says_what_to_do(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.migrate.LATEST", f"{LATEST}_and_one_more")
    status, checks = await ready(http)
    assert (status, checks["database"]) == (503, "not migrated: run anbahn migrate")


async def test_it_tells_nothing_that_is_not_for_everybody(http: httpx.AsyncClient, database: Database) -> None:
    text = (await http.get("/readyz")).text + (await http.get("/healthz")).text
    for part in (database.app_url, "anbahn_app", "127.0.0.1", SECRET):
        assert part not in text
