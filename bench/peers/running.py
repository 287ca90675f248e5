"""All that is measured, started together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from bench.data import store
from bench.data.sizes import Size
from bench.peers import graphile, python
from bench.peers.process import Peer, PeerError
from bench.screens import Asked, Subjects
from embedded.postgres import Postgres

NAMES = ("floor", *python.WAYS, python.HASHED, graphile.NAME)


@contextmanager
def running(
    postgres: Postgres, size: Size, asked: Asked, about: Subjects, only: set[str], note: Callable[[str], None]
) -> Iterator[list[Peer]]:
    """The floor, and the peers of these names (all, when none is given); one that cannot be had is told and left out.

    Raises: ValueError for a name that there is not; PeerError when one of ours does not start.
    """
    if unknown := only - set(NAMES):
        raise ValueError(f"there is no peer {', '.join(sorted(unknown))}: give some of {', '.join(NAMES[1:])}")
    config = store.configured(postgres, size)
    with ExitStack() as stack:
        peers: list[Peer] = []

        def keep(peer: Peer) -> Peer:
            stack.callback(peer.stop)
            peers.append(peer)
            return peer

        def is_wanted(name: str) -> bool:
            return not only or name in only

        keep(python.start_floor(config))
        for name in python.WAYS:
            if is_wanted(name):
                peer = keep(python.start_ours(name, config))
                if name == "tier 2" and is_wanted(python.HASHED):
                    if (by_hash := python.hashed(peer, asked)) is not None:
                        peers.append(by_hash)
                    else:
                        note(f"{python.HASHED}: left out, the server knows no persisted operations")
        if is_wanted(graphile.NAME):
            try:
                keep(asyncio.run(graphile.start(config, about.stages)))
            except PeerError as error:
                note(f"{graphile.NAME}: left out, {error}")
        yield peers
