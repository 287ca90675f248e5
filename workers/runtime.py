"""What every task of a worker process shares: its portal into asynchronous code, and the parser's sandbox."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from adapters.sandbox import Sandbox
from crm import db
from workers.portal import Portal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """What an operator sets of the workers' behaviour."""

    grace: timedelta
    """How long a message is left to its own doorbell before a sweep rings for it."""
    ring_again_after: timedelta
    """How long after a ring without effect a sweep rings again."""


class Runtime:
    """One per worker process."""

    def __init__(self, *, database_url: str, sweep_seconds: float) -> None:
        self._database_url = database_url
        self.limits = Limits(
            grace=timedelta(seconds=sweep_seconds), ring_again_after=timedelta(seconds=5 * sweep_seconds)
        )
        self.sandbox = Sandbox()
        self._portal = Portal(self._open, db.disconnect)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The coroutine's result, from synchronous code."""
        return self._portal.run(coroutine)

    def close(self) -> None:
        """Close connections and end the parser; at the end of a process."""
        self._portal.stop()
        self.sandbox.close()

    async def _open(self) -> None:
        await db.connect(self._database_url, minimum=1, maximum=4)


_runtime: Runtime | None = None


def configure(*, database_url: str, sweep_seconds: float) -> Runtime:
    """Set this process's runtime; called once, by the entry point."""
    global _runtime
    _runtime = Runtime(database_url=database_url, sweep_seconds=sweep_seconds)
    return _runtime


def runtime() -> Runtime:
    """This process's runtime."""
    if _runtime is None:
        raise RuntimeError("workers.runtime.configure was not called: start the worker by workers.main")
    return _runtime
