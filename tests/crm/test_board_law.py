"""The law of the board: whatever several people do on it, each card is where plain Python lists say, exactly once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.accounts.facts import Actor
from crm.db import execute, scoped
from crm.deals.archiving import archive_deal, restore_deal
from crm.deals.boards import delete_stage
from crm.deals.changing import DealChanges, update_deal
from crm.deals.closing import lose_deal, reopen_deal, win_deal
from crm.deals.facts import Place, PlaceKind
from crm.deals.models import Deal, StageChange
from crm.deals.operations import NewDeal, create_deal, move_deal
from crm.deals.queries import counted_totals, stage_totals
from crm.doors import fold_totals
from crm.errors import DomainError
from crm.money import Money
from crm.pipelines.facts import NewStage, StageKind
from crm.pipelines.stages import create_stage
from tests.conftest import NOW, Company, GraphQLClient, later
from tests.factories import make_deal, make_stages
from tests.schema.conftest import do, gid


class Refused(Exception):
    """What the lists say cannot be done."""


@dataclass
class Card:
    """A deal as plain Python keeps it."""

    stage: UUID
    status: str
    closed_at: datetime | None = None
    last_open: UUID | None = None
    archived: bool = False
    amount: Money | None = None
    stays: list[UUID] = field(default_factory=list)


class Lists:
    """The board in plain lists: what each operation means, said once more."""

    def __init__(self, opened: list[UUID], won: UUID, lost: UUID) -> None:
        self.opened = opened
        self.status = {won: "WON", lost: "LOST"}
        self.won, self.lost = won, lost
        self.deleted: list[UUID] = []
        self.columns: dict[UUID, list[UUID]] = defaultdict(list)
        self.cards: dict[UUID, Card] = {}

    def put(self, id: UUID, stage: UUID, place: Place) -> None:
        others = [card for card in self.columns[stage] if card != id]
        at = len(others)
        if place.kind is PlaceKind.FIRST:
            at = 0
        elif place.neighbour_id in others:
            at = others.index(place.neighbour_id) + (place.kind is PlaceKind.AFTER)
        for column in self.columns.values():
            if id in column:
                column.remove(id)
        self.columns[stage].insert(at, id)

    def create(self, id: UUID, stage: UUID, place: Place, amount: Money | None, now: datetime) -> None:
        status = self.status.get(stage, "OPEN")
        closed_at = None if status == "OPEN" else now
        self.cards[id] = Card(stage, status, closed_at, amount=amount, stays=[stage])
        self.put(id, stage, place)

    def move(self, id: UUID, stage: UUID, place: Place, now: datetime) -> None:
        card, status = self.cards[id], self.status.get(stage, "OPEN")
        if card.archived or stage in self.deleted or place.neighbour_id == id:
            raise Refused
        if card.status == "OPEN" and status != "OPEN":
            card.closed_at, card.last_open = now, card.stage
        if status == "OPEN" and card.status != "OPEN":
            card.closed_at = card.last_open = None
        if stage != card.stage:
            card.stays.append(stage)
        card.stage, card.status = stage, status
        self.put(id, stage, place)

    def turn(self, id: UUID, to: str, place: Place, now: datetime) -> None:
        card = self.cards[id]
        if card.archived or card.status == to:
            raise Refused
        home = card.last_open if card.last_open in self.opened else self.opened[0]
        self.move(id, {"WON": self.won, "LOST": self.lost, "OPEN": home}[to], place, now)  # type: ignore[arg-type]

    def archive(self, id: UUID) -> None:
        card = self.cards[id]
        if card.archived:
            raise Refused
        card.archived = True
        self.columns[card.stage].remove(id)

    def restore(self, id: UUID) -> None:
        card = self.cards[id]
        if not card.archived:
            raise Refused
        card.archived = False
        if card.stage in self.deleted:
            card.stage = self.opened[0]
            card.stays.append(card.stage)
        self.put(id, card.stage, Place.last())

    def delete(self, stage: UUID, to: UUID) -> None:
        if stage not in self.opened or to not in self.opened or stage == to:
            raise Refused
        for id in list(self.columns[stage]):
            self.cards[id].stage = to
            self.cards[id].stays.append(to)
            self.put(id, to, Place.last())
        for card in self.cards.values():
            if card.last_open == stage:
                card.last_open = to
        self.opened.remove(stage)
        self.deleted.append(stage)

    def value(self, id: UUID, amount: Money | None) -> None:
        if self.cards[id].archived:
            raise Refused
        self.cards[id].amount = amount


class Board:
    """A board in the database beside its lists: each step is done in both, and refused by both or by neither."""

    def __init__(self, people: list[Actor], lists: Lists, pipeline_id: UUID) -> None:
        self.people = people
        self.lists = lists
        self.pipeline_id = pipeline_id
        self.steps = 0

    @classmethod
    async def make(cls, company: Company) -> Board:
        *opened, won, lost = await make_stages(company.alice, "Law", "One", "Two", "Three")
        people = [company.alice, company.ada, company.bob]
        lists = Lists([stage.id for stage in opened], won.id, lost.id)
        return cls(people, lists, won.pipeline_id)

    @property
    def stages(self) -> list[UUID]:
        return [*self.lists.opened, self.lists.won, self.lists.lost, *self.lists.deleted]

    def card(self, number: int) -> UUID:
        return list(self.lists.cards)[number % len(self.lists.cards)]

    def place(self, kind: PlaceKind, neighbour: int) -> Place:
        beside = kind in (PlaceKind.BEFORE, PlaceKind.AFTER)
        return (
            Place(kind, self.card(neighbour))
            if beside and self.lists.cards
            else Place.last()
            if beside
            else Place(kind)
        )

    async def both(self, expected: Callable[[], None], operation: Awaitable[Any]) -> None:
        try:
            expected()
        except Refused:
            refused = False
            try:
                await operation
            except DomainError:
                refused = True
            assert refused
        else:
            await operation

    async def step(self, step: Step) -> None:
        self.steps += 1
        now, actor = later(self.steps), self.people[self.steps % 3]
        verb, number, other, kind, amount = step
        lists, place = self.lists, self.place(kind, other)
        if verb == "add" or not lists.cards:
            await self.create(self.stages[number % (len(lists.opened) + 1)], place, amount, actor, now)
            return
        if verb == "grow":
            new = NewStage("New", StageKind.OPEN, 5)
            rest: dict[str, Any] = {"beside": None, "idempotency_key": None, "now": now}
            made = await create_stage(actor=self.people[0], pipeline_id=self.pipeline_id, new=new, **rest)
            lists.opened.append(made.id)
            return
        id, stage = self.card(number), self.stages[other % len(self.stages)]
        if place.neighbour_id is not None and number % 3:  # mostly into the column where the neighbour is, or was
            stage = lists.cards[place.neighbour_id].stage
        given: dict[str, Any] = {"actor": actor, "deal_id": id, "expected_version": None, "now": now}
        match verb:
            case "move":
                reason = "Too dear" if stage == lists.lost else None
                operation = move_deal(stage_id=stage, place=place, lost_reason=reason, **given)
                await self.both(lambda: lists.move(id, stage, place, now), operation)
            case "win":
                await self.both(lambda: lists.turn(id, "WON", place, now), win_deal(reason=None, place=place, **given))
            case "lose":
                operation = lose_deal(lost_reason="Too dear", place=place, **given)
                await self.both(lambda: lists.turn(id, "LOST", place, now), operation)
            case "reopen":
                await self.both(lambda: lists.turn(id, "OPEN", place, now), reopen_deal(place=place, **given))
            case "archive":
                await self.both(lambda: lists.archive(id), archive_deal(**given))
            case "restore":
                await self.both(lambda: lists.restore(id), restore_deal(**given))
            case "value":
                operation = update_deal(changes=DealChanges(amount=amount), **given)
                await self.both(lambda: lists.value(id, amount), operation)
            case "delete":
                gone = self.stages[number % len(self.stages)]
                runner: dict[str, Any] = {"actor": self.people[0], "expected_version": None, "now": now}
                operation = delete_stage(stage_id=gone, move_deals_to=stage, **runner)
                await self.both(lambda: lists.delete(gone, stage), operation)

    async def create(self, stage: UUID, place: Place, amount: Money | None, actor: Actor, now: datetime) -> None:
        new = NewDeal(title="Pumps", stage_id=stage, place=place, amount=amount)
        added = await create_deal(actor=actor, new=new, idempotency_key=None, now=now)
        self.lists.create(added.deal.id, stage, place, amount, now)

    async def agrees(self) -> None:
        """The database tells the same as the lists."""
        actor, columns = self.people[0], defaultdict(list)
        rows = await scoped(Deal, actor).filter(pipeline_id=self.pipeline_id).order_by("rank")
        for row in rows:
            if row.archived_at is None:
                columns[row.stage_id].append(row.id)
        assert columns == {stage: cards for stage, cards in self.lists.columns.items() if cards}
        assert {
            row.id: (row.stage_id, row.status, row.closed_at, row.last_open_stage_id, row.archived_at is not None)
            for row in rows
        } == {
            id: (card.stage, card.status, card.closed_at, card.last_open, card.archived)
            for id, card in self.lists.cards.items()
        }
        stays = defaultdict(list)
        for stay in await scoped(StageChange, actor).order_by("entered_at", "id"):
            stays[stay.deal_id].append(stay)
        for id, card in self.lists.cards.items():
            assert [stay.to_stage_id for stay in stays[id]] == card.stays
            assert [stay.from_stage_id for stay in stays[id]] == [None, *card.stays[:-1]]
            assert [stay.left_at for stay in stays[id]] == [*(stay.entered_at for stay in stays[id][1:]), None]
        assert await stage_totals(actor=actor, stage_ids=self.stages) == self.totals()
        assert await counted_totals(actor=actor, stage_ids=self.stages) == self.totals()

    def totals(self) -> dict[UUID, tuple[int, list[Money]]]:
        totals = {}
        for stage in self.stages:
            amounts = [self.lists.cards[id].amount for id in self.lists.columns[stage]]
            known = [amount for amount in amounts if amount is not None]
            codes = sorted({amount.currency for amount in known})
            sums = [Money(sum(amount.minor for amount in known if amount.currency == code), code) for code in codes]
            totals[stage] = (len(amounts), sums)
        return totals


Step: TypeAlias = tuple[str, int, int, PlaceKind, Money | None]
VERBS = ("add", "move", "move", "move", "win", "lose", "reopen", "archive", "restore", "value", "delete", "grow")
amounts = st.none() | st.builds(Money, st.integers(0, 10**6), st.sampled_from(["EUR", "JPY"]))
steps = st.tuples(st.sampled_from(VERBS), st.integers(0, 11), st.integers(0, 11), st.sampled_from(PlaceKind), amounts)
of_a_few = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=25, **of_a_few)
@given(history=st.lists(steps, min_size=8, max_size=30))
async def test_after_any_history_each_card_is_where_the_lists_say(company: Company, history: list[Step]) -> None:
    board = await Board.make(company)
    for number in range(4):
        await board.step(("add", number, 0, PlaceKind.LAST, Money(100, "EUR")))
    for number, step in enumerate(history):
        await board.step(step)
        if number % 5 == 0:
            await board.agrees()
            await fold_totals(at_most=5)
    await board.agrees()


@settings(max_examples=12, **of_a_few)
@given(
    hidden=st.lists(st.sampled_from(["shown", "archived", "filtered"]), min_size=3, max_size=9),
    near=st.integers(0, 8),
    after=st.booleans(),
    from_here=st.booleans(),
)
async def test_a_card_dropped_beside_another_lies_right_beside_it_whatever_is_hidden_between(
    company: Company, hidden: list[str], near: int, after: bool, from_here: bool
) -> None:
    """As people see a column who filter it: by owner, and without what was archived."""
    here, there, *_ = await make_stages(company.bob, "Filtered", "Here", "There")
    cards = []
    for how in hidden:
        owner = company.alice if how == "filtered" else company.bob
        cards.append((await make_deal(company.bob, stage_id=here.id, owner_id=owner.member_id)).id)
    shown = [id for id, how in zip(cards, hidden, strict=True) if how == "shown"]
    if not shown:
        return
    moving = (await make_deal(company.bob, stage_id=(here if from_here else there).id)).id
    away = [id for id, how in zip(cards, hidden, strict=True) if how == "archived"]
    await execute("UPDATE deal SET archived_at = $1 WHERE id = ANY($2::uuid[])", NOW, away)
    neighbour = shown[near % len(shown)]
    moved = await move_deal(
        actor=company.bob,
        deal_id=moving,
        stage_id=here.id,
        place=Place.after(neighbour) if after else Place.before(neighbour),
        expected_version=None,
        lost_reason=None,
        now=later(1),
    )
    assert not moved.neighbour_gone
    order = [deal.id for deal in await scoped(Deal, company.bob).filter(stage_id=here.id).order_by("rank")]
    assert [id for id in order if id != moving] == cards
    assert order.index(moving) - order.index(neighbour) == (1 if after else -1)


async def test_a_filtered_column_shows_a_moved_card_beside_its_neighbour(company: Company, bob: GraphQLClient) -> None:
    offer = company.stage("Offer sent")
    bobs = f"Member_{company.bob.member_id.hex}"
    mine, others = [], []
    for number in range(3):
        mine.append(await make_deal(company.bob, f"mine {number}", stage_id=offer.id, amount=Money(500, "EUR")))
        others.append(await make_deal(company.ada, f"hers {number}", stage_id=offer.id, amount=Money(1, "EUR")))
    new = await make_deal(company.bob, "new", amount=Money(900, "EUR"))
    query = """query ($stage: ID!, $filter: DealFilter) { node(id: $stage) { ... on Stage {
        deals(filter: $filter) { nodes { title } } } } }"""

    async def titles(filter: dict[str, Any] | None) -> list[str]:
        data = await bob(query, stage=gid(offer), filter=filter)
        return [node["title"] for node in data["node"]["deals"]["nodes"]]

    filter = {"ownerId": {"eq": bobs}, "amount": {"currency": "EUR", "gte": "5"}}
    assert await titles(filter) == ["mine 0", "mine 1", "mine 2"]
    await do(bob, "moveDeal", {"id": gid(new), "stageId": gid(offer), "place": {"before": gid(mine[1])}})
    assert await titles(filter) == ["mine 0", "new", "mine 1", "mine 2"]
    assert await titles(None) == ["mine 0", "hers 0", "new", "mine 1", "hers 1", "mine 2", "hers 2"]
    await do(bob, "moveDeal", {"id": gid(new), "stageId": gid(offer), "place": {"after": gid(mine[1])}})
    assert await titles(None) == ["mine 0", "hers 0", "mine 1", "new", "hers 1", "mine 2", "hers 2"]
