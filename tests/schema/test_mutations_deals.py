"""Making and moving deals through the API: places, closing, reopening, totals."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from crm.db import scoped
from crm.deals.models import Deal
from crm.ids import new_id
from crm.pipelines.models import Stage
from schema import ids
from tests.conftest import NOW, Company, GraphQLClient
from tests.factories import make_contact, make_deal, make_stages
from tests.schema.conftest import Unchanged, do, gid, refused

BOARD = """{ pipelines { stages { id name kind totals { count amounts { amount currency } }
  deals(first: 100) { totalCount nodes { id title amount { amount currency } stage { name } } } } } }"""


async def column(client: GraphQLClient, stage: Stage) -> list[str]:
    """The titles of a column's cards, from top to bottom."""
    (pipeline,) = (await client(BOARD))["pipelines"]
    (found,) = [s for s in pipeline["stages"] if s["id"] == gid(stage)]
    return [deal["title"] for deal in found["deals"]["nodes"]]


class TestMaking:
    async def test_one_begins_in_the_first_open_stage_at_the_end(self, company: Company, bob: GraphQLClient) -> None:
        await make_deal(company.bob, "earlier")
        contact = await make_contact(company.bob)
        payload = await do(
            bob,
            "createDeal",
            {"title": "Pumps", "contactId": gid(contact), "expectedCloseDate": "2026-12-24"},
            "deal { version status probability closedAt expectedCloseDate stage { name } owner { name }"
            " contact { id } leads { totalCount } }",
        )
        assert payload["deal"] == {
            "version": 1,
            "status": "OPEN",
            "probability": 10,
            "closedAt": None,
            "expectedCloseDate": "2026-12-24",
            "stage": {"name": "Qualified"},
            "owner": {"name": "Bob"},
            "contact": {"id": gid(contact)},
            "leads": {"totalCount": 0},
        }
        assert await column(bob, company.stage("Qualified")) == ["earlier", "Pumps"]

    async def test_one_may_begin_won(self, company: Company, bob: GraphQLClient) -> None:
        deal = (await do(bob, "createDeal", {"title": "A", "stageId": gid(company.stage("Won"))}))["deal"]
        assert (deal["status"], deal["probability"]) == ("WON", 100)
        assert deal["closedAt"] is not None

    async def test_refusals_name_what_is_wrong(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        async with unchanged():
            for wrong, code, field in (
                ({"stageId": gid(company.stage("Lost"))}, "INVALID", "stageId"),
                ({"stageId": "Stage_1"}, "INVALID", "stageId"),
                ({"stageId": ids.encode("Stage", new_id())}, "NOT_FOUND", "stageId"),
                ({"contactId": ids.encode("Contact", new_id())}, "NOT_FOUND", "contactId"),
                ({"organizationId": ids.encode("Organization", new_id())}, "NOT_FOUND", "organizationId"),
                ({"place": {"last": False}}, "INVALID", "place"),
                ({"place": {"after": "x"}}, "INVALID", "place.after"),
            ):
                assert await refused(bob, "createDeal", {"title": "A", **wrong}) == (code, field)


class TestPlaces:
    @pytest.mark.parametrize(
        ("place", "order"),
        [
            ({"before": "a"}, ["x", "a", "b", "c"]),
            ({"before": "c"}, ["a", "b", "x", "c"]),
            ({"after": "a"}, ["a", "x", "b", "c"]),
            ({"after": "c"}, ["a", "b", "c", "x"]),
            ({"first": True}, ["x", "a", "b", "c"]),
            ({"last": True}, ["a", "b", "c", "x"]),
            (None, ["a", "b", "c", "x"]),
        ],
        ids=str,
    )
    async def test_a_card_lands_where_it_was_dropped(
        self, company: Company, bob: GraphQLClient, place: dict[str, Any] | None, order: list[str]
    ) -> None:
        offer = company.stage("Offer sent")
        cards = {title: await make_deal(company.bob, title, stage_id=offer.id) for title in "abc"}
        moving = await make_deal(company.bob, "x")
        if place:
            place = {key: gid(cards[value]) if isinstance(value, str) else value for key, value in place.items()}
        for _ in range(2):  # from the other column, and again within its own
            payload = await do(bob, "moveDeal", {"id": gid(moving), "stageId": gid(offer), "place": place})
            assert payload["neighbourGone"] is False
            assert await column(bob, offer) == order

    async def test_one_whose_neighbour_has_gone_lands_at_the_end_and_says_so(
        self, company: Company, other: Company, bob: GraphQLClient
    ) -> None:
        offer = company.stage("Offer sent")
        elsewhere = await make_deal(company.bob, "elsewhere")
        foreign = await make_deal(other.bob, "foreign", stage_id=other.stage("Offer sent").id)
        for title in "ab":
            await make_deal(company.bob, title, stage_id=offer.id)
        for number, gone in enumerate((gid(elsewhere), gid(foreign), ids.encode("Deal", new_id()))):
            moving = await make_deal(company.bob, str(number))
            for key in ("before", "after"):
                payload = await do(bob, "moveDeal", {"id": gid(moving), "stageId": gid(offer), "place": {key: gone}})
                assert payload["neighbourGone"] is True
                assert (await column(bob, offer))[-1] == str(number)

    async def test_no_place_beside_itself_nor_of_another_kind(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        deal = await make_deal(company.bob)
        input = {"id": gid(deal), "stageId": gid(company.stage("Offer sent"))}
        contact = gid(await make_contact(company.bob))
        async with unchanged():
            for place, field in (
                ({"before": gid(deal)}, "place.before"),
                ({"after": gid(deal)}, "place.after"),
                ({"before": contact}, "place.before"),
                ({"first": False}, "place"),
                ({"last": False}, "place"),
            ):
                assert await refused(bob, "moveDeal", {**input, "place": place}) == ("INVALID", field)

    @pytest.mark.parametrize("place", [{}, {"first": True, "last": True}, {"before": None}, {"first": None}], ids=str)
    async def test_two_places_or_none_are_no_request(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged, place: dict[str, Any]
    ) -> None:
        deal = await make_deal(company.bob)
        input = {"id": gid(deal), "stageId": gid(company.stage("Offer sent")), "place": place}
        async with unchanged():
            errors = await bob.errors(
                "mutation ($input: MoveDealInput!) { moveDeal(input: $input) { deal { id } } }", input=input
            )
        assert errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


class TestClosing:
    async def move(self, client: GraphQLClient, deal: Deal, stage: Stage, **more: Any) -> dict[str, Any]:
        moved: dict[str, Any] = await do(client, "moveDeal", {"id": gid(deal), "stageId": gid(stage), **more})
        return moved["deal"]  # type: ignore[no-any-return]

    async def test_winning_closes_once(self, company: Company, bob: GraphQLClient) -> None:
        deal = await make_deal(company.bob)
        await scoped(Deal, company.bob).filter(id=deal.id).update(probability_override=33)
        won = await self.move(bob, deal, company.stage("Won"))
        assert (won["status"], won["probability"]) == ("WON", 100)
        again = await self.move(bob, deal, company.stage("Won"), place={"first": True})
        assert again["closedAt"] == won["closedAt"] is not None

    async def test_losing_keeps_the_reason_and_reopening_restores(self, company: Company, bob: GraphQLClient) -> None:
        deal = await make_deal(company.bob)
        await self.move(bob, deal, company.stage("In negotiation"))
        lost = await self.move(bob, deal, company.stage("Lost"), lostReason="  too\ndear ")
        assert (lost["status"], lost["probability"], lost["lostReason"]) == ("LOST", 0, "too dear")
        assert lost["closedAt"] is not None
        stored = await scoped(Deal, company.bob).get(id=deal.id)
        assert stored.last_open_stage_id == company.stage("In negotiation").id
        back = await self.move(bob, deal, company.stage("In negotiation"))
        assert (back["status"], back["probability"], back["lostReason"], back["closedAt"]) == ("OPEN", 70, None, None)

    async def test_won_after_all_forgets_why_it_was_lost(self, company: Company, bob: GraphQLClient) -> None:
        deal = await make_deal(company.bob)
        lost = await self.move(bob, deal, company.stage("Lost"), lostReason="dear")
        won = await self.move(bob, deal, company.stage("Won"))
        assert (won["lostReason"], won["closedAt"]) == (None, lost["closedAt"])

    async def test_refusals_name_what_is_wrong(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        deal = await make_deal(company.bob)
        lost, offer = gid(company.stage("Lost")), gid(company.stage("Offer sent"))
        async with unchanged():
            for input, code, field in (
                ({"stageId": lost}, "REASON_REQUIRED", "lostReason"),
                ({"stageId": lost, "lostReason": None}, "REASON_REQUIRED", "lostReason"),
                ({"stageId": lost, "lostReason": " \n"}, "REASON_REQUIRED", "lostReason"),
                ({"stageId": lost, "lostReason": "x" * 501}, "INVALID", "lostReason"),
                ({"stageId": offer, "lostReason": "dear"}, "INVALID", "lostReason"),
                ({"stageId": gid(company.stage("Won")), "lostReason": "dear"}, "INVALID", "lostReason"),
                ({"stageId": ids.encode("Stage", new_id())}, "NOT_FOUND", "stageId"),
                ({"stageId": gid(deal)}, "INVALID", "stageId"),
            ):
                assert await refused(bob, "moveDeal", {"id": gid(deal), **input}) == (code, field), input

    async def test_a_stage_of_another_pipeline_is_refused(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        stage = (await make_stages(company.bob, "Service", "New"))[0]
        deal = await make_deal(company.bob)
        async with unchanged():
            refusal = await refused(bob, "moveDeal", {"id": gid(deal), "stageId": gid(stage)})
        assert refusal == ("WRONG_PIPELINE", "stageId")


class TestTotals:
    async def test_they_are_the_sums_of_the_cards_for_each_currency(self, company: Company, bob: GraphQLClient) -> None:
        amounts = [("10.10", "EUR"), ("0.20", "EUR"), ("7", "JPY"), ("1.234", "KWD"), ("0", "USD"), None]
        for name in ("Qualified", "Offer sent"):
            for amount in amounts:
                money = amount and {"amount": amount[0], "currency": amount[1]}
                input = {"title": "A", "stageId": gid(company.stage(name)), "amount": money}
                await do(bob, "createDeal", input)
        (pipeline,) = (await bob(BOARD))["pipelines"]
        for stage in pipeline["stages"]:
            sums: dict[str, Decimal] = defaultdict(Decimal)
            for deal in stage["deals"]["nodes"]:
                if deal["amount"]:
                    sums[deal["amount"]["currency"]] += Decimal(deal["amount"]["amount"])
            shown = {money["currency"]: Decimal(money["amount"]) for money in stage["totals"]["amounts"]}
            assert shown == sums
            assert len(shown) == len(stage["totals"]["amounts"])
            assert stage["totals"]["count"] == stage["deals"]["totalCount"] == len(stage["deals"]["nodes"])
        assert [stage["totals"]["count"] for stage in pipeline["stages"]] == [6, 6, 0, 0, 0]

    async def test_a_move_shows_both_columns_as_they_are_then(self, company: Company, bob: GraphQLClient) -> None:
        await make_deal(company.bob, "stays")
        deal = (await do(bob, "createDeal", {"title": "A", "amount": {"amount": "5", "currency": "EUR"}}))["deal"]
        totals = "name totals { count amounts { amount currency } }"
        payload = await do(
            bob,
            "moveDeal",
            {"id": deal["id"], "stageId": gid(company.stage("Won"))},
            f"deal {{ stage {{ {totals} }} }} fromStage {{ {totals} }} toStage {{ {totals} }}",
        )
        assert payload["fromStage"] == {"name": "Qualified", "totals": {"count": 1, "amounts": []}}
        five = [{"amount": "5.00", "currency": "EUR"}]
        assert payload["toStage"] == {"name": "Won", "totals": {"count": 1, "amounts": five}}
        assert payload["deal"]["stage"] == payload["toStage"]

    async def test_they_hold_whatever_the_cards_may_hold(self, company: Company, bob: GraphQLClient) -> None:
        deal = await make_deal(company.bob)
        await scoped(Deal, company.bob).filter(id=deal.id).update(amount_minor=10**17, currency="EUR")
        rows = [
            Deal(
                workspace_id=deal.workspace_id,
                title="A",
                pipeline_id=deal.pipeline_id,
                stage_id=deal.stage_id,
                status=deal.status,
                rank=f"z{number:03d}1",
                amount_minor=10**17,
                currency="EUR",
                created_at=NOW,
                updated_at=NOW,
            )
            for number in range(99)
        ]
        await Deal.bulk_create(rows)
        (pipeline,) = (await bob(BOARD))["pipelines"]
        assert pipeline["stages"][0]["totals"]["amounts"] == [{"amount": "100000000000000000.00", "currency": "EUR"}]
