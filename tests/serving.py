"""The application as tests ask it: over HTTP, but without a socket."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from api.app import create_app
from schema.build import Schema, build_schema

SECRET = "the secret of the test suite, long enough"


@functools.cache
def shared_schema() -> Schema:
    """One schema for all applications of a session: building it takes longer than most tests."""
    return build_schema()


@dataclass
class RecordingDoorbell:
    """Remembers who rang instead of waking a worker."""

    rung: list[tuple[UUID, UUID]] = field(default_factory=list)

    async def ring_intake(self, *, workspace_id: UUID, message_id: UUID) -> None:
        self.rung.append((workspace_id, message_id))


class PassingDoorbell:
    """The doorbell of an application that outlives a test: rings that of the test which runs."""

    def __init__(self) -> None:
        self.here = RecordingDoorbell()

    async def ring_intake(self, *, workspace_id: UUID, message_id: UUID) -> None:
        await self.here.ring_intake(workspace_id=workspace_id, message_id=message_id)


@asynccontextmanager
async def served(
    app_url: str, doorbell: RecordingDoorbell | PassingDoorbell, **options: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """The application; it uses the session's ORM."""
    app = create_app(
        database_url=app_url, redis_url="redis://127.0.0.1:1/0", secret=SECRET, doorbell=doorbell, **options
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://anbahn.test") as client:
        yield client
    await app.state.wiring.reads.close()


@dataclass
class GraphQLClient:
    """Asks the API as one person."""

    http: httpx.AsyncClient
    key: str

    async def raw(self, query: str, **variables: Any) -> httpx.Response:
        return await self.http.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {self.key}"},
        )

    async def __call__(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data; fails on any top-level error."""
        answer = (await self.raw(query, **variables)).json()
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def errors(self, query: str, **variables: Any) -> list[dict[str, Any]]:
        """The top-level errors; fails when there is none."""
        answer = (await self.raw(query, **variables)).json()
        assert answer.get("errors"), answer
        found: list[dict[str, Any]] = answer["errors"]
        return found
