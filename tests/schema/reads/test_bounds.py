"""No document makes the process work without bound; no failure of a read makes more of an answer fail than it must."""

from __future__ import annotations

import time

import httpx
import pytest

from schema.reads.documents import MOST_FIELDS, Documents
from schema.reads.explain import explain
from tests.conftest import Company, GraphQLClient
from tests.factories import make_deal, make_lead
from tests.schema.conftest import gid
from tests.serving import shared_schema


def doubling(levels: int) -> str:
    """A short document that selects two lists in each of two lists in each of …"""
    fragments = [
        f"fragment F{level} on Organization {{"
        f" a: contacts(first: 1) {{ nodes {{ organization {{ ...F{level + 1} }} }} }}"
        f" b: contacts(first: 1) {{ nodes {{ organization {{ ...F{level + 1} }} }} }} }}"
        for level in range(levels)
    ]
    last = f"fragment F{levels} on Organization {{ name }}"
    return " ".join(["{ organizations { nodes { ...F0 } } }", *fragments, last])


@pytest.mark.parametrize("levels", [12, 60])
async def test_a_document_that_grows_when_it_is_written_out_is_refused_in_every_mode(
    alice: GraphQLClient, stock: GraphQLClient, levels: int
) -> None:
    for client in (alice, stock):
        (error,) = await client.errors(doubling(levels))
        assert error["extensions"]["code"] == "QUERY_TOO_LARGE"
        assert str(MOST_FIELDS) in error["message"]


def test_a_large_document_that_is_wrong_is_not_kept() -> None:
    documents = Documents(shared_schema()._schema)
    documents.of_text("{ " + "b " * 20_000 + "}")
    assert len(documents.cache) == 0
    documents.of_text("{ b }")
    assert len(documents.cache) == 1


async def test_many_values_make_no_slow_plan(company: Company, alice: GraphQLClient) -> None:
    """The number of a parameter was looked for among all others: half a minute for this document."""
    conditions = [{"title": {"contains": f"x{number}"}} for number in range(99)]
    fields = " ".join(f"a{number}: deals(filter: $f) {{ totalCount }}" for number in range(40))
    document = f'query ($f: DealFilter) {{ node(id: "{gid(company.stages[0])}") {{ ... on Stage {{ {fields} }} }} }}'
    began = time.process_time()
    data = await alice(document, f={"or": conditions})
    assert set(data["node"]) == {f"a{number}" for number in range(40)}
    assert time.process_time() - began < 5, "it is linear, and takes some tenths of a second"


async def test_more_than_one_statement_takes_well_is_left_to_the_executor(
    company: Company, alice: GraphQLClient, stock: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schema.reads.statements.MOST_COLUMNS", 20)
    fields = " ".join(f"a{number}: leads(filter: {{}}) {{ totalCount }}" for number in range(40))
    deal = await make_deal(company.alice)
    document = f'{{ node(id: "{gid(deal)}") {{ ... on Deal {{ {fields} }} }} }}'
    assert await alice(document) == await stock(document)


async def test_a_variable_of_another_operation_may_have_the_name_of_a_condition(
    company: Company, alice: GraphQLClient
) -> None:
    document = (
        "query A($x: Boolean!) { pipelines @include(if: $x) { name } } query B($x: [ID!]!) { nodes(ids: $x) { id } }"
    )
    lead = gid(await make_lead(company.alice))
    for _ in range(2):
        answer = await alice.http.post(
            "/graphql",
            json={"query": document, "operationName": "B", "variables": {"x": [lead]}},
            headers={"Authorization": f"Bearer {alice.key}"},
        )
        assert answer.json() == {"data": {"nodes": [{"id": lead}]}}


async def test_a_value_that_cannot_be_made_fails_by_itself(
    company: Company, alice: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ValueError("sealed with another secret")

    query = "{ pipelines { name } channels { name secret } }"
    expected = await alice(query)
    monkeypatch.setattr("crm.intake.secrets.SecretBox.open", broken)
    for _ in range(2):
        answer = (await alice.raw(query)).json()
        (error,) = answer["errors"]
        assert (error["path"][0], error["path"][2]) == ("channels", "secret")
        assert answer["data"]["pipelines"] == expected["pipelines"]
        assert [channel["secret"] for channel in answer["data"]["channels"]] == [None, None]


async def test_a_known_key_is_told_that_the_database_is_away_as_any_other(
    alice: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    query = "{ ...F } fragment F on Query { leads { totalCount nodes { id } } }"
    await alice(query)
    monkeypatch.setattr("crm.reads.ReadConnection.fetch", away)
    answer: httpx.Response = await alice.raw(query)
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"


async def test_what_is_computed_is_computed_once_beside_a_list(company: Company, alice: GraphQLClient) -> None:

    text = '{ node(id: "%s") { ... on Stage { a: deals { nodes { id } } b: deals(filter: {}) { totalCount } } } }'
    shown = explain(shared_schema(), text % gid(company.stages[0]), {})
    assert "-- step 1" in shown, "the count would be made again for each deal of the page"
    assert await alice(text % gid(company.stages[0]))
