"""Arguments of generated queries: every input type of the schema, with values that mean something."""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)

from schema.reads.mapping import Many
from schema.reads.typemap import TypeMap
from tests.schema.law.pages import COLUMNS_OF_ORDER, Terms
from tests.schema.law.texts import Leaf, Place, Texts, Tree
from tests.schema.law.values import BAD_CURSORS, Values

_SMALL, _LARGE = range(5), (50, 10, 100, 101, 2**31 - 1)
_BOOLEANS = (False, True)


class Arguments:
    """Writes the arguments of fields."""

    def __init__(self, texts: Texts, schema: GraphQLSchema, types: TypeMap, values: Values) -> None:
        self._texts = texts
        self._tape = texts.tape
        self._schema = schema
        self._types = types
        self._values = values

    def of_field(self, parent: str, field: str, definition: GraphQLField) -> tuple[str, int, list[str]]:
        """The arguments' text, about how many objects they ask for, and of which kinds, where ids say it."""
        if not definition.args:
            return "", 5 if is_list_type(get_nullable_type(definition.type)) else 1, []
        read = self._types.read(parent, field)
        if isinstance(read, Many) and "first" in definition.args:
            return (*self._page(read, definition), [])
        given = {
            name: self._any(argument.type)
            for name, argument in definition.args.items()
            if is_non_null_type(argument.type) or self._tape.chance(60)
        }
        places = {name: Place.of(argument) for name, argument in definition.args.items()}
        ids = [leaf for tree in given.values() for leaf in (tree if isinstance(tree, list) else [tree])]
        kinds = [str(leaf.pair[0]).partition("_")[0] for leaf in ids if isinstance(leaf, Leaf)]
        return self._texts.arguments(given, places), len(ids), [kind for kind in kinds if kind in self._values.kinds]

    def condition(self) -> str:
        """A directive that decides whether something is selected."""
        name = self._tape.one(("include", "skip"))
        holds = self._texts.leaf(_BOOLEANS)
        boolean: Any = self._schema.type_map["Boolean"]
        if self._tape.chance(60):
            place = Place(GraphQLNonNull(boolean), is_fixed=True)
            return f"@{name}(if: {self._texts.variable(holds, place)})"
        return f"@{name}(if: {holds.literal(0)})"

    # Pages

    def _page(self, read: Many, definition: GraphQLField) -> tuple[str, int]:
        texts, given = self._texts, {}
        kind, terms = read.listing.kind, read.listing.order.terms
        if "orderBy" in definition.args and self._tape.chance(40):
            given["orderBy"], terms = self._order(get_named_type(definition.args["orderBy"].type), terms)
        size = self._size(given)
        for name, percent in (("after", 25), ("before", 15)):
            if self._tape.chance(percent):
                given[name] = self._cursor(kind, terms)
        if "filter" in definition.args and self._tape.chance(45):
            given["filter"] = self._filter(get_named_type(definition.args["filter"].type), kind, 2)
        if self._tape.chance(5):
            given.setdefault(self._tape.one([*definition.args]), None)
        fixed = {"orderBy"} if "after" in given or "before" in given else set()
        if size < 50 and not self._tape.chance(20):
            fixed |= {"first", "last"}
        places = {name: Place.of(argument, is_fixed=name in fixed) for name, argument in definition.args.items()}
        return texts.arguments(given, places), size if "first" in fixed else 50

    def _size(self, given: dict[str, Tree]) -> int:
        texts = self._texts
        if self._tape.chance(15):
            return 50
        name, other = ("last", "first") if self._tape.chance(35) else ("first", "last")
        sizes = _LARGE if self._tape.chance(25) else _SMALL
        leaf = texts.leaf(range(-5, 0) if texts.is_bad(15) else sizes)
        given[name] = leaf
        if self._tape.chance(8):
            given[other] = texts.leaf(_SMALL) if texts.is_bad(50) else None
        return min(max(leaf.pair), 50)

    def _order(self, order: Any, default: Terms) -> tuple[Tree, Terms]:
        fields = get_named_type(order.fields["field"].type)
        assert isinstance(fields, GraphQLEnumType)
        entries: list[Tree] = []
        terms: dict[str, bool] = {}
        for _ in range(6 if self._texts.is_bad(15) else self._tape.below(4)):
            name = self._tape.one([*fields.values])
            direction = self._tape.one(("ASC", "DESC", None))
            entry: dict[str, Tree] = {"field": Leaf((name, name), is_name=True)}
            if direction is not None:
                entry["direction"] = Leaf((direction, direction), is_name=True)
            for column in COLUMNS_OF_ORDER.get(name, (name.lower(),)):
                terms.setdefault(column, direction == "DESC")
            entries.append(entry)
        if not terms:
            return self._tape.one((None, [])), default
        return entries, (*terms.items(), ("id", [*terms.values()][-1]))

    def _cursor(self, kind: str, terms: Terms) -> Leaf:
        rows, texts = self._values.world.rows[kind], self._texts
        if texts.is_bad(25):
            row = self._tape.one(rows)
            return texts.leaf([*BAD_CURSORS, self._values.cursor(kind, terms[::-1], row, row, 0)])

        def one() -> str:
            row, other = self._tape.one(rows), self._tape.one(rows)
            split = self._tape.below(len(terms) + 1) if self._tape.chance(20) else 0
            return self._values.cursor(kind, terms, row, other, split)

        first = one()
        return Leaf((first, one() if texts.has_twin else first))

    # Filters

    def _filter(self, filter: Any, kind: str, depth: int) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        for _ in range(self._tape.below(4)):
            name = self._tape.one([*filter.fields])
            if name in found:
                continue
            if self._tape.chance(4):
                found[name] = None
            elif name in ("and", "or"):
                most = self._tape.below(4 if depth else 1)
                found[name] = [self._filter(filter, kind, depth - 1) for _ in range(most)]
            elif name == "not":
                found[name] = self._filter(filter, kind, depth - 1) if depth else {}
            else:
                found[name] = self._asked(kind, name, filter.fields[name].type)
        return found

    def _asked(self, kind: str, name: str, type: Any) -> Tree:
        """What a filter asks of one of its fields."""
        comparator: Any = get_named_type(type)
        if comparator.name == "Boolean":
            return self._texts.leaf(_BOOLEANS)
        if comparator.name == "CustomFieldFilter":
            return [self._custom(comparator) for _ in range(self._tape.below(3))]
        return self._compared(kind, name, comparator)

    def _custom(self, comparator: Any) -> dict[str, Tree]:
        found: dict[str, Tree] = {"key": self._texts.leaf(self._values.compared("", "key", comparator.name, "key"))}
        for _ in range(1 + self._tape.below(2)):
            name = self._tape.one([name for name in comparator.fields if name != "key"])
            within: Any = get_named_type(comparator.fields[name].type)
            if name == "isNull":
                found[name] = None if self._tape.chance(8) else self._texts.leaf(_BOOLEANS)
            elif name not in found:
                found[name] = None if self._tape.chance(4) else self._compared(f"custom {name}", name, within)
        return found

    def _compared(self, kind: str, name: str, comparator: Any) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        for required in ("currency",):
            if required in comparator.fields:
                found[required] = self._value(kind, name, comparator, required)
        for _ in range(1 if self._tape.chance(75) else self._tape.below(4)):
            comparison = self._tape.one([*comparator.fields])
            if comparison not in found:
                found[comparison] = self._value(kind, name, comparator, comparison)
        return found

    def _value(self, kind: str, name: str, comparator: Any, comparison: str) -> Tree:
        type, texts = comparator.fields[comparison].type, self._texts
        if not is_non_null_type(type) and self._tape.chance(8):
            says_something = comparison in ("isNull", "isEmpty", "eq", "ne") and comparator.name != "MoneyFilter"
            if says_something or texts.is_bad(50):
                return None
        named = get_named_type(type)
        if is_enum_type(named):
            values = [*named.values]
        elif comparison in ("isNull", "isEmpty"):
            values = _BOOLEANS
        else:
            bad = self._values.refused(comparator.name, comparison)
            is_bad = bad is not None and texts.is_bad(20)
            values = bad if is_bad else self._values.compared(kind, name, comparator.name, comparison)
        if is_list_type(get_nullable_type(type)):
            return [texts.leaf(values, is_name=is_enum_type(named)) for _ in range(self._tape.below(4))]
        return texts.leaf(values, is_name=is_enum_type(named))

    # Whatever else there is

    def _any(self, type: GraphQLInputType) -> Tree:
        """Any value of a type."""
        if not is_non_null_type(type) and self._tape.chance(10):
            return None
        inner: Any = get_nullable_type(type)
        if is_list_type(inner):
            if self._texts.is_bad(10):
                return [self._any(inner.of_type)] * 101
            return [self._any(inner.of_type) for _ in range(self._tape.below(7))]
        if is_input_object_type(inner):
            return {
                name: self._any(field.type)
                for name, field in inner.fields.items()
                if is_non_null_type(field.type) or self._tape.chance(30)
            }
        if is_enum_type(inner):
            return self._texts.leaf([*inner.values], is_name=True)
        assert isinstance(inner, GraphQLNamedType)
        return self._texts.leaf(self._values.scalar(inner.name))
