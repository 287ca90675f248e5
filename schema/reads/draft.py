"""A plan in the making: statements, their joins and parameters, and the conditions that no table is read without."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from crm.reads import RowFilter, Scope
from crm.tables import TABLES, Table
from schema.reads.builder import Source
from schema.reads.plan import Plan, Sealed, Step
from schema.reads.rows import Row
from schema.reads.selection import Branch, Pick
from schema.reads.statements import Given, Statement, Value
from schema.reads.typemap import TypeMap


class Draft:
    """One plan, for one selection under one scope. ``shapes`` are what its slots ask for, without a value.

    Every table that a query reaches, at whatever level, is read under two conditions that are added here and nowhere
    else (``_scoped``): the workspace, and the actor's row filter. SQL that a type declares (schema/reads/mapping.py)
    names the workspace itself, and knows no filters: what it sums up it sums up for everybody.
    """

    def __init__(self, types: TypeMap, scope: Scope, shapes: Sequence[Any], *, reads_along: bool = True) -> None:
        self._types = types
        self._scope = scope
        self._shapes = shapes
        self._steps: list[Step | None] = []
        self._reads_along = reads_along
        """Whether the list of a single object may be read along with it."""
        self._aliases = 0
        self._single: list[Statement] = []
        """Statements that read one object by its id."""
        self._joined: dict[tuple[str, str], Row] = {}
        self._source = Source()

    def _plan(self, response: str) -> Plan:
        done = [step for step in self._steps if step is not None]
        parents = {step.parent for step in done}
        steps = tuple(replace(step, has_lists=number in parents) for number, step in enumerate(done))
        text = self._source.text(response)
        return Plan(steps, text, self._source.compiled(text))

    def _object(self, type_name: str, picks: tuple[Pick, ...], row: Row) -> str:
        """What is selected of an object, as an expression of the builder."""
        raise NotImplementedError

    def _shown(self, below: Branch, row: Row) -> str:
        """``_object`` for what is selected below a field."""
        return self._object(*below, row)

    def _sealed(self, statement: Statement, source: str, where: str | None = None) -> Sealed | None:
        """The statement again, if it is the first, under the condition that the request's key is right."""
        if statement.number:
            return None
        seal = statement.sealed()
        sql = statement.select(source, seal if where is None else f"{where} AND {seal}")
        return Sealed(sql, tuple(statement.parameters))

    def _begin(self, kind: str, in_list_of: Row | None = None) -> tuple[Row, int]:
        """A new statement over the rows of a kind, and its number among the steps."""
        number = len(self._steps)
        self._steps.append(None)
        statement = Statement(number)
        if in_list_of is not None:
            statement.column("parent.number")
        return Row(statement, self._alias(), TABLES[kind]), number

    def _referred(self, column: str, kind: str, row: Row) -> Row:
        """The row that a column refers to; joined once, however often it is wanted."""
        joined = self._joined.get((row.alias, column))
        if joined is None:
            joined = self._join(kind, row, lambda to: f"{to}.id = {row.alias}.{column}")
            if self._scope.row_filter(kind) is None:
                # Its id is the reference; a foreign key holds that there is such a row.
                joined.lent = {"id": lambda: row.value(column)}
            self._joined[row.alias, column] = joined
        return joined

    def _lateral(self, template: str, row: Row, **words: str) -> Row:
        """The one row of a query over this row; joined once, however often it is wanted."""
        joined = self._joined.get((row.alias, template))
        if joined is None:
            joined = self._joined[row.alias, template] = Row(row.statement, self._alias())
            row.statement.joins.append(f"LEFT JOIN LATERAL ({row.sql(template, **words)}) AS {joined.alias} ON true")
        return joined

    def _join(self, kind: str, row: Row, on: Callable[[str], str]) -> Row:
        """Another table's row beside this one."""
        joined = Row(row.statement, self._alias(), TABLES[kind])
        scoped = self._scoped(row.statement, joined.alias, joined.known)
        row.statement.joins.append(f"LEFT JOIN {joined.known.sql} AS {joined.alias} ON {scoped} AND {on(joined.alias)}")
        return joined

    def _scoped(self, statement: Statement, alias: str, table: Table) -> str:
        """The two conditions under which any table is read."""
        scoped = f"{alias}.workspace_id = {statement.parameter(Given.WORKSPACE, 'uuid')}"
        seen = self._scope.row_filter(table.kind)
        return scoped if seen is None else f"{scoped} AND {self._visible(seen, statement, alias)}"

    def _visible(self, seen: RowFilter, statement: Statement, alias: str) -> str:
        member = statement.parameter(Given.MEMBER, "uuid") if seen.needs_member else ""
        return seen.condition(row=alias, member=member)

    def _places(self, statement: Statement, pick: Pick, first: int) -> Callable[[str], str]:
        """Places the values of a pick's slot one after the other."""
        slot, index = self._slot(pick), count(first)
        return lambda type: statement.parameter(Value(slot, next(index)), type)

    def _slot(self, pick: Pick) -> int:
        if pick.slot is None:
            raise LookupError(f"{pick.field} takes no arguments")
        return pick.slot

    def _shape(self, pick: Pick) -> Any:
        return self._shapes[self._slot(pick)]

    def _alias(self) -> str:
        self._aliases += 1
        return f"t{self._aliases}"
