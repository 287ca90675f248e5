"""A mutation's payload is the same whether it is compiled, read together, or answered by plain resolvers."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.conftest import Company, GraphQLClient
from tests.factories import make_contact, make_deal, make_lead
from tests.schema.conftest import gid

PAYLOADS = [
    "deal { id version title status createdAt closedAt stage { id } contact { id } }",
    "deal { title stage { name } contact { name emails } }",
    "deal { title amount { amount currency } weightedAmount { amount } probability daysInStage isRotting }",
    "deal { leads { totalCount nodes { title } } timeline(first: 2) { nodes { kind } pageInfo { hasNextPage } } }",
    "fromStage { id totals { count amounts { amount currency } } } toStage { id totals { count } }",
    "toStage { deals { nodes { title } } }",
    "toStage { name deals(first: 1) { totalCount nodes { title } } }",
    "a: toStage { ...S } b: fromStage { ...S } c: toStage { deals(last: 1) { nodes { id } } }",
    "deal { ...D @skip(if: true) ... @include(if: true) { title } __typename }",
]
FRAGMENTS = {
    "...S": " fragment S on Stage { name kind pipeline { name stages { name } } }",
    "...D": " fragment D on Deal { version }",
}


def plain(payload: Any) -> Any:
    """The payload without what differs from move to move."""
    if isinstance(payload, dict):
        return {key: plain(value) for key, value in payload.items() if key not in {"version", "id"}}
    return [plain(entry) for entry in payload] if isinstance(payload, list) else payload


@pytest.mark.parametrize("selection", PAYLOADS)
async def test_of_a_move(company: Company, alice: GraphQLClient, stock: GraphQLClient, selection: str) -> None:
    contact = await make_contact(company.alice, emails=("anna@a.example",))
    offer, talks = company.stage("Offer sent"), company.stage("In negotiation")
    deal = await make_deal(company.alice, "Pumps", stage_id=offer.id, contact_id=contact.id)
    await make_deal(company.alice, "Pipes", stage_id=talks.id)
    await make_lead(company.alice)
    fragments = "".join(text for spread, text in FRAGMENTS.items() if spread in selection)
    document = (
        f"mutation ($input: MoveDealInput!) {{ moveDeal(input: $input) {{ {selection} userErrors {{ code }} }} }}"
        + fragments
    )
    answers = []
    # There and back with each, so that both do the same move; twice, so that what is kept is used.
    for client, stage in itertools.product((alice, stock, alice), (talks, offer)):
        answer = (await client.raw(document, input={"id": gid(deal), "stageId": gid(stage)})).json()
        assert "errors" not in answer, answer
        answers.append(plain(answer["data"]["moveDeal"]))
    if "timeline" not in selection:
        assert answers[0::2] == [answers[0]] * 3
        assert answers[1::2] == [answers[1]] * 3
    assert list(answers[0]) == list(answers[2]) == list(answers[4])
