"""A pipeline's past through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from crm.accounts.facts import Actor
from crm.db import scoped
from crm.deals.facts import Place
from crm.deals.models import Deal
from crm.deals.operations import move_deal
from crm.money import Money
from crm.pipelines.models import Pipeline
from schema import ids
from schema.context import Context
from tests.conftest import NOW, Company, GraphQLClient, later
from tests.factories import make_contact, make_deal
from tests.schema.conftest import gid

AS_OF = """
query ($id: ID!, $at: DateTime!) { pipelineAsOf(pipelineId: $id, at: $at) {
    at pipeline { name }
    stages {
        stage { name totals { count } } count amounts { amount currency } weighted { amount currency }
        deals(first: 2) {
            totalCount pageInfo { hasNextPage hasPreviousPage }
            nodes {
                status probability expectedCloseDate amount { amount currency } owner { name } stage { name }
                deal { id title status contact { name emails } daysInStage timeline(first: 1) { nodes { summary } } }
            }
        }
    }
} }"""
CHANGES = """
query ($id: ID!, $from: DateTime!, $to: DateTime!, $kinds: [PipelineChangeKind!], $first: Int, $after: String) {
pipelineChanges(pipelineId: $id, from: $from, to: $to) {
    pipeline { name } from to
    opening { count amounts { amount currency } } closing { count amounts { amount currency } }
    summary { kind count amounts { amount currency } effect { count amounts { amount currency } } }
    changes(kinds: $kinds, first: $first, after: $after) {
        totalCount pageInfo { hasNextPage endCursor }
        nodes {
            kind at fromCloseDate toCloseDate fromAmount { amount } toAmount { amount currency }
            fromStage { name } toStage { name } fromOwner { name } toOwner { name } deal { title daysInStage }
        }
    }
} }"""


async def move(actor: Actor, deal: Deal, stage_id: UUID, seconds: float) -> None:
    await move_deal(
        actor=actor, deal_id=deal.id, stage_id=stage_id, place=Place.last(), expected_version=None,
        lost_reason=None, now=later(seconds),
    )  # fmt: skip


async def week(company: Company) -> dict[str, Any]:
    """Three deals at NOW; a minute later one is ahead, one won; two minutes later one is worth more."""
    anna = await make_contact(company.bob, emails=("anna@a.example",))
    deals = [
        await make_deal(company.bob, title, amount=Money(minor, "EUR"), contact_id=anna.id)
        for title, minor in (("Pumps", 10_000), ("Pipes", 500), ("Valves", 33))
    ]
    await move(company.bob, deals[0], company.stage("Offer sent").id, 60)
    await move(company.bob, deals[1], company.stage("Won").id, 60)
    await scoped(Deal, company.bob).filter(id=deals[2].id).update(amount_minor=133, updated_at=later(120))
    return {"id": ids.encode("Pipeline", deals[0].pipeline_id)}


async def test_a_board_is_shown_as_it_was(company: Company, alice: GraphQLClient) -> None:
    known = await week(company)
    snapshot = (await alice(AS_OF, **known, at=later(30).isoformat()))["pipelineAsOf"]
    assert [stage["stage"]["name"] for stage in snapshot["stages"]] == [stage.name for stage in company.stages]
    assert [stage["count"] for stage in snapshot["stages"]] == [3, 0, 0, 0, 0]
    assert [stage["stage"]["totals"]["count"] for stage in snapshot["stages"]] == [1, 1, 0, 1, 0]
    first = snapshot["stages"][0]
    assert first["amounts"] == [{"amount": "105.33", "currency": "EUR"}]
    assert first["deals"]["totalCount"] == 3
    assert first["deals"]["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False}
    assert [deal["deal"]["title"] for deal in first["deals"]["nodes"]] == ["Valves", "Pipes"]
    pipes = first["deals"]["nodes"][1]
    assert (pipes["status"], pipes["deal"]["status"], pipes["owner"]["name"]) == ("OPEN", "WON", "Bob")
    later_on = (await alice(AS_OF, **known, at=later(60).isoformat()))["pipelineAsOf"]
    assert [stage["count"] for stage in later_on["stages"]] == [1, 1, 0, 1, 0]
    before = (await alice(AS_OF, **known, at=(NOW - timedelta(days=9)).isoformat()))["pipelineAsOf"]
    assert {stage["count"] for stage in before["stages"]} == {0}


async def test_what_changed_is_listed_by_kind_and_adds_up(company: Company, alice: GraphQLClient) -> None:
    known = await week(company)
    between = {**known, "from": later(30).isoformat(), "to": later(300).isoformat()}
    found = (await alice(CHANGES, **between))["pipelineChanges"]
    assert found["opening"] == {"count": 3, "amounts": [{"amount": "105.33", "currency": "EUR"}]}
    assert found["closing"] == {"count": 2, "amounts": [{"amount": "101.33", "currency": "EUR"}]}
    assert [(part["kind"], part["count"], part["amounts"][0]["amount"]) for part in found["summary"]] == [
        ("MOVED_FORWARD", 1, "100.00"), ("VALUE_UP", 1, "1.00"), ("WON", 1, "5.00"),
    ]  # fmt: skip
    assert [part["effect"]["count"] for part in found["summary"]] == [0, 0, -1]
    assert [part["effect"]["amounts"] for part in found["summary"]] == [
        [], [{"amount": "1.00", "currency": "EUR"}], [{"amount": "-5.00", "currency": "EUR"}],
    ]  # fmt: skip
    listed = found["changes"]["nodes"]
    assert [(node["kind"], node["deal"]["title"]) for node in listed] == [
        ("MOVED_FORWARD", "Pumps"), ("VALUE_UP", "Valves"), ("WON", "Pipes"),
    ]  # fmt: skip
    assert (listed[0]["fromStage"]["name"], listed[0]["toStage"]["name"]) == ("Qualified", "Offer sent")
    assert (listed[1]["fromAmount"]["amount"], listed[1]["toAmount"]["amount"]) == ("0.33", "1.33")
    assert listed[1]["at"].startswith("2026-03-02T09:02:00")


async def test_changes_are_paged_and_chosen_by_kind(company: Company, alice: GraphQLClient) -> None:
    known = await week(company)
    between = {**known, "from": later(-1).isoformat(), "to": later(300).isoformat()}
    whole = (await alice(CHANGES, **between))["pipelineChanges"]["changes"]
    assert whole["totalCount"] == len(whole["nodes"]) == 4
    after, walked = None, []
    while True:
        page = (await alice(CHANGES, **between, first=3, after=after))["pipelineChanges"]["changes"]
        walked += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert walked == whole["nodes"]
    chosen = (await alice(CHANGES, **between, kinds=["WON", "LOST"]))["pipelineChanges"]["changes"]
    assert (chosen["totalCount"], [node["kind"] for node in chosen["nodes"]]) == (1, ["WON"])
    none = (await alice(CHANGES, **between, kinds=[]))["pipelineChanges"]["changes"]
    assert (none["totalCount"], none["nodes"]) == (0, [])


async def test_deals_of_a_past_stage_are_paged_either_way(company: Company, alice: GraphQLClient) -> None:
    known = await week(company)

    async def page(arguments: str) -> dict[str, Any]:
        shown = "edges { cursor node { deal { title } } } pageInfo { hasNextPage hasPreviousPage }"
        query = f'query ($id: ID!) {{ pipelineAsOf(pipelineId: $id, at: "{NOW.isoformat()}")'
        data = await alice(f"{query} {{ stages {{ deals({arguments}) {{ {shown} }} }} }} }}", **known)
        found: dict[str, Any] = data["pipelineAsOf"]["stages"][0]["deals"]
        return found

    def titles(page: dict[str, Any]) -> list[str]:
        return [edge["node"]["deal"]["title"] for edge in page["edges"]]

    whole = await page("first: 100")
    assert titles(whole) == ["Valves", "Pipes", "Pumps"]
    middle = whole["edges"][1]["cursor"]
    after, before = await page(f'first: 2, after: "{middle}"'), await page(f'last: 1, before: "{middle}"')
    assert (titles(after), titles(before)) == (["Pumps"], ["Valves"])
    assert after["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True}
    last = await page("last: 2")
    assert (titles(last), last["pageInfo"]) == (["Pipes", "Pumps"], {"hasNextPage": False, "hasPreviousPage": True})


async def test_the_objects_below_are_compiled_and_the_same_as_by_plain_resolvers(
    company: Company, alice: GraphQLClient, stock: GraphQLClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = await week(company)
    at, between = {"at": later(30).isoformat()}, {"from": later(-1).isoformat(), "to": later(300).isoformat()}
    expected = await stock(AS_OF, **known, **at), await stock(CHANGES, **known, **between)

    def refuse(_: Context) -> Any:
        raise AssertionError("a plain resolver is asked")

    for loader in ("paces", "emails", "totals"):
        monkeypatch.setattr(Context, loader, property(refuse))
    assert (await alice(AS_OF, **known, **at), await alice(CHANGES, **known, **between)) == expected


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('pipelineAsOf(pipelineId: "{id}", at: "2999-01-01T00:00:00Z")', "INVALID_TIME"),
        ('pipelineAsOf(pipelineId: "{id}", at: "2026-03-02T09:00:00")', "INVALID_TIME"),
        ('pipelineAsOf(pipelineId: "{id}", at: "0001-01-01T00:00:00+01:00")', "INVALID_TIME"),
        ('pipelineAsOf(pipelineId: "{foreign}", at: "{now}")', "NOT_FOUND"),
        ('pipelineAsOf(pipelineId: "{stage}", at: "{now}")', "NOT_FOUND"),
        ('pipelineAsOf(pipelineId: "x", at: "{now}")', "NOT_FOUND"),
        ('pipelineChanges(pipelineId: "{id}", from: "{now}", to: "2999-01-01T00:00:00Z")', "INVALID_TIME"),
        ('pipelineChanges(pipelineId: "{id}", from: "{later}", to: "{now}")', "INVALID_TIME"),
        ('pipelineChanges(pipelineId: "{foreign}", from: "{now}", to: "{now}")', "NOT_FOUND"),
    ],
)  # fmt: skip
async def test_what_cannot_be_answered_is_refused(
    company: Company, other: Company, alice: GraphQLClient, arguments: str, code: str
) -> None:
    foreign = ids.encode("Pipeline", other.stages[0].pipeline_id)
    own = gid(await scoped(Pipeline, company.alice).get())
    words = {
        "id": own, "foreign": foreign, "stage": gid(company.stages[0]),
        "now": NOW.isoformat(), "later": later(1).isoformat(),
    }  # fmt: skip
    asked = arguments.format(**words)
    (error,) = await alice.errors(f"{{ {asked} {{ pipeline {{ id }} }} }}")
    assert error["extensions"]["code"] == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("first: 1, last: 1", "INVALID_PAGINATION"),
        ("first: -1", "INVALID_PAGINATION"),
        ('after: "x"', "INVALID_CURSOR"),
    ],
)
async def test_what_makes_no_page_is_refused(company: Company, alice: GraphQLClient, arguments: str, code: str) -> None:
    own = gid(await scoped(Pipeline, company.alice).get())
    moment = NOW.isoformat()
    for query in (
        f'{{ pipelineAsOf(pipelineId: "{own}", at: "{moment}")'
        f" {{ stages {{ deals({arguments}) {{ totalCount }} }} }} }}",
        f'{{ pipelineChanges(pipelineId: "{own}", from: "{moment}", to: "{moment}")'
        f" {{ changes({arguments}) {{ totalCount }} }} }}",
    ):
        errors = await alice.errors(query)
        assert {error["extensions"]["code"] for error in errors} == {code}
