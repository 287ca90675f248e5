"""Mallory, who owns another workspace and has got hold of Alice's ids, learns and changes nothing.

Which fields take an id is read from the schema: a new one is tried without anybody thinking of it.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)
from tortoise.models import Model
from tortoise.queryset import QuerySet

from crm import db
from crm.accounts.models import Member
from crm.activities.models import Activity
from crm.deals.archiving import archive_deal
from crm.deals.boards import archive_pipeline
from crm.deals.models import StageChange
from crm.engine import bound
from crm.ids import new_id
from crm.intake.facts import ChannelKind
from crm.intake.models import InboundMessage
from crm.leads.conversion import Conversion, convert_lead
from crm.leads.models import Conversion as ConversionRow
from crm.leads.models import QualificationPolicy
from crm.pipelines.models import Pipeline
from crm.tables import Table
from crm.tags.models import Tag
from schema import ids
from schema.node import Node
from schema.reads.compiler import Compiler
from schema.reads.statements import Given, Statement
from tests.conftest import NOW, Company, GraphQLClient, open_company
from tests.factories import (
    deliver,
    make_contact,
    make_custom_field,
    make_deal,
    make_lead,
    make_merge,
    make_organization,
    make_qualified_lead,
    make_suggestion,
    make_tag,
)
from tests.schema.conftest import Unchanged, gid
from tests.serving import shared_schema

SCHEMA: GraphQLSchema = shared_schema()._schema
MARK = "Confidential"
"""Stands in every text of Alice's that Mallory could be shown."""

Path = tuple[str, ...]


def id_fields(type: GraphQLInputObjectType, path: Path = ()) -> Iterator[Path]:
    """Every place for an id below an input, as the path to it."""
    for name, field in type.fields.items():
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLInputObjectType):
            yield from id_fields(inner, (*path, name))
        elif inner.name == "ID":
            yield (*path, name)


def inputs() -> Iterator[tuple[str, GraphQLInputObjectType]]:
    assert SCHEMA.mutation_type is not None
    for verb, field in SCHEMA.mutation_type.fields.items():
        type = get_named_type(field.args["input"].type)
        assert isinstance(type, GraphQLInputObjectType)
        yield verb, type


CASES = [(verb, path) for verb, type in inputs() for path in id_fields(type)]


def value(type: GraphQLInputType, name: str, known: dict[str, str]) -> Any:
    """Something good for a field that must be given."""
    if isinstance(type, GraphQLList) or str(type).startswith("["):
        return [value(get_named_type(type), name, known)]
    inner = get_named_type(type)
    if isinstance(inner, GraphQLInputObjectType):
        return build(inner, (), None, known)
    if isinstance(inner, GraphQLEnumType):
        return {"Criterion": "AUTHORITY", "CriterionState": "MET"}.get(inner.name, next(iter(inner.values)))
    if inner.name == "Int":
        return 7
    return known[name] if inner.name == "ID" else "Something"


def build(type: GraphQLInputObjectType, path: Path, planted: str | None, known: dict[str, str]) -> dict[str, Any]:
    """An input with all that it must have, and ``planted`` at the path."""
    made: dict[str, Any] = {}
    for name, field in type.fields.items():
        if path and path[0] == name:
            inner = get_named_type(field.type)
            if isinstance(inner, GraphQLInputObjectType):
                nested = build(inner, path[1:], planted, known)
                made[name] = [nested] if str(field.type).startswith("[") else nested
            else:
                made[name] = planted
        elif is_required_input_field(field):
            made[name] = value(field.type, name, known)
    return made


def payload_of(verb: str) -> GraphQLObjectType:
    assert SCHEMA.mutation_type is not None
    payload = get_named_type(SCHEMA.mutation_type.fields[verb].type)
    assert isinstance(payload, GraphQLObjectType)
    return payload


def selection(verb: str) -> str:
    """All scalars of the payload and of the objects in it."""
    parts = []
    for name, field in payload_of(verb).fields.items():
        inner = get_named_type(field.type)
        if isinstance(inner, GraphQLObjectType | GraphQLInterfaceType):
            leaves = [n for n, f in inner.fields.items() if is_leaf_type(get_named_type(f.type))]
            parts.append(f"{name} {{ {' '.join(leaves)} }}")
        elif isinstance(inner, GraphQLUnionType):
            parts.append(f"{name} {{ __typename ... on Node {{ id }} }}")
        else:
            parts.append(name)
    return " ".join(parts)


def kind_of(verb: str) -> str:
    """Of which kind the record is that a verb changes: what its payload shows first."""
    return get_named_type(next(iter(payload_of(verb).fields.values())).type).name


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hoarded(orm: None) -> tuple[Company, list[str]]:
    """Alice's workspace and her hoard: one for all tests of this file, for nobody may change anything of it."""
    company = await open_company()
    with bound(company.alice.workspace_id):
        return company, await hoard(company)


@pytest_asyncio.fixture
async def company(hoarded: tuple[Company, list[str]]) -> AsyncIterator[Company]:
    with bound(hoarded[0].alice.workspace_id):
        yield hoarded[0]


@pytest.fixture
def hers(hoarded: tuple[Company, list[str]]) -> list[str]:
    """The global ids of all that Alice has."""
    return hoarded[1]


async def hoard(company: Company) -> list[str]:
    """The global ids of one of each of Alice's things, with a mark in their texts."""
    organization = await make_organization(company.alice, f"{MARK} GmbH", "confidential.example")
    contact = await make_contact(
        company.alice, f"{MARK} Person", emails=("confidential@a.example",), organization_id=organization.id
    )
    people = {"contact_id": contact.id, "organization_id": organization.id}
    lead = await make_lead(company.alice, f"{MARK} lead", **people)
    deal = await make_deal(company.alice, f"{MARK} deal", **people)
    feeding = await make_qualified_lead(company.alice, f"{MARK} converted", **people)
    await convert_lead(
        actor=company.alice, lead_id=feeding.id, how=Conversion(deal_id=deal.id), expected_version=None, now=NOW
    )
    qualified = await make_qualified_lead(company.alice, f"{MARK} qualified", **people)
    twins = [await make_contact(company.alice, f"{MARK} twin") for _ in range(2)]
    merge = await make_merge(company.alice, *twins)
    await deliver(company, ChannelKind.MAIL, f"Subject: {MARK}\r\n\r\nhello".encode())
    rows: list[Model] = [organization, contact, lead, feeding, qualified, deal, company.stage("Offer sent")]
    rows.append(await make_tag(company.alice, f"{MARK} tag"))
    rows.append(await make_custom_field(company.alice, f"{MARK} field"))
    rows.append(merge)
    rows += [company.form, company.mailbox, await db.scoped(Member, company.alice).get(id=company.alice.member_id)]
    for model in (Pipeline, InboundMessage, QualificationPolicy):
        rows.append(await db.scoped(model, company.alice).get())
    rows.append(await db.scoped(Activity, company.alice).filter(deal_id=deal.id).get())
    rows.append(await db.scoped(ConversionRow, company.alice).get(lead_id=feeding.id))
    rows.append(await db.scoped(StageChange, company.alice).filter(deal_id=deal.id).get())
    rows.append(await make_suggestion(company.alice, f"We need {MARK} pumps.", lead_id=lead.id))
    found = [gid(row) for row in rows]
    assert {id.partition("_")[0] for id in found} == set(Node.kinds)
    return found


async def of_mallory(other: Company, verb: str) -> dict[str, str]:
    """Mallory's own ids for what an input must have beside the planted one."""
    kind = kind_of(verb)
    if kind == "Deal":
        stage = other.stage("Won" if verb == "reopenDeal" else "Qualified")
        own: Model = await make_deal(other.alice, "Mine", stage_id=stage.id)
        if verb == "restoreDeal":
            await archive_deal(actor=other.alice, deal_id=own.id, expected_version=None, now=NOW)
    elif kind == "Suggestion":
        own = await make_suggestion(other.alice, "The decision lies with me: I decide.")
    elif kind == "Contact":
        own = await make_contact(other.alice, "Mine")
    elif kind == "Organization":
        own = await make_organization(other.alice, "Mine")
    elif kind == "CustomField":
        own = await make_custom_field(other.alice, "Mine")
    elif kind == "Tag":
        own = await make_tag(other.alice, "Mine")
    elif kind == "Pipeline":
        own = Pipeline(id=other.stages[0].pipeline_id)
        if verb == "restorePipeline":
            await archive_pipeline(actor=other.alice, pipeline_id=own.id, expected_version=None, now=NOW)
    elif kind == "Stage":
        own = other.stage("Offer sent")
    else:
        own = await (make_qualified_lead if verb.startswith("convert") else make_lead)(other.alice, "Mine")
    tag = own if isinstance(own, Tag) else await make_tag(other.alice, f"My tag {new_id()}")
    second = await (make_organization if kind == "Organization" else make_contact)(other.alice, "Mine too")
    several = {"ids": gid(own), "tagIds": gid(tag), "intoId": gid(own), "fromIds": gid(second)}
    return {"id": gid(own), "stageId": gid(other.stage("Offer sent")), **several}


def board_of(other: Company) -> dict[str, str]:
    """Mallory's own ids for what an input about boards must have."""
    return {
        "pipelineId": ids.encode("Pipeline", other.stages[0].pipeline_id),
        "stageIds": gid(other.stage("Offer sent")),
    }


def test_ids_are_found_wherever_an_input_takes_one() -> None:
    paths = {".".join((verb, *path)) for verb, path in CASES}
    assert len(CASES) >= 25
    assert paths >= {
        "createContact.organizationId",
        "createDeal.place.before",
        "answerQualification.answers.decisionMakerId",
        "convertLead.contact.existingId",
        "convertLead.contact.create.organizationId",
        "convertLead.dealId",
        "moveDeal.place.after",
    }


@pytest.mark.parametrize(("verb", "path"), CASES, ids=lambda part: part if isinstance(part, str) else ".".join(part))
async def test_an_id_of_hers_answers_as_one_of_nothing(
    hers: list[str], other: Company, mallory: GraphQLClient, unchanged: Unchanged, verb: str, path: Path
) -> None:
    # A place is no reference, so what is wrong with it changes the rest: each case wants a row of Mallory's own.
    beside = "place" in path
    hers = [id for id in hers if not beside or id.startswith(("Deal_", "Contact_"))]
    nothing = [ids.encode(id.partition("_")[0], new_id()) for id in hers]
    type = dict(inputs())[verb]
    own = {**await of_mallory(other, verb), **board_of(other)}
    # The check of the version must neither be what keeps her out nor tell her that there is something.
    versions = (1, 99) if path == ("id",) and "expectedVersion" in type.fields else (None,)
    cases = [(planted, version) for version in versions for planted in (*hers, *nothing)]
    made = []
    for planted, version in cases:
        input = build(type, path, planted, await of_mallory(other, verb) if beside else own)
        made.append({**input, "expectedVersion": version} if version else input)
    names = range(len(made))
    declared = ", ".join(f"$i{n}: {verb[0].upper()}{verb[1:]}Input!" for n in names)
    asked = " ".join(f"a{n}: {verb}(input: $i{n}) {{ ...All }}" for n in names)
    document = f"mutation ({declared}) {{ {asked} }} fragment All on {payload_of(verb).name} {{ {selection(verb)} }}"
    async with unchanged():
        data = await mallory(document, **{f"i{n}": made[n] for n in names})
    answers = dict(zip(cases, data.values(), strict=True))
    assert MARK.lower() not in str(answers).lower()
    for version in versions:
        for real, absent in zip(hers, nothing, strict=True):
            payload, counterpart = answers[real, version], answers[absent, version]
            errors = payload["userErrors"]
            said = [(e["code"], e["field"], e["conflictingId"]) for e in errors]
            assert said == [(e["code"], e["field"], e["conflictingId"]) for e in counterpart["userErrors"]], real
            if beside and real.startswith("Deal_"):
                assert said == []
                assert payload.get("neighbourGone", True)
            else:
                assert [e["code"] for e in errors] in (["NOT_FOUND"], ["INVALID"]), (real, payload)
                assert [part for part in errors[0]["field"] if part != "0"] == list(path)


async def test_node_and_nodes_find_hers_for_her_alone(
    hers: list[str], other: Company, alice: GraphQLClient, mallory: GraphQLClient
) -> None:
    own = gid(await make_lead(other.alice, "Mine"))
    wanted = [*hers, own]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    assert [node and node["id"] for node in (await alice(query, ids=wanted))["nodes"]] == [*hers, None]
    assert [node and node["id"] for node in (await mallory(query, ids=wanted))["nodes"]] == [None] * len(hers) + [own]
    for id in hers:
        assert await mallory("query ($id: ID!) { node(id: $id) { id } }", id=id) == {"node": None}


def list_query() -> str:
    """Every list of the query root, down to the scalars two objects further."""
    assert SCHEMA.query_type is not None

    def fields(type: GraphQLObjectType, depth: int) -> str:
        parts = []
        for name, field in type.fields.items():
            inner = get_named_type(field.type)
            if is_leaf_type(inner):
                parts.append(name)
            elif isinstance(inner, GraphQLUnionType):
                parts.append(f"{name} {{ {' '.join(f'... on {one.name} {{ id }}' for one in inner.types)} }}")
            elif depth:
                parts.append(f"{name} {{ {fields(inner, depth - 1)} }}")
        return " ".join(parts) or "__typename"

    root = SCHEMA.query_type.fields
    lists = [name for name, field in root.items() if not any(is_required_argument(arg) for arg in field.args.values())]
    assert len(lists) >= 7
    types = {name: get_named_type(SCHEMA.query_type.fields[name].type) for name in lists}
    return "{ " + " ".join(f"{name} {{ {fields(type, 3)} }}" for name, type in types.items()) + " }"  # type: ignore[arg-type]


async def test_no_list_of_mallorys_shows_anything_of_hers(
    company: Company, hers: list[str], other: Company, alice: GraphQLClient, mallory: GraphQLClient
) -> None:
    await make_lead(other.alice, "Mine")
    await make_deal(other.alice, "Mine")
    mine, shown = str(await alice(list_query())), str(await mallory(list_query()))
    assert [id for id in hers if id not in mine] == []
    assert [id for id in hers if id in shown] == []
    assert MARK in mine
    assert MARK not in shown
    assert "Mine" in shown
    assert company.mail_secret in mine
    assert company.mail_secret not in shown


async def test_a_cursor_of_hers_leads_mallory_through_her_own_list(
    other: Company, alice: GraphQLClient, mallory: GraphQLClient
) -> None:
    mine = gid(await make_lead(other.alice, "Mine"))
    cursor = (await alice("{ leads { pageInfo { endCursor } } }"))["leads"]["pageInfo"]["endCursor"]
    for key in ("after", "before"):
        data = await mallory(f'{{ leads({key}: "{cursor}") {{ totalCount nodes {{ id title }} }} }}')
        assert data["leads"]["totalCount"] == 1
        assert {node["id"] for node in data["leads"]["nodes"]} <= {mine}


async def test_one_address_may_belong_to_a_contact_in_each_workspace(hers: list[str], mallory: GraphQLClient) -> None:
    assert hers
    data = await mallory(
        'mutation { createContact(input: {name: "Mine", emails: ["confidential@a.example"]})'
        " { contact { id } userErrors { code conflictingId message } }"
        ' createOrganization(input: {name: "Mine", domain: "confidential.example"})'
        " { organization { id } userErrors { code conflictingId message } } }"
    )
    assert data["createContact"]["contact"]
    assert data["createOrganization"]["organization"]
    assert data["createContact"]["userErrors"] == data["createOrganization"]["userErrors"] == []


class TestRowLevelSecurityAlone:
    """The second wall: with every predicate on the workspace forgotten, the database still hides the rows."""

    @pytest.fixture
    def http(self, new_application: httpx.AsyncClient) -> httpx.AsyncClient:
        """One that has no plans yet, and whose plans nobody else gets."""
        return new_application

    @staticmethod
    def forget(monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Take the predicate out of ``scoped``, wherever it has been imported; what was read without it is listed."""
        original, read = db.scoped, []

        def unscoped(model: type[Model], actor: object) -> QuerySet[Any]:
            read.append(model.__name__)
            return model.all()

        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] in {"crm", "schema", "api"}:
                for attribute, found in list(vars(module).items()):
                    if found is original:
                        monkeypatch.setattr(module, attribute, unscoped)

        def unbounded(_: Compiler, statement: Statement, alias: str, table: Table) -> str:
            read.append(table.kind)
            return f"{statement.parameter(Given.WORKSPACE, 'uuid')} IS NOT NULL"

        monkeypatch.setattr(Compiler, "_scoped", unbounded)

        async def loose(sql: str, *values: object) -> list[dict[str, Any]]:
            assert "workspace_id = $1" in sql
            read.append("Deal")
            unbound = "workspace_id IS NOT NULL AND $1::uuid IS NOT NULL"
            return await db.execute(sql.replace("workspace_id = $1", unbound), *values)

        monkeypatch.setattr("crm.deals.moving.execute", loose)
        return read

    async def test_lists_and_nodes_show_nothing_of_hers(
        self, hers: list[str], other: Company, mallory: GraphQLClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own = gid(await make_lead(other.alice, "Mine"))
        read = self.forget(monkeypatch)
        shown = str(await mallory(list_query()))
        assert own in shown
        assert MARK not in shown
        assert [id for id in hers if id in shown] == []
        data = await mallory("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[*hers, own])
        assert data["nodes"] == [None] * len(hers) + [{"id": own}]
        assert set(read) >= {"Contact", "Organization", "Lead", "Deal", "Stage", "Pipeline", "Channel", "Activity"}

    async def test_no_verb_reaches_a_row_of_hers(
        self, hers: list[str], mallory: GraphQLClient, unchanged: Unchanged, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = self.forget(monkeypatch)
        changing = [verb for verb, path in CASES if path == ("id",)]
        async with unchanged():
            for verb in changing:
                for planted in (id for id in hers if id.startswith(f"{kind_of(verb)}_")):
                    known = {"stageId": next(id for id in hers if id.startswith("Stage_"))}
                    data = await mallory(
                        f"mutation ($input: {verb[0].upper()}{verb[1:]}Input!)"
                        f" {{ {verb}(input: $input) {{ userErrors {{ code field }} }} }}",
                        input=build(dict(inputs())[verb], ("id",), planted, known),
                    )
                    assert data[verb]["userErrors"] == [{"code": "NOT_FOUND", "field": ["id"]}]
        assert len(changing) >= 6
        assert set(read) >= {"Lead", "Deal", "Contact", "Organization"}
