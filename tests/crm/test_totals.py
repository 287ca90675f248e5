"""What stages hold, as their roll-up tells it: always what counting the deals would tell."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib import import_module
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tortoise.exceptions import OperationalError
from tortoise.transactions import in_transaction

from crm.accounts.facts import Actor
from crm.db import execute, scoped
from crm.deals.facts import Place
from crm.deals.models import Deal, StageDelta, StageTally
from crm.deals.operations import move_deal
from crm.deals.queries import Totals, counted_totals, stage_totals
from crm.doors import fold_totals
from crm.ids import new_id
from crm.money import Money
from crm.pipelines.facts import StageKind
from crm.pipelines.models import Stage
from crm.pipelines.operations import NewStage, create_pipeline
from tests.conftest import NOW, Company, Database
from tests.factories import make_deal

COLUMNS = (("First", "OPEN", 10), ("Second", "OPEN", 50), ("Won", "WON", 100), ("Lost", "LOST", 0))


async def totals_agree(actor: Actor, stage_ids: list[UUID]) -> Totals:
    """The totals, seen and counted in one snapshot, so that others may write meanwhile."""
    async with in_transaction():
        await execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        seen = await stage_totals(actor=actor, stage_ids=stage_ids)
        assert seen == await counted_totals(actor=actor, stage_ids=stage_ids)
    return seen


async def fold_all() -> None:
    while await fold_totals(at_most=1_000):
        pass


@dataclass
class Board:
    """A board of its own, and what is done on it."""

    actor: Actor
    stages: list[Stage]
    deals: list[UUID] = field(default_factory=list)

    @classmethod
    async def make(cls, actor: Actor) -> Board:
        stages = tuple(NewStage(name, StageKind(kind), probability) for name, kind, probability in COLUMNS)
        pipeline = await create_pipeline(actor=Actor.system(actor.workspace_id), name="Board", stages=stages, now=NOW)
        found = await scoped(Stage, actor).filter(pipeline_id=pipeline.id).order_by("position")
        return cls(actor, list(found))

    @property
    def ids(self) -> list[UUID]:
        return [stage.id for stage in self.stages]

    async def create(self, column: int, amount: Money | None) -> None:
        id = self.stages[column % 3].id
        deal = await make_deal(self.actor, stage_id=id, amount=amount)
        self.deals.append(deal.id)

    async def move(self, which: int, column: int) -> None:
        """To a stage of any kind: won, lost and open again are moves too."""
        if not self.deals:
            return
        stage = self.stages[column]
        await move_deal(
            actor=self.actor,
            deal_id=self.deals[which % len(self.deals)],
            stage_id=stage.id,
            place=Place.first(),
            expected_version=None,
            lost_reason="Too dear" if stage.kind == "LOST" else None,
            now=NOW,
        )

    async def value(self, which: int, amount: Money | None) -> None:
        if self.deals:
            given = {"amount_minor": amount.minor, "currency": amount.currency} if amount else {}
            row = {"amount_minor": None, "currency": None, **given}
            await scoped(Deal, self.actor).filter(id=self.deals[which % len(self.deals)]).update(**row)

    async def fold(self, at_most: int) -> None:
        await fold_totals(at_most=at_most)


amounts = st.none() | st.builds(Money, st.integers(0, 10**17), st.sampled_from(["EUR", "JPY", "USD"]))
which, columns = st.integers(0, 20), st.integers(0, 3)
Step = Callable[[Board], Awaitable[None]]
steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(columns, amounts).map(lambda given: lambda board: board.create(*given)),
    st.tuples(which, columns).map(lambda given: lambda board: board.move(*given)),
    st.tuples(which, amounts).map(lambda given: lambda board: board.value(*given)),
    st.integers(1, 3).map(lambda given: lambda board: board.fold(given)),
)
a_history = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@a_history
@given(history=st.lists(steps, max_size=20))
async def test_after_any_history_the_roll_up_is_what_counting_tells(company: Company, history: list[Step]) -> None:
    board = await Board.make(company.bob)
    for step in history:
        await step(board)
        await totals_agree(company.bob, board.ids)
    await fold_all()
    assert await scoped(StageDelta, company.bob).count() == 0
    await totals_agree(company.bob, board.ids)


@a_history
@given(history=st.lists(steps, min_size=10, max_size=40))
async def test_no_reader_ever_sees_a_change_twice_or_not_at_all(company: Company, history: list[Step]) -> None:
    """While everything happens at once: changes, folds of a few and of all, and readers."""
    board = await Board.make(company.bob)
    for column in range(6):
        await board.create(column, Money(100, "EUR"))
    working = True

    async def read() -> None:
        while working:
            await totals_agree(company.bob, board.ids)

    async def fold() -> None:
        while working:
            await fold_totals(at_most=4)

    others = [asyncio.ensure_future(work()) for work in (read, fold, fold)]
    try:
        await asyncio.gather(*(step(board) for step in history))
    finally:
        working = False
        await asyncio.gather(*others)
    await totals_agree(company.bob, board.ids)


async def test_a_bulk_insert_writes_one_delta_for_each_stage_and_currency(company: Company) -> None:
    one, two = company.stages[:2]
    deal = await make_deal(company.bob, stage_id=one.id)
    await fold_all()
    await execute(
        "INSERT INTO deal (id, workspace_id, version, created_at, updated_at, title, pipeline_id, status, utm,"
        " stage_id, rank, amount_minor, currency)"
        " SELECT gen_random_uuid(), workspace_id, 1, created_at, updated_at, title, pipeline_id, status, utm,"
        " CASE n % 2 WHEN 0 THEN stage_id ELSE $2 END, 'z' || n || '1',"
        " CASE WHEN n % 4 < 2 THEN 5 END, CASE WHEN n % 4 < 2 THEN 'EUR' END"
        " FROM deal, generate_series(0, 99) AS n WHERE id = $1",
        deal.id,
        two.id,
    )
    assert await scoped(StageDelta, company.bob).count() == 4
    assert (await totals_agree(company.bob, [one.id, two.id])) == {
        one.id: (51, [Money(125, "EUR")]),
        two.id: (50, [Money(125, "EUR")]),
    }


async def test_a_move_within_a_column_and_other_changes_write_no_delta(company: Company) -> None:
    deal = await make_deal(company.bob, amount=Money(5, "EUR"))
    await fold_all()
    board = Board(company.bob, company.stages, [deal.id])
    await board.move(0, 0)
    await scoped(Deal, company.bob).filter(id=deal.id).update(title="Other pumps")
    await board.value(0, Money(5, "EUR"))
    assert await scoped(StageDelta, company.bob).count() == 0
    await board.value(0, Money(7, "EUR"))
    (delta,) = await scoped(StageDelta, company.bob)
    assert (delta.stage_id, delta.currency, delta.deals, delta.minor) == (deal.stage_id, "EUR", 0, 2)


async def test_a_currency_that_no_deal_has_any_more_is_left_out(company: Company) -> None:
    deal = await make_deal(company.bob, amount=Money(0, "EUR"))
    assert (await totals_agree(company.bob, [deal.stage_id]))[deal.stage_id] == (1, [Money(0, "EUR")])
    await Board(company.bob, company.stages, [deal.id]).value(0, None)
    for _ in range(2):
        assert (await totals_agree(company.bob, [deal.stage_id]))[deal.stage_id] == (1, [])
        await fold_all()


async def test_what_is_deleted_or_rolled_back_is_not_counted(
    company: Company, owner_connection: asyncpg.Connection
) -> None:
    keep, gone = [await make_deal(company.bob, amount=Money(9, "EUR")) for _ in range(2)]
    await fold_all()
    await owner_connection.execute("DELETE FROM deal WHERE id = $1", gone.id)
    with contextlib.suppress(LookupError):
        async with in_transaction():
            await make_deal(company.bob, amount=Money(1, "EUR"))
            raise LookupError
    assert (await totals_agree(company.bob, [keep.stage_id]))[keep.stage_id] == (1, [Money(9, "EUR")])


async def test_sums_outgrow_a_bigint(company: Company) -> None:
    stage = company.stages[0]
    deal = await make_deal(company.bob, stage_id=stage.id, amount=Money(10**17, "EUR"))
    await Deal.bulk_create(deal.clone(pk=new_id()).update_from_dict({"rank": f"z{n:03}1"}) for n in range(99))
    for _ in range(2):
        assert (await totals_agree(company.bob, [stage.id]))[stage.id] == (100, [Money(10**19, "EUR")])
        await fold_all()


async def test_another_workspace_sees_nothing_of_it(company: Company, other: Company) -> None:
    stage = company.stages[0]
    await make_deal(company.bob, stage_id=stage.id)
    await fold_all()
    await make_deal(company.bob, stage_id=stage.id)
    assert await scoped(StageTally, other.alice).count() == 0
    assert (await stage_totals(actor=other.alice, stage_ids=[stage.id]))[stage.id] == (0, [])


async def test_the_application_itself_cannot_write_a_tally(company: Company) -> None:
    await make_deal(company.bob)
    await fold_all()
    for statement in (
        "UPDATE stage_tally SET deals = 7",
        "UPDATE stage_delta SET deals = 7",
        "DELETE FROM stage_delta",
    ):
        with pytest.raises(OperationalError, match="permission denied"):
            await execute(statement)


async def test_deals_that_were_there_before_the_roll_up_are_in_it(
    company: Company, database: Database, owner_connection: asyncpg.Connection
) -> None:
    """The migration's own statement, over all that this database has: what it would write is what counting tells."""
    backfill = import_module("crm.migrations.0003_board_at_scale").BACKFILL
    await make_deal(company.bob, amount=Money(5, "EUR"))
    transaction = owner_connection.transaction()
    await transaction.start()
    await owner_connection.execute("DELETE FROM stage_delta; DELETE FROM stage_tally")
    await owner_connection.execute(backfill)
    different = await owner_connection.fetch(
        "(SELECT stage_id, currency, deals, minor FROM stage_tally) EXCEPT"
        " (SELECT stage_id, coalesce(currency, ''), count(*), coalesce(sum(amount_minor), 0) FROM deal GROUP BY 1, 2)"
    )
    assert different == []
    await transaction.rollback()


async def test_a_workspace_goes_with_all_its_deals_and_totals(
    company: Company, owner_connection: asyncpg.Connection
) -> None:
    await make_deal(company.alice)
    await owner_connection.execute("DELETE FROM workspace WHERE id = $1", company.alice.workspace_id)
    for table in ("deal", "stage_delta", "stage_tally"):
        sql = f"SELECT count(*) FROM {table} WHERE workspace_id = $1"  # noqa: S608
        assert await owner_connection.fetchval(sql, company.alice.workspace_id) == 0
