"""The task that does what is due of leads by time alone: in all workspaces, once, with whatever is there."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from crm.accounts.facts import Actor
from crm.db import scoped
from crm.doors import leads_due
from crm.engine import bound
from crm.leads.models import Lead
from crm.leads.operations import disqualify_lead
from crm.outbox.models import OutboxEvent
from embedded.valkey import Valkey
from tests.conftest import NOW, Company
from tests.factories import make_lead
from tests.workers.test_board import InProcess
from workers import leads, runtime
from workers.app import create_celery
from workers.broker import MAINTENANCE, VISIBILITY_TIMEOUT_SECONDS

DUE = NOW + timedelta(days=2)


@pytest.fixture
async def worker(monkeypatch: pytest.MonkeyPatch) -> InProcess:
    made = InProcess(asyncio.get_running_loop())
    monkeypatch.setattr(runtime, "_runtime", made)
    monkeypatch.setattr(leads, "_now", lambda: DUE)
    return made


async def nurtured(actor: Actor, number: int) -> list[UUID]:
    made = []
    with bound(actor.workspace_id):
        for _ in range(number):
            lead = await make_lead(actor)
            await disqualify_lead(
                actor=actor,
                lead_id=lead.id,
                reason="LATER",
                note=None,
                nurture_until=DUE.date(),
                expected_version=None,
                now=NOW,
            )
            made.append(lead.id)
    return made


async def test_leads_of_all_workspaces_return_once_however_many_sweep(
    worker: InProcess, company: Company, other: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leads, "REVIEWED_AT_ONCE", 2)
    whose = {company.bob: await nurtured(company.bob, 5), other.alice: await nurtured(other.alice, 3)}
    await asyncio.gather(*(worker.task(leads.review, newer="argument") for _ in range(3)))
    await worker.task(leads.review)
    for actor, ids in whose.items():
        with bound(actor.workspace_id):
            found = await scoped(Lead, actor).filter(id__in=ids)
            assert {(lead.state, lead.nurture_until, lead.version) for lead in found} == {("PROSPECTING", None, 3)}
            assert await scoped(OutboxEvent, actor).filter(name="lead.returned").count() == len(ids)
    found_due = await leads_due(now=DUE, beyond=UUID(int=0), at_most=10_000)
    assert not {id for _, id in found_due} & {id for ids in whose.values() for id in ids}


async def test_one_that_cannot_be_reviewed_keeps_no_other_waiting(
    worker: InProcess, company: Company, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad, *good = sorted(await nurtured(company.bob, 4))
    review = leads.review_lead

    async def some(*, lead_id: UUID, **more: object) -> bool:
        if lead_id == bad:
            raise ValueError("a fault of ours")
        return await review(lead_id=lead_id, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(leads, "review_lead", some)
    monkeypatch.setattr(leads, "REVIEWED_AT_ONCE", 1)
    monkeypatch.setattr(leads, "MOST_PAGES", 10_000)
    with caplog.at_level(logging.ERROR, "anbahn.leads"):
        await worker.task(leads.review)
    assert [record.message.partition(":")[0] for record in caplog.records] == [f"the lead {bad} is not reviewed"]
    states = {lead.id: lead.state for lead in await scoped(Lead, company.bob)}
    assert states == {bad: "DISQUALIFIED", **dict.fromkeys(good, "PROSPECTING")}


async def test_a_database_that_is_away_is_no_error_of_the_task(
    worker: InProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(**_arguments: object) -> int:
        raise asyncpg.CannotConnectNowError("the database system is starting up")

    monkeypatch.setattr(leads, "leads_due", away)
    with caplog.at_level(logging.WARNING, "anbahn.leads"):
        await worker.task(leads.review)
    assert [record.message for record in caplog.records] == ["leads are not reviewed: CannotConnectNowError"]


def test_the_beat_sends_it_to_the_queue_that_holds_up_no_message(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "configure", lambda **_arguments: None)
    with create_celery(database_url="postgres://nobody@127.0.0.1:1/none", redis_url=valkey.url, sweep_seconds=1) as app:
        app.loader.import_default_modules()
        entry = app.conf.beat_schedule["leads.review"]
        assert entry["options"] == {"queue": MAINTENANCE, "expires": 60.0}
        assert entry["schedule"] < VISIBILITY_TIMEOUT_SECONDS
        assert entry["task"] in app.tasks
