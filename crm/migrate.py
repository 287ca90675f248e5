"""Bringing a database to this version's schema, as its owner; and asking whether it is there."""

from __future__ import annotations

import contextlib
import urllib.parse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from tortoise import Tortoise
from tortoise.migrations.api import migrate as run_migrations

from crm import baseline
from crm.db import execute, tortoise_config
from crm.sealing import APP_ROLE

_LOCK = 4_242_017  # any number that nothing else in the database uses as an advisory lock
LATEST = baseline.NAMES[-1]
"""Name of the newest migration, such as 0002_doors."""


class MigrationRefused(Exception):
    """The database cannot be brought to this version; the text is one line for the operator."""


async def prepare_database(owner_url: str, app_password: str, *, from_baseline: bool = True) -> None:
    """Create the database and the application's role where they are missing, then migrate.

    An empty database takes the schema at once, or goes through all migrations where it is not to be made
    ``from_baseline``. Safe to run from several places at once: one migrates, the others wait and find nothing to do.

    Raises: MigrationRefused; OSError and asyncpg errors when the server cannot be reached.
    """
    await _ensure_database(owner_url)
    async with alone(owner_url) as connection:
        await _ensure_role(connection, app_password)
        if from_baseline:
            await baseline.lay(connection)
        try:
            await run_migrations(config=tortoise_config(owner_url, maximum=2))
        finally:
            await Tortoise.close_connections()
        # So that the application can say whether the schema is the one it was written for.
        await connection.execute(f"GRANT SELECT ON tortoise_migrations TO {APP_ROLE}")


@asynccontextmanager
async def alone(owner_url: str) -> AsyncIterator[asyncpg.Connection]:
    """The owner's connection, while nobody else migrates or prepares this database; others wait."""
    connection = await asyncpg.connect(owner_url, timeout=10)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        yield connection
    finally:
        await connection.close()


async def is_migrated() -> bool:
    """Whether the newest migration has been applied to the database this process is connected to."""
    rows = await execute("SELECT EXISTS (SELECT 1 FROM tortoise_migrations WHERE name = $1) AS applied", LATEST)
    return bool(rows[0]["applied"])


async def first_workspace(owner_url: str) -> UUID | None:
    """The workspace that was made first; only the owner can look across workspaces."""
    connection = await asyncpg.connect(owner_url, timeout=10)
    try:
        found = await connection.fetchval("SELECT id FROM workspace ORDER BY created_at, id LIMIT 1")
        return UUID(str(found)) if found else None
    finally:
        await connection.close()


async def _ensure_database(owner_url: str) -> None:
    parts = urllib.parse.urlsplit(owner_url)
    name = urllib.parse.unquote(parts.path.strip("/"))
    try:
        await (await asyncpg.connect(owner_url, timeout=10)).close()
        return
    except asyncpg.InvalidCatalogNameError:
        pass
    maintenance = await asyncpg.connect(urllib.parse.urlunsplit(parts._replace(path="/postgres")), timeout=10)
    try:
        quoted = '"' + name.replace('"', '""') + '"'
        await maintenance.execute(f"CREATE DATABASE {quoted} ENCODING 'UTF8' TEMPLATE template0")
    except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        pass  # somebody else made it at the same time, just before or in the very same moment
    except asyncpg.InsufficientPrivilegeError:
        raise MigrationRefused(
            f"the database {name} does not exist and {parts.username} may not create it: "
            f"run CREATE DATABASE {quoted} OWNER {parts.username}"
        ) from None
    finally:
        await maintenance.close()


async def _ensure_role(connection: asyncpg.Connection, password: str) -> None:
    """The application's role exists, may log in with this password, and has no right beyond its grants."""
    role = await connection.fetchrow(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcanlogin FROM pg_roles WHERE rolname = $1", APP_ROLE
    )
    if role is not None and (role["rolsuper"] or role["rolbypassrls"] or role["rolcreaterole"]):
        raise MigrationRefused(
            f"the role {APP_ROLE} has rights that would take down the walls between workspaces: "
            f"run ALTER ROLE {APP_ROLE} NOSUPERUSER NOBYPASSRLS NOCREATEROLE"
        )
    literal = "'" + password.replace("'", "''") + "'"
    try:
        if role is None:
            # Roles belong to the server: a run for another database may make it in the same moment.
            with contextlib.suppress(asyncpg.DuplicateObjectError, asyncpg.UniqueViolationError):
                await connection.execute(f"CREATE ROLE {APP_ROLE} LOGIN PASSWORD {literal}")
        elif not await _can_log_in(connection, password):
            await connection.execute(f"ALTER ROLE {APP_ROLE} LOGIN PASSWORD {literal}")
    except asyncpg.InsufficientPrivilegeError:
        raise MigrationRefused(
            f"the role {APP_ROLE} is missing or has another password, and the user of DATABASE_URL may not set it: "
            f"as an administrator run CREATE ROLE {APP_ROLE} LOGIN PASSWORD '…' and give it as ANBAHN_APP_PASSWORD"
        ) from None


async def _can_log_in(connection: asyncpg.Connection, password: str) -> bool:
    address: Any = connection
    host, port = address._addr  # asyncpg offers no public way to ask where a connection leads
    try:
        probe = await asyncpg.connect(
            host=host,
            port=port,
            user=APP_ROLE,
            password=password,
            database=await connection.fetchval("SELECT current_database()"),
            timeout=10,
        )
    except (asyncpg.PostgresError, OSError):
        return False
    await probe.close()
    return True
