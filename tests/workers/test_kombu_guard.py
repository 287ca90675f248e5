"""The guard turns kombu's AttributeError over a lost connection into one that a worker recovers from."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from kombu import Connection
from kombu.transport.redis import Channel
from redis.exceptions import ConnectionError as RedisConnectionError

from embedded.valkey import Valkey
from workers import kombu_guard

kombu_guard.install()


@pytest.fixture
def dead_channel(valkey: Valkey) -> Iterator[Any]:
    """A channel whose connection has gone, as one is on which a task is acknowledged after the broker restarted."""
    with Connection(valkey.url) as connection:
        channel = connection.channel()
        channel.close()
        yield channel


def test_a_channel_without_connection_raises_what_a_worker_recovers_from(dead_channel: Any, valkey: Valkey) -> None:
    with pytest.raises(RedisConnectionError) as raised:
        dead_channel._connparams()
    with Connection(valkey.url) as connection:
        assert isinstance(raised.value, connection.recoverable_connection_errors)


def test_a_connection_without_client_is_guarded_too() -> None:
    with pytest.raises(RedisConnectionError):
        Channel._connparams(SimpleNamespace(connection=SimpleNamespace(client=None)))


def test_a_living_channel_is_left_alone(valkey: Valkey) -> None:
    with Connection(valkey.url) as connection, connection.channel() as channel:
        assert channel._connparams()["port"] == valkey.port


def test_installing_twice_guards_once() -> None:
    guarded = Channel._connparams
    kombu_guard.install()
    assert Channel._connparams is guarded
    assert not hasattr(guarded.__wrapped__, "__wrapped__")


def test_kombu_still_needs_the_guard(dead_channel: Any) -> None:
    """When this fails, kombu has mended it: workers/kombu_guard.py and its call can go, and this file."""
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute"):
        Channel._connparams.__wrapped__(dead_channel)
