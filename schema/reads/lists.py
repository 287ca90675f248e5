"""Lists in the making: pages, counts and cursors of connections, and short lists that have no pages.

A list is a statement of its own that reads the lists of all its parents at once: their ids go in as one array, and a
lateral subquery takes each one's page. Where there is but one parent, or where a short list lies in another, it is read
along with the rows it belongs to, which saves a trip.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from textwrap import indent

from crm.tables import TABLES
from schema.reads import mapping as m
from schema.reads.arguments import ListShape, cursor_list
from schema.reads.builder import INDENT, display, each, grouped, page_of
from schema.reads.conditions import Place, beyond_sql, filter_sql, order_sql
from schema.reads.draft import Draft
from schema.reads.filters import Shape
from schema.reads.plan import Step
from schema.reads.rows import LoadedRow, Row
from schema.reads.selection import TYPENAME, Pick, Uncompilable
from schema.reads.statements import Given, Statement


class ListDraft(Draft):
    """The part of a plan that lists are."""

    def _list(self, read: m.Many, pick: Pick, parent: Row | None) -> str:
        """A list of the root, or of each row of the statement around it."""
        if isinstance(parent, LoadedRow):
            raise Uncompilable("a list takes a query")
        if not read.paged:
            return self._short_list(read, pick, parent)
        shape: ListShape = self._shape(pick)
        selected = {below.field for below in pick.only[1]}
        total = self._count(read, pick, shape, parent) if "totalCount" in selected else None
        if not selected & {"edges", "nodes", "pageInfo"}:
            return self._connection(read, pick, shape, None, total)
        if parent is not None and self._reads_along and parent.statement.takes_inner and parent.statement.is_light:
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
        asked = pick if pick.slot is not None else None
        shape: ListShape = ListShape.whole(read.listing.order) if asked is None else self._shape(asked)
        if parent is not None and parent.statement.takes_inner:
            row, rows = self._inner(read, shape, parent, asked)
            page = each(self._shown(pick.only, row), self._source.row(row.statement), "rows")
            return f"{self._function('rows, more', page)}({rows})"
        row, number = self._begin(read.listing.kind, in_list_of=parent)
        row.statement.takes_inner = parent is None
        shown = self._shown(pick.only, row)
        function = self._function("rows, more", each(shown, *self._with_inner(row, "rows")))
        self._end_list(read, shape, row, number, parent, asked)
        return f"{function}({_rows_of(number, parent)})"

    def _inner(self, read: m.Many, shape: ListShape, parent: Row, pick: Pick | None = None) -> tuple[Row, str]:
        """A list that is read along with the rows it belongs to: its row, and the arguments of its page's function."""
        statement = parent.statement
        statement.takes_inner = False
        row = Row(statement, self._alias(), TABLES[read.listing.kind])
        source = self._page_sql(read, shape, row, pick, parent=f"{parent.alias}.id")
        statement.joins.append(f"LEFT JOIN LATERAL (\n    {source}\n) AS {row.alias} ON true")
        statement.inner, statement.inner_alias = row.value("id"), row.alias
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
                    entries.append((below.key, self._shown(below.only, row)))
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
        conditions = self._members(read, shape, row, parent)
        if pick is None:
            return conditions
        place = self._places(row.statement, pick, 0)
        for position, forward in ((shape.after, True), (shape.before, False)):
            if position is not None:
                conditions.append(beyond_sql(shape.order, position, row.known, row.alias, place, forward=forward))
        if shape.filter is not None:
            conditions.append(self._filter(shape.filter, row, place))
        return conditions

    def _members(self, read: m.Many, shape: ListShape, row: Row, parent: str) -> list[str]:
        """Which rows are in the list at all, before anything is asked of them."""
        conditions = [self._scoped(row.statement, row.alias, row.known)]
        if read.on is not None:
            conditions.append(row.sql(read.on, parent=parent))
        if shape.hides_archived:
            conditions.append(f"{row.alias}.archived_at IS NULL")
        return conditions

    def _filter(self, filter: Shape, row: Row, place: Place) -> str:
        return filter_sql(filter, row.known, row.alias, place, partial(self._scoped, row.statement))

    def _count(self, read: m.Many, pick: Pick, shape: ListShape, parent: Row | None) -> str:
        """How many rows the whole list has: a column of the statement around it, or a statement of its own."""
        if parent is None:
            number = len(self._steps)
            self._steps.append(None)
            statement = Statement(number)
        else:
            number, statement = -1, parent.statement
        row = Row(statement, self._alias(), TABLES[read.listing.kind])
        conditions = self._members(read, shape, row, f"{parent.alias}.id" if parent is not None else "NULL")
        if shape.filter is not None:
            before = sum(not is_null for position in (shape.after, shape.before) for is_null in position or ())
            place = self._places(statement, pick, before)
            conditions.append(self._filter(shape.filter, row, place))
        sql = f"SELECT count(*) FROM {row.known.sql} AS {row.alias} WHERE " + " AND ".join(conditions)
        if parent is not None:
            return statement.column(f"({sql})")
        self._steps[number] = Step(sql, tuple(statement.parameters))
        return f"read[{number}][0][0][0]"


def _more(bound: tuple[bool, ...] | None) -> str:
    return "more" if bound is None else "True"


def _rows_of(number: int, parent: Row | None) -> str:
    """The arguments ``rows, more`` of a page's function."""
    return f"*read[{number}]" if parent is None else f"*read[{number}].get({parent.value('id')}, none)"
