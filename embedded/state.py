"""The state directory: one run at a time, generated secrets, and run.json, which tells where everything is."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Self

from embedded.process import EmbeddedError, kept_secret, write_private


class StateDirectory:
    """Held by one run; ``with StateDirectory(path) as state``. Everything in it is readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Raises: EmbeddedError when it cannot be made, written, or is in use."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EmbeddedError(
                f"the state directory {self.path} cannot be used ({error.strerror}): give another one with ANBAHN_STATE"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 32, 0).decode(errors="replace").strip()
            os.close(self._lock)
            raise EmbeddedError(
                f"the state directory {self.path} is in use by another run{f' (pid {holder})' if holder else ''}: "
                "stop it, or give another one with ANBAHN_STATE"
            ) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
        return self

    def __exit__(self, *_error: object) -> None:
        self.forget_run()
        if self._lock is not None:
            os.close(self._lock)  # the file stays: a second one of that name could be locked by a second run
            self._lock = None

    @property
    def admin_key_file(self) -> Path:
        return self.path / "admin.key"

    @property
    def run_file(self) -> Path:
        return self.path / "run.json"

    def secret(self) -> str:
        """Signs and encrypts; losing it makes stored channel secrets unreadable."""
        return kept_secret(self.path / "secret", lambda: secrets.token_hex(32))

    def admin_key(self) -> str:
        """Bearer key of the first workspace's owner."""
        return kept_secret(self.admin_key_file)

    def record_run(self, run: dict[str, object]) -> None:
        write_private(self.run_file, json.dumps(run, indent=2) + "\n")

    def forget_run(self) -> None:
        with suppress(FileNotFoundError):
            self.run_file.unlink()
