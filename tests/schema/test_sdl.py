"""The schema as clients see it: committed, described, and never less than the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_introspection_type,
    is_required_argument,
    is_required_input_field,
    is_specified_scalar_type,
)
from graphql.utilities import find_breaking_changes

import schema as schema_package
from schema.build import build_schema as build_ours

CONTRACT = Path(__file__).with_name("contract.graphql").read_text()
COMMITTED = Path(schema_package.__file__).with_name("schema.graphql").read_text()


@pytest.fixture(scope="module")
def printed() -> str:
    return build_ours().as_str()


@pytest.fixture(scope="module")
def ours(printed: str) -> GraphQLSchema:
    return build_schema(printed)


@pytest.fixture(scope="module")
def contract() -> GraphQLSchema:
    return build_schema(CONTRACT)


def own_types(schema: GraphQLSchema) -> list[GraphQLNamedType]:
    return [
        type
        for type in schema.type_map.values()
        if not is_introspection_type(type) and not is_specified_scalar_type(type)
    ]


def test_the_committed_schema_is_the_codes(printed: str) -> None:
    assert printed.strip() == COMMITTED.strip(), "run make sdl and look at what has changed"


def _described(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for type in own_types(schema):
        yield type.name, type.description
        if isinstance(type, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in type.fields.items():
                yield f"{type.name}.{name}", field.description
                if isinstance(field, GraphQLField):
                    for argument, given in field.args.items():
                        # The only argument of every mutation is its input, whose type is described.
                        if type is not schema.mutation_type:
                            yield f"{type.name}.{name}({argument}:)", given.description
        if isinstance(type, GraphQLEnumType):
            for name, value in type.values.items():
                yield f"{type.name}.{name}", value.description


def test_everything_is_described(ours: GraphQLSchema) -> None:
    described = dict(_described(ours))
    assert len(described) > 300
    assert [name for name, text in described.items() if not (text or "").strip()] == []


def test_nothing_that_the_contract_names_is_missing_or_of_another_type(
    ours: GraphQLSchema, contract: GraphQLSchema
) -> None:
    wrong = []
    for type in own_types(contract):
        found = ours.type_map.get(type.name)
        if found is None or found.__class__ is not type.__class__:
            wrong.append(f"{type.name}: {found!r}")
            continue
        if isinstance(type, GraphQLObjectType | GraphQLInterfaceType):
            assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType)
            if not {i.name for i in type.interfaces} <= {i.name for i in found.interfaces}:
                wrong.append(f"{type.name}: implements {found.interfaces}")
        if isinstance(type, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType)
            for name, field in type.fields.items():
                there = found.fields.get(name)
                if there is None or str(there.type) != str(field.type):
                    wrong.append(f"{type.name}.{name}: {there and there.type} instead of {field.type}")
                elif isinstance(field, GraphQLField):
                    assert isinstance(there, GraphQLField)
                    for argument, given in field.args.items():
                        taken = there.args.get(argument)
                        if taken is None or str(taken.type) != str(given.type):
                            wrong.append(f"{type.name}.{name}({argument}:): {taken and taken.type}")
        if isinstance(type, GraphQLEnumType):
            assert isinstance(found, GraphQLEnumType)
            if not set(type.values) <= set(found.values):
                wrong.append(f"{type.name}: {sorted(found.values)}")
        if isinstance(type, GraphQLInputObjectType):
            assert isinstance(found, GraphQLInputObjectType)
            if found.is_one_of != type.is_one_of:
                wrong.append(f"{type.name}: oneOf {found.is_one_of}")
    assert wrong == []


def test_what_the_schema_holds_beyond_the_contract_asks_nothing_of_old_clients(
    ours: GraphQLSchema, contract: GraphQLSchema
) -> None:
    demanding = []
    for type in own_types(contract):
        found = ours.type_map[type.name]
        if isinstance(type, GraphQLInputObjectType) and isinstance(found, GraphQLInputObjectType):
            demanding += [
                f"{type.name}.{name}"
                for name, field in found.fields.items()
                if name not in type.fields and is_required_input_field(field)
            ]
        if isinstance(type, GraphQLObjectType) and isinstance(found, GraphQLObjectType):
            demanding += [
                f"{type.name}.{name}({argument}:)"
                for name, field in type.fields.items()
                for argument, given in found.fields[name].args.items()
                if argument not in field.args and is_required_argument(given)
            ]
    assert demanding == []
    assert [change.description for change in find_breaking_changes(contract, ours)] == []


def _input_of(schema: GraphQLSchema, mutation: str) -> GraphQLInputObjectType:
    assert schema.mutation_type is not None
    (argument,) = schema.mutation_type.fields[mutation].args.values()
    input = schema.type_map[str(argument.type).rstrip("!")]
    assert isinstance(input, GraphQLInputObjectType)
    singular = mutation.removesuffix("s")
    if singular != mutation and singular in schema.mutation_type.fields:  # several at once: each has what one has
        (entries,) = (field for field in input.fields.values() if str(field.type).startswith("["))
        assert get_named_type(entries.type) is _input_of(schema, singular)
        return _input_of(schema, singular)
    return input


def test_creating_mutations_can_be_repeated_and_changing_ones_can_be_checked(ours: GraphQLSchema) -> None:
    assert ours.mutation_type is not None
    # Of many records; and a merge is undone once, and changes in no other way.
    verbs = set(ours.mutation_type.fields) - {"markDistinct", "unmarkDistinct", "undoMerge"}
    creating = {verb for verb in verbs if verb.startswith("create")}
    assert len(creating) >= 5
    assert len(verbs - creating) >= 6
    for verb in creating:
        assert str(_input_of(ours, verb).fields["idempotencyKey"].type) == "String", verb
    for verb in verbs - creating - {"addTags", "removeTags", "reorderPipelines"}:  # those are of many records
        assert str(_input_of(ours, verb).fields["expectedVersion"].type) == "Int", verb


def test_every_mutation_has_one_shape(ours: GraphQLSchema) -> None:
    assert ours.mutation_type is not None
    for verb, field in ours.mutation_type.fields.items():
        name = verb[0].upper() + verb[1:]
        assert {argument: str(given.type) for argument, given in field.args.items()} == {"input": f"{name}Input!"}
        assert str(field.type) == f"{name}Payload!"
        payload = ours.type_map[f"{name}Payload"]
        assert isinstance(payload, GraphQLObjectType)
        assert str(payload.fields["userErrors"].type) == "[UserError!]!"
        shown = payload
        if "results" in payload.fields:  # several at once
            inner = get_named_type(payload.fields["results"].type)
            assert isinstance(inner, GraphQLObjectType)
            assert str(inner.fields["userErrors"].type) == "[UserError!]!"
            shown = inner
        nullable = [str(f.type) for n, f in shown.fields.items() if n != "userErrors" and not str(f.type).endswith("!")]
        assert nullable, f"{verb} says nothing of what it changed"


def test_every_node_is_found_by_the_prefix_of_its_id(ours: GraphQLSchema) -> None:
    from schema.node import Node

    interface = ours.type_map["Node"]
    assert isinstance(interface, GraphQLInterfaceType)
    assert set(Node.kinds) == {type.name for type in ours.get_possible_types(interface)}


def test_every_list_that_can_grow_is_a_connection(ours: GraphQLSchema) -> None:
    """Lists of entities that are no connection are those a workspace has a handful of."""
    interface = ours.type_map["Node"]
    assert isinstance(interface, GraphQLInterfaceType)
    entities = {type.name for type in ours.get_possible_types(interface)}
    bare = {
        f"{type.name}.{name}"
        for type in own_types(ours)
        if isinstance(type, GraphQLObjectType) and not type.name.endswith("Connection")
        for name, field in type.fields.items()
        if str(field.type).strip("[]!") in entities and "[" in str(field.type)
    }
    tagged = {f"{kind}.tags" for kind in ("Contact", "Organization", "Lead", "Deal", "Query")} | {"Query.customFields"}
    assert bare == {
        *("Query.pipelines", "Query.archivedPipelines", "Query.channels", "Query.members"),
        *("Pipeline.stages", "Deal.stageHistory"),
        *tagged,
        "SuggestAnswersPayload.suggestions",
        "ReorderPipelinesPayload.pipelines",
        *("Contact.merges", "Organization.merges"),
        *("MergeContactsPayload.merges", "MergeOrganizationsPayload.merges"),
    }
