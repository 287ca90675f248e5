"""The four ways to an answer, all of them through the view that serves the API, and what makes two answers equal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson
from starlette.requests import Request as HttpRequest
from strawberry.schema.exceptions import CannotGetOperationTypeError

from api.answers import write
from api.graphql import GraphQLView
from api.graphql_request import GraphQLRequest
from crm.accounts.facts import Role
from crm.intake.secrets import SecretBox
from crm.reads import ReadPool
from schema.build import Schema
from schema.context import Context
from schema.cursors import CursorSigner
from schema.reads.plan import Unproved
from schema.reads.runner import Mode, Reads
from tests.conftest import NOW, SECRET
from tests.schema.law.facts import Facts
from tests.schema.law.filling import FOREIGN
from tests.schema.law.oracle import OracleContext
from tests.schema.law.world import World

MODES: tuple[Mode, ...] = ("stock", "spliced", "compiled")
INTERNAL = (b'"INTERNAL"', b'"UNAVAILABLE"')


@dataclass(frozen=True)
class Request:
    """What a client sends, and as whom."""

    query: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    role: Role = Role.OWNER

    def __str__(self) -> str:
        lines = [self.query, f"variables: {self.variables}", f"operation: {self.operation_name}", f"as: {self.role}"]
        return "\n".join(lines)


class CountingReads(Reads):
    """Counts the requests that were answered by one plan as a whole."""

    asked = 0
    answered = 0

    async def answer(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        data = await super().answer(*args, **kwargs)
        self.asked += 1
        self.answered += data is not None
        return data


class Ways:
    """Asks the same request in each way.

    Compiled reads run as the role that owns the tables, whom no row-level security stops: what keeps workspaces apart
    here is the compiler alone.
    """

    def __init__(self, schema: Schema, world: World, pool: ReadPool) -> None:
        self.world = world
        self.reads: dict[str, CountingReads] = {mode: CountingReads(schema.types, pool, mode) for mode in MODES}
        for reads in self.reads.values():
            reads.documents = self.reads["stock"].documents  # to parse each document once
        self._facts = Facts(world.rows)
        self._view = GraphQLView(schema)
        self._box, self._cursors = SecretBox(SECRET), CursorSigner(SECRET)

    async def oracle(self, request: Request) -> bytes:
        """The answer as it must be."""
        make = partial(OracleContext, facts=self._facts, given=request.variables)
        return await self._answer(request, make, self.reads["stock"])

    async def answer(self, mode: str, request: Request) -> bytes:
        """The answer in one way."""
        return await self._answer(request, Context, self.reads[mode])

    async def believed(self, request: Request, key_hash: bytes) -> bytes | None:
        """The answer where the key is proved by the read itself; None where it cannot be, or where the key is wrong."""
        reads = self.reads["compiled"]
        operation = reads.documents.of_text(request.query).operation(request.operation_name)
        if operation is None or not operation.is_query:
            return None
        try:
            data = await reads.answer(operation, _sent(request), self._context(request, Context, reads), key_hash)
        except Unproved:
            return None
        return None if data is None else write({"data": data})

    async def _answer(self, request: Request, make: Callable[..., Context], reads: Reads) -> bytes:
        http = HttpRequest({"type": "http", "method": "POST", "headers": []})
        asked = GraphQLRequest(request.query, _sent(request), request.operation_name, None)
        try:
            answer: Any = await self._view._answer(http, asked, self._context(request, make, reads))
        except CannotGetOperationTypeError as error:  # the view answers 400
            return write({"errors": [{"message": error.as_http_error_reason()}]})
        return bytes(answer.body)

    def _context(self, request: Request, make: Callable[..., Context], reads: Reads) -> Context:
        return make(
            actor=self.world.actors[request.role],
            now=NOW,
            cursors=self._cursors,
            box=self._box,
            find_base_url=lambda: "https://law.test",
            reads=reads,
        )


def _sent(request: Request) -> dict[str, Any]:
    """The variables as they come out of JSON."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(request.variables))
    return found


def difference(oracle: bytes, other: bytes) -> str | None:
    """What is wrong with an answer; None when it is right. Equal means: the same JSON with its keys in the same order,
    and nothing of the other workspace, nor any fault of ours, in it."""
    if FOREIGN.encode() in other:
        return "it shows the other workspace"
    if any(code in other for code in INTERNAL):
        return f"it failed: {other.decode()[:2000]}"
    if oracle == other:
        return None
    one, two = _in_order(orjson.loads(oracle)), _in_order(orjson.loads(other))
    return None if orjson.dumps(one) == orjson.dumps(two) else _first_difference(one, two, "")


def _in_order(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with its errors by their paths: which of several comes first depends on which field is ready first."""
    if "errors" in answer:
        answer["errors"].sort(key=orjson.dumps)
    return answer


def _first_difference(one: Any, other: Any, path: str) -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        if list(one) != list(other):
            return f"{path}: keys {list(one)} != {list(other)}"
        pairs = [(key, one[key], other[key]) for key in one]
    elif isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{path}: {len(one)} entries != {len(other)}: {str(one)[:600]} != {str(other)[:600]}"
        pairs = [(str(index), *both) for index, both in enumerate(zip(one, other, strict=True))]
    else:
        return f"{path}: {one!r} != {other!r}"
    for name, mine, theirs in pairs:
        if mine != theirs or (isinstance(mine, dict | list) and orjson.dumps(mine) != orjson.dumps(theirs)):
            return _first_difference(mine, theirs, f"{path}.{name}")
    return f"{path}: written differently"
