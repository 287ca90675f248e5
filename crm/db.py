"""Connections, transactions and the one scope helper of the domain."""

from __future__ import annotations

import asyncio
import functools
import re
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ParamSpec, Protocol, TypeVar
from uuid import UUID

import asyncpg
from tortoise import Tortoise
from tortoise.exceptions import DBConnectionError
from tortoise.models import Model
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from crm.engine import bound, current_workspace
from crm.errors import NotFound, StaleVersion

MODELS = (
    "crm.accounts.models",
    "crm.outbox.models",
    "crm.tags.models",
    "crm.customfields.models",
    "crm.contacts.models",
    "crm.pipelines.models",
    "crm.activities.models",
    "crm.deals.models",
    "crm.leads.models",
    "crm.merging.models",
    "crm.intake.models",
)
CONNECT_TIMEOUT_SECONDS = 1.5
"""So that an ingress can still answer "not stored, come again" within two seconds when PostgreSQL is away."""

PLANNING = {
    "jit": "off",  # compiling takes longer than any statement here, and PostgreSQL's estimates ask for it all the same
    # A statement is planned once for each connection. Its shape is in its text, limits included, and it goes along an
    # index, so that values change little; by its own estimates PostgreSQL would plan a board or a move each time, for
    # a millisecond.
    "plan_cache_mode": "force_generic_plan",
    # Rows are looked up one by one; by the default, made for turning disks, whole tables are hashed for fifty of them.
    "random_page_cost": "1.1",
}
"""Settings of a session by which PostgreSQL plans short statements well."""

UNREACHABLE: tuple[type[BaseException], ...] = (
    OSError,
    asyncio.TimeoutError,
    DBConnectionError,
    asyncpg.InterfaceError,
    # What asyncpg 0.32 says on a connection that was told of PostgreSQL's end, but is not cut yet ("cannot switch to
    # state 15; another operation (2) is in progress"); nothing has been sent then.
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,  # it took longer than it may
)
"""What a missing, restarting or overloaded PostgreSQL looks like from here."""


class Conflict(Exception):
    """Somebody else did the same in the same moment: the operation is to be run again from its start."""


class _Rehearsed(Exception):
    """Carries what an operation did out of the transaction that is rolled back for it."""

    def __init__(self, result: Any) -> None:
        self.result = result


_RETRIES = 5
_CONFLICTS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, Conflict)

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=Model)


class Scoped(Protocol):
    """Whoever acts: all that this module needs to know of an Actor."""

    @property
    def workspace_id(self) -> UUID: ...


def tortoise_config(url: str, *, minimum: int = 1, maximum: int = 10) -> dict[str, Any]:
    """The ORM's configuration for one database URL (postgres://user:password@host:port/database)."""
    return {
        "connections": {
            "default": {
                "engine": "crm.engine",
                "credentials": {"minsize": minimum, "maxsize": maximum, **credentials(url)},
            }
        },
        "apps": {
            "crm": {"models": list(MODELS), "default_connection": "default", "migrations": "crm.migrations"},
        },
        "use_tz": True,
        "timezone": "UTC",
    }


def credentials(url: str) -> dict[str, Any]:
    """How asyncpg connects to a database URL, as its keyword arguments, with what bounds every wait (seconds)."""
    parts = urllib.parse.urlsplit(url)
    return {
        "host": parts.hostname,
        "port": parts.port or 5432,
        "user": urllib.parse.unquote(parts.username) if parts.username else None,
        "password": urllib.parse.unquote(parts.password) if parts.password else None,
        "database": urllib.parse.unquote(parts.path.strip("/")),
        "timeout": CONNECT_TIMEOUT_SECONDS,
        "command_timeout": 60,
        "server_settings": dict(PLANNING),
        **_ssl(parts.query),
    }


def _ssl(query: str) -> dict[str, str]:
    """The URL's ``sslmode``, as asyncpg takes it."""
    modes = urllib.parse.parse_qs(query).get("sslmode")
    return {"ssl": modes[0]} if modes else {}


async def connect(url: str, *, minimum: int = 1, maximum: int = 10) -> None:
    """Make the ORM usable in every task of this process. Connections are opened when first needed."""
    await Tortoise.init(config=tortoise_config(url, minimum=minimum, maximum=maximum), _enable_global_fallback=True)


async def disconnect() -> None:
    """Close every connection of this process."""
    await Tortoise.close_connections()


@asynccontextmanager
async def connected(url: str, *, minimum: int = 1, maximum: int = 10) -> AsyncIterator[None]:
    """``connect`` for a block, for commands and tests."""
    await connect(url, minimum=minimum, maximum=maximum)
    try:
        yield
    finally:
        await disconnect()


def atomic() -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Coroutine[Any, Any, R]]]:
    """Run an operation as one transaction, bound to the workspace of its keyword argument ``actor``.

    A deadlock or another conflict is run again from the start: an operation touches nothing but the database.
    Inside another operation of the same workspace it is part of that transaction (a savepoint).

    An operation that takes ``dry_run`` does all its work when that is true, and then nothing has happened: it is rolled
    back, and its result says what would have been.
    """

    def decorate(operation: Callable[P, Awaitable[R]]) -> Callable[P, Coroutine[Any, Any, R]]:
        @functools.wraps(operation)
        async def run(*args: P.args, **kwargs: P.kwargs) -> R:
            actor: Any = kwargs["actor"]
            nested = _depth() > 0
            if nested and current_workspace() != actor.workspace_id:
                raise RuntimeError("an operation cannot change the workspace inside a transaction")
            attempts = 1 if nested else _RETRIES
            for attempt in range(1, attempts + 1):
                try:
                    with bound(actor.workspace_id):
                        async with in_transaction():
                            result = await operation(*args, **kwargs)
                            if kwargs.get("dry_run"):
                                raise _Rehearsed(result)
                            return result
                except _Rehearsed as rehearsed:
                    done: R = rehearsed.result
                    return done
                except _CONFLICTS:
                    if attempt == attempts:
                        raise
                    await asyncio.sleep(0.01 * attempt)
            raise AssertionError("unreachable")

        return run

    return decorate


def _depth() -> int:
    """1 inside a transaction, else 0."""
    from tortoise.backends.base.client import TransactionalDBClient
    from tortoise.connection import get_connections

    return int(isinstance(get_connections().get("default"), TransactionalDBClient))


def scoped(model: type[M], actor: Scoped) -> QuerySet[M]:
    """The rows of one table that belong to the actor's workspace: where every read and write begins."""
    return model.filter(workspace_id=actor.workspace_id)


def _noun(model: type[Model]) -> str:
    return re.sub("(?<=[a-z])(?=[A-Z])", " ", model.__name__).lower()


async def get(model: type[M], id: UUID, actor: Scoped, *, field: tuple[str, ...] = ("id",)) -> M:
    """One row of the workspace.

    Raises: NotFound, naming the field.
    """
    row = await scoped(model, actor).get_or_none(id=id)
    if row is None:
        raise NotFound(f"There is no {_noun(model)} with this id.", field=field)
    return row


async def lock(
    model: type[M],
    id: UUID,
    actor: Scoped,
    *,
    expected_version: int | None = None,
    field: tuple[str, ...] = ("id",),
) -> M:
    """One row of the workspace, locked until the transaction ends.

    Raises: NotFound; StaleVersion, carrying the row as it is, when it is not at the version the caller saw.
    """
    row = await scoped(model, actor).select_for_update(no_key=True).get_or_none(id=id)
    if row is None:
        raise NotFound(f"There is no {_noun(model)} with this id.", field=field)
    check_version(row, expected_version)
    return row


def check_version(row: Model, expected_version: int | None) -> None:
    """Raises: StaleVersion, carrying the row as it is, when it is not at the version the caller saw."""
    version = getattr(row, "version", None)
    if expected_version is not None and version != expected_version:
        raise StaleVersion(
            f"This {_noun(type(row))} has changed since you read it: its version is {version}, not {expected_version}.",
            field=("expectedVersion",),
            current=row,
        )


async def is_writable() -> bool:
    """Whether the database takes writes: it is neither a standby nor set to read-only (a failover, a full disk)."""
    sql = "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS writable"
    return bool((await execute(sql))[0]["writable"])


async def execute(sql: str, *values: Any) -> list[dict[str, Any]]:
    """One hand-written statement in the current transaction or a connection of its own; its rows as dicts."""
    from tortoise.connection import get_connections

    rows: list[dict[str, Any]] = await get_connections().get("default").execute_query_dict(sql, list(values))
    return rows
