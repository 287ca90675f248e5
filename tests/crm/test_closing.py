"""Deals are won, lost and reopened: the stage is found by its kind, and all is as if the card had been dragged."""

from __future__ import annotations

from typing import Any

import pytest

from crm.db import scoped
from crm.deals.closing import lose_deal, reopen_deal, win_deal
from crm.deals.facts import Place
from crm.deals.models import Deal, StageChange
from crm.deals.operations import Moved, move_deal
from crm.deals.rules import LostReasonMissing
from crm.errors import Forbidden, Invalid, NotFound, StaleVersion
from crm.ids import new_id
from crm.outbox.models import OutboxEvent
from crm.pipelines.models import Pipeline, Stage
from tests.conftest import NOW, Company, Unchanged, later
from tests.factories import make_deal


async def win(company: Company, deal: Deal, reason: str | None = None, **more: Any) -> Moved:
    rest = {"actor": company.bob, "place": Place.last(), "expected_version": None, "now": later(60), **more}
    return await win_deal(deal_id=deal.id, reason=reason, **rest)


async def lose(company: Company, deal: Deal, reason: str = "Too dear", **more: Any) -> Moved:
    rest = {"actor": company.bob, "place": Place.last(), "expected_version": None, "now": later(60), **more}
    return await lose_deal(deal_id=deal.id, lost_reason=reason, **rest)


async def reopen(company: Company, deal: Deal, **more: Any) -> Moved:
    rest = {"actor": company.bob, "place": Place.last(), "expected_version": None, "now": later(120), **more}
    return await reopen_deal(deal_id=deal.id, **rest)


async def move(company: Company, deal: Deal, stage: Stage, **more: Any) -> Moved:
    rest = {"actor": company.bob, "place": Place.last(), "expected_version": None, "lost_reason": None, **more}
    return await move_deal(deal_id=deal.id, stage_id=stage.id, now=later(90), **rest)


async def stored(company: Company, deal: Deal) -> Deal:
    return await scoped(Deal, company.bob).get(id=deal.id)


async def events_of(company: Company, deal: Deal) -> list[str]:
    return [event.name for event in await scoped(OutboxEvent, company.bob).filter(subject_id=deal.id).order_by("id")]


async def test_a_won_deal_stands_where_it_was_put_with_its_reason(company: Company) -> None:
    offer = company.stage("Offer sent")
    earlier = await make_deal(company.bob, stage_id=company.stage("Won").id)
    deal = await make_deal(company.bob, stage_id=offer.id)
    moved = await win(company, deal, " The best\npumps ", place=Place.before(earlier.id))
    assert (moved.from_stage.id, moved.to_stage.id) == (offer.id, company.stage("Won").id)
    after = await stored(company, deal)
    assert (after.status, after.won_reason, after.closed_at) == ("WON", "The best pumps", later(60))
    assert (after.last_open_stage_id, after.lost_reason) == (offer.id, None)
    assert after.rank < earlier.rank
    assert await events_of(company, deal) == ["deal.created", "deal.stage_changed", "deal.won"]


async def test_a_deal_is_lost_for_a_reason_only(company: Company, unchanged: Unchanged) -> None:
    deal = await make_deal(company.bob)
    async with unchanged():
        with pytest.raises(LostReasonMissing) as refusal:
            await lose(company, deal, " \n ")
    assert refusal.value.field == ("lostReason",)
    await lose(company, deal)
    after = await stored(company, deal)
    assert (after.status, after.lost_reason, after.closed_at) == ("LOST", "Too dear", later(60))


async def test_reopening_leads_back_to_where_it_was_and_forgets_how_it_ended(company: Company) -> None:
    talks = company.stage("In negotiation")
    for close in (win, lose):
        deal = await make_deal(company.bob, stage_id=talks.id)
        await close(company, deal, "Because")
        await reopen(company, deal)
        after = await stored(company, deal)
        assert (after.status, after.stage_id, after.closed_at) == ("OPEN", talks.id, None)
        assert (after.won_reason, after.lost_reason, after.last_open_stage_id) == (None, None, None)
        assert (await events_of(company, deal))[-2:] == ["deal.stage_changed", "deal.reopened"]


async def test_what_was_never_open_is_reopened_in_the_first_open_stage(company: Company) -> None:
    deal = await make_deal(company.bob, stage_id=company.stage("Won").id)
    assert (await reopen(company, deal)).to_stage.id == company.stage("Qualified").id


async def test_what_was_in_a_stage_that_was_deleted_is_reopened_in_the_first_open_one(company: Company) -> None:
    talks = company.stage("In negotiation")
    deal = await make_deal(company.bob, stage_id=talks.id)
    await win(company, deal)
    await scoped(Stage, company.bob).filter(id=talks.id).update(archived_at=NOW)
    assert (await reopen(company, deal)).to_stage.id == company.stage("Qualified").id


async def test_the_closing_time_is_set_once_even_when_won_turns_into_lost(company: Company) -> None:
    offer = company.stage("Offer sent")
    deal = await make_deal(company.bob, stage_id=offer.id)
    await win(company, deal, "Because", now=later(60))
    await lose(company, deal, now=later(120))
    after = await stored(company, deal)
    assert (after.status, after.closed_at, after.won_reason, after.lost_reason) == ("LOST", later(60), None, "Too dear")
    assert after.last_open_stage_id == offer.id


async def test_a_deal_that_is_so_already_is_told_so(company: Company, unchanged: Unchanged) -> None:
    won, lost, opened = [await make_deal(company.bob) for _ in range(3)]
    await win(company, won)
    await lose(company, lost)
    async with unchanged():
        for again, deal in ((win, won), (lose, lost), (reopen, opened)):
            with pytest.raises(Invalid, match="already") as refusal:
                await again(company, deal)
            assert refusal.value.field == ("id",)


async def test_who_may_not_or_saw_another_version_changes_nothing(
    company: Company,
    unchanged: Unchanged,
) -> None:
    deal, closed = await make_deal(company.bob), await make_deal(company.bob)
    await win(company, closed)
    async with unchanged():
        for act, of in ((win, deal), (lose, deal), (reopen, closed)):
            with pytest.raises(Forbidden):
                await act(company, of, actor=company.carol)
            with pytest.raises(StaleVersion):
                await act(company, of, expected_version=77)
            with pytest.raises(NotFound):
                await act(company, Deal(id=new_id()))


async def test_reasons_go_with_their_stages(company: Company, unchanged: Unchanged) -> None:
    deal = await make_deal(company.bob)
    async with unchanged():
        with pytest.raises(Invalid) as refusal:
            await move(company, deal, company.stage("Offer sent"), won_reason="Because")
        assert refusal.value.field == ("wonReason",)
        with pytest.raises(Invalid):
            await move(company, deal, company.stage("Lost"), won_reason="Because", lost_reason="Too dear")
    await move(company, deal, company.stage("Won"), won_reason="Because")
    await move(company, deal, company.stage("Won"), place=Place.first())
    assert (await stored(company, deal)).won_reason == "Because"


async def test_nothing_comes_into_a_stage_that_was_deleted_nor_onto_a_board_that_was_put_away(
    company: Company,
    unchanged: Unchanged,
) -> None:
    deal, offer = await make_deal(company.bob), company.stage("Offer sent")
    await scoped(Stage, company.bob).filter(id=offer.id).update(archived_at=NOW)
    async with unchanged():
        with pytest.raises(Invalid, match="was deleted"):
            await move(company, deal, offer)
        with pytest.raises(Invalid, match="was deleted"):
            await make_deal(company.bob, stage_id=offer.id)
    await scoped(Pipeline, company.bob).filter(id=offer.pipeline_id).update(archived_at=NOW)
    async with unchanged():
        with pytest.raises(Invalid, match="archived"):
            await move(company, deal, company.stage("In negotiation"))
        with pytest.raises(Invalid, match="archived"):
            await make_deal(company.bob, stage_id=company.stage("Won").id)
        with pytest.raises(Invalid, match="no open stage"):
            await make_deal(company.bob)


async def test_an_archived_card_neither_moves_nor_is_a_neighbour(
    company: Company,
    unchanged: Unchanged,
) -> None:
    offer = company.stage("Offer sent")
    one, hidden, two = [await make_deal(company.bob, name, stage_id=offer.id) for name in ("one", "hidden", "two")]
    await scoped(Deal, company.bob).filter(id=hidden.id).update(archived_at=NOW)
    async with unchanged():
        for act in (win, lose, reopen):
            with pytest.raises(Invalid, match="archived"):
                await act(company, hidden)
        with pytest.raises(Invalid, match="restore it first"):
            await move(company, hidden, company.stage("Won"))
    new = await make_deal(company.bob)
    assert not (await move(company, new, offer, place=Place.after(one.id))).neighbour_gone
    shown = await scoped(Deal, company.bob).filter(stage_id=offer.id, archived_at=None).order_by("rank")
    assert [card.id for card in shown] == [one.id, new.id, two.id]
    assert (await move(company, new, offer, place=Place.before(hidden.id))).neighbour_gone


async def test_each_stay_is_kept_through_winning_and_reopening(company: Company) -> None:
    deal = await make_deal(company.bob)
    await win(company, deal)
    await reopen(company, deal)
    stays = await scoped(StageChange, company.bob).filter(deal_id=deal.id).order_by("entered_at")
    names = {stage.id: stage.name for stage in company.stages}
    assert [names[stay.to_stage_id] for stay in stays] == ["Qualified", "Won", "Qualified"]
    assert [stay.left_at for stay in stays] == [later(60), later(120), None]
