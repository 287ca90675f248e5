"""Rounds: each times every peer shortly, in an order drawn anew, so that a noisy moment hits all alike."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.load import Job, Load, LoadError, Timing
from bench.peers.process import Peer, Processors
from bench.screens import MOVE, Asked, Screen, Variables

_MOST_REQUESTS = 2_000


@dataclass(slots=True)
class Series:
    """What one peer did with one screen, over all rounds."""

    rates: list[float] = field(default_factory=list)
    """Requests a second, a value a round."""
    latencies: list[float] = field(default_factory=list)
    """Seconds."""
    own_seconds: float = 0.0
    """Processor time of the server's process."""
    database_seconds: float = 0.0
    """Processor time of PostgreSQL meanwhile."""

    def add(self, timing: Timing, own_seconds: float, database_seconds: float) -> None:
        self.rates.append(timing.rate)
        self.latencies += timing.latencies
        self.own_seconds += own_seconds
        self.database_seconds += database_seconds

    def ratio_to(self, floor: Series) -> float:
        """Median of the rounds' ratios to the floor in the same round."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.rates, floor.rates, strict=True))

    def percentile(self, share: float) -> float:
        """The latency that this share of the requests did not exceed, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


Measured = dict[str, dict[str, Series]]
"""By screen, then by peer."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rounds: int
    seconds: float
    """About how long each peer is loaded in each round."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What measuring needs besides peers and load."""

    processors: Processors
    tidy: Callable[[], None]
    """Clears up after one peer's moves, so that they are no burden for the next; untimed."""
    note: Callable[[str], None]
    """Tells how far it is."""


def measure(
    load: Load,
    peers: Sequence[Peer],
    asked: Asked,
    connections: int,
    plan: Plan,
    surroundings: Surroundings,
) -> Measured:
    """Time every screen of every peer over so many connections.

    A peer that is not ours and fails on a screen under load is left out there, and that is told.

    Raises: LoadError when one of ours does.
    """
    measured: Measured = {screen.name: {} for screen in asked}
    jobs: dict[tuple[str, str], tuple[Peer, Job]] = {}

    def give_up(screen: Screen, peer: Peer, error: LoadError) -> None:
        if peer.is_ours:
            raise error
        jobs.pop((screen.name, peer.name), None)
        measured[screen.name].pop(peer.name, None)
        surroundings.note(f"  {peer.name} fails at {screen.name} over {connections}: {error}")

    for screen, variables in asked.items():
        for peer in peers:
            try:
                job = _job(load, peer, screen, variables, connections, plan.seconds)
            except LoadError as error:
                give_up(screen, peer, error)
                continue
            if job is not None:
                jobs[screen.name, peer.name] = (peer, job)
    for number in range(plan.rounds):
        for screen in asked:
            order = [peer.name for peer in peers if (screen.name, peer.name) in jobs]
            random.shuffle(order)
            for name in order:
                peer, job = jobs[screen.name, name]
                before = surroundings.processors.spent(peer.pid)
                try:
                    timing = load.run(job)
                except LoadError as error:
                    give_up(screen, peer, error)
                    continue
                spent = surroundings.processors.since(before, peer.pid)
                measured[screen.name].setdefault(name, Series()).add(timing, *spent)
                if screen is MOVE:
                    surroundings.tidy()
        surroundings.note(
            f"  {connections} connection{'s' if connections > 1 else ''}: round {number + 1} of {plan.rounds}"
        )
    return measured


def _job(
    load: Load, peer: Peer, screen: Screen, variables: list[Variables], connections: int, seconds: float
) -> Job | None:
    """So many requests as take about that long; None where the peer lacks the screen.

    Finding that out warms it up, and one whole job more: V8 compiles what runs often, and all have caches to fill.
    """
    requests = [request for each in variables if (request := peer.request(screen, each)) is not None]
    if not requests:
        return None
    shares = tuple(tuple(_share(requests, index, connections, screen)) for index in range(connections))
    proof = screen.proof if peer.is_ours else b'"data":{'
    each = 2
    while True:
        warm = load.run(Job(peer.port, shares, each, proof))
        wanted = max(2, min(_MOST_REQUESTS, round(warm.rate * seconds)) // connections // 2 * 2)
        if warm.seconds > seconds / 4 or each >= wanted:
            load.run(job := Job(peer.port, shares, wanted, proof))
            return job
        each = min(wanted, each * 4)


def _share(requests: list[bytes], index: int, connections: int, screen: Screen) -> list[bytes]:
    """What one connection sends: of moves whole pairs, there and back, that no other connection sends."""
    if screen is MOVE:
        pairs = [requests[at : at + 2] for at in range(0, len(requests), 2)]
        return [request for pair in pairs[index::connections] for request in pair]
    return requests[index:] + requests[:index]
