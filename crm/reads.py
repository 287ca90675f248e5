"""Where compiled reads run: a small pool of connections that can only read, and the scope that a read is made for.

The ORM's pool serves operations: transactions, savepoints, a reset on each release. A compiled read is one statement,
so here a lease costs next to nothing, statements stay prepared, and a read whose connection is lost runs once more on
a fresh one, for nothing was changed. What binds a connection to its workspace is the mechanism of ``crm.engine``, with
its rule: nothing else changes session settings.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from string import Formatter
from types import TracebackType
from typing import Any
from uuid import UUID

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement

from crm.accounts.facts import Actor, Role
from crm.db import PLANNING, credentials
from crm.doors import hashed
from crm.engine import ACQUIRE_TIMEOUT_SECONDS, WorkspaceConnection, bind, bound

STATEMENTS = 100
"""How many statements a connection keeps prepared; the one that was not used for longest gives way."""
IDLE_SECONDS = 300.0
"""How long a connection may be unused before it is closed."""
READ_SECONDS = 60.0
"""How long a read may take. PostgreSQL itself ends it then."""
WATCH_SECONDS = 15.0
"""How often the pool looks for reads that PostgreSQL ought to have ended and has not: it is out of reach. A timer for
each read would take a tenth of the time of a short one."""
CLOSE_SECONDS = 2.0
"""How long PostgreSQL may take to end what a cancelled read left running, before its connection is cut."""

DOOR = "SELECT * FROM door_"
"""How a statement begins that needs no workspace: it finds one (``crm.doors``)."""

_SESSION = {
    "application_name": "anbahn reads",
    "default_transaction_read_only": "on",
    "statement_timeout": f"{READ_SECONDS:.0f}s",
    **PLANNING,
}


class ReadPool:
    """At most ``size`` connections to one database, opened when first needed.

    Who waits for one is served in order of arrival. Belongs to one event loop, from its first lease on.
    """

    def __init__(self, url: str, *, size: int = 10) -> None:
        self._free = [_Session(url) for _ in range(size)]
        """The next one to lend is the last; those without a connection come first."""
        self._waiting: OrderedDict[asyncio.Future[_Session], None] = OrderedDict()
        self._reading: dict[_Session, float] = {}
        """The sessions at work, and since when."""
        self._tidying: asyncio.TimerHandle | None = None
        self._watching: asyncio.TimerHandle | None = None
        self._closed = False

    def lease(self) -> AbstractAsyncContextManager[ReadConnection]:
        """One connection for one block and one task.

        Raises, on entry: TimeoutError when none became free within ACQUIRE_TIMEOUT_SECONDS; asyncpg.InterfaceError
        when the pool is closed. Both are in ``crm.db.UNREACHABLE``.
        """
        return ReadConnection(self)

    async def close(self) -> None:
        """Close what is free; what is still lent is closed when it comes back. Leases are refused from now on."""
        self._closed = True
        for timer in (self._tidying, self._watching):
            if timer is not None:
                timer.cancel()
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(_pool_is_closed())
        self._free = [session.end() for session in self._free]
        for session in self._free:
            await session.ended()

    async def _take(self) -> _Session:
        """A free session, once it is this caller's turn."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[_Session] = loop.create_future()
        self._waiting[waiter] = None
        expiry = loop.call_later(ACQUIRE_TIMEOUT_SECONDS, _expire, waiter)
        try:
            return await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._give_back(waiter.result())  # cancelled in the moment in which it was served
            raise
        finally:
            expiry.cancel()
            self._waiting.pop(waiter, None)

    def _give_back(self, session: _Session) -> None:
        if self._closed:
            self._free.append(session.end())
            return
        while self._waiting:
            waiter, _ = self._waiting.popitem(last=False)
            if not waiter.done():
                waiter.set_result(session)
                return
        if not session.is_open:
            self._free.insert(0, session)
            return
        loop = asyncio.get_running_loop()
        session.idle_since = loop.time()
        self._free.append(session)
        if self._tidying is None:
            self._tidying = loop.call_later(IDLE_SECONDS / 4, self._tidy)

    def _tidy(self) -> None:
        """Close what has been idle for too long, and come again while there is anything to close."""
        loop = asyncio.get_running_loop()
        oldest = loop.time() - IDLE_SECONDS
        sessions = [s.end() if s.is_open and s.idle_since <= oldest else s for s in self._free]
        self._free = sorted(sessions, key=lambda session: session.is_open)
        self._tidying = loop.call_later(IDLE_SECONDS / 4, self._tidy) if self._free and self._free[-1].is_open else None

    def _watch(self) -> None:
        """Cut the connections whose reads should have ended long ago, and look again while there is any read."""
        loop = asyncio.get_running_loop()
        for session, since in self._reading.items():
            if loop.time() - since > READ_SECONDS + CLOSE_SECONDS:
                session.cut()
        self._watching = loop.call_later(WATCH_SECONDS, self._watch) if self._reading else None


class ReadConnection:
    """What a lease lends: one connection, for one statement after the other."""

    __slots__ = ("_busy", "_pool", "_session")

    def __init__(self, pool: ReadPool) -> None:
        self._pool = pool
        self._session: _Session | None = None
        self._busy = False

    async def __aenter__(self) -> ReadConnection:
        pool = self._pool
        if pool._closed:
            raise _pool_is_closed()
        self._session = pool._free.pop() if pool._free else await pool._take()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        session, self._session = self._session, None
        if session is not None:
            # Busy: another task still reads on it, which must not go on where somebody else reads next.
            self._pool._give_back(session.end() if self._busy else session)

    async def fetch(self, sql: str, values: Sequence[Any], *, workspace_id: UUID | None) -> list[asyncpg.Record]:
        """The rows that one statement returns, seen from one workspace; None for a door (``DOOR``), which finds one.

        Raises: what asyncpg raises; what is lost when PostgreSQL goes away is in ``crm.db.UNREACHABLE``.
        """
        if workspace_id is None and not sql.startswith(DOOR):
            raise RuntimeError("only a door is opened without a workspace: the connection is bound to the last one")
        if self._busy:
            raise RuntimeError("a lease runs one read at a time")
        self._busy = True
        pool, loop = self._pool, asyncio.get_running_loop()
        if pool._watching is None:
            pool._watching = loop.call_later(WATCH_SECONDS, pool._watch)
        try:
            while True:
                session = self._session
                if session is None:
                    raise RuntimeError("a read outside of its lease")
                known = session.is_open
                pool._reading[session] = loop.time()
                try:
                    statement = session.ready(sql, workspace_id) or await session.prepared(sql, workspace_id)
                    return await statement.fetch(*values)
                except BaseException as error:
                    if _is_answered(error):
                        raise
                    if self._session is session:
                        self._session = session.end()
                    if not (known and _is_lost(error)):
                        raise
                finally:
                    pool._reading.pop(session, None)
        finally:
            self._busy = False


class _Session:
    """Room for one connection to PostgreSQL, and the connection from the first read on.

    It has one connection in its life; ``end`` makes the session that takes its place.
    """

    __slots__ = ("_after", "_bound", "_connection", "_statements", "_url", "idle_since")

    def __init__(self, url: str, *, after: asyncio.Task[None] | None = None) -> None:
        self._url = url
        self._after = after
        """The closing of the connection that was here before."""
        self._connection: WorkspaceConnection | None = None
        self._bound: tuple[UUID, str | None] | None = None
        """The workspace it was bound to last, and the connection's own note of it, which only binding changes."""
        self._statements: OrderedDict[str, PreparedStatement[asyncpg.Record]] = OrderedDict()
        self.idle_since = 0.0

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    def end(self) -> _Session:
        """Close the connection, in the background: a read that was cancelled is first ended in PostgreSQL, too."""
        connection, self._connection = self._connection, None
        self._statements.clear()
        if connection is None:
            return _Session(self._url, after=self._after)
        return _Session(self._url, after=asyncio.get_running_loop().create_task(_put_away(connection)))

    async def ended(self) -> None:
        """Wait until the connection that was here before is closed."""
        if self._after is not None:
            await asyncio.wait([self._after])
            self._after = None

    def cut(self) -> None:
        """Give up the connection; a read on it fails."""
        if self._connection is not None:
            self._connection.terminate()

    def ready(self, sql: str, workspace_id: UUID | None) -> PreparedStatement[asyncpg.Record] | None:
        """The statement, where it is prepared and the connection bound; None: it takes ``prepared``."""
        connection, known = self._connection, self._bound
        if connection is None:
            return None
        if workspace_id is not None and (
            known is None or known[0] != workspace_id or connection.bound_to is not known[1]
        ):
            return None
        statement = self._statements.get(sql)
        if statement is not None:
            self._statements.move_to_end(sql)
        return statement

    async def prepared(self, sql: str, workspace_id: UUID | None) -> PreparedStatement[asyncpg.Record]:
        """The statement, prepared, on a connection that is bound to the workspace."""
        connection = self._connection or await self._connect()
        if workspace_id is not None:
            with bound(workspace_id):
                await bind(connection)
            self._bound = (workspace_id, connection.bound_to)
        return self._statements.get(sql) or await self._prepare(connection, sql)

    async def _connect(self) -> WorkspaceConnection:
        await self.ended()  # so that there are never more connections than the pool's size
        self._connection = await asyncpg.connect(
            **{**credentials(self._url), "command_timeout": None, "server_settings": _SESSION},
            connection_class=WorkspaceConnection,
            # asyncpg's own cache is not used, only the names it gives to statements as long as it is on.
            statement_cache_size=1,
        )
        return self._connection

    async def _prepare(self, connection: WorkspaceConnection, sql: str) -> PreparedStatement[asyncpg.Record]:
        while len(self._statements) >= STATEMENTS:
            # asyncpg has PostgreSQL forget a statement that nobody holds any more when it prepares the next one.
            self._statements.popitem(last=False)
        statement = self._statements[sql] = await connection.prepare(sql)
        return statement


async def _put_away(connection: WorkspaceConnection) -> None:
    with suppress(Exception):  # it has been cut then, and whoever read on it knows already
        await connection.close(timeout=CLOSE_SECONDS)


def _expire(waiter: asyncio.Future[_Session]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError(f"no connection became free within {ACQUIRE_TIMEOUT_SECONDS:g} seconds"))


def _pool_is_closed() -> asyncpg.InterfaceError:
    return asyncpg.InterfaceError("the pool is closed")


def _is_answered(error: BaseException) -> bool:
    """Whether PostgreSQL (or asyncpg, before it sent anything) refused the read, and the connection is as it was."""
    return isinstance(error, asyncpg.PostgresError) and not _is_lost(error)


def _is_lost(error: BaseException) -> bool:
    """Whether the connection is gone, or what it had prepared: then a fresh one may have the answer.

    Not a timeout, for what took too long would do so again.
    """
    if isinstance(error, asyncpg.PostgresError):
        return isinstance(error, _LOST) or getattr(error, "severity_en", None) in {"FATAL", "PANIC"}
    return isinstance(error, _LOST) and not isinstance(error, TimeoutError)


_LOST = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidCachedStatementError,  # after a migration
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows of one kind an actor may see, as a condition in SQL."""

    kind: str
    """The kind of record: ``Deal``."""
    sql: str
    """A condition with ``{row}`` where the table's alias belongs, and ``{member}`` where the acting member's id does:
    ``{row}.owner_id = {member}``. That id is a value and no part of the condition, so members share it; it is NULL
    when Anbahn itself acts. Braces that are meant are doubled."""

    def __post_init__(self) -> None:
        names = {name for _, name, _, _ in Formatter().parse(self.sql) if name is not None}
        if not {"row"} <= names <= {"row", "member"}:
            raise ValueError(f"a row filter speaks of {{row}}, and perhaps of {{member}}: {self.sql}")

    @property
    def needs_member(self) -> bool:
        """Whether the acting member's id is one of the statement's values."""
        return "{member}" in self.sql

    def condition(self, *, row: str, member: str) -> str:
        """The condition for one place of a statement: the table's alias there, and the parameter (``$2``)."""
        return f"({self.sql.format(row=row, member=member)})"


SEEN: dict[Role | None, frozenset[RowFilter]] = {role: frozenset() for role in (*Role, None)}
"""What hides rows from each role, at most one filter for each kind: none does. The role None is Anbahn itself."""


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom a read is made. Every level of a compiled read asks it for the filter of its table."""

    actor: Actor
    filters: frozenset[RowFilter]

    @classmethod
    def of(cls, actor: Actor) -> Scope:
        """What the actor's role sees."""
        return cls(actor, SEEN[actor.role])

    @property
    def key(self) -> frozenset[RowFilter]:
        """What of the scope shapes a statement: equal for actors who see by the same conditions, whoever they are."""
        return self.filters

    def row_filter(self, kind: str) -> RowFilter | None:
        """What hides rows of this kind from the actor; None: nothing, beyond the workspace's own walls."""
        return next((found for found in self.filters if found.kind == kind), None)


async def actor_of(connection: ReadConnection, key: str) -> Actor | None:
    """The member whose bearer key this is; None when it is nobody's or revoked. As ``crm.doors.actor_of``, cheaper."""
    rows = await connection.fetch(f"{DOOR}credential($1)", (hashed(key),), workspace_id=None)
    if not rows:
        return None
    row = rows[0]
    # asyncpg's own UUID class is not the standard one.
    workspace_id, member_id = UUID(int=row["workspace_id"].int), UUID(int=row["member_id"].int)
    return Actor(workspace_id=workspace_id, member_id=member_id, role=Role(row["role"]))
