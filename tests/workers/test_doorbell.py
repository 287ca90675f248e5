"""The doorbell: whatever the broker does, whoever rings goes on."""

from __future__ import annotations

import asyncio
import json
import logging
import time

import pytest
import redis

from crm.ids import new_id
from embedded.valkey import Valkey
from workers.broker import INTAKE
from workers.doorbell import CeleryDoorbell

DEAD_URL = "redis://127.0.0.1:1/0"


async def ring(doorbell: CeleryDoorbell) -> float:
    """Seconds that it took."""
    began = time.monotonic()
    await doorbell.ring_intake(workspace_id=new_id(), message_id=new_id())
    return time.monotonic() - began


async def longest_pause(seconds: float) -> float:
    """How long, at the most, the event loop did not come to this task."""
    longest, last, end = 0.0, time.monotonic(), time.monotonic() + seconds
    while last < end:
        await asyncio.sleep(0.01)
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    return longest


async def test_it_sends_ids_and_nothing_else(valkey: Valkey, broker: redis.Redis) -> None:
    workspace_id, message_id = new_id(), new_id()
    await CeleryDoorbell(valkey.url).ring_intake(workspace_id=workspace_id, message_id=message_id)
    sent = json.loads(broker.lindex(INTAKE, 0))
    assert sent["headers"]["task"] == "intake.process"
    assert eval(sent["headers"]["kwargsrepr"]) == {  # noqa: S307
        "workspace_id": str(workspace_id),
        "message_id": str(message_id),
    }


async def test_a_burst_of_rings_arrives_whole(valkey: Valkey, broker: redis.Redis) -> None:
    """A crowd of messages is not left to the sweep while the broker is well."""
    doorbell = CeleryDoorbell(valkey.url)
    await ring(doorbell)
    await asyncio.gather(*(ring(doorbell) for _ in range(100)))
    assert broker.llen(INTAKE) == 101


async def test_a_dead_broker_is_noted_and_nothing_more(caplog: pytest.LogCaptureFixture) -> None:
    doorbell = CeleryDoorbell(DEAD_URL)
    with caplog.at_level(logging.WARNING, "anbahn.doorbell"):
        for _ in range(3):
            assert await ring(doorbell) < 3
    assert len(caplog.records) == 3


async def test_a_hung_broker_neither_raises_nor_holds_up_the_event_loop(
    hung_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    doorbell = CeleryDoorbell(hung_url)
    with caplog.at_level(logging.WARNING, "anbahn.doorbell"):
        pause, *took = await asyncio.gather(longest_pause(2.0), *(ring(doorbell) for _ in range(40)))
    assert pause < 0.5
    assert max(took) < 3.5
    assert len(caplog.records) == 40


async def test_a_hung_broker_takes_no_threads_from_others(hung_url: str) -> None:
    """Names are looked up in the loop's own threads: a new connection to PostgreSQL must not wait for the broker."""
    doorbell = CeleryDoorbell(hung_url)
    rings = [asyncio.create_task(ring(doorbell)) for _ in range(40)]
    await asyncio.sleep(0.2)
    began = time.monotonic()
    await asyncio.to_thread(lambda: None)
    assert time.monotonic() - began < 0.5
    assert not any(one.done() for one in rings), "the broker was not hung"
    await asyncio.gather(*rings)


async def test_it_rings_again_as_soon_as_the_broker_is_back(valkey: Valkey, broker: redis.Redis) -> None:
    doorbell = CeleryDoorbell(valkey.url)
    await ring(doorbell)
    broker.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    await ring(doorbell)
    assert broker.llen(INTAKE) == 2
