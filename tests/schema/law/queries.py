"""Valid queries, generated from the schema itself: a type or a field is covered on the day it is added."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_object_type,
)
from hypothesis import strategies as st

from crm.accounts.facts import Role
from schema.reads.typemap import TypeMap
from tests.schema.law.arguments import Arguments
from tests.schema.law.outside import is_outside
from tests.schema.law.scopes import Scope, Use
from tests.schema.law.tape import Tape
from tests.schema.law.texts import Texts
from tests.schema.law.values import Values
from tests.schema.law.ways import Request

ALIASES = ("a", "b", "id", "name", "title", "nodes", "node", "amount", "values", "context", "rows", "read", "none")
"""Keys that others may have as well; some are names that builders use, too."""
INTROSPECTION = (
    "__schema { queryType { name } directives { name } }",
    '__type(name: "Deal") { name kind fields { name type { kind name ofType { name } } } }',
)
LENGTH = 500
"""Bytes on a tape; where it ends, the example ends soon."""
MANY_PARENTS = 6
"""Lists below more objects than this are not asked for: each costs the stock executor two statements."""


@dataclass(frozen=True)
class Example:
    """Two requests of one shape, which differ in values only; the second may be the first."""

    requests: tuple[Request, Request]


@dataclass
class _Fragment:
    name: str
    type: GraphQLNamedType
    text: str
    scope: Scope
    uses: set[str]
    weight: int


@dataclass
class _Writer:
    """Writes one document."""

    tape: Tape
    schema: GraphQLSchema
    texts: Texts
    arguments: Arguments
    fragments: list[_Fragment] = field(default_factory=list)
    fresh: int = 0

    def operation(self, name: str, size: int) -> str:
        self.texts.uses = set()
        query = self.schema.query_type
        assert query is not None
        text = self.selection(query, Scope(), 1, 5, size)
        defined = ", ".join(f"${v}: {self.texts.variables[v].definition}" for v in sorted(self.texts.uses))
        head = f"query {name}" + (f" ({defined})" if defined else "")
        return text if head == "query " and self.tape.chance(50) else f"{head} {text}"

    def selection(self, type: GraphQLNamedType, scope: Scope, weight: int, depth: int, size: int) -> str:
        """A selection set: ``weight`` is about how many objects it is read of, ``depth`` how deep it may go."""
        parts: list[str] = []
        if self.tape.chance(25):
            parts.append(self._typename(type, scope))
        for _ in range(self.tape.below(size) + 1):
            part = self._part(type, scope, weight, depth, size)
            if part:
                parts.append(part)
        return "{ " + " ".join(parts or [self._typename(type, scope)]) + " }"

    def _part(self, type: GraphQLNamedType, scope: Scope, weight: int, depth: int, size: int) -> str:
        is_fragment = self.tape.chance(70 if is_abstract_type(type) else 18)
        if is_fragment:
            fragment = self._spread if self.tape.chance(40) else self._inline
            return fragment(type, scope, weight, depth, size)
        fields = getattr(type, "fields", {})
        if fields:
            known = [name for name in fields if not is_outside(type.name, name)]
            wanted = [name for name in known if self._is_affordable(fields[name], weight, depth)]
            if self.tape.chance(25):
                wanted = [name for name in wanted if is_composite_type(get_named_type(fields[name].type))] or wanted
            if wanted:
                name = self.tape.one(wanted)
                return self._field(type, name, fields[name], scope, weight, depth)
        return ""

    def _is_affordable(self, field: GraphQLField, weight: int, depth: int) -> bool:
        if not is_composite_type(get_named_type(field.type)):
            return True
        if "first" in field.args and weight > MANY_PARENTS:
            return False
        return depth > 0

    def _field(self, type: Any, name: str, field: GraphQLField, scope: Scope, weight: int, depth: int) -> str:
        known = [
            (key, use) for key, there in scope.keys.items() for use in there.uses
            if use.parent == type.name and use.name == name
        ]  # fmt: skip
        if known and self.tape.chance(50):
            key, use = self.tape.one(known)  # once more, to be merged
            arguments, count, likely = use.arguments, 5, []
        else:
            arguments, count, likely = self.arguments.of_field(type.name, name, field)
            use = Use(type.name, is_object_type(type), name, arguments, str(field.type))
            key = self.tape.one(ALIASES) if self.tape.chance(20) else name
            if not scope.admits(key, use):
                self.fresh += 1
                key = f"k{self.fresh}"
        below = scope.add(key, use)
        below.likely += likely
        text = f"{name}{arguments}" if key == name else f"{key}: {name}{arguments}"
        if self.tape.chance(8):
            text += f" {self.arguments.condition()}"
        named = get_named_type(field.type)
        if is_composite_type(named):
            wide = 3 if weight > MANY_PARENTS else 4
            text += " " + self.selection(named, below, weight * max(count, 1), depth - 1, wide)
        return text

    def _typename(self, type: GraphQLNamedType, scope: Scope) -> str:
        use = Use(type.name, is_object_type(type), "__typename", "", "String!")
        key = "__typename"
        if self.tape.chance(20):
            self.fresh += 1
            key = f"t{self.fresh}"
        scope.add(key, use)
        return key if key == "__typename" else f"{key}: __typename"

    # Fragments

    def _conditions(self, type: Any) -> list[GraphQLNamedType]:
        """The types that an object of this type may have, or be seen as."""
        possible = list(self.schema.get_possible_types(type)) if is_abstract_type(type) else [type]
        wider = {interface.name: interface for one in possible for interface in one.interfaces}
        return [*possible, *wider.values(), type]

    def _condition(self, type: Any, scope: Scope) -> GraphQLNamedType:
        if is_abstract_type(type) and scope.likely and self.tape.chance(75):
            return self.schema.type_map[self.tape.one(scope.likely)]
        return self.tape.one(self._conditions(type))

    def _inline(self, type: GraphQLNamedType, scope: Scope, weight: int, depth: int, size: int) -> str:
        if depth <= 0:
            return ""
        condition = self._condition(type, scope) if self.tape.chance(85) else None
        head = "..." if condition is None else f"... on {condition.name}"
        if self.tape.chance(10):
            head += f" {self.arguments.condition()}"
        return f"{head} {self.selection(condition or type, scope, weight, depth - 1, size)}"

    def _spread(self, type: GraphQLNamedType, scope: Scope, weight: int, depth: int, size: int) -> str:
        possible = {one.name for one in self._conditions(type)}
        fitting = [
            one for one in self.fragments
            if one.type.name in possible and one.weight >= weight and scope.admits_all(one.scope)
        ]  # fmt: skip
        if fitting and self.tape.chance(50):
            fragment = self.tape.one(fitting)
        elif depth > 0 and len(self.fragments) < 4:
            known = len(self.fragments)
            fragment = self._define(self._condition(type, scope), weight, depth, size)
            if not scope.admits_all(fragment.scope):
                del self.fragments[known:]
                return self._typename(type, scope)
            self.fragments.append(fragment)
        else:
            return ""
        scope.absorb(fragment.scope)
        self.texts.uses |= fragment.uses
        directive = f" {self.arguments.condition()}" if self.tape.chance(10) else ""
        return f"...{fragment.name}{directive}"

    def _define(self, type: Any, weight: int, depth: int, size: int) -> _Fragment:
        outer, self.texts.uses = self.texts.uses, set()
        scope = Scope()
        text = self.selection(type, scope, weight, depth - 1, size)
        uses, self.texts.uses = self.texts.uses, outer
        self.fresh += 1
        name = f"F{self.fresh}"
        return _Fragment(name, type, f"fragment {name} on {type.name} {text}", scope, uses, weight)


def examples(schema: GraphQLSchema, types: TypeMap, values: Values) -> st.SearchStrategy[Example]:
    """Documents with their variables, in two versions of one shape."""

    def build(data: bytes) -> Example:
        tape = Tape(data)
        texts = Texts(tape)
        writer = _Writer(tape, schema, texts, Arguments(texts, schema, types, values))
        names = [tape.one(("", "First"))]
        if tape.chance(8):
            names = ["First", "Second"]
        operations = [writer.operation(name, 3 if len(names) == 1 else 2) for name in names]
        if tape.chance(3):
            operations[0] = operations[0][: operations[0].rindex("}")] + tape.one(INTROSPECTION) + " }"
        text = "\n".join([*operations, *(fragment.text for fragment in writer.fragments)])
        wanted = tape.one(names) or None
        if tape.chance(2):
            wanted = None if wanted else "Other"
        role = tape.one(list(Role))
        first, second = (Request(texts.written(text, i), texts.sent(i), wanted, role) for i in (0, 1))
        return Example((first, second))

    return st.binary(min_size=LENGTH, max_size=LENGTH).map(build)
