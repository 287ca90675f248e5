"""Every word of the schema by itself: each field, argument, comparison and order, in queries as small as can be.

Random queries find what nobody thought of; these make certain that nothing was left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_object_type,
    is_union_type,
    parse,
    visit,
)

from crm.accounts.facts import Role
from schema.reads.mapping import Many
from schema.reads.typemap import TypeMap
from tests.schema.law.filling import KEYS
from tests.schema.law.outside import is_outside
from tests.schema.law.pages import COLUMNS_OF_ORDER, Terms
from tests.schema.law.texts import Leaf
from tests.schema.law.values import Values
from tests.schema.law.ways import Request

PAGE = "{ totalCount edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"
MOST_PARENTS = 3
LONG = "A" * 5000


class Everything:
    """Writes the queries."""

    def __init__(self, types: TypeMap, values: Values) -> None:
        self._schema = types.schema
        self._types = types
        self._values = values
        self._written: set[str] = set()
        """Of which filters and comparisons all forms have been written; of those elsewhere one of each is enough."""

    def queries(self) -> Iterator[Request]:
        for parent in [self._schema.query_type, *(self._schema.type_map[kind] for kind in self._values.kinds)]:
            assert isinstance(parent, GraphQLObjectType)
            for name, field in parent.fields.items():
                if is_outside(parent.name, name):
                    continue
                if "first" in field.args:
                    read = self._types.read(parent.name, name)
                    assert isinstance(read, Many)
                    yield from self._list(parent, name, field, read)
                elif parent is not self._schema.query_type:
                    for role in list(Role) if parent.name == "Channel" else [Role.OWNER]:
                        yield Request(self._below(parent, f"{name}{self._shown(field)}", 8), role=role)
                elif name == "customFields":
                    entities = ["null", *get_named_type(field.args["entity"].type).values]
                    for entity in entities:
                        given = [f"entity: {entity}", f"entity: {entity}, archived: true", "archived: false"]
                        asked = [f"a{n}: {name}({text}) {{ ...F }}" for n, text in enumerate(given)]
                        shown = f"fragment F on CustomField{self._shown(field)}"
                        yield Request(f"{{ {name}{self._shown(field)} {' '.join(asked)} }} {shown}")
                elif not field.args:
                    yield Request(f"{{ __typename {name}{self._shown(field)} }}")
        yield from self._found_by_id()

    # Objects

    def _below(self, parent: GraphQLObjectType, text: str, most: int) -> str:
        """A selection on objects of a type, or of the root."""
        if parent is self._schema.query_type:
            return f"{{ {text} }}"
        ids = [f'"{parent.name}_{row.id.hex}"' for row in self._values.world.rows[parent.name][:most]]
        return f"{{ nodes(ids: [{', '.join(ids)}]) {{ __typename ... on {parent.name} {{ {text} }} }} }}"

    def _shown(self, field: GraphQLField, depth: int = 3) -> str:
        """All that a field's value shows by itself: of another entity no more than its own values."""
        type: Any = get_named_type(field.type)
        if not is_composite_type(type):
            return ""
        if is_union_type(type):
            return " { __typename " + " ".join(f"... on {one.name} {{ id }}" for one in type.types) + " }"
        parts = ["__typename"]
        for name, inner in type.fields.items():
            is_leaf = not is_composite_type(get_named_type(inner.type))
            is_lent = type.name not in self._values.kinds and depth > 0 and "first" not in inner.args
            if is_leaf or is_lent:
                parts.append(f"{name}{self._shown(inner, depth - 1)}")
        return " { " + " ".join(parts) + " }"

    def _found_by_id(self) -> Iterator[Request]:
        known = [self._values.ids(kind)[0] for kind in self._values.kinds]
        strange = [*dict.fromkeys(map(str, self._values.any_id()))][-20:]
        foreign = [self._values.ids(kind)[-2] for kind in self._values.kinds]
        each = " ".join(f"... on {kind} {{ id }}" for kind in self._values.kinds)
        for id in [*known, *foreign, *strange]:
            yield Request("query ($id: ID!) { node(id: $id) { id __typename " + each + " } }", {"id": id})
        for ids in ([*known, *known[:2], *strange, *foreign], [], known * 10, [*known * 10, known[0]]):
            yield Request("query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename " + each + " } }", {"ids": ids})
        yield Request(f'{{ node(id: "{known[0]}") {{ id }} nodes(ids: ["{known[0]}", 5]) {{ id }} }}')

    # Lists

    def _list(self, parent: GraphQLObjectType, name: str, field: GraphQLField, read: Many) -> Iterator[Request]:
        def ask(*arguments: str, shown: str = PAGE) -> Request:
            given = [f"({text})" if text else "" for text in arguments]
            entries = [f"a{index}: {name}{text} {{ ...Shown }}" for index, text in enumerate(given)]
            shared = f"fragment Shown on {get_named_type(field.type).name} {shown}"
            return Request(f"{self._below(parent, ' '.join(entries), MOST_PARENTS)}\n{shared}")

        own = read.listing.order.terms
        yield ask("", shown=self._shown(field))
        yield ask("first: 2", "last: 2", "first: 0", "last: 0", "first: 100", "last: 101", "first: null, last: 1")
        yield ask(*self._turns(read, own))
        if self._is_new(f"pages of {parent.name}"):
            for wrong in ("first: 1, last: 1", "first: -1", "last: -7", 'after: "x"', 'before: ""', f'after: "{LONG}"'):
                yield ask(wrong)
        if "orderBy" in field.args:
            of = "the root" if parent is self._schema.query_type else "objects"
            yield from (ask(*turns) for turns in self._orders(field, read, of))
            yield ask(f"orderBy: [{', '.join([self._entries(field)[0][0]] * 6)}]")
        if "filter" in field.args:
            filter: Any = get_named_type(field.args["filter"].type)
            for texts in self._filters(filter, read.listing.kind):
                yield ask(*(f"filter: {text}, first: 3" for text in texts), shown="{ totalCount nodes { id } }")

    def _turns(self, read: Many, terms: Terms) -> list[str]:
        """Pages from several places of a list, either way."""
        kind, rows = read.listing.kind, self._values.world.rows[read.listing.kind]
        a, b = (self._values.cursor(kind, terms, row, row, 0) for row in (rows[1], rows[len(rows) // 2]))
        return [
            f'first: 2, after: "{a}"', f'last: 2, before: "{b}"', f'last: 3, after: "{b}"', f'first: 3, before: "{a}"',
            f'after: "{a}", before: "{b}"', f'last: 100, after: "{b}", before: "{a}"',
        ]  # fmt: skip

    def _entries(self, field: GraphQLField) -> list[tuple[str, Terms]]:
        """Each entry of ``orderBy``, and the order that it makes by itself."""
        order: Any = get_named_type(field.args["orderBy"].type)
        entries = []
        for name in get_named_type(order.fields["field"].type).values:
            for direction in ("ASC", "DESC"):
                down = direction == "DESC"
                terms = tuple((column, down) for column in COLUMNS_OF_ORDER.get(name, (name.lower(),)))
                entries.append((f"{{field: {name}, direction: {direction}}}", (*terms, ("id", down))))
        return entries

    def _orders(self, field: GraphQLField, read: Many, of: str) -> Iterator[list[str]]:
        """Each order by itself; each with cursors, and two together, once for a kind of rows."""
        entries = self._entries(field)
        yield [f"orderBy: {text}, first: 3" for text, _ in entries]
        if not self._is_new(f"orders of {read.listing.kind} of {of}"):
            return
        for (text, terms), (other, further) in zip(entries, entries[3:], strict=False):
            # Both ways at once: every entry is followed by one of another field, in the other direction.
            mixed = (*terms[:-1], *further)
            yield [f"orderBy: [{text}, {other}], {turn}" for turn in self._turns(read, mixed)]
        for text, terms in entries:
            yield [f"orderBy: [{text}], {turn}" for turn in self._turns(read, terms)]

    def _is_new(self, name: str) -> bool:
        is_new, self._written = name not in self._written, self._written | {name}
        return is_new

    # Filters

    def _filters(self, filter: Any, kind: str) -> Iterator[list[str]]:
        """Filters by what they compare: all comparisons once for each kind of rows, one of each field for its lists."""
        fields = [name for name in filter.fields if name not in ("and", "or", "not")]
        texts = {name: list(self._comparisons(kind, name, get_named_type(filter.fields[name].type))) for name in fields}
        for name, found in texts.items():
            if self._is_new(f"{get_named_type(filter.fields[name].type).name} of {kind}"):
                yield [*(f"{{{text}}}" for text in found), *(f"{{not: {{{text}}}}}" for text in found[::2])]
        if self._is_new(filter.name):
            yield from self._refused(fields[0], filter)
        some = [found[len(found) // 2] for found in texts.values()]
        either = ", ".join(f"{{{text}}}" for text in some)
        yield [f"{{or: [{either}]}}", f"{{not: {{or: [{either}]}}}}", f"{{and: [{either}]}}", "{and: []}", "{or: []}"]
        yield [f"{{{', '.join(some)}}}", "{}", "{not: {}}", "{and: [{}, {}]}", "{or: [{}]}", f"{{{fields[0]}: null}}"]

    def _comparisons(self, kind: str, name: str, comparator: Any) -> Iterator[str]:
        if comparator.name == "Boolean":
            yield from (f"{name}: true", f"{name}: false")
            return
        if comparator.name == "CustomFieldFilter":
            yield from self._custom(name, comparator)
            return
        money = 'currency: "EUR", ' if "currency" in comparator.fields else ""
        for comparison, field in comparator.fields.items():
            if comparison == "currency":
                yield f'{name}: {{currency: "jpy"}}'
                continue
            named = get_named_type(field.type)
            if is_enum_type(named):
                literals = [*named.values]
            else:
                flags = comparison in ("isNull", "isEmpty")
                found = (True, False) if flags else self._values.compared(kind, name, comparator.name, comparison)
                some = found if money else (found[len(found) // 3], found[-1])
                literals = [Leaf((value, value)).literal(0) for value in some]
            if is_list_type(get_nullable_type(field.type)):
                literals = ["[" + ", ".join(literals) + "]", "[]"]
            elif not is_enum_type(named) and comparison not in ("isNull", "isEmpty") and not money:
                literals = literals[:1]
            if comparison in ("eq", "ne") and not money:
                literals.append("null")
            for literal in literals:
                yield f"{name}: {{{money}{comparison}: {literal}}}"

    def _custom(self, name: str, comparator: Any) -> Iterator[str]:
        """Each comparison of each kind of value, of fields with all kinds of them."""
        keys = [Leaf((key, key)).literal(0) for key in KEYS]
        for place, (slot, field) in enumerate(comparator.fields.items()):
            if slot == "key":
                continue
            within: Any = get_named_type(field.type)
            some = ("isNull: true", "isNull: false") if slot == "isNull" else ()
            for number, text in enumerate(some or self._comparisons(f"custom {slot}", slot, within)):
                key = keys[(place + number) % len(keys)]
                yield f"{name}: [{{key: {key}, {text}}}]"
        yield f"{name}: []"
        yield f"{name}: {{key: {keys[0]}}}"
        yield f"{name}: [{{key: {keys[0]}, isNull: false}}, {{key: {keys[1]}, number: {{gte: 0}}, isNull: null}}]"

    def _refused(self, first: str, filter: Any) -> Iterator[list[str]]:
        for name, field in filter.fields.items():
            comparator: Any = get_named_type(field.type)
            if comparator.name == "CustomFieldFilter":
                yield from self._refused_custom(name, comparator)
                continue
            compares = name not in ("and", "or", "not") and is_input_object_type(comparator)
            for comparison in comparator.fields if compares else ():
                if not self._is_new(f"{comparator.name}.{comparison}"):
                    continue
                money = 'currency: "EUR", ' if "currency" in comparator.fields and comparison != "currency" else ""
                is_list = is_list_type(get_nullable_type(comparator.fields[comparison].type))
                for value in (*(self._values.refused(comparator.name, comparison) or ()), None):
                    if comparison not in ("isNull", "isEmpty") and (value is not None or comparison != "currency"):
                        text = Leaf((value, value)).literal(0)
                        text = f"[{text}]" if is_list and value is not None else text
                        yield [f"{{{name}: {{{money}{comparison}: {text}}}}}"]
        for number in (100, 101):
            yield [f"{{and: [{', '.join([f'{{{first}: {{ne: null}}}}'] * number)}]}}"]

    def _refused_custom(self, name: str, comparator: Any) -> Iterator[list[str]]:
        if not self._is_new(comparator.name):
            return
        key = Leaf((KEYS[0], KEYS[0])).literal(0)
        wrong = Leaf(("\x00", "\x00")).literal(0)
        yield [f"{{{name}: [{{key: {key}}}, {{key: {wrong}, isNull: true}}]}}"]
        for slot, field in comparator.fields.items():
            within: Any = get_named_type(field.type)
            for comparison, compared in within.fields.items() if is_input_object_type(within) else ():
                is_list = is_list_type(get_nullable_type(compared.type))
                for value in (*(self._values.refused(within.name, comparison) or ()), None):
                    if comparison != "isNull" and (value is not None or comparison not in ("eq", "ne")):
                        text = Leaf((value, value)).literal(0)
                        text = f"[{text}]" if is_list and value is not None else text
                        yield [f"{{{name}: [{{key: {key}, {slot}: {{{comparison}: {text}}}}}]}}"]


def words(schema: GraphQLSchema) -> set[str]:
    """All that a query can say: fields, arguments, fields of inputs, and values of enums that are sent in."""
    found: set[str] = set()
    types: list[Any] = [schema.query_type]
    seen: set[str] = set()
    while types:
        type = types.pop()
        if type.name in seen:
            continue
        seen.add(type.name)
        if is_enum_type(type):
            found |= {f"{type.name}.{value}" for value in type.values}
        elif is_input_object_type(type):
            found |= {f"{type.name}.{name}" for name in type.fields}
            types += [get_named_type(field.type) for field in type.fields.values()]
        elif is_composite_type(type):
            for name, field in getattr(type, "fields", {}).items():
                if is_outside(type.name, name):
                    continue
                found |= {f"{type.name}.{name}", *(f"{type.name}.{name}({argument})" for argument in field.args)}
                types += [get_named_type(argument.type) for argument in field.args.values()]
                named = get_named_type(field.type)
                types += [named] if is_composite_type(named) else []
            types += [] if is_object_type(type) else schema.get_possible_types(type)
    return found


def said(schema: GraphQLSchema, query: str) -> set[str]:
    """Which of them a query says, in literals."""
    info, found = TypeInfo(schema), set()

    class Words(Visitor):
        def enter_field(self, node: Any, *_: Any) -> None:
            parent = info.get_parent_type()
            assert parent is not None
            found.add(f"{parent.name}.{node.name.value}")
            found.update(f"{parent.name}.{node.name.value}({argument.name.value})" for argument in node.arguments or ())

        def enter_object_value(self, node: Any, *_: Any) -> None:
            type = get_named_type(info.get_input_type())
            found.update(f"{type.name}.{field.name.value}" for field in node.fields)

        def enter_enum_value(self, node: Any, *_: Any) -> None:
            found.add(f"{get_named_type(info.get_input_type()).name}.{node.value}")

    visit(parse(query), TypeInfoVisitor(info, Words()))
    return found
