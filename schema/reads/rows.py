"""A row in the making: the columns of an alias in a statement, and values that are lent to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from crm.tables import Kind, Table
from schema.reads.selection import Uncompilable
from schema.reads.statements import Given, Statement

Lend = Callable[[], str]
"""Gives the builder's expression of a value, reading its column when it is first wanted."""


@dataclass
class Row:
    """A row as an object shows it, while its statement is in the making."""

    statement: Statement
    alias: str
    table: Table | None = None
    lent: Mapping[str, Lend] = field(default_factory=dict)
    """Values that are no columns of the alias."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """SQL of what columns hold where the row is not there."""

    @property
    def known(self) -> Table:
        """Its table, where it must have one."""
        if self.table is None:
            raise LookupError("values that are lent belong to no table")
        return self.table

    def value(self, name: str) -> str:
        """The builder's expression of a column or a lent value."""
        if name in self.lent:
            return self.lent[name]()
        column = f"{self.alias}.{name}"
        return self.statement.column(f"coalesce({column}, {self.absent[name]})" if name in self.absent else column)

    def sql(self, template: str, **names: str) -> str:
        """A SQL expression over the row (schema/reads/mapping.py says which words stand for what)."""
        return template.format_map(_Words(self, names))


class LoadedRow(Row):
    """A row that the ORM has loaded, as the builder's ``row``; what takes a query to know is not to be had of it."""

    def __init__(self, table: Table) -> None:
        super().__init__(cast("Statement", _NoStatement()), "row", table)

    def value(self, name: str) -> str:
        column = self.known.columns.get(name)
        if column is None or column.kind is Kind.JSON:  # which the ORM has read already
            raise Uncompilable(f"{name} is not in a loaded row as it is in the table")
        return f"row.{name}"


class _NoStatement:
    """Stands where a statement would be."""

    def __getattr__(self, name: str) -> Any:
        raise Uncompilable("it takes a query")


class _Words(dict[str, str]):
    """What the words of a template stand for; a parameter comes into being when it is named."""

    def __init__(self, row: Row, names: Mapping[str, str]) -> None:
        super().__init__(names, row=row.alias)
        self._statement = row.statement

    def __missing__(self, word: str) -> str:
        given = {"workspace": (Given.WORKSPACE, "uuid"), "now": (Given.NOW, "timestamptz")}
        return self._statement.parameter(*given[word])
