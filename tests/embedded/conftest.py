"""State directories and whole runs with stand-in parts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded.postgres import Postgres
from embedded.process import fresh_port, is_alive
from tests.places import place

RUN = Path(__file__).with_name("stand_in_run.py")
PARTS = ("api", "worker", "beat", "postgres", "valkey")


@pytest.fixture
def state() -> Iterator[Path]:
    """A state directory below a closed one, with a space in its path."""
    with place() as closed:
        yield closed / "my state"


class Run:
    """One run in a process of its own."""

    def __init__(self, state: Path, **environ: str) -> None:
        self.state = state
        self.port = int(environ.get("PORT") or fresh_port())
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANBAHN_", "DATABASE_URL"))}
        self.log = state.parent / f"run-{time.monotonic_ns()}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(RUN)],
                env={**kept, "ANBAHN_STATE": str(state), "PORT": str(self.port), **environ},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        return self.log.read_text()

    def until_ready(self) -> Run:
        wait_for(lambda: "Ctrl-C here" in self.text or self.process.poll() is not None)
        assert self.process.poll() is None, self.text
        return self

    def parts(self) -> dict[str, Any]:
        parts: dict[str, Any] = json.loads((self.state / "run.json").read_text())
        return parts

    def pids(self) -> dict[str, int | None]:
        """The processes of the parts that are up, by name."""
        return {name: entry["pid"] for name, entry in self.parts().items() if name in PARTS}

    def child(self) -> int:
        """The worker's child."""
        return int(self.text.split("child ")[-1].split()[0])

    def ended(self) -> int:
        return self.process.wait(20)


@pytest.fixture(scope="session")
def made() -> Iterator[Path]:
    """A state directory with PostgreSQL's data, made once: for tests that leave it usable."""
    with place() as closed:
        with Postgres(closed / "made", fast=True):
            pass
        yield closed / "made"


def started(state: Path) -> Iterator[Callable[..., Run]]:
    """Starts runs in a state directory; whatever the test does, none is left behind."""
    runs: list[Run] = []

    def start(**environ: str) -> Run:
        runs.append(Run(state, **environ))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.send_signal(signal.SIGTERM)
        run.ended()


@pytest.fixture
def start(state: Path) -> Iterator[Callable[..., Run]]:
    """Start runs in the state directory."""
    yield from started(state)


@pytest.fixture
def start_again(made: Path) -> Iterator[Callable[..., Run]]:
    """Start runs in the state directory of an earlier run: whatever becomes of one, the next can go on in it."""
    yield from started(made)


def wait_for(condition: Callable[[], object], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


def all_gone(pids: list[int]) -> bool:
    """Whether none of them runs; one that nobody has asked for its exit code yet has ended, too."""
    return not any(is_alive(pid) and "State:\tZ" not in Path(f"/proc/{pid}/status").read_text() for pid in pids)
