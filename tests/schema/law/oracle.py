"""The oracle: the stock executor over plain resolvers whose every row and list comes out of memory.

It shares the type map with the compiler (which column, relation or list a field is) and the types of arguments. What
arguments mean, how lists are filtered, ordered and paged, and how cursors are written, is said here once more, after
the schema's own descriptions; with no SQL, no scope and none of the compiler's code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Generic, TypeVar
from uuid import UUID

from graphql import GraphQLField, get_argument_values, get_named_type, get_variable_values
from graphql.execution.values import VariableValues

from schema.connections import Connection, Edge, PageInfo
from schema.context import Context, Info
from schema.node import Node
from schema.reads.mapping import Many
from tests.conftest import SECRET
from tests.schema.law.facts import Facts
from tests.schema.law.filters import Filter, speaks_of
from tests.schema.law.pages import Asked, Cursors, in_order, list_name, position

T = TypeVar("T")

HIDING = {"ContactFilter", "OrganizationFilter", "LeadFilter", "DealFilter"}
"""Lists with these filters hold what is archived only when that is spoken of; but a deal shows all that feeds it."""


class _Known(Generic[T]):
    """In the place of a data loader: what it would load is known."""

    def __init__(self, find: Callable[[UUID], T]) -> None:
        self._find = find

    async def load(self, id: UUID) -> T:
        return self._find(id)


@dataclass(kw_only=True)
class OracleContext(Context):
    """A request's context that never asks the database."""

    facts: Facts
    given: Mapping[str, Any] = field(default_factory=dict)
    """The request's variables as they were sent."""

    async def row(self, kind: str, id: UUID | None) -> Any:
        return None if id is None else self.facts.by_id[kind].get(id)

    async def only(self, kind: str) -> Any:
        (row,) = self.facts.rows[kind]
        return row

    async def spliced(self, info: Info) -> Any:
        return None

    async def connection(self, info: Info, read: Many, parent: Any) -> Any:
        arguments = self._arguments(info)
        asked = Asked.of(read.listing, arguments, _CURSORS)
        given, filter = arguments.get("filter"), _filter_of(self._field(info))
        holds = Filter(self.reads.types.schema, filter, self.facts).read(given)
        rows = [row for row in self._listed(info, read, parent) if holds(row)]
        if filter in HIDING and not speaks_of(given, "archived") and info._raw_info.parent_type.name != "Deal":
            rows = [row for row in rows if row.archived_at is None]
        page = asked.page(rows)
        kind, name = read.listing.kind, list_name(read.listing.kind, asked.terms)
        edges = [
            Edge(cursor=_CURSORS.write(name, position(row, asked.terms)), node=Node.kinds[kind].of(row))
            for row in page.rows
        ]

        async def count() -> int:
            return len(rows)

        return Connection(
            edges=edges,
            page_info=PageInfo(
                has_next_page=page.has_next,
                has_previous_page=page.has_previous,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
            count=count,
        )

    async def whole_list(self, info: Info, read: Many, parent: Any) -> Any:
        rows = in_order(self._listed(info, read, parent), read.listing.order.terms)
        if info.field_name == "customFields" and parent is None:
            given = self._arguments(info)
            rows = [row for row in rows if given.get("entity") in (None, row.entity)]
            rows = [row for row in rows if (row.archived_at is not None) is bool(given.get("archived"))]
        return [Node.kinds[read.listing.kind].of(row) for row in rows]

    # In the places of the loaders

    @cached_property
    def emails(self) -> Any:
        return _Known(partial(self.facts.emails, "Contact"))

    @cached_property
    def phones(self) -> Any:
        return _Known(partial(self.facts.phones, "Contact"))

    @cached_property
    def emails_of_organizations(self) -> Any:
        return _Known(partial(self.facts.emails, "Organization"))

    @cached_property
    def phones_of_organizations(self) -> Any:
        return _Known(partial(self.facts.phones, "Organization"))

    @cached_property
    def postal_addresses(self) -> Any:
        return _Known(self.facts.postal_addresses)

    @cached_property
    def answers(self) -> Any:
        return _Known(self.facts.answers)

    @cached_property
    def policies(self) -> Any:
        return _Known(lambda _: self.facts.policy())

    @cached_property
    def paces(self) -> Any:
        return _Known(lambda id: self.facts.pace(id, self.now))

    @cached_property
    def custom_fields(self) -> Any:
        return _Known(self.facts.custom_fields)

    @cached_property
    def totals(self) -> Any:
        return _Known(self.facts.totals)

    def _many(self, read: Any) -> Any:
        raise LookupError("a loader is not known to the oracle: say here what it finds")

    # Arguments

    def _listed(self, info: Info, read: Many, parent: Any) -> Any:
        raw = info._raw_info
        return self.facts.listed(raw.parent_type.name, raw.field_name, read, None if parent is None else parent.row.id)

    def _field(self, info: Info) -> GraphQLField:
        raw = info._raw_info
        return raw.parent_type.fields[raw.field_name]

    def _arguments(self, info: Info) -> dict[str, Any]:
        return get_argument_values(self._field(info), info._raw_info.field_nodes[0], self._variables)

    @cached_property
    def _variables(self) -> VariableValues:
        assert self.operation is not None
        schema, definitions = self.reads.types.schema, self.operation.node.variable_definitions or ()
        values = get_variable_values(schema, definitions, dict(self.given))
        assert isinstance(values, VariableValues)
        return values


_CURSORS = Cursors(SECRET)


def _filter_of(field: GraphQLField) -> str:
    argument = field.args.get("filter")
    return get_named_type(argument.type).name if argument else ""
