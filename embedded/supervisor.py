"""Keeps the parts of a run alive: starts them together, restarts what dies, stops all in order."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from embedded.output import Output, pump
from embedded.part import Part
from embedded.process import EmbeddedError, Launch, Process, signal_group

_POLL_SECONDS = 0.05
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0
_HEALTHY_SECONDS = 10.0
"""Who has lived that long is restarted at once; others wait longer each time."""
_ATTEMPTS = 3
"""How often a part may die before it was ever ready."""
_PIPE_SECONDS = 1.0


@dataclass(slots=True)
class _Watched:
    part: Part
    pid: int | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class _Stage:
    """What was started together."""

    watched: list[_Watched]
    in_order: bool


@dataclass(frozen=True, slots=True)
class _Running:
    """One life of a process."""

    process: Process
    launch: Launch
    exited: asyncio.Future[int]
    pumping: asyncio.Task[None] | None


class Supervisor:
    """``async with Supervisor(output, changed) as supervisor``: at the end of the block nothing of it runs any more.

    ``changed`` is called whenever a part has started or died. The first SIGINT, SIGTERM or SIGHUP cancels the block,
    the next one kills. Must live in the main thread, whose children die with it.
    """

    def __init__(self, output: Output, changed: Callable[[], None] = lambda: None) -> None:
        self._output = output
        self._changed = changed
        self._stages: list[_Stage] = []
        self._running: dict[Process, _Running] = {}
        self._signals = 0
        self._block: asyncio.Task[object] | None = None

    async def __aenter__(self) -> Self:
        self._block = asyncio.current_task()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number is signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays in force
                loop.add_signal_handler(number, self._on_signal)
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._stop_all()

    @property
    def interrupted(self) -> bool:
        """Whether somebody asked the run to stop."""
        return self._signals > 0

    def pids(self) -> dict[str, int | None]:
        """The process of each part, by its name; None while it is down."""
        return {watched.part.name: watched.pid for stage in self._stages for watched in stage.watched}

    async def start(self, parts: Sequence[Part], seconds: float, *, in_order: bool = False) -> None:
        """Start parts side by side and wait until all are ready; from then on they are restarted when they die.

        What was started last stops first; ``in_order``: so it is among these parts, else they stop side by side.
        Raises: EmbeddedError, naming who does not start or is not ready in time.
        """
        started = [_Watched(part) for part in parts]
        self._stages.append(_Stage(started, in_order))
        for watched in started:
            watched.task = asyncio.create_task(self._keep(watched))
        ready = [asyncio.create_task(watched.ready.wait()) for watched in started]
        keeping = [watched.task for watched in started if watched.task]
        try:
            await _all_or_first_error(ready, keeping, seconds)
        except TimeoutError:
            late = ", ".join(watched.part.name for watched in started if not watched.ready.is_set())
            raise EmbeddedError(f"not ready within {seconds:.0f} s: {late}") from None
        finally:
            for task in ready:
                task.cancel()

    async def watch(self) -> None:
        """Wait until the block is cancelled."""
        tasks = [watched.task for stage in self._stages for watched in stage.watched if watched.task]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:  # keeping a part ends only with a fault of ours
            task.result()

    async def once(self, launch: Launch, write: Callable[[str], None]) -> int:
        """Run a command to its end; returns its exit code. It is stopped when the block is cancelled."""
        running = self._spawn(launch, write)
        try:
            return await asyncio.shield(running.exited)
        finally:
            await self._end(running)

    async def _keep(self, watched: _Watched) -> None:
        """Run a part, again and again, until it shall stop.

        Raises: EmbeddedError when it never gets ready; afterwards nothing is a reason to give up.
        """
        pause, part, attempts = _SHORTEST_PAUSE, watched.part, 0
        while not watched.stopping.is_set():
            began = time.monotonic()
            try:
                told = f"stopped ({_described(await self._run(watched))})"
            except EmbeddedError as error:
                if not watched.ready.is_set():
                    raise
                told = str(error)
            if watched.stopping.is_set():
                return
            attempts += 1
            if not watched.ready.is_set() and attempts >= _ATTEMPTS:
                raise EmbeddedError(part.last_words())
            pause = _SHORTEST_PAUSE if time.monotonic() - began > _HEALTHY_SECONDS else pause
            self._output.line(part.name, f"{told}, starts again in {pause:g} s")
            with suppress(TimeoutError):
                await asyncio.wait_for(watched.stopping.wait(), pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _run(self, watched: _Watched) -> int:
        """One life of a part; returns its exit code."""
        part = watched.part

        def hear(line: str) -> None:
            part.hear(line)
            self._output.line(part.name, line)

        await asyncio.to_thread(part.prepare)
        if watched.stopping.is_set():
            return 0
        running = self._spawn(part.launch(), hear)
        watched.pid = running.process.pid
        self._changed()
        asking = asyncio.create_task(self._ask(watched, running.process.pid))
        stopping = asyncio.create_task(watched.stopping.wait())
        try:
            either: list[asyncio.Future[Any]] = [running.exited, stopping]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asking.cancel()
            stopping.cancel()
            code = await self._end(running)
            watched.pid = None
            self._changed()
        return code

    async def _ask(self, watched: _Watched, pid: int) -> None:
        while not await asyncio.to_thread(watched.part.confirm, pid):  # noqa: ASYNC110
            await asyncio.sleep(_POLL_SECONDS)
        watched.ready.set()

    def _spawn(self, launch: Launch, write: Callable[[str], None]) -> _Running:
        process = launch.spawn()
        pumping = asyncio.create_task(pump(process.stdout, write)) if process.stdout else None
        running = _Running(process, launch, asyncio.get_running_loop().create_future(), pumping)
        self._running[process] = running
        return running

    def _reap(self) -> None:
        for running in list(self._running.values()):
            code = running.process.poll()
            if code is not None:
                del self._running[running.process]
                running.exited.set_result(code)

    async def _end(self, running: _Running) -> int:
        """Stop a process, asked first, killed when it does not listen; whoever is left of its session goes as well."""
        patience = ((running.launch.stop, 10.0), (running.launch.kill, 5.0), (signal.SIGKILL, None))
        for number, seconds in patience[1:] if self._signals > 1 else patience:
            if not running.exited.done():
                running.process.send_signal(number)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(running.exited), seconds)
                break
        signal_group(running.process, signal.SIGKILL)
        if running.pumping:
            with suppress(TimeoutError):  # a grandchild in a session of its own may keep the pipe open
                await asyncio.wait_for(running.pumping, _PIPE_SECONDS)
        return running.exited.result()

    async def _stop_all(self) -> None:
        for stage in reversed(self._stages):
            if stage.in_order:
                for watched in reversed(stage.watched):
                    await self._stop(watched)
            else:
                await asyncio.gather(*map(self._stop, stage.watched))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)

    async def _stop(self, watched: _Watched) -> None:
        watched.stopping.set()
        if watched.task:
            await asyncio.wait([watched.task])
            error = watched.task.exception()
            if error and not isinstance(error, EmbeddedError):  # that one start() has told
                self._output.line(watched.part.name, f"{type(error).__name__}: {error}")

    def _on_signal(self) -> None:
        self._signals += 1
        if self._signals == 1:
            self._output.say("anbahn: stopping (once more: kill)")
            if self._block:
                self._block.cancel()
            return
        for running in self._running.values():
            running.process.send_signal(running.launch.kill)


async def _all_or_first_error(
    wanted: Sequence[asyncio.Task[bool]], keeping: Sequence[asyncio.Task[None]], seconds: float
) -> None:
    """Wait for all that is wanted; whoever keeps a part ends early only with an error, which is passed on."""
    async with asyncio.timeout(seconds):
        while not all(task.done() for task in wanted):
            open_: list[asyncio.Future[Any]] = [task for task in (*wanted, *keeping) if not task.done()]
            await asyncio.wait(open_, return_when=asyncio.FIRST_COMPLETED)
            for task in keeping:
                if task.done():
                    task.result()


def _described(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"
