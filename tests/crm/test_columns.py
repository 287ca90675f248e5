"""Cards that lie too close are spaced anew while people go on moving: nobody's card ends up where it was not put."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise.connection import get_connections
from tortoise.transactions import in_transaction

from crm.accounts.facts import Actor
from crm.db import execute, scoped
from crm.deals import columns, ranks
from crm.deals.columns import respace
from crm.deals.facts import Place
from crm.deals.models import Deal
from crm.deals.operations import NewDeal, create_deal, move_deal
from crm.doors import crowded_columns
from crm.engine import bound
from crm.errors import Forbidden
from crm.ids import new_id
from crm.pipelines.models import Stage
from tests.conftest import NOW, Company
from tests.factories import make_deal, make_stages

TIGHT = "V" * (ranks.LONG + 1)


async def crowd(actor: Actor, stage: Stage, count: int, prefix: str = TIGHT) -> list[UUID]:
    """Cards in a column, in order, that lie as close as makes a long rank."""
    cards = [(await make_deal(actor, f"card {n}", stage_id=stage.id)).id for n in range(count)]
    await squeeze(stage, prefix)
    return cards


async def squeeze(stage: Stage, prefix: str = TIGHT) -> None:
    """Push all cards of a column together, in their order."""
    await execute(
        "UPDATE deal SET rank = $2 || lpad(place.number::text, 4, '0') || '1' FROM"
        " (SELECT id, row_number() OVER (ORDER BY rank) AS number FROM deal WHERE stage_id = $1) AS place"
        " WHERE deal.id = place.id",
        stage.id,
        prefix,
    )


async def order(actor: Actor, stage: Stage) -> list[UUID]:
    return [deal.id for deal in await scoped(Deal, actor).filter(stage_id=stage.id).order_by("rank")]


async def longest(actor: Actor, stage: Stage) -> int:
    return max(len(deal.rank) for deal in await scoped(Deal, actor).filter(stage_id=stage.id))


async def move(actor: Actor, deal_id: UUID, stage: Stage, place: Place) -> None:
    await move_deal(
        actor=actor,
        deal_id=deal_id,
        stage_id=stage.id,
        place=place,
        expected_version=None,
        lost_reason=None,
        now=NOW,
    )


async def space_all(actor: Actor, stage: Stage) -> int:
    """How many transactions it took until nothing was left to do."""
    count = 0
    while await respace(actor=actor, stage_id=stage.id):
        count += 1
    return count


@pytest.mark.parametrize("reach", [1, 3, columns.REACH])
async def test_spacing_keeps_the_order_and_every_version(
    company: Company, monkeypatch: pytest.MonkeyPatch, reach: int
) -> None:
    monkeypatch.setattr(columns, "REACH", reach)
    stage = company.stage("Offer sent")
    first = await make_deal(company.bob, "first", stage_id=stage.id, place=Place.first())
    cards = [first.id, *await crowd(company.bob, stage, 12)]
    last = await make_deal(company.bob, "last", stage_id=stage.id)
    before = {deal.id: (deal.version, deal.updated_at) for deal in await scoped(Deal, company.bob)}
    assert await space_all(company.system, stage) >= 1
    assert await order(company.bob, stage) == [*cards, last.id]
    assert await longest(company.bob, stage) <= ranks.SHORT
    assert {deal.id: (deal.version, deal.updated_at) for deal in await scoped(Deal, company.bob)} == before


async def test_only_as_many_cards_are_written_as_make_room(company: Company) -> None:
    stage = company.stage("Offer sent")
    deal = await make_deal(company.bob, stage_id=stage.id)
    places = [rank for rank in ranks.spread(200) or [] if rank != deal.rank]
    await Deal.bulk_create(deal.clone(pk=new_id()).update_from_dict({"rank": rank}) for rank in places)
    cards = await order(company.bob, stage)
    ranked = {card.id: card.rank for card in await scoped(Deal, company.bob)}
    await scoped(Deal, company.bob).filter(id=cards[100]).update(rank=ranked[cards[99]] + "0" * ranks.LONG + "1")
    assert await space_all(company.system, stage) == 1
    changed = {card.id for card in await scoped(Deal, company.bob) if card.rank != ranked[card.id]}
    assert changed <= set(cards[100 - columns.REACH : 101 + columns.REACH])
    assert await order(company.bob, stage) == cards


async def test_a_column_with_room_is_left_alone(company: Company) -> None:
    deal = await make_deal(company.bob)
    assert await respace(actor=company.system, stage_id=deal.stage_id) == 0
    assert (await scoped(Deal, company.bob).get(id=deal.id)).rank == deal.rank
    with pytest.raises(Forbidden):
        await respace(actor=company.carol, stage_id=deal.stage_id)


async def test_crowded_columns_of_all_workspaces_are_found_and_no_others(company: Company, other: Company) -> None:
    await make_deal(company.bob, stage_id=company.stage("Won").id)
    await crowd(company.bob, company.stage("Offer sent"), 2)
    with bound(other.alice.workspace_id):
        await crowd(other.alice, other.stage("Qualified"), 1)
    ours = {company.bob.workspace_id, other.alice.workspace_id}
    found = {(workspace, stage) for workspace, stage in await crowded_columns(at_most=1000) if workspace in ours}
    assert found == {
        (company.bob.workspace_id, company.stage("Offer sent").id),
        (other.alice.workspace_id, other.stage("Qualified").id),
    }
    await space_all(company.system, company.stage("Offer sent"))
    await space_all(other.system, other.stage("Qualified"))
    assert not ours & {workspace for workspace, _ in await crowded_columns(at_most=1000)}


async def test_spacing_gives_way_to_whoever_is_in_the_column(company: Company) -> None:
    """It never waits for long: everybody who comes later would wait behind it."""
    stage = company.stage("Offer sent")
    await crowd(company.bob, stage, 2)
    async with in_transaction():
        await columns.hold(stage.id)
        assert await asyncio.create_task(outside(respace(actor=company.system, stage_id=stage.id))) == 0
    assert await space_all(company.system, stage) == 1


async def outside(work: object) -> object:
    """Awaited in a task that does not inherit the transaction of the one that made it."""
    connections = get_connections()
    token = connections.set("default", connections.get("default")._parent)
    try:
        return await work  # type: ignore[misc]
    finally:
        connections.reset(token)


async def test_where_nothing_has_spaced_them_the_move_makes_room_itself(company: Company) -> None:
    stage = company.stage("Offer sent")
    cards = await crowd(company.bob, stage, 3, "V" * ranks.LONGEST)
    new = [await make_deal(company.bob, f"new {n}") for n in range(4)]
    await asyncio.gather(*(move(company.bob, deal.id, stage, Place.after(cards[0])) for deal in new))
    now = await order(company.bob, stage)
    assert (now[0], set(now[1:5]), now[5:]) == (cards[0], {deal.id for deal in new}, cards[1:])
    assert await longest(company.bob, stage) <= ranks.LONG


@dataclass
class Model:
    """What a column must look like: groups of cards, in any order within a group, for they were dropped at once."""

    groups: list[set[UUID]] = field(default_factory=list)

    def drop(self, cards: Iterable[UUID], beside: UUID, *, after: bool) -> None:
        at = next(i for i, group in enumerate(self.groups) if group == {beside})
        self.groups.insert(at + after, set(cards))

    def remove(self, card: UUID) -> None:
        self.groups = [group - {card} for group in self.groups if group != {card}]

    def explains(self, order: list[UUID]) -> bool:
        rest = list(order)
        for group in self.groups:
            if set(rest[: len(group)]) != group:
                return False
            rest = rest[len(group) :]
        return not rest


@dataclass(frozen=True)
class Wave:
    """Cards dropped on the same spot at once, while the column is spaced and others leave it."""

    anchor: int
    after: bool
    cards: int
    created: bool
    leaves: bool


waves = st.lists(
    st.builds(
        Wave,
        anchor=st.integers(0, 2),
        after=st.booleans(),
        cards=st.integers(1, 5),
        created=st.booleans(),
        leaves=st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(waves=waves, reach=st.sampled_from([1, 2, columns.REACH]))
async def test_any_mix_of_drops_on_one_spot_and_spacing_leaves_an_order_that_every_mover_can_explain(
    company: Company, waves: list[Wave], reach: int
) -> None:
    here, there, *_ = await make_stages(company.bob, "Board", "Here", "There")
    anchors = await crowd(company.bob, here, 3)
    leavers = [(await make_deal(company.bob, "leaver", stage_id=here.id)).id for _ in waves]
    model = Model([{id} for id in [*anchors, *leavers]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "REACH", reach)
        for wave, leaver in zip(waves, leavers, strict=True):
            await one_wave(company, wave, leaver, here, there, anchors, model)
            assert model.explains(await order(company.bob, here))
        await space_all(company.system, here)
    assert model.explains(await order(company.bob, here))
    assert await longest(company.bob, here) <= ranks.LONG


async def one_wave(
    company: Company, wave: Wave, leaver: UUID, here: Stage, there: Stage, anchors: list[UUID], model: Model
) -> None:
    beside = anchors[wave.anchor]
    place = Place.after(beside) if wave.after else Place.before(beside)
    moved = [] if wave.created else [(await make_deal(company.bob, stage_id=there.id)).id for _ in range(wave.cards)]

    async def create() -> UUID:
        new = NewDeal(title="new", stage_id=here.id, place=place)
        return (await create_deal(actor=company.bob, new=new, idempotency_key=None, now=NOW)).deal.id

    async def drop(id: UUID) -> UUID:
        await move(company.bob, id, here, place)
        return id

    await squeeze(here)
    drops = [create() for _ in range(wave.cards)] if wave.created else [drop(id) for id in moved]
    leaving = [move(company.bob, leaver, there, Place.last())] if wave.leaves else []
    spacing = [respace(actor=company.system, stage_id=here.id) for _ in range(3)]
    dropped = (await asyncio.gather(*spacing, *leaving, *drops))[len(spacing) + len(leaving) :]
    model.drop(dropped, beside, after=wave.after)
    if wave.leaves:
        model.remove(leaver)


async def test_the_database_looks_for_ranks_as_long_as_the_rules_say(company: Company) -> None:
    (row,) = await execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'deal_rank_long'")
    assert f"> {ranks.LONG})" in row["indexdef"]
