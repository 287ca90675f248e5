"""Starting a peer, asking it, and what it has cost."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bench.screens import Screen, Variables
from embedded.process import Launch, Process, end

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


class Processors:
    """Processor time that a peer and the database have had, read from /proc."""

    def __init__(self, postmaster: int) -> None:
        self._postmaster = postmaster

    def spent(self, pid: int) -> dict[int, float]:
        """Seconds so far: of that process (all threads), and of each process of the database."""
        return {pid: _stat(pid)[1], **self._database()}

    def since(self, before: dict[int, float], pid: int) -> tuple[float, float]:
        """(seconds of that process, seconds of the database) since ``spent`` said what had been."""
        now = self.spent(pid)
        gone = {each: seconds - before.get(each, 0.0) for each, seconds in now.items()}
        own = gone.pop(pid)
        return own, sum(gone.values())

    def _database(self) -> dict[int, float]:
        found = {}
        for entry in filter(str.isdigit, os.listdir("/proc")):
            with suppress(OSError, IndexError):
                parent, seconds = _stat(int(entry))
                if parent == self._postmaster:
                    found[int(entry)] = seconds
        return found


def _stat(pid: int) -> tuple[int, float]:
    """(parent's process id, processor seconds so far) of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / _TICKS
