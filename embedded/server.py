"""What the two embedded servers have in common: prepared, launched, asked whether ready, stopped."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from embedded.process import EmbeddedError, Launch, Process, end, port_is_free, remembered_port

_READY_SECONDS = 60.0
_ATTEMPTS = 3


class Server(ABC):
    """A server whose data, port and password live in one state directory.

    Alone: ``with Server(directory) as server``, or ``start()`` and ``stop()``; call them from the main thread, or from
    one that lives as long as the server. Under a supervisor: ``prepare()``, ``launch()`` and ``is_ready()``.
    """

    name: ClassVar[str]

    def __init__(self, state: Path) -> None:
        self.state = state.absolute()
        self._port: int | None = None
        self._process: Process | None = None
        self._was_ready = False
        self._choosing = threading.Lock()
        self.is_prepared = False
        """From then on port and passwords are settled and may be told."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The same one over restarts, and over runs as long as nobody else takes it."""
        with self._choosing:  # asked for in the main thread while prepare() runs in another
            if self._port is None:
                self._port = remembered_port(self.state / f"{self.name}.port")
            return self._port

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def log(self) -> Path:
        return self.state / f"{self.name}.log"

    @property
    @abstractmethod
    def url(self) -> str:
        """With the password; for who uses the server."""

    @abstractmethod
    def launch(self) -> Launch:
        """How it is started now."""

    @abstractmethod
    def is_ready(self, pid: int) -> bool:
        """Whether the server with that process id (and no other) answers."""

    @abstractmethod
    def make_ready_to_start(self) -> None:
        """Clear away what an earlier run left, make what is missing."""

    def prepare(self) -> None:
        """Do what has to precede each start. Blocks, up to seconds the first time.

        Raises: EmbeddedError.
        """
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._port is not None and not self._was_ready and not port_is_free(self._port):
            self._port = None  # lost to somebody between choosing and listening; nobody uses it yet
        self.make_ready_to_start()
        self.is_prepared = True

    def confirm(self, pid: int) -> bool:
        """Whether it is ready; from the first time on it keeps its port."""
        if self.is_ready(pid):
            self._was_ready = True
            return True
        return False

    def hear(self, line: str) -> None:  # noqa: B027
        """Nothing: a server writes its own log."""

    def start(self) -> Self:
        """Start it and wait until it answers.

        Raises: EmbeddedError.
        """
        for _ in range(_ATTEMPTS):
            self.prepare()
            launch = self.launch()
            self._process = launch.spawn()
            if self._came_up(self._process, launch):
                return self
        raise EmbeddedError(self.last_words())

    def stop(self) -> None:
        """Stop it and wait until it has gone; nothing happens when it does not run."""
        if self._process is not None:
            end(self._process, self.launch())
            self._process = None

    def last_words(self) -> str:
        """Why it died, in one line: the last line of its log, and where that is."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        reasons = [line for line in lines[-20:] if any(word in line for word in ("FATAL", "PANIC", "ERROR", "# "))]
        reason = (reasons or lines or [""])[-1].strip()
        return f"{self.name} does not start{': ' + reason if reason else ''} (see {self.log})"

    def _came_up(self, process: Process, launch: Launch) -> bool:
        deadline = time.monotonic() + _READY_SECONDS
        while process.poll() is None:
            if self.confirm(process.pid):
                return True
            if time.monotonic() > deadline:
                end(process, launch, seconds=1)
                raise EmbeddedError(f"{self.name} did not get ready within {_READY_SECONDS:.0f} s (see {self.log})")
            time.sleep(0.01)
        return False
