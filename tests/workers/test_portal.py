"""The portal: one loop for each process, whatever happens to its callers."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tortoise import context as tortoise_context

from workers.portal import Portal


class Fixture:
    """A portal, and what it opened and closed."""

    def __init__(self) -> None:
        self.opened: list[int] = []
        self.closed: list[str] = []
        self.failures = 0
        self.portal = Portal(self._open, self._close)

    async def _open(self) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionRefusedError("no database")
        self.opened.append(os.getpid())

    async def _close(self) -> None:
        self.closed.append(threading.current_thread().name)


@pytest.fixture
def made() -> Iterator[Fixture]:
    fixture = Fixture()
    yield fixture
    fixture.portal.stop()


async def who() -> tuple[int, str, int]:
    return os.getpid(), threading.current_thread().name, id(asyncio.get_running_loop())


def portal_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "portal"]


def test_it_runs_coroutines_on_one_loop_in_a_thread_of_its_own(made: Fixture) -> None:
    first, second = made.portal.run(who()), made.portal.run(who())
    assert first == second
    assert first[:2] == (os.getpid(), "portal")
    assert made.opened == [os.getpid()]


def test_it_passes_on_what_the_coroutine_raises(made: Fixture) -> None:
    async def broken() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        made.portal.run(broken())
    assert made.portal.run(who())[1] == "portal"


def test_callers_that_come_at_the_same_time_share_one_start(made: Fixture) -> None:
    with ThreadPoolExecutor(16) as threads:
        loops = set(threads.map(lambda _: made.portal.run(who()), range(64)))
    assert len(loops) == 1
    assert len(made.opened) == 1


class Interrupted(Exception):
    """As a task's time limit raises it: in the caller, by a signal."""


def test_whatever_interrupts_the_caller_cancels_the_coroutine(made: Fixture) -> None:
    """Else its transaction would go on, and commit what nobody waits for."""
    cancelled = threading.Event()
    began = threading.Event()

    async def long() -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    def interrupt(*_frame: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Interrupted):
            made.portal.run(long())
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert began.is_set()
    assert cancelled.wait(5)


def test_who_waits_too_long_cancels_the_coroutine(made: Fixture) -> None:
    cancelled = threading.Event()

    async def long() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    with pytest.raises(TimeoutError):
        made.portal.run(long(), timeout=0.1)
    assert cancelled.wait(5)


def in_child(act: Callable[[], object]) -> str:
    """What a forked child answers."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # a child that hangs must not hang the test
        try:
            answer = repr(act())
        except BaseException as error:
            answer = f"raised {error!r}"
        os.write(writer, answer.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def test_a_forked_child_gets_a_loop_and_connections_of_its_own(made: Fixture) -> None:
    made.portal.run(who())

    def act() -> object:
        forgotten = tortoise_context._global_context is None
        pid, thread, _ = made.portal.run(who())
        return forgotten, pid == os.getpid(), thread, len(made.opened), made.opened[-1] == os.getpid()

    assert in_child(act) == repr((True, True, "portal", 2, True))
    assert made.portal.run(who())[0] == os.getpid()
    assert made.opened == [os.getpid()]


def test_a_fork_in_the_middle_of_the_start_does_not_lock_the_child(made: Fixture) -> None:
    with made.portal._lock:
        assert in_child(lambda: made.portal.run(who())[1]) == repr("portal")


def test_a_child_does_not_close_what_its_parent_opened(made: Fixture) -> None:
    made.portal.run(who())

    def act() -> object:
        made.portal.stop()
        return made.closed

    assert in_child(act) == "[]"
    assert made.portal.run(who())[1] == "portal"


def test_a_start_that_fails_is_told_and_tried_again(made: Fixture) -> None:
    """The database may be away when the first task comes."""
    made.failures = 2
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError, match="no database"):
            made.portal.run(who())
    assert made.opened == []
    assert made.portal.run(who())[1] == "portal"
    assert len(made.opened) == 1


def test_a_start_that_fails_leaves_no_thread_behind(made: Fixture) -> None:
    before = portal_threads()
    made.failures = 1
    with pytest.raises(ConnectionRefusedError):
        made.portal.run(who())
    for thread in portal_threads():
        if thread not in before:
            thread.join(5)
    assert portal_threads() == before


def test_stopping_closes_on_the_loop_and_ends_the_thread(made: Fixture) -> None:
    before = portal_threads()
    made.portal.run(who())
    made.portal.stop()
    assert made.closed == ["portal"]
    assert portal_threads() == before
    made.portal.stop()
    assert made.closed == ["portal"]


def test_after_a_stop_it_starts_anew(made: Fixture) -> None:
    made.portal.run(who())
    made.portal.stop()
    made.portal.run(who())
    assert len(made.opened) == 2
