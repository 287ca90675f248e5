"""How a query is answered, for people: the statements it takes, their parameters, and the builder's source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from graphql import FieldNode, get_variable_values, print_ast
from graphql.execution.values import VariableValues

from crm.accounts.facts import Actor, Role
from crm.reads import Scope
from schema.build import Schema
from schema.cursors import CursorSigner
from schema.errors import RequestError
from schema.reads.compiler import Compiler
from schema.reads.documents import Documents, Prepared
from schema.reads.plan import Plan
from schema.reads.selection import Selector, Uncompilable
from schema.reads.statements import Given, Parameter, Value

_LONGEST = 100


class Unexplained(Exception):
    """The query is not answered by one plan. The text says why, a line each."""


def explain(schema: Schema, text: str, given: Mapping[str, Any], name: str | None = None) -> str:
    """The plan of a query for a member who sees all of the workspace.

    Raises: Unexplained.
    """
    types = schema.types
    document = Documents(types.schema).of_text(text)
    errors = [*document.errors, *document.unnamed(name)]
    if errors:
        raise Unexplained("\n".join(error.message for error in errors))
    operation = document.operation(name)
    if operation is None or not operation.is_query:
        raise Unexplained(f"There is no query {name or ''} in it: only queries are compiled.")
    variables = get_variable_values(types.schema, operation.node.variable_definitions or (), dict(given))
    if not isinstance(variables, VariableValues):
        raise Unexplained("\n".join(error.message for error in variables))
    cursors = CursorSigner("of nobody")
    try:
        selector = Selector(types.schema, operation.fragments, variables)
        prepared = Prepared(selector.select([operation.node.selection_set], operation.root), types, cursors)
        shapes = [part.shape for part in prepared.asked(variables, cursors)]
        nobody = Actor(UUID(int=0), UUID(int=0), Role.OWNER)
        plan = Compiler(types, Scope.of(nobody), shapes).compile(operation.root.name, prepared.selection.picks)
    except (Uncompilable, RequestError) as error:
        raise Unexplained(f"The executor answers it: {error}.") from None
    return _shown(plan, [_field(slot.node) for slot in prepared.selection.slots])


def _field(node: FieldNode) -> str:
    """A field with its arguments, on one line."""
    name = f"{node.alias.value}: {node.name.value}" if node.alias else node.name.value
    arguments = ", ".join(" ".join(print_ast(argument).split()) for argument in node.arguments or ())
    text = f"{name}({arguments})" if arguments else name
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _shown(plan: Plan, fields: list[str]) -> str:
    parts = []
    for number, step in enumerate(plan.steps):
        parameters = [f"-- ${n + 1} {_named(parameter, fields)}" for n, parameter in enumerate(step.parameters)]
        of = "" if step.parent is None else f", for each row of step {step.parent}"
        size = "" if step.size is None else f", {step.size} rows at most and one more that says there is more"
        parts.append("\n".join([f"-- step {number}{of}{size}", *parameters, step.sql]))
    return "\n\n".join([*parts, "# the builder, of the rows that the steps read", plan.source]) + "\n"


def _named(parameter: Parameter, fields: list[str]) -> str:
    if isinstance(parameter, Value):
        return f"value {parameter.index} of {fields[parameter.slot]}"
    return {
        Given.WORKSPACE: "the workspace",
        Given.NOW: "the request's time",
        Given.MEMBER: "the member who asks",
        Given.PARENTS: "the ids of those rows",
    }[parameter]
