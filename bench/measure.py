"""Rounds: each times every peer shortly, in an order drawn anew, so that a noisy moment hits all alike."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.load import Job, Load, Timing
from bench.peers.process import Peer
from bench.screens import MOVE, Screen, Subjects

_MOST_REQUESTS = 2_000


@dataclass(slots=True)
class Series:
    """What one peer did with one screen, over all rounds."""

    rates: list[float] = field(default_factory=list)
    """Requests a second, a value a round."""
    latencies: list[float] = field(default_factory=list)
    """Seconds."""
    cpu_seconds: float = 0.0
    """Processor time of the server's process."""

    def add(self, timing: Timing, cpu_seconds: float) -> None:
        self.rates.append(timing.rate)
        self.latencies += timing.latencies
        self.cpu_seconds += cpu_seconds

    def ratio_to(self, floor: Series) -> float:
        """Median of the rounds' ratios to the floor in the same round."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.rates, floor.rates, strict=True))

    def percentile(self, share: float) -> float:
        """The latency that this share of the requests did not exceed, in seconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def cpu_each(self) -> float:
        """Processor seconds of the server's process for each request."""
        return self.cpu_seconds / len(self.latencies)


Measured = dict[str, dict[str, Series]]
"""By screen, then by peer."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rounds: int
    seconds: float
    """About how long each peer is loaded in each round."""


def measure(
    load: Load,
    peers: Sequence[Peer],
    screens: Sequence[Screen],
    subjects: Subjects,
    connections: int,
    plan: Plan,
    say: Callable[[str], None],
    tidy: Callable[[], None],
) -> Measured:
    """Time every screen of every peer over so many connections; ``tidy`` clears up after moves, untimed."""
    jobs = {
        (screen.name, peer.name): (peer, job)
        for screen in screens
        for peer in peers
        if (job := _job(load, peer, screen, subjects, connections, plan.seconds)) is not None
    }
    measured: Measured = {screen.name: {} for screen in screens}
    for number in range(plan.rounds):
        for screen in screens:
            order = [peer.name for peer in peers if (screen.name, peer.name) in jobs]
            random.shuffle(order)
            for name in order:
                peer, job = jobs[screen.name, name]
                before = peer.cpu_seconds()
                timing = load.run(job)
                series = measured[screen.name].setdefault(name, Series())
                series.add(timing, peer.cpu_seconds() - before)
                if screen is MOVE:
                    tidy()
        say(f"  {connections} connection{'s' if connections > 1 else ''}: round {number + 1} of {plan.rounds}")
    return measured


def _job(load: Load, peer: Peer, screen: Screen, subjects: Subjects, connections: int, seconds: float) -> Job | None:
    """So many requests as take about that long, found out by warming up; None where the peer lacks the screen."""
    asked = [peer.request(screen, variables) for variables in subjects.variables(screen)]
    requests = [request for request in asked if request is not None]
    if not requests:
        return None
    shares = tuple(tuple(_share(requests, index, connections, screen)) for index in range(connections))
    each = 2
    while True:
        warm = load.run(Job(peer.port, shares, each, screen.proof if peer.is_ours else b'"data":{'))
        wanted = max(2, min(_MOST_REQUESTS, round(warm.rate * seconds)) // connections // 2 * 2)
        if warm.seconds > seconds / 4 or each >= wanted:
            return Job(peer.port, shares, wanted, screen.proof if peer.is_ours else b'"data":{')
        each = min(wanted, each * 4)


def _share(requests: list[bytes], index: int, connections: int, screen: Screen) -> list[bytes]:
    """What one connection sends: of moves whole pairs, there and back, that no other connection sends."""
    if screen is MOVE:
        pairs = [requests[at : at + 2] for at in range(0, len(requests), 2)]
        return [request for pair in pairs[index::connections] for request in pair]
    return requests[index:] + requests[:index]
