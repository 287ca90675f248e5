"""Lists for plain resolvers: the ids of a page by SQL, and the rows by the ORM.

What compiled reads are compared with (docs/adr/0010, 0013), and what answers where they cannot.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from graphql import get_argument_values
from graphql.execution.values import VariableValues

from crm.db import execute
from crm.rows import by_ids
from crm.tables import TABLES
from schema.reads.arguments import Asked, ListShape
from schema.reads.conditions import Place, beyond_sql, filter_sql, order_sql
from schema.reads.mapping import Many
from schema.reads.rows import Row
from schema.reads.statements import Given, Statement, Value

if TYPE_CHECKING:
    from schema.context import Context, Info


def asked_of(info: Info, read: Many) -> Asked:
    """What the list's arguments ask for.

    Raises: RequestError for arguments that ask for nothing that can be answered.
    """
    raw = info._raw_info
    variables = VariableValues({}, cast("dict[str, Any]", raw.variable_values))
    given = get_argument_values(raw.parent_type.fields[raw.field_name], raw.field_nodes[0], variables)
    return info.context.reads.types.asked(read, given, info.context.cursors)


class PlainList:
    """One list of one parent (of the workspace, without one)."""

    def __init__(self, context: Context, read: Many, parent_id: UUID | None, asked: Asked | None) -> None:
        self._context = context
        self._read = read
        self._parent_id = parent_id
        self.shape: ListShape = asked.shape if asked else ListShape.whole(read.listing.order)
        self._values = asked.values if asked else ()
        self._table = TABLES[read.listing.kind]

    async def page(self) -> tuple[list[Any], bool]:
        """The rows, and whether there are more of them."""
        shape, statement = self.shape, Statement(0)
        conditions, places = self._conditions(statement), self._places(statement)
        for position, forward in ((shape.after, True), (shape.before, False)):
            if position is not None:
                conditions.append(beyond_sql(shape.order, position, self._table, "t", places, forward=forward))
        if shape.filter is not None:
            conditions.append(self._filter(statement, places))
        order = order_sql(shape.order, self._table, "t", backward=shape.backward)
        limit = f" LIMIT {shape.size + 1}" if self._read.paged else ""
        found = await self._execute(
            f"SELECT t.id FROM {self._table.sql} AS t WHERE {' AND '.join(conditions)} ORDER BY {order}{limit}",
            statement,
        )
        ids = [row["id"] for row in found]
        more = self._read.paged and len(ids) > shape.size
        ids = ids[: shape.size] if more else ids
        rows = [row for row in await by_ids(self._read.listing.kind, self._context.actor, ids) if row is not None]
        return (rows[::-1] if shape.backward else rows), more

    async def total(self) -> int:
        """How many rows the whole list has."""
        statement = Statement(0)
        conditions = self._conditions(statement)
        if self.shape.filter is not None:
            skipped = sum(not null for position in (self.shape.after, self.shape.before) for null in position or ())
            places = self._places(statement, skipped)
            conditions.append(self._filter(statement, places))
        sql = f"SELECT count(*) AS total FROM {self._table.sql} AS t WHERE {' AND '.join(conditions)}"
        return int((await self._execute(sql, statement))[0]["total"])

    def _conditions(self, statement: Statement) -> list[str]:
        conditions = [self._scoped(statement, "t")]
        if self._read.on is not None:
            parent = statement.parameter(Given.PARENTS, "uuid") if "{parent}" in self._read.on else ""
            conditions.append(Row(statement, "t", self._table).sql(self._read.on, parent=parent))
        if self.shape.hides_archived:
            conditions.append("t.archived_at IS NULL")
        return conditions

    def _filter(self, statement: Statement, places: Place) -> str:
        if self.shape.filter is None:
            return "true"
        return filter_sql(self.shape.filter, self._table, "t", places, lambda own, _: self._scoped(statement, own))

    def _scoped(self, statement: Statement, alias: str) -> str:
        return f"{alias}.workspace_id = {statement.parameter(Given.WORKSPACE, 'uuid')}"

    def _places(self, statement: Statement, first: int = 0) -> Any:
        index = count(first)
        return lambda type: statement.parameter(Value(0, next(index)), type)

    async def _execute(self, sql: str, statement: Statement) -> list[dict[str, Any]]:
        given = {
            Given.WORKSPACE: self._context.actor.workspace_id,
            Given.PARENTS: self._parent_id,
            Given.NOW: self._context.now,
            Given.MEMBER: self._context.actor.member_id,
        }
        values = [
            self._values[parameter.index] if isinstance(parameter, Value) else given[parameter]
            for parameter in statement.parameters
        ]
        return await execute(sql, *values)
