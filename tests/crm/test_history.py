"""A pipeline's past is what it was: at any moment, and between any two."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from importlib import import_module
from itertools import pairwise
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise.exceptions import OperationalError

from crm.accounts.facts import Actor
from crm.db import execute, scoped
from crm.deals.archiving import archive_deal, restore_deal
from crm.deals.changing import DealChanges, update_deal
from crm.deals.facts import Place
from crm.deals.history import bridge, changes, deals_then, stages_then
from crm.deals.models import Deal, DealHistory
from crm.deals.operations import NewDeal, create_deal, move_deal
from crm.deals.past import KINDS, Bridge, Change, Page
from crm.deals.past import ChangeKind as Kind
from crm.deals.rules import probability
from crm.engine import bound
from crm.errors import DomainError
from crm.ids import new_id
from crm.money import Money
from crm.pipelines.facts import StageKind
from crm.pipelines.models import Pipeline, Stage
from crm.pipelines.operations import NewStage, create_pipeline
from tests.conftest import NOW, Company, later
from tests.crm.history_model import Copies, State, kinds, sums
from tests.factories import make_deal

STAGES = (
    NewStage("One", StageKind.OPEN, 10), NewStage("Two", StageKind.OPEN, 33), NewStage("Three", StageKind.OPEN, 67),
    NewStage("Won", StageKind.WON, 100), NewStage("Lost", StageKind.LOST, 0),
)  # fmt: skip
ALL = Page(1000)


class World:
    """Two pipelines, and beside them the copies that plain Python keeps."""

    def __init__(self, company: Company, pipelines: list[Pipeline], stages: dict[UUID, list[Stage]]) -> None:
        self.actor: Actor = company.bob
        self.owners = [company.bob.member_id, company.alice.member_id, None]
        self.pipelines = pipelines
        self.stages = stages
        self.probabilities = {stage.id: stage.probability for of in stages.values() for stage in of}
        self.places = {stage.id: stage.position for of in stages.values() for stage in of}
        self.now = NOW
        self.deals: list[UUID] = []
        self.board: dict[UUID, State] = {}
        self.copies = Copies()
        self.told: set[Kind] = set()

    @classmethod
    async def make(cls, company: Company) -> World:
        pipelines = [
            await create_pipeline(actor=company.system, name=name, stages=STAGES, now=NOW) for name in ("One", "Two")
        ]
        found = {
            pipeline.id: list(await scoped(Stage, company.bob).filter(pipeline_id=pipeline.id).order_by("position"))
            for pipeline in pipelines
        }
        return cls(company, pipelines, found)

    def tick(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def create(self, which: int, amount: Money | None, due: date | None) -> None:
        stage = self.stages[self.pipelines[which % 2].id][which % 4]
        new = NewDeal(title="Pumps", stage_id=stage.id, amount=amount, expected_close_date=due)
        deal = (await create_deal(actor=self.actor, new=new, idempotency_key=None, now=self.now)).deal
        self.deals.append(deal.id)
        await self._look()

    async def move(self, which: int, column: int) -> None:
        if (deal := self._one(which)) is not None:
            stage = self.stages[self.board[deal].pipeline][column]
            reason = "Too dear" if stage.kind == "LOST" else None
            await self._do(move_deal, deal, stage_id=stage.id, place=Place.first(), lost_reason=reason)

    async def change(self, which: int, **changes: Any) -> None:
        if (deal := self._one(which)) is not None:
            await self._do(update_deal, deal, changes=DealChanges(**changes))

    async def owner(self, which: int, owner: int) -> None:
        await self.change(which, owner_id=self.owners[owner])

    async def archive(self, which: int, archived: bool) -> None:
        if (deal := self._one(which)) is not None:
            await self._do(archive_deal if archived else restore_deal, deal)

    async def _do(self, operation: Callable[..., Awaitable[Any]], deal: UUID, **how: Any) -> None:
        """An operation, which may be refused, and changes nothing then."""
        with contextlib.suppress(DomainError):
            await operation(actor=self.actor, deal_id=deal, expected_version=None, now=self.now, **how)
        await self._look()

    async def transfer(self, which: int) -> None:
        """To the first stage of the other pipeline, as no operation does; its row says what one would write."""
        if (id := self._one(which)) is None:
            return
        there = next(pipeline.id for pipeline in self.pipelines if pipeline.id != self.board[id].pipeline)
        deal = await scoped(Deal, self.actor).get(id=id)
        deal.update_from_dict(
            {
                "pipeline_id": there, "stage_id": self.stages[there][0].id, "status": "OPEN", "closed_at": None,
                "rank": f"z{new_id().hex}1", "lost_reason": None, "won_reason": None, "last_open_stage_id": None,
            }
        ).touch(self.now)  # fmt: skip
        await deal.save()
        await self._look()

    def _one(self, which: int) -> UUID | None:
        return self.deals[which % len(self.deals)] if self.deals else None

    async def _look(self) -> None:
        self.board = {
            deal.id: State(
                deal.pipeline_id, deal.stage_id, deal.status, deal.amount, deal.expected_close_date,
                deal.probability_override, deal.owner_id, deal.archived_at is not None,
            )
            for deal in await scoped(Deal, self.actor).filter(id__in=self.deals)
        }  # fmt: skip
        self.copies.keep(self.now, self.board)

    # What must hold

    async def is_as_it_was(self, at: datetime) -> None:
        board = self.copies.at(at)
        for pipeline, stages in self.stages.items():
            there = {"actor": self.actor, "pipeline_id": pipeline, "at": at}
            found = await stages_then(**there)
            assert [stage.stage_id for stage in found] == [stage.id for stage in stages]
            lists = await deals_then(**there, stage_ids=[stage.id for stage in stages], page=ALL)
            for stage in found:
                held = {id: s for id, s in board.items() if s.seen_in(pipeline) and s.stage == stage.stage_id}
                assert [deal.deal_id for deal in lists[stage.stage_id]] == sorted(held, reverse=True)
                sum, weighted = Counter[str](), Counter[str]()
                for deal in lists[stage.stage_id]:
                    state = held[deal.deal_id]
                    likely = probability(deal.status, self.probabilities[state.stage], state.override)
                    assert (deal.status, deal.amount, deal.probability) == (state.status, state.amount, likely)
                    assert (deal.expected_close_date, deal.owner_id) == (state.due, state.owner)
                    if state.amount is not None:
                        sum[state.amount.currency] += state.amount.minor
                        weighted[state.amount.currency] += (state.amount.minor * likely + 50) // 100
                assert stage.totals.count == len(held)
                assert stage.totals.amounts == [Money(sum[code], code) for code in sorted(sum)]
                assert stage.weighted == [Money(weighted[code], code) for code in sorted(sum)]

    async def changed_as_it_did(self, since: datetime, until: datetime) -> None:
        a, b = self.copies.at(since), self.copies.at(until)
        for pipeline in self.stages:
            asked = {"actor": self.actor, "pipeline_id": pipeline, "since": since, "until": until}
            listed = await changes(**asked, kinds=KINDS, page=ALL)
            expected = {(id, kind) for id in b for kind in kinds(a.get(id), b[id], pipeline, self.places)}
            assert len(listed) == len(expected)
            assert {(change.deal_id, change.kind) for change in listed} == expected
            for change in listed:
                before, after = a.get(change.deal_id), b[change.deal_id]
                assert (change.to_stage_id, change.to_amount, change.to_close_date) == (
                    after.stage, after.amount, after.due,
                )  # fmt: skip
                assert (change.from_stage_id, change.from_amount, change.from_close_date, change.from_owner_id) == (
                    (before.stage, before.amount, before.due, before.owner) if before else (None,) * 4
                )
                assert since < change.at <= until
                self.told.add(change.kind)
                assert change.at in self.copies.moments
            adds_up(await bridge(**asked), listed, sums(a, pipeline), sums(b, pipeline))


def adds_up(found: Bridge, listed: list[Change], opening: Counter[str], closing: Counter[str]) -> None:
    assert plain(found.opening) == opening
    assert plain(found.closing) == closing
    reached = Counter(opening)
    for part in found.summary:
        reached.update(plain(part.effect))
    assert {code: minor for code, minor in reached.items() if minor} == {c: m for c, m in closing.items() if m}
    assert {part.kind: part.totals.count for part in found.summary} == Counter(change.kind for change in listed)
    for part in found.summary:
        worth = Counter[str]()
        for change in listed:
            if change.kind is part.kind:
                after, before = change.to_amount, change.from_amount
                is_value = part.kind in (Kind.VALUE_UP, Kind.VALUE_DOWN, Kind.VALUE_CHANGED)
                if after and part.kind is not Kind.LEFT:
                    worth[after.currency] += after.minor
                if before and (is_value or part.kind is Kind.LEFT):
                    worth[before.currency] += before.minor if part.kind is Kind.LEFT else -before.minor
        assert part.totals.amounts == [Money(worth[code], code) for code in sorted(worth)]


def plain(totals: Any) -> Counter[str]:
    found = Counter({money.currency: money.minor for money in totals.amounts})
    assert list(found) == sorted(found)
    if totals.count:
        found[""] = totals.count
    return found


Step = Callable[[World], Awaitable[None]]
which = st.integers(0, 4)
amounts = st.none() | st.builds(Money, st.sampled_from([0, 1, 250, 999, 10**17]), st.sampled_from(["EUR", "JPY"]))
days = st.none() | st.dates(date(2026, 4, 1), date(2026, 4, 3))


def step(verb: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.tuples(*arguments).map(lambda given: lambda world: getattr(world, verb)(*given))


def change(column: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    return st.tuples(which, values).map(lambda given: lambda world: world.change(given[0], **{column: given[1]}))


steps = st.one_of(
    step("create", which, amounts, days), step("move", which, st.integers(0, 4)), change("amount", amounts),
    change("expected_close_date", days), change("probability", st.none() | st.integers(0, 100)),
    step("owner", which, st.integers(0, 2)), step("archive", which, st.booleans()), step("transfer", which),
    change("title", st.sampled_from(["Pumps", "Other pumps"])),
)  # fmt: skip
histories = st.lists(st.tuples(st.sampled_from([0, 0, 1, 60]), steps), min_size=8, max_size=20)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=histories)
async def test_at_any_moment_the_pipeline_is_what_it_was_and_all_changes_add_up(
    company: Company, history: list[tuple[float, Step]]
) -> None:
    world = await World.make(company)
    for _ in range(3):
        await world.create(len(world.deals), Money(100, "EUR"), None)
    for seconds, take in history:
        world.tick(seconds)
        await take(world)
    moments = [NOW - timedelta(days=1), *world.copies.moments, world.now + timedelta(seconds=0.5)]
    half = timedelta(seconds=0.5)
    for moment in {*moments, *(moment - half for moment in moments), NOW - timedelta(microseconds=1)}:
        await world.is_as_it_was(moment)
    pairs = [*pairwise(moments), (moments[0], moments[-1]), (NOW, moments[-1]), (NOW, NOW)]
    pairs += zip(moments, moments[len(moments) // 2 :], strict=False)
    for since, until in sorted(set(pairs)):
        await world.changed_as_it_did(since, until)


async def test_a_long_history_has_changes_of_every_kind_and_they_all_add_up(company: Company) -> None:
    chance, world = Random(5), await World.make(company)
    some = [None, *(Money(minor, currency) for minor in (1, 250, 10**17) for currency in ("EUR", "JPY"))]
    days = [None, date(2026, 4, 1), date(2026, 4, 2)]

    def take() -> Awaitable[None]:
        which = chance.randrange(6)
        return chance.choice(
            [
                lambda: world.move(which, chance.randrange(5)),
                lambda: world.move(which, chance.randrange(3)),
                lambda: world.change(which, amount=chance.choice(some)),
                lambda: world.change(which, expected_close_date=chance.choice(days)),
                lambda: world.owner(which, chance.randrange(3)),
                lambda: world.archive(which, chance.random() < 0.4),
                lambda: world.archive(which, False),
                lambda: world.transfer(which) if chance.random() < 0.4 else world.move(which, 4),
                lambda: world.create(which, chance.choice(some), chance.choice(days)),
            ]
        )()

    for number in range(160):
        world.tick(chance.choice([0, 1, 60]))
        await (take() if number > 5 else world.create(number, chance.choice(some), None))
    moments = world.copies.moments
    for since, until in [sorted(chance.choices(moments, k=2)) for _ in range(60)]:
        await world.is_as_it_was(since)
        await world.changed_as_it_did(since, until)
    assert world.told == set(KINDS)


async def spans(company: Company, deal_id: UUID) -> list[DealHistory]:
    rows = await scoped(DealHistory, company.bob).filter(deal_id=deal_id)
    return sorted(rows, key=lambda row: (row.valid_from, row.valid_to is None, row.valid_to))


def follow_one_another(found: list[DealHistory]) -> bool:
    ends = [span.valid_to for span in found]
    return ends[-1] is None and ends[:-1] == [span.valid_from for span in found[1:]]


async def test_fifty_people_at_the_same_deals_leave_spans_without_gaps_and_overlaps(company: Company) -> None:
    deals = [await make_deal(company.bob, f"deal {n}") for n in range(5)]

    async def drag(number: int) -> None:
        stage = company.stages[number % 3]
        await move_deal(
            actor=company.bob, deal_id=deals[number % 5].id, stage_id=stage.id, place=Place.last(),
            expected_version=None, lost_reason=None, now=later(-number if number % 2 else number),
        )  # fmt: skip

    await asyncio.gather(*(drag(number) for number in range(50)))
    moves = 0
    for deal in deals:
        found = await spans(company, deal.id)
        assert found[0].valid_from == NOW
        assert follow_one_another(found)
        assert found[-1].stage_id == (await scoped(Deal, company.bob).get(id=deal.id)).stage_id
        moves += len(found) - 1
    assert moves > 15


async def test_what_nobody_reviews_makes_no_new_span(company: Company) -> None:
    deal = await make_deal(company.bob)
    await move_deal(
        actor=company.bob, deal_id=deal.id, stage_id=deal.stage_id, place=Place.first(),
        expected_version=None, lost_reason=None, now=later(5),
    )  # fmt: skip
    await scoped(Deal, company.bob).filter(id=deal.id).update(title="Other", updated_at=later(6))
    assert len(await spans(company, deal.id)) == 1


async def test_many_deals_changed_by_one_statement_go_on_each_by_itself(company: Company) -> None:
    deals = [await make_deal(company.bob) for _ in range(5)]
    await scoped(Deal, company.bob).update(amount_minor=7, currency="EUR", updated_at=later(9))
    for deal in deals:
        before, after = await spans(company, deal.id)
        assert (before.amount_minor, after.amount_minor, after.valid_from) == (None, 7, later(9))


async def test_the_application_can_end_a_span_and_rewrite_nothing(company: Company) -> None:
    await make_deal(company.bob)
    before = [dict(row) for row in await scoped(DealHistory, company.bob).values()]
    for statement in (
        "UPDATE deal_history SET amount_minor = 7",
        "UPDATE deal_history SET valid_from = now()",
        "UPDATE deal_history SET deal_id = id",
        "DELETE FROM deal_history",
    ):
        with pytest.raises(OperationalError, match="permission denied"):
            await execute(statement)
    assert [dict(row) for row in await scoped(DealHistory, company.bob).values()] == before


async def test_a_deal_has_one_present(company: Company, owner_connection: asyncpg.Connection) -> None:
    deal = await make_deal(company.bob)
    columns = "deal_id, workspace_id, valid_from, pipeline_id, stage_id, status, archived"
    twice = f"INSERT INTO deal_history ({columns}) SELECT {columns} FROM deal_history WHERE deal_id = $1"  # noqa: S608
    with pytest.raises(asyncpg.UniqueViolationError, match="deal_history_one_current"):
        await owner_connection.execute(twice, deal.id)
    backward = "UPDATE deal_history SET valid_to = valid_from - interval '1 second' WHERE deal_id = $1"
    with pytest.raises(asyncpg.CheckViolationError, match="deal_history_in_order"):
        await owner_connection.execute(backward, deal.id)


async def test_a_past_goes_with_its_deal_and_with_its_workspace(
    company: Company, owner_connection: asyncpg.Connection
) -> None:
    gone, stays = [await make_deal(company.bob) for _ in range(2)]
    await owner_connection.execute("DELETE FROM deal WHERE id = $1", gone.id)
    assert [row.deal_id for row in await scoped(DealHistory, company.bob)] == [stays.id]
    await owner_connection.execute("DELETE FROM workspace WHERE id = $1", company.alice.workspace_id)
    count = "SELECT count(*) FROM deal_history WHERE workspace_id = $1"
    assert await owner_connection.fetchval(count, company.alice.workspace_id) == 0


async def test_another_workspace_sees_nothing_of_it(company: Company, other: Company) -> None:
    deal = await make_deal(company.bob)
    with bound(other.alice.workspace_id):
        assert await execute("SELECT 1 FROM deal_history WHERE deal_id = $1", deal.id) == []
    asked = {"actor": other.alice, "pipeline_id": deal.pipeline_id}
    assert await stages_then(**asked, at=later(1)) == []
    assert (await bridge(**asked, since=later(-1), until=later(1))).summary == []


async def test_a_deleted_stage_is_shown_where_it_held_deals(company: Company) -> None:
    one, two = company.stages[:2]
    deal = await make_deal(company.bob, stage_id=one.id)
    await move_deal(
        actor=company.bob, deal_id=deal.id, stage_id=two.id, place=Place.last(), expected_version=None,
        lost_reason=None, now=later(60),
    )  # fmt: skip
    await scoped(Stage, company.bob).filter(id=one.id).update(archived_at=later(90))
    asked = {"actor": company.bob, "pipeline_id": one.pipeline_id}
    then, now = await stages_then(**asked, at=later(30)), await stages_then(**asked, at=later(100))
    assert [stage.stage_id for stage in then] == [stage.id for stage in company.stages]
    assert [stage.stage_id for stage in now] == [stage.id for stage in company.stages[1:]]
    (change,) = await changes(**asked, since=later(30), until=later(100), kinds=KINDS, page=ALL)
    assert (change.kind, change.at) == (Kind.MOVED_FORWARD, later(60))


async def test_a_change_is_dated_to_when_it_came_to_be_so(company: Company) -> None:
    world = await World.make(company)
    await world.create(0, Money(5, "EUR"), None)
    for verb, *arguments in (
        ("worth", 0, Money(9, "EUR")), ("move", 0, 1), ("worth", 0, Money(5, "EUR")), ("worth", 0, Money(7, "EUR")),
        ("move", 0, 2), ("owner", 0, 1), ("move", 0, 3),
    ):  # fmt: skip
        world.tick(60)
        await (world.change(0, amount=arguments[1]) if verb == "worth" else getattr(world, verb)(*arguments))
    asked = {"actor": company.bob, "pipeline_id": world.pipelines[0].id, "kinds": KINDS, "page": ALL}
    found = await changes(**asked, since=NOW, until=later(1000))
    assert {change.kind: change.at for change in found} == {
        Kind.VALUE_UP: later(240), Kind.OWNER_CHANGED: later(360), Kind.WON: later(420),
    }  # fmt: skip
    found = await changes(**asked, since=later(-1), until=later(1000))
    assert {change.kind: change.at for change in found} == {Kind.ADDED: NOW, Kind.WON: later(420)}


async def test_pages_of_changes_and_of_deals_are_the_whole_list_either_way(company: Company) -> None:
    world = await World.make(company)
    for number in range(9):
        await world.create(0, Money(number, "EUR"), None)
    world.tick(60)
    for number in range(0, 9, 2):
        await world.move(number, 3)
    asked = {"actor": company.bob, "pipeline_id": world.pipelines[0].id}
    between = {**asked, "since": NOW, "until": world.now, "kinds": KINDS}
    whole = await changes(**{**between, "since": later(-1)}, page=ALL)
    assert len(whole) == 9 + 5

    def key(change: Change) -> tuple[int, UUID]:
        return KINDS.index(change.kind), change.deal_id

    for index, change in enumerate(whole):
        page = {"size": 3, "after": key(change)}
        assert await changes(**{**between, "since": later(-1)}, page=Page(**page)) == whole[index + 1 :][:4]
        page = {"size": 3, "before": key(change), "backward": True}
        assert await changes(**{**between, "since": later(-1)}, page=Page(**page)) == whole[:index][-4:]
    stage = world.stages[world.pipelines[0].id][0].id
    then = {**asked, "at": NOW, "stage_ids": [stage]}
    deals = (await deals_then(**then, page=ALL))[stage]
    assert len(deals) == 9
    for index, deal in enumerate(deals):
        found = await deals_then(**then, page=Page(2, after=(deal.deal_id,)))
        assert found[stage] == deals[index + 1 :][:3]
        found = await deals_then(**then, page=Page(2, True, before=(deal.deal_id,)))
        assert found[stage] == deals[:index][-3:]


async def test_the_triggers_look_at_all_that_is_kept(orm: None, owner_connection: asyncpg.Connection) -> None:
    kept = set(DealHistory._meta.fields_db_projection.values())
    kept -= {"id", "workspace_id", "deal_id", "valid_from", "valid_to"}
    on_deal = {f"{name}_at IS NULL" if name == "archived" else name for name in kept}
    definition = await owner_connection.fetchval(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'deal_goes_on'"
    )
    for row in ("old", "new"):
        for column in on_deal:
            assert f"{row}.{column}" in definition, column
    for function in ("deals_begin", "deal_goes_on"):
        source = await owner_connection.fetchval("SELECT prosrc FROM pg_proc WHERE proname = $1", function)
        inserted = source.split("INSERT INTO public.deal_history (")[1].split(")")[0].replace("\n", " ")
        assert {name.strip() for name in inserted.split(",")} == {*kept, "workspace_id", "deal_id", "valid_from"}


async def test_of_what_was_there_before_the_stays_are_known(
    company: Company, owner_connection: asyncpg.Connection
) -> None:
    """The migration's own statement, over what older versions have left: deals, and their stays in stages."""
    backfill = import_module("crm.migrations.0005_deal_history").BACKFILL
    moved = await make_deal(company.bob, amount=Money(5, "EUR"))
    for second, name in ((60, "Offer sent"), (120, "Won"), (120, "In negotiation")):
        await move_deal(
            actor=company.bob, deal_id=moved.id, stage_id=company.stage(name).id, place=Place.last(),
            expected_version=None, lost_reason=None, now=later(second),
        )  # fmt: skip
    await scoped(Deal, company.bob).filter(id=moved.id).update(amount_minor=9, updated_at=later(150))
    stray = new_id()
    transaction = owner_connection.transaction()
    await transaction.start()
    await owner_connection.execute(
        "INSERT INTO deal (id, workspace_id, version, created_at, updated_at, title, pipeline_id, status, utm,"
        " stage_id, rank) SELECT $2, workspace_id, 1, created_at, updated_at, title, pipeline_id, status, utm,"
        " stage_id, 'zz1' FROM deal WHERE id = $1",
        moved.id,
        stray,
    )
    await owner_connection.execute("DELETE FROM deal_history")
    await owner_connection.execute(backfill)
    sql = "SELECT * FROM deal_history WHERE deal_id = $1 ORDER BY valid_from, valid_to NULLS LAST"
    found = await owner_connection.fetch(sql, moved.id)
    (alone,) = await owner_connection.fetch(sql, stray)
    wrong = await owner_connection.fetchval(
        "SELECT count(*) FROM deal d LEFT JOIN deal_history h ON h.deal_id = d.id AND h.valid_to IS NULL"
        " WHERE (h.stage_id, h.status, h.pipeline_id, h.archived) IS DISTINCT FROM"
        " (d.stage_id, d.status, d.pipeline_id, d.archived_at IS NOT NULL)"
    )
    await transaction.rollback()
    names = {stage.id: stage.name for stage in company.stages}
    assert [(names[row["stage_id"]], row["status"], row["valid_from"], row["valid_to"]) for row in found] == [
        ("Qualified", "OPEN", NOW, later(60)),
        ("Offer sent", "OPEN", later(60), later(120)),
        ("Won", "WON", later(120), later(120)),
        ("In negotiation", "OPEN", later(120), None),
    ]
    assert {row["amount_minor"] for row in found} == {9}
    assert (alone["valid_from"], alone["valid_to"], wrong) == (NOW, None, 0)
