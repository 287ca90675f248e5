"""What is compiled, into how many statements, and for whose eyes."""

from __future__ import annotations

import re

import pytest

from crm.accounts.facts import Role
from crm.leads.conversion import Conversion, convert_lead
from crm.reads import SEEN, ReadPool, RowFilter
from schema.reads.runner import Reads
from schema.reads.selection import Uncompilable
from tests.conftest import NOW, Company, GraphQLClient
from tests.factories import make_deal, make_qualified_lead
from tests.schema.conftest import gid
from tests.schema.law.everything import words
from tests.schema.reads.conftest import planned
from tests.serving import shared_schema

BOARD = """query Board($first: Int) { pipelines { name stages { name totals { count amounts { amount currency } }
    deals(first: $first) { nodes { id title probability contact { name emails } organization { name } owner { name } }
    pageInfo { hasNextPage endCursor } } } } }"""
OWN = RowFilter("Deal", "{row}.owner_id = {member}")


@pytest.fixture
def reads() -> Reads:
    return Reads(shared_schema().types, ReadPool("postgres://nobody@127.0.0.1:1/none"))


@pytest.fixture
def own_deals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members see the deals they own; owners and admins see all."""
    monkeypatch.setitem(SEEN, Role.MEMBER, frozenset({OWN}))


def test_every_field_that_a_query_reaches_is_mapped() -> None:
    types = shared_schema().types
    shown = {name for name in types.types if not re.search(r"Connection$|Edge$|Payload$|PageInfo$", name)}
    shown -= {"Mutation", "UserError", "Effect"}
    assert len(shown) >= 15
    reached = words(types.schema)  # but for what is left to resolvers as a whole, by name: tests/schema/law/outside.py
    missing = [
        f"{name}.{field}"
        for name in shown
        for field in types.schema.type_map[name].fields  # type: ignore[attr-defined]
        if types.read(name, field) is None and f"{name}.{field}" in reached
    ]
    assert missing == [], "a query that selects one of these is answered by the executor: declare how it is read"


def test_a_board_takes_two_statements(reads: Reads, company: Company) -> None:
    plan = planned(reads, BOARD, company.alice, {"first": 50})
    assert len(plan.steps) == 2


def test_the_limit_is_part_of_the_text_and_clamped(reads: Reads, company: Company) -> None:
    for first, limit in ((0, 1), (7, 8), (100, 101), (100_000, 101)):
        plan = planned(reads, BOARD, company.alice, {"first": first})
        assert f"LIMIT {limit}\n" in plan.steps[1].sql


def test_every_table_of_every_statement_is_scoped(reads: Reads, company: Company) -> None:
    plan = planned(reads, BOARD, company.alice, {"first": 5})
    for step in plan.steps:
        tables = re.findall(r"(?:FROM|JOIN) ([a-z_]+) AS (\w+)", step.sql)
        assert tables
        for table, alias in tables:
            assert f"{alias}.workspace_id = $1" in step.sql, table


def test_a_field_without_a_mapping_is_not_compiled(
    reads: Reads, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(reads.types.types["Deal"].reads, "title")  # type: ignore[arg-type]
    with pytest.raises(Uncompilable, match=r"Deal\.title"):
        planned(reads, "{ deals { nodes { title } } }", company.alice, {})
    assert planned(reads, "{ deals { nodes { id } } }", company.alice, {})


async def test_and_is_answered_all_the_same(
    company: Company, alice: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_deal(company.alice, "Pumps")
    query = "{ pipelines { name } deals { totalCount nodes { title stage { name } } } }"
    expected = await alice(query)
    monkeypatch.delitem(shared_schema().types.types["Deal"].reads, "title")  # type: ignore[arg-type]
    assert await alice(f"{query} # once more, as another document") == expected


async def test_a_row_filter_holds_at_every_level(
    company: Company, alice: GraphQLClient, bob: GraphQLClient, own_deals_only: None
) -> None:
    offer = company.stage("Offer sent")
    hers = await make_deal(company.alice, "Hers", stage_id=offer.id)
    his = await make_deal(company.bob, "His", stage_id=offer.id)
    query = """query ($ids: [ID!]!) {
        deals { totalCount nodes { title } } nodes(ids: $ids) { id }
        pipelines { stages { totals { count } deals { totalCount nodes { title } } } } }"""
    ids = [gid(hers), gid(his)]
    for client, titles, found in ((alice, ["His", "Hers"], ids), (bob, ["His"], [None, gid(his)])):
        data = await client(query, ids=ids)
        assert [deal["title"] for deal in data["deals"]["nodes"]] == titles
        assert data["deals"]["totalCount"] == len(titles)
        assert [node and node["id"] for node in data["nodes"]] == found
        (stage,) = [stage for stage in data["pipelines"][0]["stages"] if stage["totals"]["count"]]
        assert stage["totals"]["count"] == stage["deals"]["totalCount"] == len(titles)
        assert sorted(deal["title"] for deal in stage["deals"]["nodes"]) == sorted(titles)


async def test_a_reference_to_what_is_hidden_is_null(
    company: Company, alice: GraphQLClient, bob: GraphQLClient, own_deals_only: None
) -> None:
    lead = await make_qualified_lead(company.alice)
    await convert_lead(actor=company.alice, lead_id=lead.id, how=Conversion(), expected_version=None, now=NOW)
    query = "query ($id: ID!) { node(id: $id) { ... on Lead { title deal { id } } } }"
    assert (await alice(query, id=gid(lead)))["node"]["deal"]
    assert (await bob(query, id=gid(lead)))["node"]["deal"] is None
