"""Documents are read once, found by their hash, and never more of them kept than there is room for."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx
import pytest

from crm.reads import ReadPool
from schema.reads.documents import DOCUMENTS, Documents
from schema.reads.runner import Reads
from tests.conftest import Company, GraphQLClient
from tests.factories import make_lead
from tests.schema.reads.conftest import planned
from tests.serving import shared_schema

LEADS = "query Leads($first: Int) { leads(first: $first) { nodes { title } } }"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def ask(client: GraphQLClient, **body: Any) -> httpx.Response:
    return await client.http.post("/graphql", json=body, headers={"Authorization": f"Bearer {client.key}"})


def persisted(text: str, version: int = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": sha256(text)}}


async def code(answer: httpx.Response) -> str:
    (error,) = answer.json()["errors"]
    found: str = error["extensions"]["code"]
    return found


async def test_a_document_is_asked_for_by_its_hash_once_it_was_sent_with_it(
    company: Company, alice: GraphQLClient
) -> None:
    await make_lead(company.alice, "Pumps")
    expected = {"data": {"leads": {"nodes": [{"title": "Pumps"}]}}}
    missing = await ask(alice, extensions=persisted(LEADS))
    assert missing.json()["errors"][0]["message"] == "PersistedQueryNotFound"  # the words that Apollo looks for
    assert await code(missing) == "PERSISTED_QUERY_NOT_FOUND"
    assert (await ask(alice, query=LEADS, extensions=persisted(LEADS))).json() == expected
    assert (await ask(alice, extensions=persisted(LEADS))).json() == expected
    assert (await ask(alice, extensions=persisted(LEADS), variables={"first": 0})).json()["data"]["leads"] == {
        "nodes": []
    }


async def test_it_is_by_get_as_well(company: Company, alice: GraphQLClient) -> None:
    await make_lead(company.alice, "Pumps")
    await ask(alice, query=LEADS, extensions=persisted(LEADS))
    for variables, count in ((None, 1), ({"first": 0}, 0)):
        parameters = {"extensions": json.dumps(persisted(LEADS))}
        if variables:
            parameters["variables"] = json.dumps(variables)
        answer = await alice.http.get("/graphql", params=parameters, headers={"Authorization": f"Bearer {alice.key}"})
        assert len(answer.json()["data"]["leads"]["nodes"]) == count
    unknown = {"extensions": json.dumps(persisted("{ __typename }"))}
    answer = await alice.http.get("/graphql", params=unknown, headers={"Authorization": f"Bearer {alice.key}"})
    assert await code(answer) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    ("extensions", "expected"),
    [
        ({"persistedQuery": {"version": 1, "sha256Hash": sha256("other")}}, "PERSISTED_QUERY_HASH_MISMATCH"),
        ({"persistedQuery": {"version": 2, "sha256Hash": sha256(LEADS)}}, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"persistedQuery": {"version": 1}}, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"persistedQuery": "x"}, "PERSISTED_QUERY_NOT_SUPPORTED"),
    ],
)
async def test_what_is_no_persisted_document_is_refused(
    alice: GraphQLClient, extensions: dict[str, Any], expected: str
) -> None:
    assert await code(await ask(alice, query=LEADS, extensions=extensions)) == expected
    assert await code(await ask(alice, extensions=extensions)) in {expected, "PERSISTED_QUERY_NOT_FOUND"}


async def test_a_mutation_may_be_asked_for_by_its_hash(alice: GraphQLClient) -> None:
    text = 'mutation { createContact(input: {name: "Anna"}) { contact { name } } }'
    for body in ({"query": text}, {}):
        answer = (await ask(alice, extensions=persisted(text), **body)).json()
        assert answer["data"]["createContact"]["contact"] == {"name": "Anna"}


async def test_a_wrong_document_is_told_so_again_and_again(alice: GraphQLClient) -> None:
    answers = [(await ask(alice, query="{ leads { nope } }")).json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_one_off_documents_do_not_push_out_what_is_in_use() -> None:
    documents = Documents(shared_schema()._schema)
    hot = documents.of_text(LEADS)
    assert documents.of_text(LEADS) is hot
    for number in range(DOCUMENTS + 500):
        documents.of_text(f"{{ leads(first: {number}) {{ totalCount }} }}")
    assert documents.of_text(LEADS) is hot
    stats = documents.cache.stats()
    assert stats.entries <= DOCUMENTS
    assert stats.evictions >= 500
    assert stats.hits == 2


async def test_documents_that_differ_in_literals_names_and_layout_share_one_plan(company: Company) -> None:
    reads = Reads(shared_schema().types, ReadPool("postgres://nobody@127.0.0.1:1/none"))
    texts = [
        '{ leads(filter: {title: {contains: "a"}}) { nodes { title } } }',
        '{ leads(filter: {title: {contains: "b"}}) { nodes { ...F } } }  fragment F on Lead { title }',
        'query Q { leads(filter: {title: {contains: "c"}}) { ... { nodes { ... on Lead { title } } } } }',
        "query Q($f: LeadFilter) { leads(filter: $f) { nodes { title } } }",
    ]
    plans = [planned(reads, text, company.alice, {"f": {"title": {"contains": "d"}}}) for text in texts]
    assert len({id(plan) for plan in plans}) == 1
    other = planned(reads, '{ leads(filter: {title: {eq: "a"}}) { nodes { title } } }', company.alice, {})
    assert other is not plans[0]
    assert reads.plans.stats().entries == 2
