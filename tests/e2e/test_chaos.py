"""The long run: every part is killed all the while, and in the end the product is held against the ledger.

Lasts as many seconds as ANBAHN_CHAOS_SECONDS says and is left out without it; prints its figures with ``-s``:

    ANBAHN_CHAOS_SECONDS=600 make test ARGS="tests/e2e/test_chaos.py -s"
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import httpx
import pytest
import pytest_asyncio
import redis.asyncio as redis
from redis.exceptions import RedisError

from tests.e2e.product import Ledger, Message, Product, started

SECONDS = float(os.environ.get("ANBAHN_CHAOS_SECONDS") or 0)
PACE_SECONDS = 0.15
AT_ONCE = 16
DRAINED_SECONDS = 180.0

pytestmark = pytest.mark.skipif(not SECONDS, reason="set ANBAHN_CHAOS_SECONDS to run it")


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    yield from started()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ledger(product: Product) -> AsyncIterator[Ledger]:
    limits = httpx.Limits(max_connections=5 * AT_ONCE + 8, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=product.url, timeout=20, limits=limits) as http:
        yield await Ledger.open(http, product.admin_key)


async def test_nothing_is_lost_or_doubled_in_chaos(product: Product, ledger: Ledger) -> None:
    """Forms with and without a key, and mails, each two to five times at once, from senders that come again."""
    kills: Counter[str] = Counter()
    end = time.monotonic() + SECONDS

    async def kill(name: str, seconds: float, victims: Callable[[], list[int]]) -> None:
        while time.monotonic() < end:
            await asyncio.sleep(random.uniform(0.5, 1.5) * seconds)
            if found := victims():
                kills[name] += product.send(random.choice(found))

    async def empty(seconds: float) -> None:
        while time.monotonic() < end:
            await asyncio.sleep(random.uniform(0.5, 1.5) * seconds)
            broker = redis.from_url(product.broker_url, socket_timeout=2)
            try:
                await broker.flushall()
                kills["broker emptied"] += 1
            except (RedisError, OSError):
                pass
            finally:
                await broker.aclose()

    def part(name: str) -> Callable[[], list[int]]:
        return lambda: [pid for pid in [product.pid(name)] if pid]

    # A part that dies within ten seconds of its start waits ever longer for the next one: most are given that time.
    killing: list[Awaitable[None]] = [
        kill("task process", 2.0, product.workers_children),
        kill("parser", 4.0, product.parsers),
        kill("worker", 14.0, part("worker")),
        kill("beat", 14.0, part("beat")),
        kill("api", 12.0, part("api")),
        kill("broker", 12.0, part("valkey")),
        kill("postgresql", 12.0, part("postgres")),
        empty(5.0),
    ]
    chaos = asyncio.gather(*killing)
    waiting: set[asyncio.Task[None]] = set()

    async def several(message: Message) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(random.randint(2, 5)):
                group.create_task(ledger.deliver_until_stored(message, seconds=120))

    while time.monotonic() < end:
        message = random.choice((ledger.form, lambda: ledger.form(key=True), ledger.mail))()
        waiting.add(asyncio.create_task(several(message)))
        await asyncio.sleep(PACE_SECONDS)
        done = {task for task in waiting if task.done()}
        for task in done:
            task.result()
        waiting -= done
        if len(waiting) > AT_ONCE:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*waiting)
    await chaos
    began = time.monotonic()
    try:
        states = await ledger.nothing_is_lost_or_doubled(every_answer_arrived=False, seconds=DRAINED_SECONDS)
    finally:
        answers = sorted(ledger.seconds)
        print(
            f"\n{len(ledger.messages)} messages, {ledger.statuses.total()} deliveries: {dict(ledger.statuses)}"
            f"\nkills: {kills.total()}: {dict(kills)}"
            f"\nanswers: p50 {answers[len(answers) // 2]:.3f} s, p99 {answers[len(answers) * 99 // 100]:.3f} s,"
            f" slowest by status {ledger.slowest}; settled after {time.monotonic() - began:.1f} s"
        )
    print(f"in the end: {dict(states)}")
    assert set(ledger.statuses) <= {"202", "503", "cut"}
    assert ledger.without_retry_after == 0
