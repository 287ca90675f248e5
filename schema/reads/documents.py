"""Documents as clients send them, parsed and validated once.

A ``Document`` is kept by its text, and found by the text's hash as well. It is complete when its operation is known to
be answered by one plan; then nothing of graphql-core runs for it any more (schema/reads/runner.py). One that is wrong
is kept with its errors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_variable_values,
    parse,
    specified_rules,
)
from graphql.execution.values import VariableValues
from strawberry.schema.schema import validate_document

from crm.caches import SegmentedCache
from crm.reads import Scope
from schema.cursors import CursorSigner
from schema.reads.arguments import Asked
from schema.reads.plan import Build, Plan
from schema.reads.selection import Selection, Uncompilable, condition_variables
from schema.reads.typemap import TypeMap
from schema.reads.variables import PlainVariable, plain_values, plain_variables

DOCUMENTS = 1_000
DOCUMENTS_WEIGHT = 2**19
"""Characters of all documents together; a parsed document takes up to 250 bytes for each."""
LONGEST_WRONG = 10_000
"""Characters of the longest document that is kept although it is wrong."""
MOST_FIELDS = 5_000
"""How many fields an operation may select, with its fragments written out."""
KEPT = 16
"""Selections of an operation, and plans of a selection, that are kept at hand; more of them are made anew."""


class Prepared:
    """A selection whose arguments are taken apart as far as they can be without the variables."""

    def __init__(self, selection: Selection, types: TypeMap, cursors: CursorSigner) -> None:
        self.selection = selection
        self.plans: dict[Hashable, Plan | None] = {}
        self.loaded: dict[Hashable, Build | None] = {}
        """Builders of an object out of a loaded row, by scope; None where it takes a query."""
        self._types = types
        self._reads = [types.read(slot.type_name, slot.node.name.value) for slot in selection.slots]
        self._fixed = [
            types.asked(read, slot.given(_NO_VARIABLES), cursors) if not slot.has_variables else None
            for slot, read in zip(selection.slots, self._reads, strict=True)
        ]

    def asked(self, variables: VariableValues, cursors: CursorSigner) -> list[Asked]:
        """What each slot asks for.

        Raises: RequestError for arguments that ask for nothing that can be answered.
        """
        return [
            fixed or self._types.asked(read, slot.given(variables), cursors)
            for fixed, read, slot in zip(self._fixed, self._reads, self.selection.slots, strict=True)
        ]

    def keep(self, key: Hashable, plan: Plan | None) -> None:
        if len(self.plans) >= KEPT:
            self.plans.clear()
        self.plans[key] = plan


_NO_VARIABLES = VariableValues({}, {})


@dataclass(eq=False)
class Operation:
    """One operation of a document."""

    node: OperationDefinitionNode
    root: GraphQLObjectType
    fragments: Mapping[str, FragmentDefinitionNode]
    conditions: tuple[str, ...]
    """The variables that decide what is selected."""
    _prepared: dict[Hashable, Prepared | None] = field(default_factory=dict)

    @property
    def is_query(self) -> bool:
        return self.node.operation is OperationType.QUERY

    def first_field(self) -> FieldNode:
        """The first field of the root that it names, through fragments."""
        selected: list[Any] = list(self.node.selection_set.selections)
        while not isinstance(selected[0], FieldNode):
            node = selected.pop(0)
            inside = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            selected[:0] = inside.selection_set.selections
        found: FieldNode = selected[0]
        return found

    def variables(self, schema: GraphQLSchema, given: Mapping[str, Any] | None) -> VariableValues | None:
        """The variables' values; None where they are wrong, which the executor puts into words."""
        if not self.node.variable_definitions:
            return _NO_VARIABLES
        if (plain := plain_values(self._plain, given or {})) is not None:
            return VariableValues({}, plain)
        values = get_variable_values(schema, self.node.variable_definitions, dict(given or {}), max_errors=1)
        return values if isinstance(values, VariableValues) else None

    @cached_property
    def _plain(self) -> tuple[PlainVariable, ...] | None:
        return plain_variables(self.node)

    def is_prepared(self, what: Hashable, variables: VariableValues) -> bool:
        """Whether ``prepared`` has nothing to make."""
        return self._key(what, variables) in self._prepared

    def _key(self, what: Hashable, variables: VariableValues) -> Hashable:
        # Only yes and no: another operation of the document may use such a name for anything.
        conditions = (variables.coerced.get(name) for name in self.conditions)
        return (what, *[value if isinstance(value, bool) else None for value in conditions])

    def prepared(self, what: Hashable, variables: VariableValues, make: Callable[[], Prepared]) -> Prepared | None:
        """The operation's selection, or a part of it, under these variables; None where it cannot be compiled."""
        key = self._key(what, variables)
        if key not in self._prepared:
            if len(self._prepared) >= KEPT:
                self._prepared.clear()
            try:
                self._prepared[key] = make()
            except (Uncompilable, GraphQLError):  # wrong arguments too: the executor says what is wrong
                self._prepared[key] = None
        return self._prepared[key]


@dataclass(frozen=True, slots=True)
class Document:
    """A document, or what is wrong with it."""

    text: str
    node: DocumentNode | None
    operations: Mapping[str | None, Operation]
    errors: tuple[GraphQLError, ...] = ()

    def operation(self, name: str | None) -> Operation | None:
        """The operation that is asked for; the only one when none is named."""
        if name is None:
            return next(iter(self.operations.values())) if len(self.operations) == 1 else None
        return self.operations.get(name) if isinstance(name, str) else None

    def unnamed(self, name: str | None) -> list[GraphQLError]:
        """What is wrong where several operations are sent and none is named (GraphQL, section 6.1)."""
        if name is not None or len(self.operations) < 2:
            return []
        nodes = [operation.node for operation in self.operations.values()][1:]
        return [GraphQLError("The document holds several operations: name one in operationName.", nodes)]


class Documents:
    """The documents of a process, bounded by number and size; what is asked once does not push out what is in use."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self.cache: SegmentedCache[str, Document] = SegmentedCache(
            DOCUMENTS, weight=DOCUMENTS_WEIGHT, weigh=lambda _, document: len(document.text)
        )
        self.hashes: SegmentedCache[str, str] = SegmentedCache(
            DOCUMENTS, weight=DOCUMENTS_WEIGHT, weigh=lambda _, text: len(text)
        )

    def of_text(self, text: str) -> Document:
        """The document of a text."""
        found = self.cache.get(text)
        if found is None:
            found = self._read(text)
            if not found.errors or len(text) <= LONGEST_WRONG:
                self.cache.put(text, found)
        return found

    def __contains__(self, text: str) -> bool:
        """Whether the document is at hand."""
        return self.cache.get(text) is not None

    def of_hash(self, sha256: str) -> str | None:
        """The text that was registered under a hash; None when none was, or when it is long ago."""
        return self.hashes.get(sha256)

    def register(self, sha256: str, text: str) -> bool:
        """Keep a text under its hash; False when it is not its hash."""
        if hashlib.sha256(text.encode()).hexdigest() != sha256:
            return False
        if self.hashes.get(sha256) is None:
            self.hashes.put(sha256, text)
        return True

    def _read(self, text: str) -> Document:
        try:
            node = parse(text)
        except GraphQLError as error:
            return Document(text, None, {}, (error,))
        except RecursionError:
            return Document(text, None, {}, (GraphQLError("Syntax Error: The document is nested too deeply."),))
        # First its size, for validation itself gives up on a document that grows too much.
        size = largest(node)
        errors = [too_large(size)] if size > MOST_FIELDS else []
        # Strawberry's rules, and GraphQL's
        errors = errors or validate_document(self._schema, node, tuple(specified_rules))
        if errors:
            return Document(text, node, {}, tuple(errors))
        return Document(text, node, self._operations(node))

    def _operations(self, document: DocumentNode) -> dict[str | None, Operation]:
        fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
        conditions = condition_variables(document)
        found: dict[str | None, Operation] = {}
        for node in document.definitions:
            root = self._schema.get_root_type(node.operation) if isinstance(node, OperationDefinitionNode) else None
            if isinstance(node, OperationDefinitionNode) and root is not None:
                found[node.name.value if node.name else None] = Operation(node, root, fragments, conditions)
        return found


def largest(document: DocumentNode) -> int:
    """How many fields the largest operation selects, with its fragments written out; fragments are counted once."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    known: dict[str, int] = {}

    def size(selected: SelectionSetNode | None) -> int:
        found = 0
        for node in selected.selections if selected else ():
            if isinstance(node, FieldNode):
                found += 1 + size(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in known:
                    known[name] = 0  # in a circle, which validation refuses
                    known[name] = size(fragments[name].selection_set) if name in fragments else 0
                found += known[name]
            elif isinstance(node, InlineFragmentNode):
                found += size(node.selection_set)
        return found

    operations = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return max((size(node.selection_set) for node in operations), default=0)


def too_large(size: int) -> GraphQLError:
    """The refusal of a document that selects too much."""
    shown = str(size) if size < 10**9 else "more than a billion"
    message = f"The operation selects {shown} fields, with its fragments written out: select at most {MOST_FIELDS}."
    return GraphQLError(message, extensions={"code": "QUERY_TOO_LARGE"})


def plan_key(asked: list[Asked], scope: Scope) -> Hashable:
    """What a selection's plan depends on beside the selection."""
    return (scope.key, *[part.shape for part in asked])
