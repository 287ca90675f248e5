"""A peer that fails under load is left out and named; ours must not fail."""

from __future__ import annotations

import os
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bench.load import Load, LoadError
from bench.measure import Plan, Surroundings, measure
from bench.peers.process import Peer, Processors
from bench.screens import POINT

GOOD = b'HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{"data":{"node":{"title":"A"}}}'
BAD = b'HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{"errors":["it collided"]}'


@contextmanager
def answering(times: int) -> Iterator[int]:
    """A server that answers rightly so many times, and wrongly from then on: its port."""
    left = iter(range(times))

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while self.request.recv(65536):
                self.request.sendall(BAD if next(left, None) is None else GOOD)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


def peer(name: str, port: int, *, is_ours: bool) -> Peer:
    def asking(screen: object, variables: object) -> Any:
        return "/", {}

    itself = cast("Any", SimpleNamespace(pid=os.getpid()))
    return Peer(name, port, asking, "a-key", is_ours, itself)


@pytest.mark.parametrize("good", [0, 8], ids=["from the beginning", "after a while"])
def test_a_peer_that_fails_is_left_out_and_named(good: int) -> None:
    told: list[str] = []
    around = Surroundings(processors=Processors(0), tidy=lambda: None, note=told.append)
    with answering(10**9) as floor, answering(good) as other, Load() as load:
        peers = [peer("floor", floor, is_ours=False), peer("other", other, is_ours=False)]
        measured = measure(load, peers, {POINT: [{}]}, 1, Plan(rounds=20, seconds=0.02), around)
    assert list(measured["point"]) == ["floor"]
    assert any("other fails at point" in line and "it collided" in line for line in told)


def test_one_of_ours_must_not_fail() -> None:
    around = Surroundings(processors=Processors(0), tidy=lambda: None, note=lambda line: None)
    with answering(0) as port, Load() as load, pytest.raises(LoadError, match="it collided"):
        measure(load, [peer("tier 2", port, is_ours=True)], {POINT: [{}]}, 1, Plan(1, 0.02), around)
