"""Starting a peer, asking it, and what it has cost."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from bench.screens import Screen, Variables
from embedded.process import Launch, Process, end, fresh_port

_READY_SECONDS = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


class PeerError(Exception):
    """A peer that does not start or does not answer; the text is one line for who measures."""


Asking = Callable[[Screen, Variables], "tuple[str, dict[str, Any]] | None"]
"""How a screen is asked for: (path, body), or None where the peer does not have it."""


@dataclass(slots=True)
class Peer:
    """One process that answers the screens."""

    name: str
    port: int
    asking: Asking
    key: str
    is_ours: bool = True
    """Whether its answers must be the floor's, to the letter."""
    _process: Process | None = None
    _launch: Launch | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def pid(self) -> int:
        assert self._process is not None  # noqa: S101  (it is asked for between start and stop)
        return self._process.pid

    def start(self, launch: Launch) -> Peer:
        """Start it and wait until it answers.

        Raises: PeerError.
        """
        self._launch, self._process = launch, launch.spawn()
        deadline = time.monotonic() + _READY_SECONDS
        while not self._listens():
            if self._process.poll() is not None:
                raise PeerError(f"{self.name} does not start: see {launch.output}")
            if time.monotonic() > deadline:
                raise PeerError(f"{self.name} did not get ready within {_READY_SECONDS:.0f} s: see {launch.output}")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        if self._process is not None and self._launch is not None:
            end(self._process, self._launch, seconds=5)
            self._process = None

    def sharing(self, name: str, asking: Asking) -> Peer:
        """The same process, asked in another way."""
        return Peer(name, self.port, asking, self.key, self.is_ours, self._process)

    def cpu_seconds(self) -> float:
        """Processor time its process has had so far, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def request(self, screen: Screen, variables: Variables) -> bytes | None:
        """The bytes of one HTTP request; None where it does not have the screen."""
        asked = self.asking(screen, variables)
        if asked is None:
            return None
        path, body = asked
        content = orjson.dumps(body)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.key}\r\n"
            f"Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content

    def answer(self, path: str, body: dict[str, Any]) -> Any:
        """What it answers to one request, read as JSON.

        Raises: PeerError.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
            connection.request("POST", path, orjson.dumps(body), headers)
            return orjson.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, orjson.JSONDecodeError) as error:
            raise PeerError(f"{self.name} gives no answer to {path}: {error!r}") from error
        finally:
            connection.close()

    def ask(self, screen: Screen, variables: Variables) -> Any:
        """What it answers to a screen; None where it does not have it.

        Raises: PeerError.
        """
        asked = self.asking(screen, variables)
        return None if asked is None else self.answer(*asked)

    def _listens(self) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            connection.close()
        except (OSError, http.client.HTTPException):
            return False
        return True


def some_port() -> int:
    return fresh_port()
