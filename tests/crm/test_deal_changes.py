"""What is known of a deal is changed field by field, each change leaves its traces; deals go off the board and back."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from crm.activities.models import Activity
from crm.db import scoped
from crm.deals.archiving import archive_deal, restore_deal
from crm.deals.changing import DealChanges, update_deal
from crm.deals.closing import lose_deal, win_deal
from crm.deals.facts import Place
from crm.deals.models import Deal, StageChange
from crm.deals.operations import move_deal
from crm.deals.queries import stage_totals
from crm.deals.rules import LostReasonMissing
from crm.errors import Forbidden, Invalid, NotFound, StaleVersion
from crm.ids import new_id
from crm.leads.conversion import Conversion, convert_lead
from crm.leads.models import Lead
from crm.money import Money
from crm.outbox.models import OutboxEvent
from crm.pipelines.models import Pipeline, Stage
from tests.conftest import NOW, Company, GraphQLClient, Unchanged, later
from tests.factories import make_contact, make_deal, make_organization, make_qualified_lead
from tests.schema.conftest import do, gid, refused


async def change(company: Company, deal: Deal, **changes: Any) -> Deal:
    return await update_deal(
        actor=company.bob, deal_id=deal.id, changes=DealChanges(**changes), expected_version=None, now=later(60)
    )


async def archive(company: Company, deal: Deal, **more: Any) -> Deal:
    given = {"actor": company.bob, "expected_version": None, "now": later(60), **more}
    return await archive_deal(deal_id=deal.id, **given)


async def restore(company: Company, deal: Deal, **more: Any) -> Deal:
    given = {"actor": company.bob, "expected_version": None, "now": later(120), **more}
    return await restore_deal(deal_id=deal.id, **given)


async def stored(company: Company, deal: Deal) -> Deal:
    return await scoped(Deal, company.bob).get(id=deal.id)


async def events(company: Company, deal: Deal) -> dict[str, Any]:
    found = await scoped(OutboxEvent, company.bob).filter(subject_id=deal.id, at=later(60))
    return {event.name: event.payload for event in found}


async def said(company: Company, deal: Deal) -> list[str]:
    return [entry.summary for entry in await scoped(Activity, company.bob).filter(deal_id=deal.id).order_by("id")]


async def column(company: Company, stage: Stage) -> list[Any]:
    shown = scoped(Deal, company.bob).filter(stage_id=stage.id, archived_at=None).order_by("rank")
    return [deal.id for deal in await shown]


class TestUpdating:
    async def test_what_is_given_is_changed_and_the_rest_stays(self, company: Company) -> None:
        contact, organization = await make_contact(company.bob), await make_organization(company.bob)
        deal = await make_deal(company.bob, amount=Money(100, "EUR"), expected_close_date=date(2026, 4, 1))
        await change(company, deal, title=" Better  pumps ", contact_id=contact.id, organization_id=organization.id)
        await change(company, deal, description="Two lines\r\nof text", probability=33)
        after = await stored(company, deal)
        assert (after.title, after.description, after.probability_override) == (
            "Better pumps",
            "Two lines\nof text",
            33,
        )
        assert (after.contact_id, after.organization_id) == (contact.id, organization.id)
        assert (after.amount, after.expected_close_date) == (Money(100, "EUR"), date(2026, 4, 1))
        assert (after.version, after.updated_at, after.rank) == (3, later(60), deal.rank)

    async def test_null_empties(self, company: Company) -> None:
        contact = await make_contact(company.bob)
        given = {"amount": Money(5, "EUR"), "expected_close_date": date(2026, 4, 1), "contact_id": contact.id}
        deal = await make_deal(company.bob, description="x", probability=40, **given)
        await change(company, deal, description=None, probability=None, owner_id=None, **dict.fromkeys(given))
        after = await stored(company, deal)
        assert (after.amount, after.expected_close_date, after.contact_id) == (None, None, None)
        assert (after.description, after.probability_override, after.owner_id) == (None, None, None)

    async def test_what_changes_nothing_leaves_no_trace(self, company: Company, unchanged: Unchanged) -> None:
        deal = await make_deal(company.bob, amount=Money(100, "EUR"))
        async with unchanged():
            await change(company, deal)
            await change(
                company, deal, title="Pumps", amount=Money(100, "EUR"), description=" ", owner_id=deal.owner_id
            )

    async def test_each_change_is_told_with_what_others_want_to_know(self, company: Company) -> None:
        deal = await make_deal(company.bob, amount=Money(100, "EUR"), expected_close_date=date(2026, 4, 1))
        await change(
            company, deal, amount=Money(7, "JPY"), expected_close_date=date(2026, 5, 1), owner_id=company.ada.member_id
        )
        assert await events(company, deal) == {
            "deal.changed": {"fields": ["amount", "expectedCloseDate", "owner"]},
            "deal.value_changed": {"from_minor": 100, "from_currency": "EUR", "to_minor": 7, "to_currency": "JPY"},
            "deal.slipped": {"from_date": "2026-04-01", "to_date": "2026-05-01"},
            "deal.assigned": {
                "from_owner_id": str(company.bob.member_id),
                "to_owner_id": str(company.ada.member_id),
            },
        }
        assert await said(company, deal) == [
            "Changed: amount from 1.00 EUR to 7 JPY; expected close from 2026-04-01 to 2026-05-01;"
            " owner from Bob to Ada"
        ]

    async def test_an_earlier_day_or_the_first_one_is_no_slip(self, company: Company) -> None:
        deal = await make_deal(company.bob)
        await change(company, deal, expected_close_date=date(2026, 4, 1))
        await change(company, deal, expected_close_date=date(2026, 3, 1))
        await change(company, deal, expected_close_date=None)
        assert set(await events(company, deal)) == {"deal.changed"}

    async def test_totals_follow_the_amount(self, company: Company) -> None:
        deal = await make_deal(company.bob, amount=Money(100, "EUR"))
        await change(company, deal, amount=Money(250, "USD"))
        totals = await stage_totals(actor=company.bob, stage_ids=[deal.stage_id])
        assert totals[deal.stage_id] == (1, [Money(250, "USD")])

    async def test_reasons_and_estimates_belong_to_their_states(self, company: Company, unchanged: Unchanged) -> None:
        opened, won, lost = [await make_deal(company.bob, probability=20) for _ in range(3)]
        rest: dict[str, Any] = {"place": Place.last(), "expected_version": None, "now": NOW}
        await win_deal(actor=company.bob, deal_id=won.id, reason="Because", **rest)
        await lose_deal(actor=company.bob, deal_id=lost.id, lost_reason="Too dear", **rest)
        async with unchanged():
            for deal, given, field in (
                (opened, {"lost_reason": "x"}, "lostReason"),
                (opened, {"won_reason": "x"}, "wonReason"),
                (won, {"lost_reason": None}, "lostReason"),
                (lost, {"won_reason": "x"}, "wonReason"),
                (won, {"probability": 50}, "probability"),
                (opened, {"probability": 101}, "probability"),
                (opened, {"probability": -1}, "probability"),
            ):
                with pytest.raises(Invalid) as refusal:
                    await change(company, deal, **given)
                assert refusal.value.field == (field,)
            with pytest.raises(LostReasonMissing):
                await change(company, lost, lost_reason="  ")
        await change(company, lost, lost_reason="Too late")
        await change(company, won, won_reason=None, probability=None)
        assert (await stored(company, lost)).lost_reason == "Too late"
        assert (await stored(company, won)).won_reason is None

    async def test_refusals_name_the_field(
        self, company: Company, other: Company, bob: GraphQLClient, carol: GraphQLClient, unchanged: Unchanged
    ) -> None:
        deal = await make_deal(company.bob)
        async with unchanged():
            for given, field in (
                ({"title": None}, "title"),
                ({"title": " "}, "title"),
                ({"description": "x" * 10_001}, "description"),
                ({"amount": {"amount": "0.001", "currency": "EUR"}}, "amount.amount"),
                ({"contactId": gid(company.stages[0])}, "contactId"),
            ):
                assert await refused(bob, "updateDeal", {"id": gid(deal), **given}) == ("INVALID", field)
            foreign = f"Member_{other.alice.member_id.hex}"
            assert await refused(bob, "updateDeal", {"id": gid(deal), "ownerId": foreign}) == ("NOT_FOUND", "ownerId")
            assert await refused(carol, "updateDeal", {"id": gid(deal), "title": "x"}) == ("FORBIDDEN", None)

    async def test_ten_at_once_who_change_different_fields_lose_nothing(self, company: Company) -> None:
        deal = await make_deal(company.bob)
        fields: list[dict[str, Any]] = [{"title": "T"}, {"description": "D"}, {"amount": Money(5, "EUR")}]
        fields += [{"probability": 5}, {"expected_close_date": date(2026, 4, 1)}]
        move = move_deal(
            actor=company.bob,
            deal_id=deal.id,
            stage_id=company.stage("Offer sent").id,
            place=Place.last(),
            expected_version=None,
            lost_reason=None,
            now=NOW,
        )
        await asyncio.gather(move, *(change(company, deal, **given) for given in fields))
        after = await stored(company, deal)
        assert (after.title, after.description, after.amount) == ("T", "D", Money(5, "EUR"))
        assert (after.probability_override, after.expected_close_date) == (5, date(2026, 4, 1))
        assert (after.stage_id, after.version) == (company.stage("Offer sent").id, deal.version + 6)


class TestArchiving:
    async def test_an_archived_deal_counts_nowhere_and_can_be_read(self, company: Company, bob: GraphQLClient) -> None:
        offer = company.stage("Offer sent")
        keep = await make_deal(company.bob, "keep", stage_id=offer.id, amount=Money(1, "EUR"))
        deal = await make_deal(company.bob, "away", stage_id=offer.id, amount=Money(100, "EUR"))
        payload = await do(bob, "archiveDeal", {"id": gid(deal)})
        assert payload["stage"]["totals"] == {"count": 1}
        assert (await stage_totals(actor=company.bob, stage_ids=[offer.id]))[offer.id] == (1, [Money(1, "EUR")])
        query = "query ($stage: ID!, $deal: ID!) { stage: node(id: $stage) { ... on Stage { deals { nodes { id } } } }"
        query += " deal: node(id: $deal) { ... on Deal { title archivedAt } } deals { nodes { id } } }"
        data = await bob(query, stage=gid(offer), deal=gid(deal))
        assert data["stage"]["deals"]["nodes"] == data["deals"]["nodes"] == [{"id": gid(keep)}]
        assert data["deal"]["title"] == "away"
        assert data["deal"]["archivedAt"] is not None

    async def test_it_comes_back_at_the_end_of_its_stage(self, company: Company) -> None:
        offer = company.stage("Offer sent")
        deals = [await make_deal(company.bob, stage_id=offer.id) for _ in range(3)]
        await archive(company, deals[0])
        await restore(company, deals[0])
        assert await column(company, offer) == [deals[1].id, deals[2].id, deals[0].id]
        assert await said(company, deals[0]) == ["Archived", "Restored"]
        after = await stored(company, deals[0])
        assert (after.archived_at, after.version, after.updated_at) == (None, 3, later(120))
        assert await scoped(StageChange, company.bob).filter(deal_id=deals[0].id).count() == 1

    async def test_it_comes_back_in_the_first_open_stage_when_its_own_was_deleted(self, company: Company) -> None:
        offer, first = company.stage("Offer sent"), company.stage("Qualified")
        deal = await make_deal(company.bob, stage_id=offer.id)
        await archive(company, deal)
        await scoped(Stage, company.bob).filter(id=offer.id).update(archived_at=NOW)
        assert (await restore(company, deal)).stage_id == first.id
        stays = await scoped(StageChange, company.bob).filter(deal_id=deal.id).order_by("entered_at")
        assert [(stay.to_stage_id, stay.left_at) for stay in stays] == [(offer.id, later(120)), (first.id, None)]

    async def test_a_won_deal_stays_won(self, company: Company) -> None:
        deal = await make_deal(company.bob, stage_id=company.stage("Won").id)
        await archive(company, deal)
        after = await restore(company, deal)
        assert (after.status, after.closed_at) == ("WON", NOW)

    async def test_its_leads_stay_converted(self, company: Company) -> None:
        lead = await make_qualified_lead(company.bob)
        rest: dict[str, Any] = {"how": Conversion(), "expected_version": None, "now": NOW}
        converted = await convert_lead(actor=company.bob, lead_id=lead.id, **rest)
        await archive(company, converted.deal)
        kept = await scoped(Lead, company.bob).get(id=lead.id)
        assert (kept.state, kept.deal_id) == ("CONVERTED", converted.deal.id)

    async def test_refusals_change_nothing(self, company: Company, unchanged: Unchanged) -> None:
        deal, away = await make_deal(company.bob), await make_deal(company.bob)
        await archive(company, away)
        async with unchanged():
            with pytest.raises(Invalid, match="already"):
                await archive(company, away)
            with pytest.raises(Invalid, match="not archived"):
                await restore(company, deal)
            with pytest.raises(Invalid, match="restore it first"):
                await change(company, away, title="x")
            for act, of in ((archive, deal), (restore, away)):
                with pytest.raises(Forbidden):
                    await act(company, of, actor=company.carol)
                with pytest.raises(StaleVersion):
                    await act(company, of, expected_version=77)
                with pytest.raises(NotFound):
                    await act(company, Deal(id=new_id()))

    async def test_nothing_comes_back_to_a_board_that_was_put_away(
        self, company: Company, unchanged: Unchanged
    ) -> None:
        deal = await make_deal(company.bob)
        await archive(company, deal)
        await scoped(Pipeline, company.bob).filter(id=deal.pipeline_id).update(archived_at=NOW)
        async with unchanged():
            with pytest.raises(Invalid, match="pipeline is archived"):
                await restore(company, deal)

    async def test_of_ten_who_archive_and_restore_at_once_each_sees_how_it_is(self, company: Company) -> None:
        deal = await make_deal(company.bob)
        acts = [act(company, deal) for act in (archive, restore) * 5]
        results = await asyncio.gather(*acts, return_exceptions=True)
        refusals = [result for result in results if isinstance(result, Invalid)]
        assert len(refusals) == sum(isinstance(result, BaseException) for result in results)
        after = await stored(company, deal)
        assert after.version == deal.version + len(results) - len(refusals)


async def test_a_history_tells_every_stay_in_order(company: Company, bob: GraphQLClient) -> None:
    deal = await make_deal(company.bob)
    await do(bob, "moveDeal", {"id": gid(deal), "stageId": gid(company.stage("Offer sent"))})
    await do(bob, "winDeal", {"id": gid(deal)})
    selection = "stage { name } fromStage { name } days leftAt member { name }"
    data = await bob(
        f"query ($id: ID!) {{ node(id: $id) {{ ... on Deal {{ stageHistory {{ {selection} }} }} }} }}", id=gid(deal)
    )
    history = data["node"]["stageHistory"]
    assert [(stay["fromStage"], stay["stage"]) for stay in history] == [
        (None, {"name": "Qualified"}),
        ({"name": "Qualified"}, {"name": "Offer sent"}),
        ({"name": "Offer sent"}, {"name": "Won"}),
    ]
    assert [stay["leftAt"] is None for stay in history] == [False, False, True]
    assert {stay["member"]["name"] for stay in history} == {"Bob"}
    assert history[1]["days"] == history[2]["days"] == 0
