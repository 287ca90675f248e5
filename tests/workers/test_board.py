"""The tasks that keep a board fast: short, idempotent, and done with whatever is there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from crm.accounts.facts import Actor
from crm.db import scoped
from crm.deals import columns, ranks
from crm.deals.models import Deal, StageDelta, StageTally
from crm.deals.queries import counted_totals, stage_totals
from crm.doors import crowded_columns, fold_totals
from crm.engine import bound
from crm.money import Money
from embedded.valkey import Valkey
from tests.conftest import Company
from tests.factories import make_deal
from workers import board, runtime
from workers.app import create_celery
from workers.broker import MAINTENANCE, VISIBILITY_TIMEOUT_SECONDS


class InProcess:
    """A runtime whose coroutines run on the test's loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    async def task(self, task: Any, **arguments: Any) -> None:
        """Run a task as a worker does: in a thread without a loop, bound to no workspace."""
        await self.loop.run_in_executor(None, lambda: task(**arguments))


@pytest.fixture
async def worker(monkeypatch: pytest.MonkeyPatch) -> InProcess:
    made = InProcess(asyncio.get_running_loop())
    monkeypatch.setattr(runtime, "_runtime", made)
    return made


async def test_totals_of_all_workspaces_are_folded_until_nothing_is_left(
    worker: InProcess, company: Company, other: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fold_totals(at_most=100_000)  # what other tests have left
    monkeypatch.setattr(board, "FOLDED_AT_ONCE", 3)
    for actor in (company.bob, company.bob, company.bob, company.bob, company.bob, other.alice):
        deal = await make_deal(actor, amount=Money(5, "EUR"))
    await asyncio.gather(*(worker.task(board.fold, newer="argument") for _ in range(3)))
    await worker.task(board.fold)
    assert await scoped(StageDelta, company.bob).count() == 0
    (tally,) = await scoped(StageTally, company.bob)
    assert (tally.currency, tally.deals, tally.minor) == ("EUR", 5, 25)
    ids = [stage.id for stage in company.stages]
    totals = await stage_totals(actor=company.bob, stage_ids=ids)
    assert totals == await counted_totals(actor=company.bob, stage_ids=ids)
    assert deal.workspace_id == other.alice.workspace_id


async def test_cards_that_lie_too_close_are_spaced_in_all_workspaces_until_none_do(
    worker: InProcess, company: Company, other: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In small windows, one transaction each; a second task at the same time does no harm."""
    monkeypatch.setattr(columns, "REACH", 2)
    monkeypatch.setattr(board, "SPACED_AT_ONCE", 1)
    cards: dict[Actor, list[UUID]] = {}
    for actor in (company.bob, other.alice):
        with bound(actor.workspace_id):
            deals = [await make_deal(actor, f"card {n}") for n in range(20)]
            cards[actor] = [deal.id for deal in deals]
            for number, deal in enumerate(deals):
                await scoped(Deal, actor).filter(id=deal.id).update(rank=f"{'V' * ranks.LONG}{number:03}1")
    await asyncio.gather(*(worker.task(board.space, newer="argument") for _ in range(2)))
    await worker.task(board.space)
    assert await crowded_columns(at_most=1) == []
    for actor, before in cards.items():
        with bound(actor.workspace_id):
            after = await scoped(Deal, actor).order_by("rank")
        assert [deal.id for deal in after] == before
        assert {deal.version for deal in after} == {1}


@pytest.mark.parametrize(
    ("task", "door", "said"),
    [
        (board.fold, "fold_totals", "totals are not folded: CannotConnectNowError"),
        (board.space, "crowded_columns", "cards are not spaced: CannotConnectNowError"),
    ],
)
async def test_a_database_that_is_away_is_no_error_of_a_task(
    worker: InProcess,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    task: Any,
    door: str,
    said: str,
) -> None:
    async def away(**_arguments: object) -> int:
        raise asyncpg.CannotConnectNowError("the database system is starting up")

    monkeypatch.setattr(board, door, away)
    with caplog.at_level(logging.WARNING, "anbahn.board"):
        await worker.task(task)
    assert [record.message for record in caplog.records] == [said]


@pytest.mark.parametrize("task", ["board.fold", "board.space"])
def test_the_beat_sends_it_to_the_queue_that_holds_up_no_message(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    monkeypatch.setattr(runtime, "configure", lambda **_arguments: None)
    with create_celery(database_url="postgres://nobody@127.0.0.1:1/none", redis_url=valkey.url, sweep_seconds=1) as app:
        app.loader.import_default_modules()
        entry = app.conf.beat_schedule[task]
        assert entry["options"] == {"queue": MAINTENANCE, "expires": 60.0}
        assert entry["schedule"] < VISIBILITY_TIMEOUT_SECONDS
        assert entry["task"] == task
        assert task in app.tasks
