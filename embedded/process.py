"""Starting processes that never outlive us, and finding what an earlier run left behind.

Linux tells a child when its parent has died (PR_SET_PDEATHSIG), so even ``kill -9`` of the supervisor leaves nothing
running. The signal fires when the *thread* that spawned the child ends: spawn from the main thread, or from one that
waits for the child.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
# Loaded here and not in the child: between fork and exec nothing may be imported or allocated that a lock could guard.
_libc = ctypes.CDLL(None) if LINUX else None
_LARGEST_LOG = 10_000_000


class EmbeddedError(RuntimeError):
    """An expected fault of a single machine; the text is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Account:
    """The unprivileged account a server runs as when we are root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How one process is started and stopped."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    directory: Path | None = None
    """Working directory; entered before the account is changed, so its parents may be closed to that account."""
    account: Account | None = None
    output: Path | None = None
    """Log file for both output streams; None: a pipe that the one who spawns has to read."""
    stop: signal.Signals = signal.SIGTERM
    kill: signal.Signals = signal.SIGKILL
    """Sent when there is no time left."""
    orphaned: signal.Signals = signal.SIGKILL
    """Sent by the kernel when we die without having stopped it."""

    def spawn(self, *, stdin: IO[bytes] | int = subprocess.DEVNULL, stderr: int = subprocess.STDOUT) -> Process:
        """Start it in a session of its own, so that Ctrl-C in the terminal reaches the supervisor only."""
        log = _opened_log(self.output) if self.output else None
        try:
            with warnings.catch_warnings():
                # Python ≥ 3.12 warns of every fork beside threads; what runs after ours is one call into libc.
                warnings.simplefilter("ignore", DeprecationWarning)
                return subprocess.Popen(
                    self.argv,
                    env=self.environment,
                    cwd=self.directory,
                    stdin=stdin,
                    stdout=subprocess.PIPE if log is None else log,
                    stderr=stderr,
                    start_new_session=True,
                    preexec_fn=_die_with_parent(self.orphaned),
                    user=self.account.uid if self.account else None,
                    group=self.account.gid if self.account else None,
                    extra_groups=[] if self.account else None,
                )
        except PermissionError as error:
            who = f" as {self.account.name}" if self.account else ""
            raise EmbeddedError(f"cannot start {self.argv[0]}{who}: {error.strerror}") from error
        finally:
            if log is not None:
                os.close(log)

    def run(self, text: bytes = b"") -> tuple[int, str]:
        """Run it to its end; returns its exit code and output.

        The input is a file without a name and not a pipe: a child under another account may open ``/dev/stdin``.
        """
        with tempfile.TemporaryFile() as stdin:
            stdin.write(text)
            stdin.seek(0)
            if self.account:
                os.fchown(stdin.fileno(), self.account.uid, self.account.gid)
            process = self.spawn(stdin=stdin)
            output, _ = process.communicate()
        return process.returncode, output.decode(errors="replace")


Process = subprocess.Popen[bytes]


def _die_with_parent(signal_number: int) -> Callable[[], None] | None:
    if _libc is None:
        return None
    prctl, parent = _libc.prctl, os.getpid()

    def arrange() -> None:
        prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:  # the parent died before it could be asked for
            os._exit(1)

    return arrange


def _opened_log(path: Path) -> int:
    with suppress(FileNotFoundError):
        if path.stat().st_size > _LARGEST_LOG:
            path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def signal_group(process: Process, number: signal.Signals) -> None:
    """Signal a process and whatever it started in its session; nothing happens when all are gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def end(process: Process, launch: Launch, seconds: float = 30.0) -> None:
    """Stop a process and wait for it: asked first, killed when it does not listen."""
    for number, patience in ((launch.stop, seconds), (launch.kill, 5.0), (signal.SIGKILL, None)):
        if process.poll() is None:
            process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def unprivileged_account(directory: Path) -> Account | None:
    """Whom a server that refuses root runs as; None when we are not root.

    What already has data belongs to an account: that one goes on. Otherwise ``postgres``, else ``nobody``.
    """
    if os.geteuid() != 0:
        return None
    owner = directory.stat().st_uid if directory.exists() else 0
    if owner != 0:
        with suppress(KeyError):
            found = pwd.getpwuid(owner)
            return Account(found.pw_name, found.pw_uid, found.pw_gid)
        return Account(str(owner), owner, directory.stat().st_gid)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            found = pwd.getpwnam(name)
            return Account(found.pw_name, found.pw_uid, found.pw_gid)
    raise EmbeddedError("PostgreSQL refuses to run as root, and there is no account postgres or nobody: create one")


def wait_for_leftovers(directory: Path, program: str, stop: signal.Signals, only: int | None = None) -> None:
    """Stop a server of an earlier run that still works in this directory, and wait until its processes are gone.

    ``only``: the one process to be signalled; the others follow it.
    Raises: EmbeddedError when one does not go.
    """
    deadline, asked = time.monotonic() + 30, False
    while found := _processes_in(directory, program):
        for pid in found if not asked else []:
            if only in (None, pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, stop)
        asked = True
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{program} (pid {found[0]}) of an earlier run still uses {directory}: stop it")
        time.sleep(0.05)


def _processes_in(directory: Path, program: str) -> list[int]:
    """The processes of that name whose working directory it is (Linux; elsewhere nobody can say)."""
    if not LINUX or not directory.exists():
        return []
    wanted, found = directory.stat(), []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        with suppress(OSError):
            name = Path("/proc", entry, "comm").read_text(encoding="utf-8", errors="replace").strip()
            if name == program and os.path.samestat(os.stat(f"/proc/{entry}/cwd"), wanted):
                found.append(int(entry))
    return found


def is_alive(pid: int) -> bool:
    """Whether a process of that id exists, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now (servers set SO_REUSEADDR, so we ask with it)."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen()
        except OSError:
            return False
    return True


def fresh_port() -> int:
    """A free port of the loopback, below the range the kernel lends to clients.

    Out of that range, a client that keeps trying to reach a stopped server could be given its very port.
    """
    for _ in range(200):
        port = 15_000 + secrets.randbelow(17_000)
        if port_is_free(port):
            return port
    raise EmbeddedError("there is no free port between 15000 and 32000 on 127.0.0.1")


def remembered_port(path: Path) -> int:
    """The port in that file when it is free, else a fresh one, which is then remembered there."""
    with suppress(OSError, ValueError):
        port = int(path.read_text())
        if 0 < port < 65_536 and port_is_free(port):
            return port
    port = fresh_port()
    write_private(path, f"{port}\n")
    return port


def write_private(path: Path, text: str) -> None:
    """Write a file that only we can read, all of it or nothing."""
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def kept_secret(path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> str:
    """The secret in that file; made on the first call."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        text = ""
    if not text:
        text = make()
        write_private(path, text + "\n")
    return text
