"""Real servers for every test, and the standing cast.

One database serves the whole session: each test opens workspaces of its own, and row-level security keeps them apart.
Alice owns, Ada administrates, Bob is a member, Carol views; Mallory owns another workspace.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import asyncpg
import httpx
import pytest
import pytest_asyncio

from api.app import create_app
from crm import db
from crm.accounts.facts import Actor, Role
from crm.accounts.models import ApiKey, Member
from crm.doors import hashed
from crm.engine import bound
from crm.ids import new_id
from crm.intake.facts import ChannelKind
from crm.intake.models import Channel
from crm.intake.secrets import SecretBox
from crm.migrate import prepare_database
from crm.onboarding.operations import open_workspace
from crm.pipelines.models import Stage
from embedded.postgres import Postgres

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "the secret of the test suite, long enough"
APP_PASSWORD = "the-password-of-the-application-role"


_SERVER = pytest.StashKey[Postgres]()


def pytest_configure_node(node: Any) -> None:
    """One PostgreSQL server for all of xdist's workers, started by the process that directs them."""
    stash = node.config.stash
    if _SERVER not in stash:
        stash[_SERVER] = Postgres(Path(tempfile.mkdtemp(prefix="anbahn-tests-")), fast=True).start()
    node.workerinput["superuser_url"] = stash[_SERVER].superuser_url
    node.workerinput["owner_url"] = stash[_SERVER].url


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that the workers end together."""
    order = ("e2e", "deploy", "cli", "embedded")
    items.sort(
        key=lambda item: next((i for i, room in enumerate(order) if f"tests/{room}/" in item.nodeid), len(order))
    )


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
def postgres(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A PostgreSQL server of our own."""
    workerinput = getattr(request.config, "workerinput", None)
    if workerinput is not None:
        yield Server(workerinput["superuser_url"], workerinput["owner_url"])
        return
    with Postgres(Path(tmp_path_factory.mktemp("servers")), fast=True) as server:
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


@dataclass
class Company:
    """A workspace and its people."""

    actors: dict[str, Actor]
    keys: dict[str, str]
    stages: list[Stage]
    """Qualified, Offer sent, In negotiation, Won, Lost."""
    form: Channel
    mailbox: Channel
    mail_secret: str

    @property
    def system(self) -> Actor:
        return Actor.system(self.stages[0].workspace_id)

    def __getattr__(self, name: str) -> Any:
        if name in {"alice", "ada", "bob", "carol"}:
            return self.actors[name]
        raise AttributeError(name)

    def stage(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)


async def open_company(name: str = "Acme") -> Company:
    """A new workspace with the standing cast."""
    box = SecretBox(SECRET)
    actor = Actor.system(new_id())
    keys = {person: secrets.token_urlsafe(32) for person in ("alice", "ada", "bob", "carol")}
    await open_workspace(
        actor=actor,
        name=name,
        owner_name="Alice",
        owner_email="alice@acme.example",
        owner_key=keys["alice"],
        box=box,
        now=NOW,
    )
    with bound(actor.workspace_id):
        alice = await db.scoped(Member, actor).get()
        actors = {"alice": Actor(actor.workspace_id, alice.id, Role.OWNER)}
        for person, role in (("ada", Role.ADMIN), ("bob", Role.MEMBER), ("carol", Role.VIEWER)):
            actors[person] = await _join(actor.workspace_id, person, role, keys[person])
        channels = {channel.kind: channel for channel in await db.scoped(Channel, actor)}
        stages = await db.scoped(Stage, actor).order_by("position")
    mailbox = channels[ChannelKind.MAIL.value]
    assert mailbox.secret_sealed is not None
    secret = box.open(mailbox.secret_sealed)
    assert secret is not None
    return Company(actors, keys, list(stages), channels[ChannelKind.FORM.value], mailbox, secret)


async def _join(workspace_id: UUID, person: str, role: Role, key: str) -> Actor:
    address = f"{person}@acme.example"
    member = await Member.create(
        workspace_id=workspace_id,
        name=person.capitalize(),
        email=address,
        email_normalized=address,
        role=role.value,
        created_at=NOW,
        updated_at=NOW,
    )
    await ApiKey.create(
        workspace_id=workspace_id, member_id=member.id, name="test", key_hash=hashed(key), created_at=NOW
    )
    return Actor(workspace_id, member.id, role)


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


@dataclass
class RecordingDoorbell:
    """Remembers who rang instead of waking a worker."""

    rung: list[tuple[UUID, UUID]] = field(default_factory=list)

    async def ring_intake(self, *, workspace_id: UUID, message_id: UUID) -> None:
        self.rung.append((workspace_id, message_id))


@pytest.fixture
def doorbell() -> RecordingDoorbell:
    return RecordingDoorbell()


@asynccontextmanager
async def served(database: Database, doorbell: RecordingDoorbell, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The application, over HTTP but without a socket; it uses the session's ORM."""
    app = create_app(
        database_url=database.app_url, redis_url="redis://127.0.0.1:1/0", secret=SECRET, doorbell=doorbell, **options
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://anbahn.test") as client:
        yield client
    await app.state.wiring.reads.close()


@pytest_asyncio.fixture
async def http(database: Database, orm: None, doorbell: RecordingDoorbell) -> AsyncIterator[httpx.AsyncClient]:
    """The application as it runs."""
    async with served(database, doorbell) as client:
        yield client


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


@pytest.fixture
def alice(http: httpx.AsyncClient, company: Company) -> GraphQLClient:
    return GraphQLClient(http, company.keys["alice"])


@pytest_asyncio.fixture
async def stock(
    database: Database, orm: None, doorbell: RecordingDoorbell, company: Company
) -> AsyncIterator[GraphQLClient]:
    """Alice, asking an application that answers by plain resolvers only."""
    async with served(database, doorbell, reads_mode="stock") as client:
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
    tables = await connection.fetch(
        "SELECT c.table_name AS name FROM information_schema.columns c JOIN information_schema.tables t"
        " USING (table_schema, table_name) WHERE c.column_name = 'workspace_id' AND t.table_type = 'BASE TABLE'"
        " AND table_schema = 'public' ORDER BY 1"
    )
    assert len(tables) > 10
    union = " UNION ALL ".join(
        f"SELECT '{table['name']}' AS name, to_jsonb(t)::text AS row FROM {table['name']} t WHERE workspace_id = $1"  # noqa: S608
        for table in tables
    )
    found: dict[str, list[str]] = {table["name"]: [] for table in tables}
    for record in await connection.fetch(f"{union} ORDER BY 1, 2", workspace_id):
        found[record["name"]].append(record["row"])
    return found


@pytest_asyncio.fixture
async def unchanged(company: Company, owner_connection: asyncpg.Connection) -> AsyncIterator[Unchanged]:
    """``async with unchanged():`` fails when any row of the workspace is not as it was before."""

    @asynccontextmanager
    async def block() -> AsyncIterator[None]:
        before = await dump(owner_connection, company.alice.workspace_id)
        assert before["member"]
        yield
        assert await dump(owner_connection, company.alice.workspace_id) == before

    yield block


def later(seconds: float) -> datetime:
    """A moment after NOW."""
    return NOW + timedelta(seconds=seconds)
