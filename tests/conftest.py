"""Real servers for every test, and the standing cast.

One database serves the whole session: each test opens workspaces of its own, and row-level security keeps them apart.
Mallory owns another workspace than the one of Alice and her people (tests/company.py).
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio

from api.main import calm_the_collector
from crm import db
from crm.engine import bound
from crm.migrate import prepare_database
from embedded.postgres import Postgres
from tests.company import NOW, TABLES, Company, open_company
from tests.places import new_place, place
from tests.serving import SECRET as SECRET
from tests.serving import GraphQLClient, PassingDoorbell, RecordingDoorbell, served, shared_schema

APP_PASSWORD = "the-password-of-the-application-role"


_SERVER = pytest.StashKey[Postgres]()


def pytest_configure_node(node: Any) -> None:
    """One PostgreSQL server for all of xdist's workers, started by the process that directs them."""
    stash = node.config.stash
    if _SERVER not in stash:
        stash[_SERVER] = Postgres(new_place(), fast=True).start()
    node.workerinput["superuser_url"] = stash[_SERVER].superuser_url
    node.workerinput["owner_url"] = stash[_SERVER].url


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that the workers end together."""
    order = ("e2e", "deploy", "cli", "embedded")
    items.sort(
        key=lambda item: next((i for i, room in enumerate(order) if f"tests/{room}/" in item.nodeid), len(order))
    )


def pytest_collection_finish() -> None:
    """As the process of the API does: what all tests share is not looked through again and again."""
    calm_the_collector()


def pytest_unconfigure(config: pytest.Config) -> None:
    server = config.stash.get(_SERVER, None)
    if server is not None:
        server.stop()
        shutil.rmtree(server.state, ignore_errors=True)


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server: as its superuser, and as the role that owns the product's databases."""

    superuser_url: str
    owner_url: str

    def as_superuser(self, database: str) -> str:
        return urlunsplit(urlsplit(self.superuser_url)._replace(path=f"/{database}"))

    def as_app(self, database: str) -> str:
        parts = urlsplit(self.superuser_url)
        netloc = f"anbahn_app:{APP_PASSWORD}@{parts.hostname}:{parts.port}"
        return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}"))


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A PostgreSQL server of our own."""
    workerinput = getattr(request.config, "workerinput", None)
    if workerinput is not None:
        yield Server(workerinput["superuser_url"], workerinput["owner_url"])
        return
    with place() as state, Postgres(state, fast=True) as server:
        yield Server(server.superuser_url, server.url)


@dataclass(frozen=True)
class Database:
    """A migrated database: as the server's superuser, its owner and the application see it."""

    superuser_url: str
    owner_url: str
    app_url: str


@pytest_asyncio.fixture(scope="session")
async def database(postgres: Server, worker_id: str) -> Database:
    """The session's database (each of xdist's workers has its own), migrated as its owner."""
    name = f"tests_{worker_id}"
    connection = await asyncpg.connect(postgres.superuser_url)
    await connection.execute(f"CREATE DATABASE {name} OWNER anbahn_owner")
    await connection.close()
    owner_url = urlunsplit(urlsplit(postgres.owner_url)._replace(path=f"/{name}"))
    await prepare_database(owner_url, APP_PASSWORD)
    return Database(postgres.as_superuser(name), owner_url, postgres.as_app(name))


@pytest_asyncio.fixture(scope="session")
async def orm(database: Database) -> AsyncIterator[None]:
    """The ORM, logged in as the application's role."""
    async with db.connected(database.app_url, minimum=2, maximum=20):
        yield


@pytest_asyncio.fixture
async def owner_connection(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection past all walls, for looking at the catalog and at every workspace."""
    connection = await asyncpg.connect(database.owner_url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def company(orm: None) -> AsyncIterator[Company]:
    """The workspace that a test is about; reads inside the test are bound to it."""
    made = await open_company()
    with bound(made.alice.workspace_id):
        yield made


@pytest_asyncio.fixture
async def other(orm: None) -> Company:
    """Mallory's workspace (she is its ``alice``)."""
    return await open_company("Mallory & Co")


@pytest.fixture
def doorbell() -> RecordingDoorbell:
    return RecordingDoorbell()


@pytest.fixture(scope="session", autouse=True)
def one_schema() -> Iterator[None]:
    """Whatever application is made in this session has the same schema."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.app.build_schema", shared_schema)
        yield


@pytest_asyncio.fixture(scope="session")
async def application(
    database: Database, orm: None, one_schema: None
) -> AsyncIterator[tuple[httpx.AsyncClient, PassingDoorbell]]:
    """The application as it runs: one for the session, which has its documents and plans at hand as a server has."""
    passing = PassingDoorbell()
    async with served(database.app_url, passing) as client:
        yield client, passing


@pytest.fixture
def http(application: tuple[httpx.AsyncClient, PassingDoorbell], doorbell: RecordingDoorbell) -> httpx.AsyncClient:
    """The session's application, which rings this test's doorbell."""
    client, passing = application
    passing.here = doorbell
    return client


@pytest_asyncio.fixture
async def new_application(
    database: Database, orm: None, doorbell: RecordingDoorbell
) -> AsyncIterator[httpx.AsyncClient]:
    """An application that has answered nothing yet: for tests of what it keeps, or that change how it works."""
    async with served(database.app_url, doorbell) as client:
        yield client


@pytest.fixture
def alice(http: httpx.AsyncClient, company: Company) -> GraphQLClient:
    return GraphQLClient(http, company.keys["alice"])


@pytest_asyncio.fixture
async def stock(
    database: Database, orm: None, doorbell: RecordingDoorbell, company: Company
) -> AsyncIterator[GraphQLClient]:
    """Alice, asking an application that answers by plain resolvers only."""
    async with served(database.app_url, doorbell, reads_mode="stock") as client:
        yield GraphQLClient(client, company.keys["alice"])


@pytest.fixture
def bob(http: httpx.AsyncClient, company: Company) -> GraphQLClient:
    return GraphQLClient(http, company.keys["bob"])


@pytest.fixture
def carol(http: httpx.AsyncClient, company: Company) -> GraphQLClient:
    return GraphQLClient(http, company.keys["carol"])


@pytest.fixture
def mallory(http: httpx.AsyncClient, other: Company) -> GraphQLClient:
    return GraphQLClient(http, other.keys["alice"])


Unchanged = Callable[[], AbstractAsyncContextManager[None]]


async def dump(connection: asyncpg.Connection, workspace_id: UUID) -> dict[str, list[str]]:
    """Every row of a workspace, by table."""
    tables = await connection.fetch(TABLES)
    assert len(tables) > 10
    union = " UNION ALL ".join(
        f"SELECT '{table['name']}' AS name, to_jsonb(t)::text AS row FROM {table['name']} t WHERE workspace_id = $1"  # noqa: S608
        for table in tables
    )
    found: dict[str, list[str]] = {table["name"]: [] for table in tables}
    for record in await connection.fetch(f"{union} ORDER BY 1, 2", workspace_id):
        found[record["name"]].append(record["row"])
    return found


@pytest_asyncio.fixture(scope="session")
async def overseer(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """A connection past all walls that only looks, and knows its statements already."""
    connection = await asyncpg.connect(database.owner_url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def unchanged(company: Company, overseer: asyncpg.Connection) -> AsyncIterator[Unchanged]:
    """``async with unchanged():`` fails when any row of the workspace is not as it was before."""

    @asynccontextmanager
    async def block() -> AsyncIterator[None]:
        before = await dump(overseer, company.alice.workspace_id)
        assert before["member"]
        yield
        assert await dump(overseer, company.alice.workspace_id) == before

    yield block


def later(seconds: float) -> datetime:
    """A moment after NOW."""
    return NOW + timedelta(seconds=seconds)
