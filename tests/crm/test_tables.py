"""What compiled reads know of the tables is what PostgreSQL has."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import asyncpg
import pytest

from crm.rows import KINDS
from crm.tables import TABLES, Column, Kind

COLUMNS = """
SELECT c.relname AS table, a.attname AS name, a.atttypid::regtype::text AS type, NOT a.attnotnull AS nullable,
       (SELECT k.confrelid::regclass::text FROM pg_constraint k
        JOIN pg_attribute p ON p.attrelid = k.confrelid AND p.attname = 'id'
        WHERE k.contype = 'f' AND k.conrelid = c.oid AND a.attnum = ANY (k.conkey)
        AND p.attnum = k.confkey[array_position(k.conkey, a.attnum)]) AS references
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""
"""Every column of the database; ``references``: the table whose ``id`` it holds."""


def as_postgresql_has_it(sql: str, column: Column) -> tuple[str, str, str, bool, str | None]:
    target = TABLES[column.references].sql if column.references else None
    return sql, column.name, column.kind.value, column.nullable, target


async def test_every_column_is_described_as_it_is(orm: None, owner_connection: asyncpg.Connection) -> None:
    described = {
        as_postgresql_has_it(table.sql, column) for table in TABLES.values() for column in table.columns.values()
    }
    tables = {table.sql for table in TABLES.values()}
    found = {
        (
            row["table"],
            row["name"],
            row["type"].replace("character varying", "text"),
            row["nullable"],
            row["references"],
        )
        for row in await owner_connection.fetch(COLUMNS)
        if row["table"] in tables
    }
    assert described == found
    assert len(tables) == len(TABLES) > 10


def test_every_kind_that_is_read_as_such_has_a_table() -> None:
    assert set(KINDS) <= set(TABLES)
    for kind, table in TABLES.items():
        assert kind == table.kind
        assert table.columns["id"] == Column("id", Kind.UUID, nullable=False, references=None)
        assert kind == "Workspace" or table.columns["workspace_id"].references == "Workspace"


def test_a_description_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TABLES["Deal"] = TABLES["Lead"]  # type: ignore[index]
    with pytest.raises(TypeError):
        TABLES["Deal"].columns["id"] = TABLES["Lead"].columns["id"]  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        TABLES["Deal"].columns["id"].name = "x"  # type: ignore[misc]


def test_it_is_the_same_before_and_after_the_orm_is_set_up() -> None:
    """Tortoise adds fields to its models when it initialises them; the descriptions need no Tortoise.init."""
    program = """
import asyncio
from crm import db, tables
from tortoise import Tortoise
assert not Tortoise._inited
asyncio.run(db.connect("postgres://nobody@localhost/nothing"))
assert {model.__name__: tables._table(model) for model in tables._models()} == dict(tables.TABLES)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
