"""The floor answers what our API answers: else the benchmark would compare two different things."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from bench.agreement import differences
from bench.floor.app import create_app
from bench.screens import MOVE, SCREENS, Screen, Variables
from tests.bench.conftest import Filled
from tests.conftest import SECRET, Database, GraphQLClient

READS = [screen for screen in SCREENS.values() if screen is not MOVE]


class Floor:
    """Asks the floor as one person."""

    def __init__(self, http: httpx.AsyncClient, key: str) -> None:
        self.http = http
        self.headers = {"Authorization": f"Bearer {key}"}

    async def __call__(self, screen: Screen, variables: Variables) -> Any:
        answer = await self.http.post(f"/{screen.name}", json=variables, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]


@pytest_asyncio.fixture
async def floor(database: Database, filled: Filled) -> AsyncIterator[Floor]:
    app = create_app(database.app_url, SECRET, size=2, tuned=False)
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://floor.test") as client,
    ):
        yield Floor(client, filled.company.keys["alice"])


@pytest.fixture
def ours(http: httpx.AsyncClient, filled: Filled) -> GraphQLClient:
    return GraphQLClient(http, filled.company.keys["alice"])


@pytest.mark.parametrize("screen", READS, ids=lambda screen: screen.name)
async def test_a_screen_is_the_same(screen: Screen, floor: Floor, ours: GraphQLClient, filled: Filled) -> None:
    for variables in filled.about.variables(screen)[:5]:
        expected = await ours(screen.operation, **variables)
        assert list(differences(await floor(screen, variables), expected)) == []


async def test_pages_end_alike(floor: Floor, ours: GraphQLClient) -> None:
    """A page that holds the whole list, one that is exactly full, and an empty one."""
    for size in (0, 1, 100):
        expected = await ours(SCREENS["board"].operation, first=size)
        assert list(differences(await floor(SCREENS["board"], {"first": size}), expected)) == []


async def test_what_is_not_there_is_not_there(floor: Floor, ours: GraphQLClient) -> None:
    nobody = {"id": "Deal_" + "0" * 32}
    assert await floor(SCREENS["point"], nobody) == await ours(SCREENS["point"].operation, **nobody)
    assert await floor(SCREENS["timeline"], {**nobody, "first": 5}) == {"node": None}


async def test_a_move_answers_the_same(floor: Floor, ours: GraphQLClient, filled: Filled) -> None:
    there, back = filled.about.variables(MOVE)[:2]
    first = [await ours(MOVE.operation, **there), await ours(MOVE.operation, **back)]
    second = [await floor(MOVE, there), await floor(MOVE, back)]
    for answer in second:
        answer["moveDeal"]["deal"]["version"] -= 2
    assert list(differences(second, first)) == []


async def test_a_wrong_key_opens_nothing(floor: Floor) -> None:
    answer = await floor.http.post("/board", json={"first": 1}, headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
