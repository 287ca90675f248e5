"""Whatever is killed: a message that was answered with 202 becomes one lead, and no message becomes two.

Against the product as an operator starts it. What was sent and answered is written down in a ledger of the tests' own,
and in the end the product is held against it.

A much harder run, which is not part of the ordinary ones, lasts as many seconds as ANBAHN_CHAOS_SECONDS says and kills
every part all the while (test_chaos.py):

    make test ARGS="tests/e2e/test_chaos.py -s" ANBAHN_CHAOS_SECONDS=600
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
import redis.asyncio as redis

from tests.e2e.product import Ledger, Message, Product, started, until

SLOWEST_ANSWER_SECONDS = 10.0
"""That nobody hangs. How fast answers are is measured by test_chaos.py, alone; here other tests work beside it."""


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    """One run for all tests of this file: each leaves it healthy."""
    yield from started()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ledger(product: Product) -> AsyncIterator[Ledger]:
    """The ledger of the whole file, so that each test also checks what the ones before it have left."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
    async with httpx.AsyncClient(base_url=product.url, timeout=20, limits=limits) as http:
        yield await Ledger.open(http, product.admin_key)


@pytest.fixture(autouse=True)
def _fresh_figures(ledger: Ledger) -> None:
    ledger.statuses.clear()
    ledger.seconds.clear()


def burst(ledger: Ledger, each: int) -> list[Message]:
    """New forms, every second one with an Idempotency-Key, and mails."""
    messages = [message for n in range(each) for message in (ledger.form(key=n % 2 == 0), ledger.mail())]
    random.shuffle(messages)
    return messages


async def test_killed_workers_lose_and_double_nothing(product: Product, ledger: Ledger) -> None:
    """50 forms and 50 mails, each delivered up to four times in parallel, under 20 SIGKILLs."""
    kills = asyncio.create_task(_kill_workers(product, 20))
    await ledger.deliver_all(burst(ledger, 50), pace=0.06)
    assert await kills == 20
    assert set(ledger.statuses) == {"202"}
    states = await ledger.nothing_is_lost_or_doubled(every_answer_arrived=True)
    assert sum(states.values()) == 100


async def _kill_workers(product: Product, times: int) -> int:
    """Kill processes of tasks and of parsers, and now and then the one above them all; how many were killed."""
    killed = 0
    while killed < times:
        if killed in (7, 14):
            victims = [pid] if (pid := product.pid("worker")) else []
        else:
            victims = product.parsers() if killed % 5 == 4 else product.workers_children()
        killed += product.send(random.choice(victims)) if victims else 0
        await asyncio.sleep(random.uniform(0.1, 0.3))
    return killed


async def test_an_emptied_broker_loses_nothing(product: Product, ledger: Ledger) -> None:
    """Every doorbell was rung into a queue that is then emptied, before any worker has heard it."""
    worker = product.pid("worker")
    assert product.send(worker, signal.SIGSTOP)
    for child in product.workers_children():
        product.send(child, signal.SIGSTOP)
    await ledger.deliver_all(burst(ledger, 15))
    broker = redis.from_url(product.broker_url)
    try:
        await until(lambda: broker.llen("intake"))
        await broker.flushall()
    finally:
        await broker.aclose()
    assert product.send(worker, signal.SIGKILL)
    await ledger.nothing_is_lost_or_doubled(every_answer_arrived=True)


async def test_a_killed_broker_is_no_reason_to_refuse(product: Product, ledger: Ledger) -> None:
    """Deliveries are answered with 202 in time while the broker is down, and become leads once it is back."""
    delivering = asyncio.create_task(ledger.deliver_all(burst(ledger, 30), pace=0.03))
    await until(lambda: len(ledger.seconds) > 20)
    for _ in range(3):
        down = product.pid("valkey")
        assert product.send(down)
        await until(lambda gone=down: product.pid("valkey") not in (None, gone))
    await delivering
    assert set(ledger.statuses) == {"202"}
    assert max(ledger.seconds) < SLOWEST_ANSWER_SECONDS
    await ledger.nothing_is_lost_or_doubled(every_answer_arrived=True, seconds=60)


async def test_without_postgresql_nothing_is_acknowledged_that_is_not_stored(product: Product, ledger: Ledger) -> None:
    """202 or 503 with Retry-After, never anything else and never late; who comes again is served.

    A connection that breaks at COMMIT leaves open whether the message is in: it is answered 503, and when the sender
    comes again it may be a duplicate.
    """
    delivering = asyncio.create_task(ledger.deliver_all(burst(ledger, 30), pace=0.04))
    await until(lambda: len(ledger.seconds) > 20)
    for _ in range(2):
        down = product.pid("postgres")
        assert product.send(down)
        await until(lambda gone=down: product.pid("postgres") not in (None, gone))
    await delivering
    assert set(ledger.statuses) == {"202", "503"}
    assert ledger.without_retry_after == 0
    assert max(ledger.seconds) < SLOWEST_ANSWER_SECONDS
    await ledger.nothing_is_lost_or_doubled(every_answer_arrived=False)


async def test_a_killed_api_loses_and_doubles_nothing(product: Product, ledger: Ledger) -> None:
    """Who was cut off comes again, also when the message had been stored already."""
    delivering = asyncio.create_task(ledger.deliver_all(burst(ledger, 40), pace=0.02))
    for _ in range(2):
        answered = len(ledger.seconds)
        await until(lambda seen=answered: len(ledger.seconds) > seen + 30 or delivering.done())
        down = product.pid("api")
        assert product.send(down)
        await until(lambda gone=down: product.pid("api") not in (None, gone))
    await delivering
    assert ledger.statuses["cut"] > 0
    assert set(ledger.statuses) == {"202", "cut"}
    await ledger.nothing_is_lost_or_doubled(every_answer_arrived=False)


async def test_an_inquiry_is_a_lead_within_a_second(product: Product, ledger: Ledger) -> None:
    """After all that, the doorbell works again: nobody waits for a sweep."""
    found = []
    for _ in range(5):
        began = time.monotonic()
        form = ledger.form()
        await ledger.deliver(form)
        await until(lambda token=form.token: _has_lead(ledger, token), seconds=10)
        found.append(time.monotonic() - began)
    assert sorted(found)[2] < 1.0, found


async def _has_lead(ledger: Ledger, title: str) -> bool:
    return (await ledger.leads())[title] > 0
