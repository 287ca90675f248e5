"""A large fill is fastest with foreign keys and indexes made afterwards: one join checks a key for all rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

_FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS owner, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 AND conrelid = ANY($1::text[]::regclass[])
"""
_INDEXES_OF_NO_CONSTRAINT = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i
WHERE i.indrelid = ANY($1::text[]::regclass[])
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


@asynccontextmanager
async def checked_afterwards(connection: asyncpg.Connection, tables: Sequence[str]) -> AsyncIterator[None]:
    """Take these tables' foreign keys and plain indexes away, and make them again after the block, checked.

    All of it is one transaction: either the rows are in and every key holds, or nothing has happened.
    """
    async with connection.transaction():
        keys = await connection.fetch(_FOREIGN_KEYS, list(tables))
        indexes = await connection.fetch(_INDEXES_OF_NO_CONSTRAINT, list(tables))
        for key in keys:
            await connection.execute(f"ALTER TABLE {key['owner']} DROP CONSTRAINT {key['name']}")
        for index in indexes:
            await connection.execute(f"DROP INDEX {index['name']}")
        yield
        for index in indexes:
            await connection.execute(index["definition"])
        for key in keys:
            await connection.execute(f"ALTER TABLE {key['owner']} ADD CONSTRAINT {key['name']} {key['definition']}")
