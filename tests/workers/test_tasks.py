"""The tasks of intake: a doorbell in, a lead out, and no fault of ours costs a message."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import pytest
import redis
from celery import Celery

from adapters.sandbox import Sandbox, SandboxUnavailable
from crm.db import scoped
from crm.ids import new_id
from crm.intake import filing
from crm.intake.facts import ChannelKind
from crm.intake.inquiry import Inquiry, Unreadable
from crm.intake.models import InboundMessage
from crm.intake.operations import Received
from crm.leads.models import Lead
from embedded.valkey import Valkey
from tests.conftest import Company, Database
from tests.factories import deliver
from workers import intake, runtime
from workers.app import create_celery
from workers.broker import INTAKE, MAINTENANCE
from workers.runtime import Limits

DEAD_URL = "redis://127.0.0.1:1/0"


def form(**fields: str) -> bytes:
    return urlencode({"name": "Anna", "email": "anna@beispiel-werke.example", "subject": "Pumps", **fields}).encode()


async def delivered(company: Company, **fields: str) -> Received:
    return await deliver(company, ChannelKind.FORM, form(**fields), now=datetime.now(UTC))


async def message(company: Company, received: Received) -> InboundMessage:
    return await scoped(InboundMessage, company.system).get(id=received.message_id)


class InProcess:
    """A runtime whose coroutines run on the test's loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.limits = Limits(grace=timedelta(0), ring_again_after=timedelta(seconds=10))
        self.sandbox: Any = Sandbox()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(30)

    async def task(self, function: Callable[..., object], **arguments: str) -> None:
        """Run a task as a worker does: in a thread without a loop, bound to no workspace."""
        await self.loop.run_in_executor(None, lambda: function(**arguments))

    async def process(self, company: Company, received: Received) -> None:
        workspace_id = str(company.system.workspace_id)
        await self.task(intake.process, workspace_id=workspace_id, message_id=str(received.message_id))


@pytest.fixture
async def worker(monkeypatch: pytest.MonkeyPatch) -> Any:
    made = InProcess(asyncio.get_running_loop())
    sandbox = made.sandbox
    monkeypatch.setattr(runtime, "_runtime", made)
    yield made
    sandbox.close()


class Reader:
    """A sandbox that does what it is told."""

    def __init__(self, answer: Inquiry | Unreadable | Exception) -> None:
        self.answer = answer

    def read(self, _kind: str, _content_type: str, _raw: bytes) -> Inquiry | Unreadable:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_a_message_becomes_a_lead(worker: InProcess, company: Company) -> None:
    received = await delivered(company)
    await worker.process(company, received)
    stored = await message(company, received)
    assert (stored.state, stored.attempts) == ("PROCESSED", 1)
    assert (await scoped(Lead, company.system).get(id=stored.lead_id)).title == "Pumps"


async def test_tasks_that_come_several_times_and_at_once_make_one_lead(worker: InProcess, company: Company) -> None:
    received = await delivered(company)
    await asyncio.gather(*(worker.process(company, received) for _ in range(6)))
    await worker.process(company, received)
    stored = await message(company, received)
    assert (stored.state, stored.attempts) == ("PROCESSED", 1)
    assert await scoped(Lead, company.system).count() == 1


async def test_arguments_of_a_newer_version_do_not_matter(worker: InProcess, company: Company) -> None:
    """While a new version is rolled out, old workers meet its tasks."""
    received = await delivered(company)
    ids = {"workspace_id": str(company.system.workspace_id), "message_id": str(received.message_id)}
    await worker.task(intake.process, **ids, priority="high")
    assert (await message(company, received)).state == "PROCESSED"


async def test_a_task_for_an_unknown_or_foreign_message_does_nothing(
    worker: InProcess, company: Company, other: Company
) -> None:
    received = await delivered(company)
    for workspace_id, message_id in (
        (company.system.workspace_id, new_id()),
        (other.system.workspace_id, received.message_id),
    ):
        await worker.task(intake.process, workspace_id=str(workspace_id), message_id=str(message_id))
    stored = await message(company, received)
    assert (stored.state, stored.attempts) == ("RECEIVED", 0)


async def test_what_the_reader_refuses_is_set_aside(worker: InProcess, company: Company) -> None:
    received = await delivered(company)
    worker.sandbox = Reader(Unreadable("TOO_EXPENSIVE", "Reading the message took more than 10 s."))
    await worker.process(company, received)
    stored = await message(company, received)
    assert (stored.state, stored.reason) == ("QUARANTINED", "TOO_EXPENSIVE")


async def test_a_reader_that_does_not_start_is_no_reason_to_lose_an_attempt_silently(
    worker: InProcess, company: Company
) -> None:
    """The message comes back after its backoff, and its trace says why it had to."""
    received = await delivered(company)
    worker.sandbox = Reader(SandboxUnavailable("The reading process does not start (SIGKILL)."))
    await worker.process(company, received)
    stored = await message(company, received)
    assert (stored.state, stored.attempts) == ("RECEIVED", 1)
    assert stored.trace == ["attempt 1 failed: SandboxUnavailable"]
    assert stored.due_at is not None
    assert stored.due_at > datetime.now(UTC)
    assert await scoped(Lead, company.system).count() == 0


async def test_a_fault_while_filing_is_tried_again(
    worker: InProcess, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trace names the kind of fault, never the message's content."""
    received = await delivered(company)

    async def broken(**_arguments: object) -> None:
        raise LookupError("anna@beispiel-werke.example")

    with monkeypatch.context() as patched:
        patched.setattr(filing, "file", broken)
        await worker.process(company, received)
    stored = await message(company, received)
    assert (stored.state, stored.trace) == ("RECEIVED", ["attempt 1 failed: LookupError"])
    await scoped(InboundMessage, company.system).filter(id=received.message_id).update(due_at=datetime.now(UTC))
    await worker.process(company, received)
    stored = await message(company, received)
    assert (stored.state, stored.attempts) == ("PROCESSED", 2)


async def test_a_database_that_is_away_costs_no_attempt(
    worker: InProcess, company: Company, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    received = await delivered(company)

    async def away(**_arguments: object) -> None:
        raise asyncpg.CannotConnectNowError("the database system is starting up")

    with monkeypatch.context() as patched, caplog.at_level(logging.WARNING, "anbahn.intake"):
        patched.setattr(intake.operations, "claim", away)
        await worker.process(company, received)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    stored = await message(company, received)
    assert (stored.state, stored.attempts) == ("RECEIVED", 0)


@pytest.fixture
def app(valkey: Valkey, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Celery]:
    """The workers' application at an empty broker. Other tests' messages are due as well: it takes all at once."""
    monkeypatch.setattr(intake, "MOST_WAITING", 100_000)
    with create_app(valkey, monkeypatch) as app:
        yield app


def rung(broker: redis.Redis, received: Received) -> int:
    """How many tasks for a message stand in the queue."""
    return sum(str(received.message_id).encode() in task for task in broker.lrange(INTAKE, 0, -1))


async def test_a_sweep_rings_for_what_is_due_in_the_queue_of_messages(
    worker: InProcess, company: Company, app: Celery, broker: redis.Redis
) -> None:
    """Once, although it is due at the next sweep as well."""
    received = await delivered(company)
    await worker.task(intake.sweep)
    await worker.task(intake.sweep)
    assert rung(broker, received) == 1
    assert broker.llen(MAINTENANCE) == 0
    assert (await message(company, received)).rung_at is not None


async def test_a_sweep_does_not_ring_into_a_queue_that_is_full(
    worker: InProcess, company: Company, app: Celery, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a backlog every message is due although its task is waiting: ringing for it again and again would make the
    queue longer than any worker shortens it, and new messages would wait behind tasks that have nothing to do."""
    received, *_others = [await delivered(company, subject=f"{n} pumps") for n in range(5)]
    broker.lpush(INTAKE, *["{}"] * 10)
    monkeypatch.setattr(intake, "MOST_WAITING", 10)
    await worker.task(intake.sweep)
    assert broker.llen(INTAKE) == 10
    assert (await message(company, received)).rung_at is None
    broker.delete(INTAKE)
    broker.lpush(INTAKE, *["{}"] * 7)
    await worker.task(intake.sweep)
    assert broker.llen(INTAKE) == 10
    monkeypatch.setattr(intake, "MOST_WAITING", 100_000)
    await worker.task(intake.sweep)
    assert rung(broker, received) == 1


async def test_a_sweep_that_does_not_reach_the_broker_counts_nothing_as_rung(
    worker: InProcess, company: Company, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    received = await delivered(company)
    monkeypatch.setattr(runtime, "configure", lambda **_arguments: None)
    dead = create_celery(database_url="postgres://nobody@127.0.0.1:1/none", redis_url=DEAD_URL, sweep_seconds=1)
    with dead, caplog.at_level(logging.WARNING, "anbahn.intake"):
        await worker.task(intake.sweep)
    assert [record.message for record in caplog.records] == ["no sweep: OperationalError"]
    assert (await message(company, received)).rung_at is None


def create_app(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The workers' application, which leaves this process's runtime as it is."""
    monkeypatch.setattr(runtime, "configure", lambda **_arguments: None)
    return create_celery(database_url="postgres://nobody@127.0.0.1:1/none", redis_url=valkey.url, sweep_seconds=1)


async def test_the_beat_sends_sweeps_that_expire(app: Celery) -> None:
    """Ticks do not pile up while no worker takes them; a minute leaves room for clocks that differ."""
    entry = app.conf.beat_schedule["intake.sweep"]
    assert entry["options"] == {"queue": MAINTENANCE, "expires": 60.0}
    assert entry["task"] == intake.sweep.name


WHOLE = """
import os, sys
from workers.app import create_celery
from workers.runtime import runtime
database_url, workspace_id, message_id = sys.argv[1:]
app = create_celery(database_url=database_url, redis_url="redis://127.0.0.1:1/0", sweep_seconds=1)
app.loader.import_default_modules()
task = app.tasks["intake.process"]
if os.fork() == 0:  # as the pool does
    result = task.apply(kwargs={"workspace_id": workspace_id, "message_id": message_id})
    runtime().close()
    os._exit(0 if result.successful() else 1)
sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


async def test_a_worker_process_does_it_all_with_what_it_is_configured_with(
    company: Company, database: Database
) -> None:
    """Its own loop, connections and reader, after a fork, in a process without anything of the tests."""
    received = await delivered(company)
    ids = (str(company.system.workspace_id), str(received.message_id))
    argv = [sys.executable, "-c", WHOLE, database.app_url, *ids]
    run = await asyncio.to_thread(subprocess.run, argv, capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    stored = await message(company, received)
    assert stored.state == "PROCESSED"
    assert isinstance(stored.lead_id, UUID)


def test_a_process_that_was_not_configured_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_runtime", None)
    with pytest.raises(RuntimeError, match="configure was not called"):
        runtime.runtime()
