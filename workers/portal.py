"""One event loop in a thread of its own for each worker process, through which tasks call asynchronous code.

Celery 5.7 has no asyncio pool, and ``asyncio.run`` for each task would open a database connection each time.
The loop is made when first needed and forgotten at a fork: a pool's child must not touch its parent's connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from tortoise import context as tortoise_context

log = logging.getLogger("anbahn.workers")

T = TypeVar("T")
START_TIMEOUT_SECONDS = 30.0
STOP_TIMEOUT_SECONDS = 10.0


class Portal:
    """Runs coroutines from synchronous code on the process's own loop; safe under prefork, threads and solo pools."""

    def __init__(self, startup: Callable[[], Awaitable[None]], shutdown: Callable[[], Awaitable[None]]) -> None:
        self._startup = startup
        self._shutdown = shutdown
        self._lock = threading.Lock()
        self._pid: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        os.register_at_fork(after_in_child=self._forked)

    def run(self, coroutine: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """The coroutine's result. Whatever interrupts the caller cancels the coroutine: its transaction rolls back."""
        try:
            loop = self._running_loop()
        except BaseException:
            coroutine.close()
            raise
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise

    def stop(self) -> None:
        """Close what ``startup`` opened, and end the loop."""
        if self._pid != os.getpid() or self._loop is None or self._thread is None:
            return
        loop, thread = self._loop, self._thread
        self._pid = self._loop = self._thread = None
        try:
            asyncio.run_coroutine_threadsafe(_call(self._shutdown), loop).result(STOP_TIMEOUT_SECONDS)
        except Exception:
            log.exception("closing the event loop's connections failed")
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STOP_TIMEOUT_SECONDS)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        if self._pid == os.getpid() and self._loop is not None:
            return self._loop
        with self._lock:
            if self._pid != os.getpid() or self._loop is None:
                loop = asyncio.new_event_loop()
                thread = threading.Thread(target=_serve, args=(loop,), name="portal", daemon=True)
                thread.start()
                try:
                    asyncio.run_coroutine_threadsafe(_call(self._startup), loop).result(START_TIMEOUT_SECONDS)
                except BaseException:
                    loop.call_soon_threadsafe(loop.stop)
                    raise
                self._loop, self._thread, self._pid = loop, thread, os.getpid()
            return self._loop

    def _forked(self) -> None:
        # A context made before the fork holds the parent's sockets.
        tortoise_context._global_context = None
        self._lock = threading.Lock()
        self._pid = self._loop = self._thread = None


async def _call(function: Callable[[], Awaitable[None]]) -> None:
    await function()


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        with contextlib.suppress(Exception):
            loop.close()
