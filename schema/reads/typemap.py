"""The map from the API's types to tables: made once, from what the types declare and what the tables are.

A field is mapped by what it declares (schema/reads/mapping.py), or because it is named like a column of its row. All
others are answered by their resolvers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_object_type,
)
from strawberry.types.base import StrawberryObjectDefinition

from crm.tables import TABLES, Table
from schema.comparators import CONDITION, On
from schema.cursors import CursorSigner
from schema.reads.arguments import NOTHING, Asked, ListSpec, asked_of_id, asked_of_ids, asked_of_list, asked_of_whole
from schema.reads.filters import Condition
from schema.reads.mapping import READ, ById, ByIds, Column, Listing, Many, Read

NameOf = Callable[[Any], str]


@dataclass(frozen=True)
class MappedType:
    """An object type of the API."""

    name: str
    table: Table | None
    """The table named like the type; None: its rows are lent by the object around it."""
    reads: Mapping[str, Read]
    """How each mapped field is read, by its GraphQL name."""


class TypeMap:
    """The schema as the compiler sees it."""

    def __init__(self, schema: GraphQLSchema, name_of: NameOf) -> None:
        self.schema = schema
        self._name_of = name_of
        self.types: dict[str, MappedType] = {
            type.name: self._mapped(type, definition)
            for type in schema.type_map.values()
            if is_object_type(type) and (definition := _definition(type)) is not None
        }

    @cached_property
    def node_kinds(self) -> dict[str, MappedType]:
        """The types that can be found by their global id."""
        node = self.schema.type_map["Node"]
        return {type.name: self.types[type.name] for type in self.schema.get_possible_types(node)}  # type: ignore[arg-type]

    def read(self, type_name: str, field: str) -> Read | None:
        """How a field is read; None: by its resolver."""
        mapped = self.types.get(type_name)
        return mapped.reads.get(field) if mapped else None

    def asked(self, read: Read | None, given: Mapping[str, Any], cursors: CursorSigner) -> Asked:
        """A field's arguments, taken apart.

        Raises: RequestError for arguments that ask for nothing that can be answered.
        """
        if isinstance(read, Many) and read.paged:
            return asked_of_list(self.list_spec(read.listing), given, cursors)
        if isinstance(read, Many) and read.takes:
            return asked_of_whole(read.takes, read.listing.order, read.listing.hides_archived, given)
        if isinstance(read, ById):
            return asked_of_id(given, self.node_kinds)
        if isinstance(read, ByIds):
            return asked_of_ids(given, self.node_kinds)
        return NOTHING

    def list_spec(self, listing: Listing) -> ListSpec:
        """What arguments a kind of list takes."""
        found = self._specs.get(id(listing))
        if found is None:
            found = self._specs[id(listing)] = ListSpec(
                listing.kind, listing.order, self._conditions(listing), listing.hides_archived
            )
        return found

    @cached_property
    def _specs(self) -> dict[int, ListSpec]:
        return {}

    def _mapped(self, type: GraphQLObjectType, definition: StrawberryObjectDefinition) -> MappedType:
        table = TABLES.get(type.name)
        columns = table.columns if table else {}
        reads: dict[str, Read] = {}
        for field in definition.fields:
            name = self._name_of(field)
            read = field.metadata.get(READ)
            if read is None and field.base_resolver is None and field.python_name in columns:
                read = Column(field.python_name)
            if read is not None:
                reads[name] = read
        return MappedType(type.name, table, reads)

    def _conditions(self, listing: Listing) -> dict[str, Condition]:
        if listing.filter is None:
            return {}
        definition: StrawberryObjectDefinition = listing.filter.__strawberry_definition__
        shown = cast("GraphQLInputObjectType", self.schema.type_map[definition.name])
        columns = TABLES[listing.kind].columns
        found = {}
        for field in definition.fields:
            if CONDITION not in field.metadata:
                continue
            name = self._name_of(field)
            comparator = get_named_type(shown.fields[name].type).name
            on: On = field.metadata[CONDITION]
            column = on.column or (f"{field.python_name}_minor" if comparator == "MoneyFilter" else field.python_name)
            refers_to = columns[column].references if comparator == "IdFilter" else None
            if on.child is not None:
                refers_to = TABLES[on.child.kind].columns[on.child.column].references
            found[name] = Condition(comparator, column, on.folded, refers_to, on.child, on.normalize)
        return found


def _definition(type: Any) -> StrawberryObjectDefinition | None:
    found: StrawberryObjectDefinition | None = (type.extensions or {}).get("strawberry-definition")
    return found
