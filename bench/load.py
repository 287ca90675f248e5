"""The load: a process of its own that sends prepared bytes and reads as little of the answers as it can."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Self

import uvloop

_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Job:
    """So many requests to one server."""

    port: int
    requests: tuple[tuple[bytes, ...], ...]
    """What each connection sends, one after the other and from the beginning again."""
    each: int
    """How many requests each connection sends."""
    proof: bytes
    """What every answer must contain."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What a job took. All in seconds."""

    seconds: float
    latencies: list[float]
    fault: str | None = None

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds


class LoadError(Exception):
    """A server gave a wrong answer, or none, under load."""


class Load:
    """The process that loads servers, while the block runs."""

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        return self

    def __exit__(self, *_error: object) -> None:
        self._pipe.close()
        self._process.join(10)

    def run(self, job: Job) -> Timing:
        """Raises: LoadError."""
        self._pipe.send(job)
        timing: Timing = self._pipe.recv()
        if timing.fault:
            raise LoadError(timing.fault)
        return timing


def _serve(pipe: Connection) -> None:
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(uvloop.run(_run(job)))
        except Exception as error:
            pipe.send(Timing(0.0, [], f"{type(error).__name__}: {error}"))


async def _run(job: Job) -> Timing:
    loop = asyncio.get_running_loop()
    callers = [_Caller(loop, requests, job.each, job.proof) for requests in job.requests]
    for caller in callers:
        await loop.create_connection(lambda caller=caller: caller, "127.0.0.1", job.port)  # type: ignore[misc]
    began = time.perf_counter()
    for caller in callers:
        caller.send()
    async with asyncio.timeout(_TIMEOUT_SECONDS):
        await asyncio.gather(*(caller.done for caller in callers))
    seconds = time.perf_counter() - began
    return Timing(seconds, [latency for caller in callers for latency in caller.latencies])


class _Caller(asyncio.Protocol):
    """One keep-alive connection: the next request goes out when the last answer is in."""

    def __init__(self, loop: asyncio.AbstractEventLoop, requests: tuple[bytes, ...], count: int, proof: bytes) -> None:
        self.done: asyncio.Future[None] = loop.create_future()
        self.latencies: list[float] = []
        self._requests = requests
        self._left = count
        self._proof = proof
        self._answer = bytearray()
        self._whole = 0
        """Length of the answer with its head; 0: not known yet, -1: it comes in chunks."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def send(self) -> None:
        self._answer.clear()
        self._whole = 0
        self._sent = time.perf_counter()
        self._transport.write(self._requests[len(self.latencies) % len(self._requests)])

    def data_received(self, data: bytes) -> None:
        answer = self._answer
        answer += data
        if not self._whole:
            end = answer.find(b"\r\n\r\n")
            if end < 0:
                return
            length = bytes(answer[:end]).lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
            self._whole = end + 4 + int(length) if length else -1
        if len(answer) < self._whole or (self._whole < 0 and not answer.endswith(b"\r\n0\r\n\r\n")):
            return
        self.latencies.append(time.perf_counter() - self._sent)
        if not answer.startswith(b"HTTP/1.1 200 ") or self._proof not in answer or b'"errors":[' in answer:
            self._fail(f"a wrong answer: {bytes(answer[-300:])!r}")
        elif len(self.latencies) == self._left:
            self.done.set_result(None)
            self._transport.close()
        else:
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self._fail(f"the connection was cut ({error})")

    def _fail(self, why: str) -> None:
        if not self.done.done():
            self.done.set_exception(LoadError(why))
        self._transport.close()
