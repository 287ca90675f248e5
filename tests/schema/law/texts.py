"""Values as GraphQL lets one write them: as literals and as variables, whole and within, with defaults and without."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputType,
    Undefined,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

from tests.schema.law.tape import Tape

Tree: TypeAlias = "Leaf | dict[str, Tree] | list[Tree] | None"

_HOLE = re.compile("\x00(\\d+)\x00")


@dataclass(frozen=True)
class Leaf:
    """A scalar, or the name of an enum's value, in two requests of one shape."""

    pair: tuple[Any, Any]
    is_name: bool = False

    def literal(self, index: int) -> str:
        """As it stands in a document; every other text with escapes."""
        value = self.pair[index]
        escaped = isinstance(value, str) and len(value) % 2 == 0
        return str(value) if self.is_name else json.dumps(value, ensure_ascii=escaped)


WRONG: tuple[Any, ...] = (..., Leaf((True, 1.5)), Leaf((2**31, "rubbish")), [[None]], {"rubbish": None}, None)
"""What is sent for a variable that must be given otherwise; ``...``: nothing."""


@dataclass(frozen=True)
class Place:
    """Where a value stands."""

    type: GraphQLInputType
    has_default: bool = False
    may_vanish: bool = True
    """Whether nothing may be sent for a variable here: not in a list, where null takes its place."""
    is_fixed: bool = False
    """Whether the value must be the one that was drawn, for a cursor depends on it."""

    @classmethod
    def of(cls, definition: GraphQLArgument | GraphQLInputField, *, is_fixed: bool = False) -> Place:
        has_default = definition.default is not None or definition.default_value is not Undefined
        return cls(definition.type, has_default, is_fixed=is_fixed)

    @property
    def is_required(self) -> bool:
        return is_non_null_type(self.type)

    def inside(self, name: str) -> Place:
        """The place of an input object's field."""
        type: Any = get_nullable_type(self.type)
        if is_list_type(type):  # one is a list of one
            type = get_nullable_type(type.of_type)
        assert is_input_object_type(type)
        return Place.of(type.fields[name], is_fixed=self.is_fixed)

    @property
    def entry(self) -> Place:
        """The place of a list's entry."""
        type: Any = get_nullable_type(self.type)
        return replace(self, type=type.of_type, has_default=False, may_vanish=False)


@dataclass
class Variable:
    """A variable of the document, and what is sent for it."""

    type: str
    default: str | None = None
    given: Any = ...
    """A tree; ``...``: nothing is sent."""

    @property
    def definition(self) -> str:
        return self.type if self.default is None else f"{self.type} = {self.default}"


class Texts:
    """Writes values of one document, and keeps what the document needs for them.

    Texts hold *holes* in the places of scalars, so that one document can be written twice, with other values.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.has_twin = tape.chance(50)
        self._is_one_text = tape.chance(40)
        """Whether the two requests have one text, and differ in their variables only."""
        self.variables: dict[str, Variable] = {}
        self.uses: set[str] = set()
        """The variables that are used in the definition that is being written."""
        self._may_be_bad = self.tape.chance(12)
        self._holes: list[Leaf] = []

    def is_bad(self, percent: int) -> bool:
        """Whether to ask for what is refused: once in a document, so that it is plain which error comes first."""
        if not self._may_be_bad or not self.tape.chance(percent):
            return False
        self._may_be_bad = False
        return True

    def leaf(self, values: Sequence[Any], *, is_name: bool = False) -> Leaf:
        """One of some scalars; with a twin, two of them."""
        first = self.tape.one(values)
        return Leaf((first, self.tape.one(values) if self.has_twin else first), is_name)

    def written(self, text: str, index: int) -> str:
        """A text with the scalars of the first or the second request."""
        return _HOLE.sub(lambda hole: self._holes[int(hole[1])].literal(index), text)

    def sent(self, index: int) -> dict[str, Any]:
        """The variables of the first or the second request."""
        given = {name: variable.given for name, variable in self.variables.items()}
        return {name: _json(tree, index) for name, tree in given.items() if tree is not ...}

    def arguments(self, given: Mapping[str, Tree], places: Mapping[str, Place]) -> str:
        """A field's arguments, in any order."""
        names = [*given]
        if len(names) > 1 and self.tape.chance(30):
            names = self.tape.shuffled(names)
        entries = [f"{name}: {self.placed(given[name], places[name], 30)}" for name in names]
        return f"({', '.join(entries)})" if entries else ""

    def placed(self, tree: Tree, place: Place, percent: int = 8) -> str:
        """A value in its place, which may be a variable, or hold some."""
        if self.tape.chance(percent):
            return self.variable(tree, place)
        if isinstance(tree, dict):
            return "{" + ", ".join(f"{k}: {self.placed(v, place.inside(k))}" for k, v in tree.items()) + "}"
        if isinstance(tree, list):
            entry = place.entry
            if len(tree) == 1 and tree[0] is not None and self.tape.chance(15):
                return self.placed(tree[0], entry, 0)  # not a variable, whose type would be the entry's
            return "[" + ", ".join(self.placed(each, entry) for each in tree) + "]"
        return self.literal(tree)

    def literal(self, tree: Tree) -> str:
        """A value without variables."""
        if isinstance(tree, Leaf):
            self._holes.append(Leaf(tree.pair[:1] * 2, tree.is_name) if self._is_one_text else tree)
            return f"\x00{len(self._holes) - 1}\x00"
        if isinstance(tree, dict):
            return "{" + ", ".join(f"{key}: {self.literal(value)}" for key, value in tree.items()) + "}"
        return "null" if tree is None else "[" + ", ".join(map(self.literal, tree)) + "]"

    def variable(self, tree: Tree, place: Place) -> str:
        """A variable in a place."""
        name = f"v{len(self.variables)}"
        self.variables[name] = self._sent(tree, place, str(get_nullable_type(place.type)))
        self.uses.add(name)
        return f"${name}"

    def _sent(self, tree: Tree, place: Place, type: str) -> Variable:
        ways = ["given", "default", "default and given"]
        if not place.is_fixed:
            if place.has_default or (place.may_vanish and not place.is_required):
                ways.append("nothing")
            ways.append("default and null")
        way = self.tape.one(ways)
        if way == "nothing":
            return Variable(type)
        if way == "default":
            return Variable(type, self.literal(tree))
        if way == "default and null" and (not place.is_required or self.is_bad(30)):
            return Variable(type, self.literal(tree), None)
        if way == "default and given":
            return Variable(type, self.literal(tree), tree)
        if tree is not None and self.is_bad(10):
            return Variable(f"{type}!", None, self.tape.one(WRONG))
        is_nullable = tree is None or (not place.is_required and self.tape.chance(50))
        return Variable(type if is_nullable else f"{type}!", None, tree)


def _json(tree: Tree, index: int) -> Any:
    if isinstance(tree, Leaf):
        return tree.pair[index]
    if isinstance(tree, dict):
        return {key: _json(value, index) for key, value in tree.items()}
    return None if tree is None else [_json(entry, index) for entry in tree]
