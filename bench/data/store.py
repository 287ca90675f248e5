"""Where the data sets are kept: an embedded PostgreSQL of the benchmarks' own, a database for each size."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

import settings
from bench.data.bulk import checked_afterwards
from bench.data.fill import TABLES, fill
from bench.data.sizes import Size
from bench.data.workspace import opened
from crm.migrate import prepare_database
from embedded.postgres import OWNER, Postgres
from embedded.state import StateDirectory
from settings import Settings

HERE = Path(__file__).resolve().parents[2]
STATE = HERE / ".anbahn-bench"
KEY = "the-bearer-key-of-the-benchmarks"
"""Opens the workspace that is measured. No secret: nothing but made-up rows lies behind it, on loopback."""
SECRET = "the secret of the benchmarks, which keeps nothing"  # noqa: S105


@contextmanager
def server(*, durable: bool = False) -> Iterator[Postgres]:
    """The PostgreSQL server, while the block runs.

    Not ``durable``: it never waits for the disk, so that what is measured is the software.
    """
    with StateDirectory(STATE), Postgres(STATE, fast=not durable) as postgres:
        yield postgres


def configured(postgres: Postgres, size: Size, *, port: int = 8000) -> Settings:
    """The settings of a process that works on the database of that size."""
    return settings.read(
        {
            "DATABASE_URL": at(postgres.url, size.database),
            "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody rings while we measure
            "ANBAHN_SECRET": SECRET,
            "ANBAHN_STATE": str(STATE),
            "HOST": "127.0.0.1",
            "PORT": str(port),
        }
    )


def at(url: str, database: str) -> str:
    """The same server and login, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def mark(size: Size) -> str:
    """What a finished data set is marked with: another schema or another generator makes it void."""
    generator = [Path(__file__).with_name(f"{name}.py") for name in ("fill", "statements", "words", "workspace")]
    sources = [*sorted((HERE / "crm" / "migrations").glob("0*.py")), *generator]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    return json.dumps({"size": size.name, "made_by": digest})


async def ensure(postgres: Postgres, size: Size, say: Callable[[str], None]) -> None:
    """Make the data set, unless it is there as this version would make it."""
    if await is_there(postgres, size):
        say(f"{size.name}: there already")
        return
    began = time.monotonic()
    await _create(postgres, size)
    config = configured(postgres, size)
    await prepare_database(config.required_database_url(), config.app_role_password())
    measured = await opened(config, "Beispiel GmbH", KEY)
    other = await opened(config, "Somebody else", f"{KEY}-of-others")
    connection = await asyncpg.connect(config.required_database_url())
    try:
        await connection.execute("SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'; SET jit = off")
        async with checked_afterwards(connection, TABLES):
            await fill(connection, measured, size)
            # Row-level security and estimates are about something only where there is more than one workspace.
            await fill(connection, other, _tenth(size), seed=2)
        say(f"{size.name}: filled after {time.monotonic() - began:.0f} s")
        await _finish(connection, size)
        for line in await _told(connection, time.monotonic() - began):
            say(line)
    finally:
        await connection.close()


async def is_there(postgres: Postgres, size: Size) -> bool:
    """Whether the data set is there, as this version would make it."""
    return await _mark_of(postgres, size) == mark(size)


def _tenth(size: Size) -> Size:
    counts = (size.contacts, size.organizations, size.leads, size.deals)
    return Size(size.name, *(max(1, count // 10) for count in counts))


async def _mark_of(postgres: Postgres, size: Size) -> str | None:
    connection = await asyncpg.connect(postgres.superuser_url)
    try:
        found: str | None = await connection.fetchval(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", size.database
        )
        return found
    finally:
        await connection.close()


async def _create(postgres: Postgres, size: Size) -> None:
    """An empty database of that name, whatever was there."""
    connection = await asyncpg.connect(postgres.superuser_url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{size.database}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{size.database}" OWNER {OWNER}')
    finally:
        await connection.close()


async def _finish(connection: asyncpg.Connection, size: Size) -> None:
    """Totals folded, statistics and visibility as in a database that has lived for a while; then the mark."""
    await connection.execute("SELECT door_fold(1000000)")
    await connection.execute("VACUUM (ANALYZE)")
    await connection.execute(f"COMMENT ON DATABASE \"{size.database}\" IS '{mark(size)}'")


async def tidy(owner_url: str) -> None:
    """What a worker and autovacuum do from time to time, so that one peer's moves are no burden for the next."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("SELECT door_fold(1000000)")
        await connection.execute("VACUUM stage_delta")
    finally:
        await connection.close()


async def _told(connection: asyncpg.Connection, seconds: float) -> list[str]:
    rows = [(table, await connection.fetchval(f"SELECT count(*) FROM {table}")) for table in TABLES]  # noqa: S608
    size = await connection.fetchval("SELECT pg_database_size(current_database())")
    total = sum(count for _, count in rows)
    return [
        *(f"  {table:<17} {count:>10,}" for table, count in rows),
        f"  {total:,} rows, {seconds:.0f} s, {size / 2**20:,.0f} MiB",
    ]
