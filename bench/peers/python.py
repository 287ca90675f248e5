"""The peers in Python: the floor, and our own application in each of its ways to read."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from typing import Any

from bench.data import store
from bench.peers.process import Asking, Peer
from bench.screens import MOVE, Asked, Screen, Variables
from cli.run import environment, programs
from embedded.process import Launch, fresh_port
from settings import Settings

WAYS = {"stock": "stock", "tier 1": "spliced", "tier 2": "compiled"}
"""Our application's variants, and the value of ANBAHN_READS that makes each."""
HASHED = "tier 2, by hash"


def start_floor(config: Settings) -> Peer:
    """The floor, in a process of its own."""
    return _start("floor", config, "bench.floor.app:build", lambda screen, given: (f"/{screen.address}", given), {})


def start_ours(name: str, config: Settings) -> Peer:
    """Our application, reading in the way that ``name`` says."""
    return _start(name, config, "api.main:build", by_text, {"ANBAHN_READS": WAYS[name]})


def by_text(screen: Screen, variables: Variables) -> tuple[str, dict[str, Any]]:
    """The operation as clients send it that know no better."""
    return "/graphql", {"query": screen.operation, "variables": variables}


def by_hash(screen: Screen, variables: Variables) -> tuple[str, dict[str, Any]]:
    """The operation by its hash, as clients send it that have sent its text before; a move by its text."""
    if screen is MOVE:  # telling it once would move something
        return by_text(screen, variables)
    return "/graphql", {"extensions": _persisted(screen), "variables": variables}


def hashed(peer: Peer, asked: Asked) -> Peer | None:
    """The same process asked by hash, once it has been told the texts; None where it does not know hashes."""
    reads = [(screen, variables[0]) for screen, variables in asked.items() if screen is not MOVE]
    for screen, variables in reads:
        path, body = by_text(screen, variables)
        peer.answer(path, {**body, "extensions": _persisted(screen)})
    if any("data" not in peer.answer(*by_hash(screen, variables)) for screen, variables in reads):
        return None
    return peer.sharing(HASHED, by_hash)


def _persisted(screen: Screen) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(screen.operation.encode()).hexdigest()}}


def _start(name: str, config: Settings, factory: str, asking: Asking, extra: dict[str, str]) -> Peer:
    """One uvicorn with the very options that the product starts its API with."""
    config = replace(config, port=fresh_port())
    (api, *_) = programs(config)
    argv = tuple(factory if word == "api.main:build" else word for word in api.start.argv)
    told = {**environment(config, as_owner=False), **extra, "PYTHONPATH": str(store.HERE)}
    launch = Launch(
        argv=argv,
        environment={**os.environ, **told},
        directory=store.HERE,
        output=store.STATE / f"{name.replace(' ', '-')}.log",
    )
    return Peer(name, config.port, asking, store.KEY).start(launch)
