"""Reading in a child process: whatever a message does to its parser, the worker goes on and knows what happened."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
import weakref
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from adapters.child import CPU_SECONDS, LENGTH, TAKEN
from adapters.read import MAX_MESSAGE
from crm.intake.inquiry import Inquiry, Unreadable

WALL_SECONDS = 10.0
"""Seconds after which a message is given up, whatever it waits for."""
MESSAGES_PER_CHILD = 500
"""After so many messages a child is replaced, so that no leak adds up to its memory limit."""

_ROOT = Path(__file__).resolve().parents[1]
_CHUNK = 1024 * 1024
# No parser sends itself these: somebody else ended the child, and the message may not have been the reason.
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


class Sandbox:
    """A child process that reads messages, started at the first one and again whenever it is gone.

    Safe to use from several threads (one message at a time) and after a fork (the new process starts its own child).
    """

    def __init__(self, module: str = "adapters.child") -> None:
        """module: what the child runs; another one only in tests, to see it misbehave."""
        self._module = module
        self._lock = threading.Lock()
        self._child: _Child | None = None
        _SANDBOXES.add(self)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, kind: str, content_type: str, raw: bytes) -> Inquiry | Unreadable:
        """The inquiry in a message of kind MAIL or FORM.

        Refuses, besides what the reader refuses: TOO_LARGE (bytes or memory), TOO_EXPENSIVE (time), PARSER_CRASHED,
        PARSER_ERROR. Blocks for at most twice WALL_SECONDS and the start of a child.

        Raises: SandboxUnavailable when no child takes the message: that says nothing about the message.
        """
        if len(raw) > MAX_MESSAGE:  # said here as well: it need not be sent over to be refused
            return Unreadable("TOO_LARGE", f"The message is larger than {MAX_MESSAGE // 1024 // 1024} MB.")
        with self._lock:
            try:
                return self._attempt(kind, content_type, raw)
            except _KilledFromOutside:
                pass
            try:
                return self._attempt(kind, content_type, raw)
            except _KilledFromOutside as killed:
                if not killed.taken:
                    raise SandboxUnavailable(f"The reading process does not start ({killed}).") from None
                return Unreadable("PARSER_CRASHED", f"The reading process was ended twice ({killed}).")

    def close(self) -> None:
        """End the child; a later read starts another."""
        with self._lock:
            if self._child is not None:
                self._child.close()
                self._child = None

    def _attempt(self, kind: str, content_type: str, raw: bytes) -> Inquiry | Unreadable:
        if self._child is not None and self._child.served >= MESSAGES_PER_CHILD:
            self._child.close()
            self._child = None
        if self._child is None:
            self._child = _Child(self._module)
        try:
            answer = self._child.ask(kind, content_type, raw)
        except BaseException:
            # Also what a signal handler raises in between (a task's time limit): no half answer may stay in the pipe.
            self._child.close()
            self._child = None
            raise
        if isinstance(answer, Unreadable):
            self._child.close()
            self._child = None
            return answer
        return _result(answer)

    def _forget(self) -> None:
        """After a fork: the child is the parent's, and so is the state of the lock."""
        self._lock = threading.Lock()
        if self._child is not None:
            self._child.forget()
            self._child = None


_SANDBOXES: weakref.WeakSet[Sandbox] = weakref.WeakSet()


def _after_fork() -> None:
    for sandbox in list(_SANDBOXES):
        sandbox._forget()


os.register_at_fork(after_in_child=_after_fork)


class SandboxUnavailable(RuntimeError):
    """No child could be brought to take a message: to be tried again later."""


class _KilledFromOutside(Exception):
    """The child ended without the message's doing, or before it had it."""

    def __init__(self, how: str, *, taken: bool) -> None:
        super().__init__(how)
        self.taken = taken


class _Child:
    """The running process and its two pipes."""

    def __init__(self, module: str) -> None:
        # Neither settings nor secrets: the reader needs none, and a stranger's bytes are near it.
        environment = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-B", "-E", "-m", module, str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=_ROOT,
            env=environment,
            close_fds=True,
            start_new_session=True,  # a Ctrl-C at the terminal is for the worker, which then closes this
        )
        assert self._process.stdin is not None  # noqa: S101 — for the type checker: both are pipes
        assert self._process.stdout is not None  # noqa: S101
        self._requests, self._answers = self._process.stdin, self._process.stdout
        os.set_blocking(self._requests.fileno(), False)
        os.set_blocking(self._answers.fileno(), False)
        self.served = 0

    def ask(self, kind: str, content_type: str, raw: bytes) -> bytes | Unreadable:
        """The answer to a message as JSON; Unreadable where the message has used the child up.

        Raises: _KilledFromOutside.
        """
        deadline = time.monotonic() + WALL_SECONDS
        header = orjson.dumps({"kind": kind, "content_type": content_type, "size": len(raw)})
        taken = False
        try:
            self._send(LENGTH.pack(len(header)) + header, deadline)
            self._send(raw, deadline)
            taken = self._receive(1, deadline) == TAKEN
            length = LENGTH.unpack(self._receive(LENGTH.size, deadline))[0]
            answer = self._receive(length, deadline)
        except TimeoutError:
            return Unreadable("TOO_EXPENSIVE", f"Reading the message took more than {WALL_SECONDS:.0f} s.")
        except (BrokenPipeError, EOFError):
            return self._why(taken=taken)
        self.served += 1
        return answer

    def close(self) -> None:
        """End the process and take leave of it."""
        self._process.kill()  # it holds nothing that could be lost
        self._process.wait()
        self._requests.close()
        self._answers.close()

    def forget(self) -> None:
        """Let go of the pipes of a child that belongs to the process this one was forked from."""
        self._requests.close()
        self._answers.close()
        self._process.returncode = 0  # else Popen warns of, and waits for, a process that is not ours

    def _why(self, *, taken: bool) -> Unreadable:
        try:
            code = self._process.wait(1)
        except subprocess.TimeoutExpired:  # it closed its pipes and lives on: nothing it should do
            self._process.kill()
            self._process.wait()
            return Unreadable("PARSER_CRASHED", "The reading process fell silent.")
        ended = signal.Signals(-code).name if code < 0 else f"exit {code}"
        if code == -signal.SIGXCPU:
            return Unreadable("TOO_EXPENSIVE", f"Reading the message took more than {CPU_SECONDS} s of processor time.")
        if not taken or -code in _FROM_OUTSIDE:
            raise _KilledFromOutside(ended, taken=taken)
        return Unreadable("PARSER_CRASHED", f"The reading process ended by {ended}.")

    def _send(self, data: bytes, deadline: float) -> None:
        descriptor, view = self._requests.fileno(), memoryview(data)
        while view:
            try:
                view = view[os.write(descriptor, view[:_CHUNK]) :]
            except BlockingIOError:
                _wait(descriptor, select.POLLOUT, deadline)

    def _receive(self, size: int, deadline: float) -> bytes:
        descriptor, got = self._answers.fileno(), bytearray()
        while len(got) < size:
            _wait(descriptor, select.POLLIN, deadline)
            chunk = os.read(descriptor, min(size - len(got), _CHUNK))
            if not chunk:
                raise EOFError
            got += chunk
        return bytes(got)


def _wait(descriptor: int, event: int, deadline: float) -> None:
    """Until the pipe is ready or broken. By poll, for select fails on descriptors above 1,023.

    Raises: TimeoutError.
    """
    poll = select.poll()
    poll.register(descriptor, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError


def _result(answer: bytes) -> Inquiry | Unreadable:
    """Our own words out of the child's JSON."""
    data: dict[str, Any] = orjson.loads(answer)
    value: dict[str, Any] = data["value"]
    if data["type"] == "Unreadable":
        return Unreadable(**value)
    value["fields"] = tuple((name, text) for name, text in value["fields"])
    value["attachments"] = tuple(value["attachments"])
    value["trace"] = tuple(value["trace"])
    value["sent_at"] = datetime.fromisoformat(value["sent_at"]) if value["sent_at"] else None
    return Inquiry(**value)
