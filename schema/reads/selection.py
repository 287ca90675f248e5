"""What a query selects: fields merged by their response keys, fragments and directives resolved, arguments set apart.

A ``Pick`` holds no value of any argument, only the number of the *slot* its arguments are in. So two documents that
differ in nothing but literals, names of fragments or layout have the same picks, and share one plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    get_argument_values,
    get_named_type,
    is_abstract_type,
    is_object_type,
    visit,
)
from graphql.execution.values import VariableValues

TYPENAME = "__typename"
MOST_PICKS = 20_000
"""Fields of all the types that an object may have."""


class Uncompilable(Exception):
    """The query holds something that only the executor answers. The text says what, for `make explain`."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One entry of the response."""

    key: str
    field: str
    slot: int | None = None
    """Which slot its arguments are in; None: it takes none."""
    branches: tuple[Branch, ...] = ()
    """What is selected below it: for each type that the object may have."""

    def of(self, type_name: str) -> tuple[Pick, ...]:
        """What is selected of an object of that type."""
        return next((picks for name, picks in self.branches if name == type_name), ())

    @property
    def only(self) -> Branch:
        """What is selected below it, where there is but one type."""
        (branch,) = self.branches
        return branch


Branch: TypeAlias = tuple[str, tuple[Pick, ...]]


@dataclass(frozen=True)
class Slot:
    """A field with arguments, where it stands in the document."""

    type_name: str
    definition: GraphQLField
    node: FieldNode

    @cached_property
    def has_variables(self) -> bool:
        """Whether any argument is, or holds, a variable."""
        found: list[Any] = []

        class Variables(Visitor):
            def enter_variable(self, node: Any, *_: Any) -> None:
                found.append(node)

        for argument in self.node.arguments or ():
            visit(argument, Variables())
        return bool(found)

    def given(self, variables: VariableValues) -> dict[str, Any]:
        """Its arguments' values."""
        if self._variables is None:
            return get_argument_values(self.definition, self.node, variables)
        coerced = variables.coerced
        given = {argument: coerced[variable] for argument, variable in self._variables if variable in coerced}
        if len(given) < len(self._variables) or None in given.values():
            return get_argument_values(self.definition, self.node, variables)
        return given

    @cached_property
    def _variables(self) -> tuple[tuple[str, str], ...] | None:
        """(argument, variable), where each argument is a variable and none has a default: no more to do for them."""
        if any(argument.default is not None for argument in self.definition.args.values()):
            return None
        nodes = [(argument.name.value, argument.value) for argument in self.node.arguments or ()]
        if not all(isinstance(value, VariableNode) for _, value in nodes):
            return None
        return tuple((name, value.name.value) for name, value in nodes if isinstance(value, VariableNode))


@dataclass(frozen=True, slots=True)
class Selection:
    """What one operation, or one field of it, selects."""

    picks: tuple[Pick, ...]
    slots: tuple[Slot, ...]


def condition_variables(document: DocumentNode) -> tuple[str, ...]:
    """The variables that decide by @skip and @include what is selected."""
    found: dict[str, None] = {}

    class Directives(Visitor):
        def enter_directive(self, node: Any, *_: Any) -> None:
            for argument in node.arguments or ():
                if isinstance(argument.value, VariableNode):
                    found[argument.value.name.value] = None

    visit(document, Directives())
    return tuple(found)


class Selector:
    """Reads what is selected, under one choice of the variables in directives."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], variables: VariableValues
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._slots: list[Slot] = []
        self._picked = 0

    def select(self, sets: Iterable[SelectionSetNode], type: GraphQLObjectType) -> Selection:
        """What the selection sets together select of an object of the type."""
        return Selection(self._picks(sets, type), tuple(self._slots))

    def select_field(self, nodes: Sequence[FieldNode], type: GraphQLObjectType) -> Selection:
        """What the field nodes, which have one response key, select together."""
        node = nodes[0]
        key = node.alias.value if node.alias else node.name.value
        return Selection((self._pick(key, nodes, type),), tuple(self._slots))

    def _picks(self, sets: Iterable[SelectionSetNode], type: GraphQLObjectType) -> tuple[Pick, ...]:
        fields: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for selected in sets:
            self._collect(selected, type, fields, seen)
        return tuple(self._pick(key, nodes, type) for key, nodes in fields.items())

    def _pick(self, key: str, nodes: Sequence[FieldNode], type: GraphQLObjectType) -> Pick:
        self._picked += 1
        if self._picked > MOST_PICKS:
            raise Uncompilable("it selects too much of too many types")
        name = nodes[0].name.value
        if name == TYPENAME:
            return Pick(key, TYPENAME)
        definition = type.fields.get(name)
        if definition is None:
            raise Uncompilable(f"{type.name}.{name} is answered by the executor")
        slot = None
        if definition.args:
            slot = len(self._slots)
            self._slots.append(Slot(type.name, definition, nodes[0]))
        sets = [node.selection_set for node in nodes if node.selection_set]
        branches = tuple((below.name, self._picks(sets, below)) for below in self._objects(definition)) if sets else ()
        return Pick(key, name, slot, branches)

    def _objects(self, definition: GraphQLField) -> Sequence[GraphQLObjectType]:
        named: GraphQLNamedType = get_named_type(definition.type)
        if is_abstract_type(named):
            return self._schema.get_possible_types(named)
        return [named] if is_object_type(named) else []

    def _collect(
        self,
        selected: SelectionSetNode,
        type: GraphQLObjectType,
        fields: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        for node in selected.selections:
            if not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                fields.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(node.type_condition.name.value, type):
                    self._collect(node.selection_set, type, fields, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self._fragments[node.name.value]
                if self._applies(fragment.type_condition.name.value, type):
                    self._collect(fragment.selection_set, type, fields, seen)

    def _applies(self, condition: str, type: GraphQLObjectType) -> bool:
        named = self._schema.type_map[condition]
        return named is type or (is_abstract_type(named) and self._schema.is_sub_type(named, type))

    def _is_included(self, node: Any) -> bool:
        for directive in node.directives or ():
            name = directive.name.value
            if name not in ("skip", "include"):
                raise Uncompilable(f"the executor knows @{name}")
            value = directive.arguments[0].value
            holds = self._variables.coerced.get(value.name.value) if isinstance(value, VariableNode) else value.value
            if not isinstance(holds, bool):
                raise Uncompilable(f"@{name} needs a yes or no")
            if holds is (name == "skip"):
                return False
        return True
