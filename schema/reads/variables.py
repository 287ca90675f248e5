"""Variables of GraphQL's own scalars, taken as they are where they need no coercion; that is nearly always."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode, OperationDefinitionNode, TypeNode

Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class PlainVariable:
    """A variable without a default."""

    name: str
    is_plain: Test
    """Whether a value is one that coercion would give back as it is."""
    is_required: bool


def plain_variables(operation: OperationDefinitionNode) -> tuple[PlainVariable, ...] | None:
    """The operation's variables; None when one of them is of another type, or has a default."""
    found = []
    for definition in operation.variable_definitions or ():
        required = isinstance(definition.type, NonNullTypeNode)
        test = _test(definition.type)
        if test is None or definition.default_value is not None:
            return None
        found.append(PlainVariable(definition.variable.name.value, test, required))
    return tuple(found)


def plain_values(variables: tuple[PlainVariable, ...] | None, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """The variables' values; None where graphql-core must coerce them, or say what is wrong with them."""
    if variables is None:
        return None
    values = {}
    for variable in variables:
        if variable.name in given:
            value = given[variable.name]
            if variable.is_required if value is None else not variable.is_plain(value):
                return None
            values[variable.name] = value
        elif variable.is_required:
            return None
    return values


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_flag(value: Any) -> bool:
    return type(value) is bool


def _is_int(value: Any) -> bool:
    return type(value) is int and -(2**31) <= value < 2**31


_TESTS: dict[str, Test] = {"ID": _is_text, "String": _is_text, "Boolean": _is_flag, "Int": _is_int}


def _test(type: TypeNode) -> Test | None:
    if isinstance(type, NonNullTypeNode):
        type = type.type
    if isinstance(type, ListTypeNode):
        inner = _test(type.type) if isinstance(type.type, NonNullTypeNode) else None
        return None if inner is None else lambda value: _is_list_of(inner, value)
    return _TESTS.get(type.name.value) if isinstance(type, NamedTypeNode) else None


def _is_list_of(test: Test, value: Any) -> bool:
    return type(value) is list and all(map(test, value))
