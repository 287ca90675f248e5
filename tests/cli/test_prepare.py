"""The commands around the database: run as processes, as an operator runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest

from embedded.postgres import Postgres
from tests.conftest import APP_PASSWORD, Database, Server
from tests.places import place
from tests.serving import RecordingDoorbell, served

MIGRATIONS = Path(__file__).resolve().parents[2] / "crm" / "migrations"
SECRET = "the secret of these tests, long enough"
FIRST_KEY, SECOND_KEY = "a" * 40, "b" * 40


def anbahn(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    # None of the caller's own configuration.
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANBAHN", "DATABASE", "REDIS"))
    }
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        env={
            **inherited,
            "ANBAHN_SECRET": SECRET,
            "ANBAHN_APP_PASSWORD": APP_PASSWORD,
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def ask(url: str, key: str, query: str) -> httpx.Response:
    """A question to the API over another database than the session's ORM has: compiled reads have their own way in."""
    async with served(url, RecordingDoorbell()) as http:
        return await http.post("/graphql", json={"query": query}, headers={"Authorization": f"Bearer {key}"})


async def test_prepare_makes_everything_once_and_a_new_admin_key_replaces_the_old(
    postgres: Server, database: Database
) -> None:
    url = postgres.as_superuser("prepared")
    first = anbahn("prepare", DATABASE_URL=url, ANBAHN_ADMIN_KEY=FIRST_KEY, ANBAHN_DEMO="0")
    assert (first.returncode, first.stdout.strip()) == (0, "made the first workspace"), first.stderr
    again = anbahn("prepare", DATABASE_URL=url, ANBAHN_ADMIN_KEY=SECOND_KEY)
    assert (again.returncode, again.stdout.strip()) == (0, "the workspace is there"), again.stderr
    query = "{ channels { kind } pipelines { name } leads { totalCount } }"
    assert (await ask(postgres.as_app("prepared"), FIRST_KEY, query)).status_code == 401
    answer = (await ask(postgres.as_app("prepared"), SECOND_KEY, query)).json()["data"]
    assert sorted(channel["kind"] for channel in answer["channels"]) == ["FORM", "MAIL"]
    assert (len(answer["pipelines"]), answer["leads"]["totalCount"]) == (1, 0)


@pytest.fixture(scope="module")
def demo(postgres: Server, database: Database) -> str:
    """The name of a database that was prepared as it is for a first look."""
    made = anbahn("prepare", DATABASE_URL=postgres.as_superuser("demo"), ANBAHN_ADMIN_KEY=FIRST_KEY)
    assert made.returncode == 0, made.stderr
    return "demo"


async def test_demo_data_make_a_board_worth_looking_at(postgres: Server, demo: str) -> None:
    query = "{ leads { nodes { state } } deals { totalCount } }"
    answer = (await ask(postgres.as_app(demo), FIRST_KEY, query)).json()["data"]
    states = {lead["state"] for lead in answer["leads"]["nodes"]}
    assert states == {"NEW", "PROSPECTING", "QUALIFIED", "DISQUALIFIED", "CONVERTED"}
    assert answer["deals"]["totalCount"] >= 5


async def test_another_workspace_is_sealed_from_the_first(postgres: Server, demo: str) -> None:
    made = anbahn("workspace", "create", "Other GmbH", DATABASE_URL=postgres.as_superuser(demo))
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    assert len(key) >= 32
    answer = (await ask(postgres.as_app(demo), key, "{ leads { totalCount } channels { kind } }")).json()["data"]
    assert answer == {"leads": {"totalCount": 0}, "channels": [{"kind": "FORM"}, {"kind": "MAIL"}]}


async def test_migrating_from_many_places_at_once_migrates_once(postgres: Server, database: Database) -> None:
    url = postgres.as_superuser("many")
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "cli.main", "migrate"],
            env={
                **os.environ,
                "ANBAHN_SECRET": SECRET,
                "DATABASE_URL": url,
                "ANBAHN_APP_PASSWORD": APP_PASSWORD,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    ended = [(run.communicate(timeout=60), run.returncode) for run in runs]
    assert [code for _, code in ended] == [0, 0, 0], ended
    connection = await asyncpg.connect(url)
    try:
        applied = await connection.fetch("SELECT name FROM tortoise_migrations ORDER BY name")
    finally:
        await connection.close()
    assert [row["name"] for row in applied] == sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py"))


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        (["prepare"], {}, "anbahn: DATABASE_URL is missing"),
        (
            ["prepare"],
            {"DATABASE_URL": "postgres://x@127.0.0.1:1/x"},
            "anbahn: PostgreSQL at 127.0.0.1:1 cannot be reached",
        ),
        (
            ["workspace", "create", "X"],
            {"ANBAHN_STATE": "/nonexistent"},
            "anbahn: nothing runs with the state directory",
        ),
    ],
)
def test_what_an_operator_can_mend_is_one_line(arguments: list[str], environ: dict[str, str], said: str) -> None:
    done = anbahn(*arguments, **environ)
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_first_workspace_wants_a_key(postgres: Server, database: Database) -> None:
    done = anbahn("prepare", DATABASE_URL=postgres.as_superuser("keyless"))
    assert done.returncode == 2
    assert done.stderr.startswith("anbahn: ANBAHN_ADMIN_KEY is missing")


async def test_a_role_that_could_take_the_walls_down_is_refused() -> None:
    with place() as state, Postgres(state, fast=True) as server:
        connection = await asyncpg.connect(server.superuser_url)
        await connection.execute("CREATE ROLE anbahn_app LOGIN SUPERUSER PASSWORD 'x'")
        await connection.close()
        done = anbahn("migrate", DATABASE_URL=urlunsplit(urlsplit(server.superuser_url)._replace(path="/walls")))
    assert done.returncode == 2
    assert "would take down the walls" in done.stderr
