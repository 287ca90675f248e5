"""Conditions as SQL: filters, and positions in an order.

A filter has two truth values, as its reader thinks: a comparison with a missing value does not hold, and its ``not``
does. SQL has three; ``IS NOT TRUE`` at each ``not`` makes them two, and leaves all else plain, for indexes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crm.tables import Kind, Table
from schema.reads.arguments import Compared, Shape
from schema.reads.ordering import Order

Place = Callable[[str], str]
"""Places the next value: takes the SQL type it is cast to, gives its placeholder."""

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
}


def filter_sql(shape: Shape, table: Table, alias: str, place: Place) -> str:
    """The condition that a filter's shape stands for; values are placed in the order in which they were collected."""
    if isinstance(shape, Compared):
        template = _COMPARISONS[shape.comparison]
        column = table.columns[shape.column]
        type = SQL_TYPES[column.kind] + ("[]" if "ANY" in template else "")
        value = place(type) if "{value}" in template else ""
        return template.format(column=f"{alias}.{shape.column}", value=value)
    parts = [filter_sql(part, table, alias, place) for part in shape.parts]
    if shape.word == "not":
        return f"({parts[0]}) IS NOT TRUE"
    if not parts:
        return "true" if shape.word == "and" else "false"
    return "(" + f" {shape.word.upper()} ".join(parts) + ")"


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
