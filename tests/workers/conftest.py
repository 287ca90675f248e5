"""A broker of our own, and brokers that do not answer."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import redis

from embedded.valkey import Valkey


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with Valkey(tmp_path_factory.mktemp("broker")) as server:
        yield server


@pytest.fixture
def broker(valkey: Valkey) -> Iterator[redis.Redis]:
    """The broker as its server sees it, empty at the start of each test."""
    with redis.Redis.from_url(valkey.url) as client:
        client.flushall()
        yield client


@pytest.fixture
def hung_url() -> Iterator[str]:
    """A broker that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"
