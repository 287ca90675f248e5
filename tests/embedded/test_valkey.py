"""The embedded Valkey keeps its data and asks for a password."""

from __future__ import annotations

import socket
from pathlib import Path

import redis

from embedded.valkey import Valkey


def test_data_and_address_outlive_a_restart(state: Path) -> None:
    with Valkey(state) as first, redis.Redis.from_url(first.url) as client:
        url = first.url
        client.rpush("queue", "task")
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
    with Valkey(state) as second, redis.Redis.from_url(second.url) as client:
        assert second.url == url
        assert client.lrange("queue", 0, -1) == [b"task"]


def test_nobody_gets_in_without_the_password(state: Path) -> None:
    with Valkey(state) as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"PING\r\n")
        assert client.recv(100).startswith(b"-NOAUTH")
        assert server.pid is not None
        assert not server.is_ready(server.pid + 1)


def test_a_server_of_an_earlier_run_is_stopped_first(state: Path) -> None:
    """Two of them would write into the same files."""
    orphan = Valkey(state).start()
    with redis.Redis.from_url(orphan.url) as client:
        client.set("kept", "yes")
    with Valkey(state) as server, redis.Redis.from_url(server.url) as client:
        assert orphan.pid is None
        assert client.get("kept") == b"yes"
