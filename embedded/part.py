"""What a supervisor runs: long-running processes that can say whether they are ready."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from embedded.process import Launch


class Part(Protocol):
    """One long-running process of a run."""

    @property
    def name(self) -> str: ...
    @property
    def port(self) -> int | None: ...
    @property
    def url(self) -> str | None: ...
    def prepare(self) -> None:
        """Blocks; called in a thread before each start."""

    def launch(self) -> Launch: ...
    def confirm(self, pid: int) -> bool:
        """Whether the process with that id is ready; blocks shortly, called in a thread again and again."""

    def hear(self, line: str) -> None:
        """A line of its output."""

    def last_words(self) -> str:
        """What to say when it dies before it was ready."""


@dataclass(slots=True)
class Program:
    """A part given by its command line: ready when it prints a line, or when a question is answered with yes."""

    name: str
    start: Launch
    port: int | None = None
    url: str | None = None
    ready_line: str | None = None
    ask: Callable[[], bool] = lambda: True
    _heard: bool = False

    def prepare(self) -> None:
        self._heard = False

    def launch(self) -> Launch:
        return self.start

    def confirm(self, pid: int) -> bool:
        return self._heard if self.ready_line else self.ask()

    def hear(self, line: str) -> None:
        self._heard = self._heard or (self.ready_line is not None and self.ready_line in line)

    def last_words(self) -> str:
        return f"{self.name} does not start: see its lines above"
