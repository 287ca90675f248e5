"""New databases are made from a file; ``anbahn check-migrations`` holds it against what the migrations lead to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from crm import baseline
from embedded.postgres import Postgres
from tests.conftest import APP_PASSWORD, Server
from tests.places import place
from tests.processes import MIGRATE, python


@pytest.fixture
def server() -> Iterator[Postgres]:
    with place() as state, Postgres(state, fast=True) as started:
        yield started


@pytest_asyncio.fixture
async def empty(postgres: Server, database: object, worker_id: str) -> AsyncIterator[asyncpg.Connection]:
    """The owner's connection to a database that has nothing."""
    name = f"empty_{worker_id}"
    superuser = await asyncpg.connect(postgres.superuser_url)
    await superuser.execute(f"CREATE DATABASE {name} OWNER anbahn_owner")
    connection = await asyncpg.connect(postgres.owner_url.rpartition("/")[0] + f"/{name}")
    yield connection
    await connection.close()
    await superuser.execute(f"DROP DATABASE {name}")
    await superuser.close()


async def test_what_is_made_from_it_leads_to_the_same_file(server: Postgres) -> None:
    await python(MIGRATE, server.url, APP_PASSWORD)
    connection = await asyncpg.connect(server.url)
    assert await baseline.written(connection, server.dump_schema()) == baseline.FILE.read_text()
    assert [row["name"] for row in await connection.fetch("SELECT name FROM tortoise_migrations ORDER BY id")] == list(
        baseline.NAMES
    )
    await connection.close()


async def test_a_database_that_has_tables_is_left_to_the_migrations(empty: asyncpg.Connection) -> None:
    await empty.execute("CREATE TABLE anything (n integer)")
    assert await baseline.lay(empty) is False
    assert await empty.fetchval("SELECT to_regclass('workspace')") is None


async def test_it_is_laid_whole_or_not_at_all(empty: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = baseline.FILE.read_text() + "\nSELECT 1 / 0;"
    monkeypatch.setattr(Path, "read_text", lambda _path: broken)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await baseline.lay(empty)
    monkeypatch.undo()
    assert await empty.fetchval("SELECT to_regclass('workspace')") is None
    assert await baseline.lay(empty) is True
    assert await empty.fetchval("SHOW check_function_bodies") == "on"
