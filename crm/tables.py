"""The workspace's tables as plain data: what compiled reads may know of a table, without knowing a model.

Told by the models, and by nothing else; neither a connection nor ``Tortoise.init`` is needed for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from inspect import getmembers, isclass
from types import MappingProxyType
from typing import Any

from tortoise import fields
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.models import Model

from crm.db import MODELS


class Kind(StrEnum):
    """What a column holds, as PostgreSQL names its type."""

    UUID = "uuid"
    TEXT = "text"
    INTEGER = "integer"
    BIGINT = "bigint"
    SMALLINT = "smallint"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp with time zone"
    DATE = "date"
    JSON = "jsonb"
    BYTES = "bytea"
    NUMERIC = "numeric"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    """As the database has it: ``contact_id``."""
    kind: Kind
    nullable: bool
    references: str | None
    """The kind of record whose ``id`` it holds (``Contact``); None for a value."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table; its primary key is ``id``."""

    kind: str
    """The kind of record that a row is, by its model's name: ``Deal``."""
    sql: str
    """As the database has it: ``deal``."""
    columns: Mapping[str, Column]
    """By name, in the model's order."""


_KINDS: dict[type[fields.Field[Any]], Kind] = {
    fields.UUIDField: Kind.UUID,
    fields.CharField: Kind.TEXT,  # varchar; it reads, compares and sorts as text
    fields.TextField: Kind.TEXT,
    fields.IntField: Kind.INTEGER,
    fields.BigIntField: Kind.BIGINT,
    fields.SmallIntField: Kind.SMALLINT,
    fields.BooleanField: Kind.BOOLEAN,
    fields.DatetimeField: Kind.TIMESTAMP,
    fields.DateField: Kind.DATE,
    fields.JSONField: Kind.JSON,
    fields.BinaryField: Kind.BYTES,
    fields.DecimalField: Kind.NUMERIC,
}


def _models() -> Iterator[type[Model]]:
    for path in MODELS:
        for _, model in getmembers(import_module(path), isclass):
            if issubclass(model, Model) and model.__module__ == path:
                yield model


def _table(model: type[Model]) -> Table:
    described = [_column(name, field) for name, field in _own_fields(model)]
    return Table(
        kind=model.__name__,
        sql=model._meta.db_table,
        columns=MappingProxyType({column.name: column for column in described}),
    )


def _own_fields(model: type[Model]) -> Iterator[tuple[str, fields.Field[Any]]]:
    """The model's fields that are columns; ``Tortoise.init`` adds a second one beside each relation, its raw key."""
    for name, field in model._meta.fields_map.items():
        if isinstance(field, ForeignKeyFieldInstance) or (field.has_db_field and field.reference is None):
            yield name, field


def _column(name: str, field: fields.Field[Any]) -> Column:
    if isinstance(field, ForeignKeyFieldInstance):
        named = field.model_name
        target = named.rpartition(".")[2] if isinstance(named, str) else named.__name__
        # Every table's key is the UUID of WorkspaceRecord.
        return Column(field.source_field or f"{name}_id", Kind.UUID, field.null, target)
    return Column(field.source_field or name, _KINDS[type(field)], field.null, None)


TABLES: Mapping[str, Table] = MappingProxyType({model.__name__: _table(model) for model in _models()})
"""Every table of a workspace by the kind of its records."""
