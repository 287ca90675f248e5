"""Conditions as SQL: filters, and positions in an order.

A filter has two truth values, as its reader thinks: a comparison with a missing value does not hold, and its ``not``
does. SQL has three; ``IS NOT TRUE`` at each ``not`` makes them two, and leaves all else plain, for indexes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crm.tables import TABLES, Kind, Table
from schema.reads.filters import Child, Compared, Exists, HasAll, Shape, Slot
from schema.reads.ordering import Order

Place = Callable[[str], str]
"""Places the next value: takes the SQL type it is cast to, gives its placeholder."""

Scoped = Callable[[str, Table], str]
"""The conditions under which any table is read, for an alias of it."""

SQL_TYPES = {
    Kind.UUID: "uuid",
    Kind.TEXT: "text",
    Kind.INTEGER: "integer",
    Kind.SMALLINT: "integer",  # a number too large for the column is compared, not refused
    Kind.BIGINT: "bigint",
    Kind.BOOLEAN: "boolean",
    Kind.TIMESTAMP: "timestamptz",
    Kind.DATE: "date",
    Kind.NUMERIC: "numeric",
}
_COMPARISONS = {
    "eq": "{column} = {value}",
    "ne": "{column} IS DISTINCT FROM {value}",
    "lt": "{column} < {value}",
    "lte": "{column} <= {value}",
    "gt": "{column} > {value}",
    "gte": "{column} >= {value}",
    "in": "{column} = ANY({value})",
    "notIn": "({column} = ANY({value})) IS NOT TRUE",
    "contains": "strpos({column}, {value}) > 0",
    "startsWith": "starts_with({column}, {value})",
    "isNull": "{column} IS NULL",
    "notNull": "{column} IS NOT NULL",
    "any": "{column} ?| {value}",
    "all": "{column} ?& {value}",
    "none": "NOT {column} ?| {value}",
}
_LISTS = ("in", "notIn", "any", "all", "none")
"""Comparisons with several values."""
# What is kept under a custom field's key, as one kind of value. No value can make it fail: the cast of a number is
# made of nothing but numbers, for CASE keeps the order in which it is written (docs/adr/0017).
_SLOTS: dict[Slot, tuple[str, str]] = {
    Slot.ANY: ("nullif({custom} -> {key}, 'null')", "jsonb"),
    Slot.TEXT: ("CASE jsonb_typeof({custom} -> {key}) WHEN 'string' THEN {custom} ->> {key} END", "text"),
    Slot.NUMBER: (
        "CASE jsonb_typeof({custom} -> {key}) WHEN 'number' THEN ({custom} ->> {key})::numeric END",
        "numeric",
    ),
    Slot.BOOLEAN: (
        "CASE jsonb_typeof({custom} -> {key}) WHEN 'boolean' THEN ({custom} ->> {key})::boolean END",
        "boolean",
    ),
    Slot.DATE: (
        "CASE WHEN jsonb_typeof({custom} -> {key}) = 'string'"
        " AND {custom} ->> {key} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$' THEN {custom} ->> {key} END COLLATE \"C\"",
        "text",
    ),
    Slot.CHOICES: (
        "CASE jsonb_typeof({custom} -> {key}) WHEN 'array' THEN {custom} -> {key} ELSE '[]' END",
        "text",
    ),
}
"""(SQL, the type that it is compared with) of each kind of value."""


def filter_sql(shape: Shape, table: Table, alias: str, place: Place, scoped: Scoped) -> str:
    """The condition that a filter's shape stands for; values are placed in the order in which they were collected."""
    if isinstance(shape, Compared):
        return _compared(shape, table, alias, place)
    if isinstance(shape, Exists):
        return f"EXISTS ({_children(shape.child, shape.comparison, alias, place, scoped)})"
    if isinstance(shape, HasAll):
        wanted = place("uuid[]")
        found = _children(shape.child, "in", alias, lambda _: wanted, scoped, "count(*)")
        return f"({found}) = cardinality({wanted})"
    if shape.word == "not" and isinstance(shape.parts[0], Exists):  # which is never null, and so can be an anti-join
        return f"NOT {filter_sql(shape.parts[0], table, alias, place, scoped)}"
    parts = [filter_sql(part, table, alias, place, scoped) for part in shape.parts]
    if shape.word == "not":
        return f"({parts[0]}) IS NOT TRUE"
    if not parts:
        return "true" if shape.word == "and" else "false"
    return "(" + f" {shape.word.upper()} ".join(parts) + ")"


def _compared(shape: Compared, table: Table, alias: str, place: Place) -> str:
    if isinstance(shape.column, Slot):
        sql, type = _SLOTS[shape.column]
        column = f"({sql.format(custom=f'{alias}.custom', key=place('text'))})"
    else:
        column, type = f"{alias}.{shape.column}", SQL_TYPES[table.columns[shape.column].kind]
    return _comparison(shape.comparison, column, type, place)


def _comparison(comparison: str, column: str, type: str, place: Place) -> str:
    template = _COMPARISONS[comparison]
    value = place(type + ("[]" if comparison in _LISTS else "")) if "{value}" in template else ""
    return template.format(column=column, value=value)


def _children(child: Child, comparison: str | None, alias: str, place: Place, scoped: Scoped, shown: str = "1") -> str:
    """The children of a row for which the comparison holds."""
    table, own = TABLES[child.kind], f"{alias}_{child.kind.lower()}"
    conditions = [scoped(own, table), f"{own}.{child.by} = {alias}.id"]
    if comparison is not None:
        conditions.append(
            _comparison(comparison, f"{own}.{child.column}", SQL_TYPES[table.columns[child.column].kind], place)
        )
    return f"SELECT {shown} FROM {table.sql} AS {own} WHERE {' AND '.join(conditions)}"


def order_sql(order: Order, table: Table, alias: str, *, backward: bool) -> str:
    """ORDER BY terms; rows without a value come last in either direction, and first when read backward."""
    terms = []
    for column, descending in order.terms:
        direction = "DESC" if descending != backward else "ASC"
        nulls = ""
        if table.columns[column].nullable:
            nulls = " NULLS FIRST" if backward else " NULLS LAST"
        terms.append(f"{_ordered(table, column, alias)} {direction}{nulls}")
    return ", ".join(terms)


def beyond_sql(order: Order, position: Sequence[bool], table: Table, alias: str, place: Place, *, forward: bool) -> str:
    """Rows strictly beyond a position of the order, after it or (not ``forward``) before it.

    ``position`` says for each column whether the position's value is null; the values are placed in order.
    """
    columns = [_ordered(table, column, alias) for column, _ in order.terms]
    values = [
        None if is_null else place(SQL_TYPES[table.columns[column].kind])
        for column, is_null in zip(order.columns, position, strict=True)
    ]
    if order.is_even(table):
        # One comparison of rows, so that an index finds the place at any depth.
        sign = ">" if forward != order.terms[0][1] else "<"
        return f"({', '.join(columns)}) {sign} ({', '.join(map(str, values))})"
    steps = []
    for depth, (name, descending) in enumerate(order.terms):
        further = _further(
            columns[depth], values[depth], table.columns[name].nullable, descending=descending, forward=forward
        )
        if further is None:
            continue
        equal = [
            f"{column} IS NULL" if value is None else f"{column} = {value}"
            for column, value in zip(columns[:depth], values[:depth], strict=True)
        ]
        steps.append("(" + " AND ".join([*equal, further]) + ")")
    return "(" + " OR ".join(steps) + ")" if steps else "false"


def _further(column: str, value: str | None, nullable: bool, *, descending: bool, forward: bool) -> str | None:
    """A single column's values beyond one value; None: there are none."""
    if value is None:
        return None if forward else f"{column} IS NOT NULL"
    compared = f"{column} {'>' if forward != descending else '<'} {value}"
    return f"({compared} OR {column} IS NULL)" if forward and nullable else compared


def _ordered(table: Table, column: str, alias: str) -> str:
    """The column as it is ordered: texts byte by byte, whatever the database's collation."""
    collation = ' COLLATE "C"' if table.columns[column].kind is Kind.TEXT else ""
    return f"{alias}.{column}{collation}"
