"""The whole product as an operator starts it, its processes for killing, and a ledger that is kept apart from it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from embedded.process import fresh_port, is_alive
from tests.places import new_place

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 60.0
STOP_SECONDS = 40.0
PAGE = 100
DONE = {"PROCESSED", "IGNORED", "QUARANTINED"}


class Product:
    """One run of ``anbahn run`` with a state directory and a port of its own."""

    def __init__(self) -> None:
        self.home = new_place()
        self.state = self.home / "state"
        self.port = fresh_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = self.home / "run.log"
        ours = ("ANBAHN_", "DATABASE_URL", "REDIS_URL", "HOST", "PORT")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "run"],
                cwd=ROOT,
                env={
                    **kept,
                    "ANBAHN_STATE": str(self.state),
                    "ANBAHN_DEMO": "0",
                    "ANBAHN_SWEEP_SECONDS": "0.5",
                    "PORT": str(self.port),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while "Anbahn is ready" not in self.text:
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)

    @property
    def text(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def admin_key(self) -> str:
        return (self.state / "admin.key").read_text().strip()

    @property
    def broker_url(self) -> str:
        return str(self._parts()["valkey"]["url"])

    def pid(self, part: str) -> int | None:
        """The process of a part; None while it is down."""
        found: int | None = self._parts()[part]["pid"]
        return found

    def workers_children(self) -> list[int]:
        """The processes in which tasks run."""
        worker = self.pid("worker")
        return [] if worker is None else _children(worker)

    def parsers(self) -> list[int]:
        """The processes in which messages are read."""
        return [parser for child in self.workers_children() for parser in _children(child)]

    def send(self, pid: int | None, number: signal.Signals = signal.SIGKILL) -> bool:
        """Send a signal to a process of this run, and to no other; whether it was there."""
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            try:
                if self.process.pid in _ancestors(pid):  # asked after opening: the number cannot change hands now
                    signal.pidfd_send_signal(descriptor, number)
                    return True
            finally:
                os.close(descriptor)
        return False

    def stop(self) -> list[int]:
        """Stop as Ctrl-C does; the processes that are left although none should be."""
        everybody = _descendants(self.process.pid)
        self.process.send_signal(signal.SIGINT)
        try:
            code = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        assert code == 0, self.text[-4000:]
        deadline = time.monotonic() + 5
        while (left := [pid for pid in everybody if _runs(pid)]) and time.monotonic() < deadline:
            time.sleep(0.05)
        return left

    def remove(self) -> None:
        shutil.rmtree(self.home)

    def _parts(self) -> dict[str, Any]:
        parts: dict[str, Any] = json.loads((self.state / "run.json").read_bytes())
        return parts


def started() -> Iterator[Product]:
    """A run for a fixture; at its end nothing of it is left."""
    product = Product()
    try:
        product.until_ready()
        yield product
    finally:
        left = product.stop()
        keep = os.environ.get("ANBAHN_KEEP_LOG")
        if keep:
            shutil.copy(product.log, keep)
        product.remove()
    assert left == []


@dataclass
class Message:
    """What a stranger sends, and every answer that was given to it."""

    token: str
    """Stands in the subject, and so in the title of the lead: it finds the lead whatever ids were answered."""
    path: str
    body: bytes
    headers: dict[str, str]
    stored: list[tuple[str, bool]] = field(default_factory=list)
    """(id, duplicate) of each 202."""


@dataclass
class Ledger:
    """Sends messages and writes down what was answered; knows nothing of how the product keeps them."""

    http: httpx.AsyncClient
    key: str
    form_path: str
    mail_path: str
    mail_secret: str
    messages: list[Message] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    """How long each answer took; a connection that was cut gives none."""
    slowest: dict[str, float] = field(default_factory=dict)
    """The slowest answer of each status."""
    without_retry_after: int = 0

    @classmethod
    async def open(cls, http: httpx.AsyncClient, key: str) -> Ledger:
        query = "{ channels { kind ingressUrl secret } }"
        channels = {c["kind"]: c for c in (await ask(http, key, query))["channels"]}
        return cls(
            http,
            key,
            httpx.URL(channels["FORM"]["ingressUrl"]).path,
            httpx.URL(channels["MAIL"]["ingressUrl"]).path,
            channels["MAIL"]["secret"],
        )

    def form(self, *, key: bool = False) -> Message:
        token = self._token("form")
        fields = {"name": f"Anna {token}", "email": f"{token}@{token}.example", "subject": token, "message": "Pumps"}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if key:
            headers["Idempotency-Key"] = token
        return self._noted(Message(token, self.form_path, urlencode(fields).encode(), headers))

    def mail(self) -> Message:
        token = self._token("mail")
        lines = (
            f"From: Anna <{token}@{token}.example>",
            f"Subject: {token}",
            f"Message-ID: <{token}@mail.example>",
            "Date: Mon, 2 Mar 2026 09:00:00 +0000",
            "",
            "Three pumps, please.",
        )
        headers = {"Content-Type": "message/rfc822", "Authorization": f"Bearer {self.mail_secret}"}
        return self._noted(Message(token, self.mail_path, "\r\n".join(lines).encode(), headers))

    async def deliver(self, message: Message) -> bool:
        """Deliver once; whether it was answered with 202."""
        began = time.monotonic()
        try:
            answer = await self.http.post(message.path, content=message.body, headers=message.headers)
        except httpx.TransportError:
            self.statuses["cut"] += 1
            return False
        took, status = time.monotonic() - began, str(answer.status_code)
        self.seconds.append(took)
        self.slowest[status] = max(took, self.slowest.get(status, 0.0))
        self.statuses[status] += 1
        if answer.status_code == 202:
            stored = answer.json()
            message.stored.append((stored["id"], stored["duplicate"]))
            return True
        if answer.status_code == 503 and not answer.headers.get("retry-after", "").isdigit():
            self.without_retry_after += 1
        return False

    async def deliver_until_stored(self, message: Message, *, seconds: float = 60.0) -> None:
        """As a sender does that comes again, only less patient."""
        deadline = time.monotonic() + seconds
        while not await self.deliver(message):
            assert time.monotonic() < deadline, f"{message.token} could not be delivered: {self.statuses}"
            await asyncio.sleep(random.uniform(0.1, 0.5))

    async def deliver_all(
        self, messages: list[Message], *, copies: tuple[int, int] = (2, 4), pace: float = 0.0, at_once: int = 24
    ) -> None:
        """Each several times, the copies at the same moment; a new message every ``pace`` seconds."""
        gate = asyncio.Semaphore(at_once)

        async def one(message: Message) -> None:
            async with gate:
                await self.deliver_until_stored(message)

        async with asyncio.TaskGroup() as group:
            for message in messages:
                for _ in range(random.randint(*copies)):
                    group.create_task(one(message))
                await asyncio.sleep(pace)

    async def settled(self, *, seconds: float) -> dict[str, dict[str, Any]]:
        """Every inbound message by its id, once none is open any more."""
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(httpx.TransportError, Unanswered):
                found, still_open = await self._until_first_open()
                if still_open is None:
                    return found
                assert time.monotonic() < deadline, f"messages are still open, such as {still_open}"
            assert time.monotonic() < deadline, "the API does not answer"
            await asyncio.sleep(0.25)

    async def _until_first_open(self) -> tuple[dict[str, dict[str, Any]], dict[str, Any] | None]:
        """The messages up to the first open one: to ask for all each time would keep the machine from its work."""
        found: dict[str, dict[str, Any]] = {}
        async for page in self._pages("inboundMessages", _INBOUND):
            for message in page:
                if message["state"] not in DONE:
                    return found, message
                found[message["id"]] = message
        return found, None

    async def leads(self) -> Counter[str]:
        """How many leads there are by each title."""
        return Counter([lead["title"] async for page in self._pages("leads", "title") for lead in page])

    async def nothing_is_lost_or_doubled(self, *, every_answer_arrived: bool, seconds: float = 45.0) -> Counter[str]:
        """Hold the product against this ledger: its messages, no more and no less, each with one lead.

        Answers how many ended in which state. ``every_answer_arrived``: no answer was cut off after its commit, so
        that exactly one of them said that the message is new.
        """
        found = await self.settled(seconds=seconds)
        leads = await self.leads()
        states: Counter[str] = Counter()
        ids = set()
        for message in self.messages:
            assert message.stored, f"{message.token} was never answered with 202"
            answered = {id for id, _ in message.stored}
            assert len(answered) == 1, f"{message.token} got several ids: {message.stored}"
            new = sum(not duplicate for _, duplicate in message.stored)
            assert new == 1 if every_answer_arrived else new <= 1, f"{message.token} was new {new} times"
            id = answered.pop()
            assert id in found, f"{message.token} was answered with 202, and is lost"
            row = found[id]
            states[row["state"]] += 1
            if row["state"] == "QUARANTINED":
                assert row["reason"], row
                assert row["lead"] is None, row
                assert leads[message.token] == 0, (
                    f"{message.token} is quarantined, and has {leads[message.token]} leads"
                )
            else:
                assert row["state"] == "PROCESSED", row
                assert row["lead"]["title"] == message.token
                assert leads[message.token] == 1, f"{message.token} has {leads[message.token]} leads"
            ids.add(id)
        assert ids == set(found), f"{len(set(found) - ids)} messages were stored that nobody sent"
        assert sum(leads.values()) == states["PROCESSED"]
        return states

    def _token(self, kind: str) -> str:
        return f"{kind}-{len(self.messages)}-{random.randbytes(4).hex()}"

    def _noted(self, message: Message) -> Message:
        self.messages.append(message)
        return message

    async def _pages(self, connection: str, selection: str) -> AsyncIterator[list[dict[str, Any]]]:
        query = (
            f"query ($after: String) {{ page: {connection}(first: {PAGE}, after: $after)"
            f" {{ nodes {{ {selection} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        )
        after, more = None, True
        while more:
            page = (await ask(self.http, self.key, query, after=after))["page"]
            yield page["nodes"]
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]


_INBOUND = "id state reason attempts deliveries trace lead { title }"


class Unanswered(Exception):
    """The API could not answer at the moment."""


async def ask(http: httpx.AsyncClient, key: str, query: str, **variables: Any) -> dict[str, Any]:
    """What GraphQL answers.

    Raises: Unanswered, httpx.TransportError.
    """
    answer = await http.post(
        "/graphql", json={"query": query, "variables": variables}, headers={"Authorization": f"Bearer {key}"}
    )
    if answer.status_code != 200:
        raise Unanswered(answer.text)
    result = answer.json()
    if "errors" in result:
        raise Unanswered(str(result["errors"]))
    data: dict[str, Any] = result["data"]
    return data


async def until(condition: Callable[[], object | Awaitable[object]], seconds: float = 30.0) -> None:
    """Wait for a condition; fails when it does not come true in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if await answer if isinstance(answer, Awaitable) else answer:
            return
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.05)


def _stat(pid: int) -> tuple[str, int] | None:
    """(state, parent) of a process."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[0], int(fields[1])


def _children(pid: int) -> list[int]:
    everybody = (int(entry) for entry in os.listdir("/proc") if entry.isdigit())
    return sorted(other for other in everybody if (stat := _stat(other)) and stat[1] == pid and stat[0] != "Z")


def _descendants(pid: int) -> list[int]:
    children = _children(pid)
    return [pid, *children, *(below for child in children for below in _descendants(child)[1:])]


def _ancestors(pid: int) -> list[int]:
    found = []
    while pid > 1 and (stat := _stat(pid)):
        pid = stat[1]
        found.append(pid)
    return found


def _runs(pid: int) -> bool:
    stat = _stat(pid)
    return is_alive(pid) and stat is not None and stat[0] != "Z"
