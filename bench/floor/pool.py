"""Connections that stay as they are: their statements prepared, their workspace bound, nothing reset in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from crm.db import PLANNING


class Connection:
    """One connection, with what it has prepared and what it is bound to."""

    def __init__(self, raw: asyncpg.Connection) -> None:
        self.raw = raw
        self._statements: dict[str, Any] = {}
        self._bound_to = ""

    async def bind(self, workspace_id: str) -> None:
        """Let row-level security show this workspace; a round trip only when it was another one before."""
        if self._bound_to != workspace_id:
            self._bound_to = ""
            await self.raw.execute(f"SET app.workspace_id = '{workspace_id}'")
            self._bound_to = workspace_id

    async def rows(self, sql: str, *values: object) -> list[Any]:
        """The rows of a statement, which is prepared once for each connection."""
        found: list[Any] = await (self._statements.get(sql) or await self._prepare(sql)).fetch(*values)
        return found

    async def row(self, sql: str, *values: object) -> Any:
        """The first row, or None."""
        return await (self._statements.get(sql) or await self._prepare(sql)).fetchrow(*values)

    async def _prepare(self, sql: str) -> Any:
        prepared = self._statements[sql] = await self.raw.prepare(sql)
        return prepared


class Pool:
    """A few connections; the one used last is lent first, for it is the warmest."""

    def __init__(self, connections: list[asyncpg.Connection]) -> None:
        self._free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        for raw in connections:
            self._free.put_nowait(Connection(raw))

    @classmethod
    async def open(cls, url: str, size: int) -> Pool:
        """``size`` connections, logged in."""
        return cls([await asyncpg.connect(url, server_settings=PLANNING) for _ in range(size)])

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Connection]:
        """A connection of one's own while the block runs."""
        connection = await self._free.get()
        try:
            yield connection
        finally:
            self._free.put_nowait(connection)

    async def close(self) -> None:
        while not self._free.empty():
            await self._free.get_nowait().raw.close()
