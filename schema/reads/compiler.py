"""The compiler: what a query selects → SQL statements and the Python that builds the response of their rows.

A to-one relation is a join of the statement around it. A list is a statement of its own that reads the lists of all
its parents at once: their ids go in as one array, and a lateral subquery takes each one's page. So a query takes as
many statements as it has lists, whatever the number of rows. The builder is generated source with one dict display an
object; no field is looked up by name while it runs. docs/reads.md follows one query; `make explain` shows any.

Every table, at whatever level, is read under two conditions that are added here and nowhere else (``_scoped``): the
workspace, and the actor's row filter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from textwrap import indent
from typing import Any

from crm.reads import RowFilter, Scope
from crm.tables import TABLES, Table
from schema.reads import mapping as m
from schema.reads.arguments import ListShape, cursor_list
from schema.reads.builder import INDENT, Source, display, each, grouped, page_of
from schema.reads.conditions import beyond_sql, filter_sql, order_sql
from schema.reads.plan import Plan, Sealed, Step
from schema.reads.selection import TYPENAME, Branch, Pick, Uncompilable
from schema.reads.statements import Given, Statement, Value
from schema.reads.typemap import TypeMap

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


class _Words(dict[str, str]):
    """What the words of a template stand for; a parameter comes into being when it is named."""

    def __init__(self, row: Row, names: Mapping[str, str]) -> None:
        super().__init__(names, row=row.alias)
        self._statement = row.statement

    def __missing__(self, word: str) -> str:
        given = {"workspace": (Given.WORKSPACE, "uuid"), "now": (Given.NOW, "timestamptz")}
        return self._statement.parameter(*given[word])


class Compiler:
    """Compiles one selection under one scope. ``shapes`` are what its slots ask for, without a value."""

    def __init__(self, types: TypeMap, scope: Scope, shapes: Sequence[Any]) -> None:
        self._types = types
        self._scope = scope
        self._shapes = shapes
        self._steps: list[Step | None] = []
        self._aliases = 0
        self._joined: dict[tuple[str, str], Row] = {}
        self._source = Source()

    def compile(self, root: str, picks: Sequence[Pick]) -> Plan:
        """The plan for fields of the query root.

        Raises: Uncompilable when a field is left to its resolver.
        """
        return self._plan(display([(pick.key, self._root(root, pick)) for pick in picks]))

    def compile_object(self, type_name: str, picks: tuple[Pick, ...]) -> Plan:
        """The plan for one object, whose id is the only value of the last slot; its response is None without it."""
        return self._plan(self._first(type_name, picks, len(self._shapes) - 1))

    def _plan(self, response: str) -> Plan:
        done = [step for step in self._steps if step is not None]
        parents = {step.parent for step in done}
        steps = tuple(replace(step, has_lists=number in parents) for number, step in enumerate(done))
        return Plan(steps, self._source.text(response), self._source.compiled(response))

    # Fields of the root

    def _root(self, root: str, pick: Pick) -> str:
        if pick.field == TYPENAME:
            return repr(root)
        match self._types.read(root, pick.field):
            case m.Many() as read:
                return self._list(read, pick, None)
            case m.ById() if self._shape(pick) is None:
                return "None"
            case m.ById():
                kind = self._shape(pick)
                return self._first(kind, pick.of(kind), self._slot(pick))
            case m.ByIds():
                return self._in_places(pick)
        raise Uncompilable(f"{root}.{pick.field} is answered by its resolver")

    def _first(self, kind: str, picks: tuple[Pick, ...], slot: int) -> str:
        """The object of a kind whose id is the slot's value; None without one."""
        row, number = self._begin(kind)
        row.statement.takes_inner = True
        shown = self._object(kind, picks, row)
        target, rows = self._with_inner(row, f"read[{number}][0]")
        self._end_found(row, number, "= {}", Value(slot, 0), "uuid")
        return f"next(({shown} for {target} in {rows}), None)"

    def _in_places(self, pick: Pick) -> str:
        """The objects whose ids the slot's last value names with their kinds, each in its place."""
        slot = self._slot(pick)
        kinds = []
        for index, kind in enumerate(self._shape(pick)):
            row, number = self._begin(kind)
            shown, id = self._object(kind, pick.of(kind), row), row.value("id")
            self._end_found(row, number, "= ANY({})", Value(slot, index), "uuid[]")
            kinds.append((kind, f"{{{id}: {shown} for {self._source.row(row.statement)} in read[{number}][0]}}"))
        found = self._source.name("found")
        self._source.define(f"{found} = {display(kinds)}")
        return f"[place and {found}[place[0]].get(place[1]) for place in values[{slot}][-1]]"

    def _end_found(self, row: Row, number: int, condition: str, value: Value, type: str) -> None:
        wanted = condition.format(row.statement.parameter(value, type))
        where = f"{self._scoped(row.statement, row.alias, row.known)} AND {row.alias}.id {wanted}"
        source = f"{row.known.sql} AS {row.alias}"
        sql = row.statement.select(source, where)
        self._steps[number] = Step(
            sql, tuple(row.statement.parameters), sealed=self._sealed(row.statement, source, where)
        )

    # Objects

    def _object(self, type_name: str, picks: tuple[Pick, ...], row: Row) -> str:
        # Lists last: whether one is read along with its object depends on what else is read of that.
        last = [isinstance(self._types.read(type_name, pick.field), m.Many) for pick in picks]
        shown = {
            pick.key: self._field(type_name, pick, row)
            for is_list in (False, True)
            for pick, comes_last in zip(picks, last, strict=True)
            if comes_last is is_list
        }
        return display((pick.key, shown[pick.key]) for pick in picks)

    def _field(self, type_name: str, pick: Pick, row: Row) -> str:
        if pick.field == TYPENAME:
            return repr(type_name)
        match self._types.read(type_name, pick.field):
            case m.Column(name):
                return row.value(name)
            case m.GlobalId():
                return f"{type_name + '_'!r} + {row.value('id')}.hex"
            case m.Computed() as read:
                return self._computed(read, row)
            case m.One() as read:
                return self._one(read, pick.only, row)
            case m.AnyOne() as read:
                return self._any_one(read, pick, row)
            case m.Beside() as read:
                return self._beside(read, pick.only, row)
            case m.Same():
                return self._object(*pick.only, row)
            case m.Inline() as read:
                return self._inline(read, pick.only, row)
            case m.Gathered() as read:
                return self._gathered(read, pick.only, row)
            case m.Items() as read:
                return self._items(read, pick.only, row)
            case m.Many() as read:
                return self._list(read, pick, row)
        raise Uncompilable(f"{type_name}.{pick.field} is answered by its resolver")

    def _computed(self, read: m.Computed, row: Row) -> str:
        beside = {word: self._referred(column, kind, row).alias for word, column, kind in read.beside}
        inputs = [self._input(name, row, beside) for name in read.inputs]
        if read.build is None:
            return inputs[0]
        called = (["context"] if read.in_context else []) + inputs
        return f"{self._source.function(read.build)}({', '.join(called)})"

    def _input(self, name: str | m.Of | m.Computed, row: Row, beside: Mapping[str, str] | None = None) -> str:
        if isinstance(name, m.Computed):
            return self._computed(name, row)
        if isinstance(name, m.Of):
            return self._referred(name.column, name.kind, row).value(name.name)
        return row.statement.column(row.sql(name, **beside or {})) if "{" in name or "(" in name else row.value(name)

    def _one(self, read: m.One, below: Branch, row: Row) -> str:
        type_name, picks = below
        reference = row.value(read.column)
        is_filtered = self._scope.row_filter(read.kind) is not None
        if not is_filtered and all(self._is_id(type_name, pick) for pick in picks):
            # The reference says it all; a foreign key holds that there is such a row.
            shown, present = (
                self._object(type_name, picks, Row(row.statement, "", lent={"id": lambda: reference})),
                reference,
            )
        else:
            joined = self._referred(read.column, read.kind, row)
            shown = self._object(type_name, picks, joined)
            present = joined.value("id") if is_filtered else reference
        if not is_filtered and row.table is not None and not row.table.columns[read.column].nullable and not row.absent:
            return shown
        return f"(None if {present} is None else {shown})"

    def _is_id(self, type_name: str, pick: Pick) -> bool:
        return pick.field == TYPENAME or isinstance(self._types.read(type_name, pick.field), m.GlobalId)

    def _any_one(self, read: m.AnyOne, pick: Pick, row: Row) -> str:
        shown = "None"
        for choice in reversed(read.choices):
            of_choice = self._one(choice, (choice.kind, pick.of(choice.kind)), row)
            shown = f"({of_choice} if {row.value(choice.column)} is not None else {shown})"
        return shown

    def _beside(self, read: m.Beside, below: Branch, row: Row) -> str:
        joined = self._join(read.kind, row, lambda to: read.on.format(row=to, parent=f"{row.alias}.id"))
        joined.absent = read.absent
        return self._object(*below, joined)

    def _inline(self, read: m.Inline, below: Branch, row: Row) -> str:
        def lend(source: str | m.Computed) -> Lend:
            return lambda: self._input(source, row)

        lent = {name: lend(source) for name, source in read.sources.items()}
        shown = self._object(*below, Row(row.statement, row.alias, lent=lent))
        return shown if read.null_when is None else f"(None if {row.value(read.null_when)} is None else {shown})"

    def _gathered(self, read: m.Gathered, below: Branch, row: Row) -> str:
        alias = self._alias()
        seen = self._scope.row_filter(read.of)
        if seen is None:
            sql = row.sql(read.sql)
        else:
            # Whoever may not see all of them must not learn their number from a roll-up.
            sql = row.sql(read.counted, visible=self._visible(seen, row.statement, "counted"))
        row.statement.joins.append(f"LEFT JOIN LATERAL ({sql}) AS {alias} ON true")
        return self._object(*below, Row(row.statement, alias))

    def _items(self, read: m.Items, below: Branch, row: Row) -> str:
        names = {name: self._source.name(name) for name in read.sources}
        arrays = [row.value(source) for source in read.sources.values()]

        def lend(variable: str) -> Lend:
            return lambda: variable

        shown = self._object(*below, Row(row.statement, row.alias, lent={k: lend(v) for k, v in names.items()}))
        return each(shown, ", ".join(names.values()), f"zip({', '.join(arrays)})")

    # Lists

    def _list(self, read: m.Many, pick: Pick, parent: Row | None) -> str:
        """A list of the root, or of each row of the statement around it."""
        if not read.paged:
            return self._short_list(read, pick, parent)
        shape: ListShape = self._shape(pick)
        selected = {below.field for below in pick.only[1]}
        total = self._count(read, pick, shape, parent) if "totalCount" in selected else None
        if not selected & {"edges", "nodes", "pageInfo"}:
            return self._connection(read, pick, shape, None, total)
        if parent is not None and parent.statement.takes_inner and parent.statement.is_light:
            row, rows = self._inner(read, shape, parent, pick)
            page = self._connection(read, pick, shape, row, "count")
        else:
            row, number = self._begin(read.listing.kind, in_list_of=parent)
            rows = _rows_of(number, parent)
            page = self._connection(read, pick, shape, row, "count")
            self._end_list(read, shape, row, number, parent, pick)
        function = self._function("rows, more, count" if total else "rows, more", page)
        return f"{function}({rows}{', ' + total if total else ''})"

    def _short_list(self, read: m.Many, pick: Pick, parent: Row | None) -> str:
        """The whole of a list that is short by nature; one such list in each of its rows is read along with it."""
        shape = ListShape.whole(read.listing.order)
        if parent is not None and parent.statement.takes_inner:
            row, rows = self._inner(read, shape, parent)
            page = each(self._object(*pick.only, row), self._source.row(row.statement), "rows")
            return f"{self._function('rows, more', page)}({rows})"
        row, number = self._begin(read.listing.kind, in_list_of=parent)
        row.statement.takes_inner = parent is None
        shown = self._object(*pick.only, row)
        function = self._function("rows, more", each(shown, *self._with_inner(row, "rows")))
        self._end_list(read, shape, row, number, parent)
        return f"{function}({_rows_of(number, parent)})"

    def _inner(self, read: m.Many, shape: ListShape, parent: Row, pick: Pick | None = None) -> tuple[Row, str]:
        """A list that is read along with the rows it belongs to: its row, and the arguments of its page's function."""
        statement = parent.statement
        statement.takes_inner = False
        row = Row(statement, self._alias(), TABLES[read.listing.kind])
        source = self._page_sql(read, shape, row, pick, parent=f"{parent.alias}.id")
        statement.joins.append(f"LEFT JOIN LATERAL (\n    {source}\n) AS {row.alias} ON true")
        statement.inner = row.value("id")
        by = self._sorted_by(shape, row)
        if not by:
            statement.order.append(order_sql(shape.order, row.known, row.alias, backward=shape.backward))
        size = shape.size if read.paged else None
        rows = f"*{self._source.function(page_of)}(inner, {size}, {shape.backward}, {by}, {shape.falls})"
        return row, rows

    def _with_inner(self, row: Row, rows: str) -> tuple[str, str]:
        """How a statement's rows are gone through: (target, rows), with ``inner`` where a list is read along."""
        statement, target = row.statement, self._source.row(row.statement)
        if statement.inner is None:
            return target, rows
        ids = [statement.position(id) for id in (row.value("id"), statement.inner)]
        return f"({target}), inner", f"{self._source.function(grouped)}({rows}, {ids[0]}, {ids[1]})"

    def _function(self, parameters: str, result: str) -> str:
        """A function of the builder's own: its name."""
        name = self._source.name("page")
        self._source.define(f"def {name}({parameters}):\n{indent(f'return {result}', INDENT)}")
        return name

    def _connection(self, read: m.Many, pick: Pick, shape: ListShape, row: Row | None, count: str | None) -> str:
        """A page as its client wants it; ``row`` is None where no row of it is."""
        name, picks = pick.only
        entries: list[tuple[str, str]] = []
        for below in picks:
            if below.field == TYPENAME:
                entries.append((below.key, repr(name)))
            elif below.field == "totalCount":
                entries.append((below.key, str(count)))
            elif row is not None:
                part = self._page_info if below.field == "pageInfo" else self._entries
                entries.append((below.key, part(read, below, shape, row)))
        return display(entries)

    def _entries(self, read: m.Many, pick: Pick, shape: ListShape, row: Row) -> str:
        """``nodes`` or ``edges``."""
        type_name, picks = pick.only
        if pick.field == "nodes":
            shown = self._object(type_name, picks, row)
        else:
            entries = []
            for below in picks:
                if below.field == "node":
                    entries.append((below.key, self._object(*below.only, row)))
                elif below.field == "cursor":
                    position = [row.value(column) for column in shape.order.columns]
                    entries.append((below.key, self._cursor(read, shape, ", ".join(position))))
                else:
                    entries.append((below.key, repr(type_name)))
            shown = display(entries)
        return each(shown, self._source.row(row.statement), "rows")

    def _page_info(self, read: m.Many, pick: Pick, shape: ListShape, row: Row) -> str:
        def end(index: int) -> str:
            values = [row.value(column) for column in shape.order.columns]
            position = [f"rows[{index}][{row.statement.position(value)}]" for value in values]
            return f"({self._cursor(read, shape, ', '.join(position))} if rows else None)"

        shown: dict[str, Callable[[], str]] = {
            TYPENAME: lambda: repr(pick.only[0]),
            "hasNextPage": lambda: repr(shape.before is not None) if shape.backward else _more(shape.before),
            "hasPreviousPage": lambda: _more(shape.after) if shape.backward else repr(shape.after is not None),
            "startCursor": lambda: end(0),
            "endCursor": lambda: end(-1),
        }
        return display((below.key, shown[below.field]()) for below in pick.only[1])

    def _cursor(self, read: m.Many, shape: ListShape, position: str) -> str:
        return f"context.cursors.write({cursor_list(read.listing.kind, shape.order)!r}, ({position},))"

    def _end_list(
        self, read: m.Many, shape: ListShape, row: Row, number: int, parent: Row | None, pick: Pick | None = None
    ) -> None:
        """Write the statement of a list: each parent's rows in a lateral subquery, or the root's in a plain one."""
        statement = row.statement
        page = self._page_sql(read, shape, row, pick, parent="parent.id")
        source = f"(\n    {page}\n) AS {row.alias}"
        by: tuple[int, ...] = ()
        if parent is not None:
            parents = statement.parameter(Given.PARENTS, "uuid[]")
            source = f"unnest({parents}) WITH ORDINALITY AS parent (id, number)\nCROSS JOIN LATERAL {source}"
            by = self._sorted_by(shape, row)
        if not by:
            order = order_sql(shape.order, row.known, row.alias, backward=shape.backward)
            statement.order.insert(0, order if parent is None else f"parent.number, {order}")
        self._steps[number] = Step(
            statement.select(source),
            tuple(statement.parameters),
            size=shape.size if read.paged else None,
            backward=shape.backward,
            parent=parent.statement.number if parent is not None else None,
            parent_column=parent.statement.position(parent.value("id")) if parent is not None else 0,
            sorted_by=by,
            descending=shape.falls,
            sealed=self._sealed(statement, source),
        )

    def _page_sql(self, read: m.Many, shape: ListShape, row: Row, pick: Pick | None, parent: str) -> str:
        """The rows of one parent's page, or of the root's; what shows that there is more is among them."""
        order = order_sql(shape.order, row.known, row.alias, backward=shape.backward)
        conditions = "\n      AND ".join(self._conditions(read, shape, row, pick, parent))
        page = f"SELECT * FROM {row.known.sql} AS {row.alias}\n    WHERE {conditions}\n    ORDER BY {order}"
        # The limit is part of the text: with a parameter PostgreSQL plans for a tenth of the table.
        return f"{page} LIMIT {shape.size + 1}" if read.paged else page

    def _sorted_by(self, shape: ListShape, row: Row) -> tuple[int, ...]:
        """The columns by which a page is sorted where it is taken apart; none: PostgreSQL sorts it.

        Its rows come nearly in order, so that this costs less than a sort of all pages together.
        """
        if not shape.order.is_even(row.known):
            return ()
        return tuple(row.statement.position(row.value(column)) for column in shape.order.columns)

    def _conditions(self, read: m.Many, shape: ListShape, row: Row, pick: Pick | None, parent: str) -> list[str]:
        """Which rows are on the page; its values are placed in the order in which they were asked for."""
        conditions = [self._scoped(row.statement, row.alias, row.known)]
        if read.on is not None:
            conditions.append(row.sql(read.on, parent=parent))
        if pick is None:
            return conditions
        place = self._places(row.statement, pick, 0)
        for position, forward in ((shape.after, True), (shape.before, False)):
            if position is not None:
                conditions.append(beyond_sql(shape.order, position, row.known, row.alias, place, forward=forward))
        if shape.filter is not None:
            conditions.append(filter_sql(shape.filter, row.known, row.alias, place))
        return conditions

    def _count(self, read: m.Many, pick: Pick, shape: ListShape, parent: Row | None) -> str:
        """How many rows the whole list has: a column of the statement around it, or a statement of its own."""
        if parent is None:
            number = len(self._steps)
            self._steps.append(None)
            statement = Statement(number)
        else:
            number, statement = -1, parent.statement
        row = Row(statement, self._alias(), TABLES[read.listing.kind])
        conditions = [self._scoped(statement, row.alias, row.known)]
        if read.on is not None:
            conditions.append(row.sql(read.on, parent=f"{parent.alias}.id" if parent is not None else "NULL"))
        if shape.filter is not None:
            before = sum(not is_null for position in (shape.after, shape.before) for is_null in position or ())
            place = self._places(statement, pick, before)
            conditions.append(filter_sql(shape.filter, row.known, row.alias, place))
        sql = f"SELECT count(*) FROM {row.known.sql} AS {row.alias} WHERE " + " AND ".join(conditions)
        if parent is not None:
            return statement.column(f"({sql})")
        self._steps[number] = Step(sql, tuple(statement.parameters))
        return f"read[{number}][0][0][0]"

    # What all of them need

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


def _more(bound: tuple[bool, ...] | None) -> str:
    return "more" if bound is None else "True"


def _rows_of(number: int, parent: Row | None) -> str:
    """The arguments ``rows, more`` of a page's function."""
    return f"*read[{number}]" if parent is None else f"*read[{number}].get({parent.value('id')}, none)"
