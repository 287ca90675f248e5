"""Deals move over the board: no card is lost, none is doubled, each is where it was put."""

from __future__ import annotations

import asyncio
import random
from typing import Any
from uuid import UUID

import pytest

from crm.db import execute, scoped
from crm.deals import ranks
from crm.deals.facts import DealStatus, Place, PlaceKind
from crm.deals.models import Deal, StageChange
from crm.deals.operations import Moved, move_deal
from crm.deals.queries import stage_totals
from crm.deals.rules import LostReasonMissing, WrongPipeline
from crm.errors import Forbidden, Invalid, NotFound, StaleVersion
from crm.ids import new_id
from crm.outbox.models import OutboxEvent
from crm.pipelines.models import Stage
from tests.conftest import NOW, Company, later
from tests.factories import make_deal, make_stages


async def move(company: Company, deal: Deal, stage: Stage, place: Place | None = None, **more: Any) -> Moved:
    arguments = {"actor": company.bob, "expected_version": None, "lost_reason": None, "now": later(60), **more}
    return await move_deal(deal_id=deal.id, stage_id=stage.id, place=place or Place.last(), **arguments)


async def column(company: Company, stage: Stage) -> list[UUID]:
    return [deal.id for deal in await scoped(Deal, company.bob).filter(stage_id=stage.id).order_by("rank")]


async def stored(company: Company, deal: Deal) -> Deal:
    return await scoped(Deal, company.bob).get(id=deal.id)


async def events(company: Company) -> list[str]:
    return [event.name for event in await scoped(OutboxEvent, company.bob).order_by("at", "id")]


async def test_a_deal_lands_where_it_was_dropped(company: Company) -> None:
    offer = company.stage("Offer sent")
    one, two, three = [await make_deal(company.bob, name, stage_id=offer.id) for name in ("one", "two", "three")]
    await move(company, three, offer, Place.before(two.id))
    assert await column(company, offer) == [one.id, three.id, two.id]
    await move(company, one, offer, Place.after(two.id))
    assert await column(company, offer) == [three.id, two.id, one.id]
    await move(company, one, offer, Place.first())
    assert await column(company, offer) == [one.id, three.id, two.id]


async def test_every_stay_in_a_stage_is_kept(company: Company) -> None:
    deal = await make_deal(company.bob)
    offer, won = company.stage("Offer sent"), company.stage("Won")
    await move(company, deal, offer, now=later(60))
    await move(company, deal, won, now=later(120))
    stays = await scoped(StageChange, company.bob).filter(deal_id=deal.id).order_by("entered_at")
    assert [(stay.to_stage_id, stay.entered_at, stay.left_at) for stay in stays] == [
        (company.stage("Qualified").id, NOW, later(60)),
        (offer.id, later(60), later(120)),
        (won.id, later(120), None),
    ]
    assert [stay.from_stage_id for stay in stays] == [None, company.stage("Qualified").id, offer.id]
    assert {stay.member_id for stay in stays} == {company.bob.member_id}


async def test_a_request_that_overtook_another_never_makes_a_stay_of_negative_length(company: Company) -> None:
    deal = await make_deal(company.bob)
    await move(company, deal, company.stage("Offer sent"), now=later(60))
    await move(company, deal, company.stage("In negotiation"), now=later(30))
    stays = await scoped(StageChange, company.bob).filter(deal_id=deal.id)
    assert all(stay.left_at is None or stay.left_at >= stay.entered_at for stay in stays)


async def test_winning_closes_a_deal_once(company: Company) -> None:
    deal = await make_deal(company.bob)
    won = company.stage("Won")
    await move(company, deal, won, now=later(60))
    await move(company, deal, won, Place.first(), now=later(120))
    after = await stored(company, deal)
    assert (after.status, after.closed_at) == (DealStatus.WON.value, later(60))
    assert (await events(company)).count("deal.won") == 1


async def test_losing_demands_a_reason_and_reopening_restores(company: Company) -> None:
    deal = await make_deal(company.bob)
    lost, offer = company.stage("Lost"), company.stage("Offer sent")
    await move(company, deal, offer)
    with pytest.raises(LostReasonMissing):
        await move(company, deal, lost, lost_reason="  ")
    assert (await stored(company, deal)).stage_id == offer.id
    await move(company, deal, lost, lost_reason="Too dear")
    gone = await stored(company, deal)
    assert (gone.status, gone.lost_reason, gone.last_open_stage_id) == ("LOST", "Too dear", offer.id)
    await move(company, deal, lost, Place.first())
    assert (await stored(company, deal)).lost_reason == "Too dear"
    await move(company, deal, offer)
    back = await stored(company, deal)
    assert (back.status, back.lost_reason, back.closed_at) == ("OPEN", None, None)
    assert "deal.reopened" in await events(company)


async def test_a_stale_move_changes_nothing(company: Company) -> None:
    deal = await make_deal(company.bob)
    before = await events(company)
    with pytest.raises(StaleVersion) as refusal:
        await move(company, deal, company.stage("Won"), expected_version=deal.version - 1)
    assert refusal.value.current.id == deal.id
    after = await stored(company, deal)
    assert (after.stage_id, after.rank, after.version) == (deal.stage_id, deal.rank, deal.version)
    assert await events(company) == before


async def test_a_stage_of_another_pipeline_is_refused(company: Company) -> None:
    elsewhere = (await make_stages(company.bob, "Partners", "Start"))[0]
    deal = await make_deal(company.bob)
    with pytest.raises(WrongPipeline):
        await move(company, deal, elsewhere)
    assert (await stored(company, deal)).stage_id == deal.stage_id


async def test_refusals_name_what_is_wrong(company: Company) -> None:
    deal = await make_deal(company.bob)
    with pytest.raises(NotFound):
        await move_deal(
            actor=company.bob,
            deal_id=new_id(),
            stage_id=deal.stage_id,
            place=Place.last(),
            expected_version=None,
            lost_reason=None,
            now=NOW,
        )
    with pytest.raises(Invalid) as refusal:
        await move(company, deal, company.stage("Won"), Place.before(deal.id))
    assert refusal.value.field == ("place", "before")
    with pytest.raises(Forbidden):
        await move(company, deal, company.stage("Won"), actor=company.carol)
    with pytest.raises(Invalid) as refusal:
        await move(company, deal, company.stage("Won"), lost_reason="but it is won")
    assert refusal.value.field == ("lostReason",)
    assert (await stored(company, deal)).version == deal.version


async def test_a_card_whose_neighbour_has_gone_lands_at_the_end_and_says_so(company: Company) -> None:
    offer = company.stage("Offer sent")
    stays = await make_deal(company.bob, "stays", stage_id=offer.id)
    leaves = await make_deal(company.bob, "leaves", stage_id=offer.id)
    deal = await make_deal(company.bob, "moves")
    await move(company, leaves, company.stage("Won"))
    moved = await move(company, deal, offer, Place.before(leaves.id))
    assert moved.neighbour_gone
    assert await column(company, offer) == [stays.id, deal.id]


async def test_a_column_whose_ranks_have_grown_too_long_is_ranked_anew(company: Company) -> None:
    offer = company.stage("Offer sent")
    first = await make_deal(company.bob, "first", stage_id=offer.id)
    last = await make_deal(company.bob, "last", stage_id=offer.id)
    tight = "V" * ranks.LONGEST
    await execute("UPDATE deal SET rank = $1 WHERE id = $2", tight + "1", first.id)
    await execute("UPDATE deal SET rank = $1 WHERE id = $2", tight + "2", last.id)
    deal = await make_deal(company.bob, "between", stage_id=offer.id, place=Place.after(first.id))
    assert await column(company, offer) == [first.id, deal.id, last.id]
    lengths = [len(card.rank) for card in await scoped(Deal, company.bob).filter(stage_id=offer.id)]
    assert max(lengths) < ranks.LONGEST
    assert (await stored(company, first)).version == first.version


async def test_any_sequence_of_moves_leaves_each_card_exactly_once_in_the_order_of_the_moves(company: Company) -> None:
    chance = random.Random(7)
    stages = company.stages[:3]
    board: dict[UUID, list[UUID]] = {stage.id: [] for stage in company.stages}
    deals = [await make_deal(company.bob, f"deal {n}") for n in range(8)]
    board[stages[0].id] = [deal.id for deal in deals]
    for _ in range(60):
        deal, stage = chance.choice(deals), chance.choice(stages)
        kind = chance.choice(list(PlaceKind))
        others = [id for id in board[stage.id] if id != deal.id]
        neighbour = chance.choice(others) if others and kind in (PlaceKind.BEFORE, PlaceKind.AFTER) else None
        if neighbour is None and kind in (PlaceKind.BEFORE, PlaceKind.AFTER):
            kind = PlaceKind.LAST
        await move(company, deal, stage, Place(kind, neighbour))
        for cards in board.values():
            if deal.id in cards:
                cards.remove(deal.id)
        target = board[stage.id]
        at = {
            PlaceKind.FIRST: 0,
            PlaceKind.LAST: len(target),
            PlaceKind.BEFORE: target.index(neighbour) if kind is PlaceKind.BEFORE else 0,  # type: ignore[arg-type]
            PlaceKind.AFTER: target.index(neighbour) + 1 if kind is PlaceKind.AFTER else 0,  # type: ignore[arg-type]
        }[kind]
        target.insert(at, deal.id)
    for stage in company.stages:
        assert await column(company, stage) == board[stage.id]


async def test_fifty_people_dragging_at_once_lose_and_double_no_card(company: Company) -> None:
    chance = random.Random(3)
    deals = [await make_deal(company.bob, f"deal {n}") for n in range(10)]

    async def drag(number: int) -> None:
        deal, neighbour = chance.sample(deals, 2)
        stage = chance.choice(company.stages[:3])
        place = chance.choice([Place.first(), Place.last(), Place.before(neighbour.id), Place.after(neighbour.id)])
        await move(company, deal, stage, place, now=later(number))

    await asyncio.gather(*(drag(number) for number in range(50)))
    seen = [id for stage in company.stages for id in await column(company, stage)]
    assert sorted(seen) == sorted(deal.id for deal in deals)
    versions = [(await stored(company, deal)).version for deal in deals]
    assert sum(versions) == len(deals) + 50
    current = await scoped(StageChange, company.bob).filter(left_at=None)
    assert {stay.deal_id: stay.to_stage_id for stay in current} == {
        deal.id: (await stored(company, deal)).stage_id for deal in deals
    }


async def test_fifty_cards_dropped_on_one_spot_all_lie_there(company: Company) -> None:
    offer = company.stage("Offer sent")
    left = await make_deal(company.bob, "left", stage_id=offer.id)
    right = await make_deal(company.bob, "right", stage_id=offer.id)
    deals = [await make_deal(company.bob, f"deal {n}") for n in range(50)]
    await asyncio.gather(*(move(company, deal, offer, Place.after(left.id)) for deal in deals))
    cards = await column(company, offer)
    assert cards[0] == left.id
    assert cards[-1] == right.id
    assert sorted(cards[1:-1]) == sorted(deal.id for deal in deals)


async def test_totals_are_the_sums_of_the_cards_and_never_mix_currencies(company: Company) -> None:
    from crm.money import Money

    offer = company.stage("Offer sent")
    for minor, currency in ((100, "EUR"), (250, "EUR"), (900, "JPY"), (5, "USD")):
        await make_deal(company.bob, stage_id=offer.id, amount=Money(minor, currency))
    await make_deal(company.bob, stage_id=offer.id)
    totals = await stage_totals(actor=company.bob, stage_ids=[stage.id for stage in company.stages])
    assert totals[offer.id] == (5, [Money(350, "EUR"), Money(900, "JPY"), Money(5, "USD")])
    assert totals[company.stage("Won").id] == (0, [])
