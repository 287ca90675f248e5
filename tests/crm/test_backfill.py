"""What migrations make of a database that people have worked with: tried on one of the version before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest_asyncio

from tests.conftest import APP_PASSWORD, Server
from tests.processes import MIGRATE, python

_OF_0003 = """
import asyncio, sys
from tortoise.migrations.api import migrate
from crm.db import tortoise_config
asyncio.run(migrate(config=tortoise_config(sys.argv[1], maximum=2), target="crm.0003_board_at_scale"))
"""
ACME, OTHER = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000000b"
LEADS = {
    # id, state, answers by criterion: state and days from today until which it is pending
    "1": ("NEW", {}),
    "2": ("PROSPECTING", {"NEED": ("MET", None)}),
    "3": ("PROSPECTING", {"NEED": ("NOT_MET", None), "BUDGET": ("PENDING", 9), "AUTHORITY": ("UNKNOWN", None)}),
    "4": ("PROSPECTING", {"NEED": ("PENDING", -1), "BUDGET": ("PENDING", 20)}),
    "5": ("QUALIFIED", dict.fromkeys(("NEED", "BUDGET", "AUTHORITY", "TIMEFRAME"), ("MET", None))),
    "6": ("QUALIFIED", {"NEED": ("MET", None), "BUDGET": ("PENDING", 5), "AUTHORITY": ("PENDING", 3)}),
    "7": ("DISQUALIFIED", {"BUDGET": ("PENDING", 5)}),
}


@pytest_asyncio.fixture
async def old(postgres: Server, database: object, worker_id: str) -> AsyncIterator[str]:
    """The owner's URL of an empty database as 0003 left it; the application's role is there."""
    name = f"old_{worker_id}"
    superuser = await asyncpg.connect(postgres.superuser_url)
    await superuser.execute(f"CREATE DATABASE {name} OWNER anbahn_owner")
    url = urlunsplit(urlsplit(postgres.owner_url)._replace(path=f"/{name}"))
    await python(_OF_0003, url)
    yield url
    await superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await superuser.close()


async def _work(connection: asyncpg.Connection) -> None:
    """What people did in two workspaces, as 0003 kept it."""
    for workspace in (ACME, OTHER):
        await connection.execute(
            "INSERT INTO workspace (id, name, region, created_at) VALUES ($1, 'W', 'DE', now() - interval '1 year')",
            workspace,
        )
        await connection.execute(
            "INSERT INTO contact (id, workspace_id, version, created_at, updated_at, name, name_folded)"
            " VALUES ($1, $1, 1, now(), now(), 'Anna', 'anna')",
            workspace,
        )
    for number, (state, answers) in LEADS.items():
        id = f"00000000-0000-0000-0000-00000000010{number}"
        await connection.execute(
            "INSERT INTO lead (id, workspace_id, version, created_at, updated_at, title, state, utm, contact_id,"
            " qualification_stale, disqualify_reason)"
            " VALUES ($1, $2, 1, now(), now(), 'Pumps', $3, '{}', $2, false, $4)",
            id,
            ACME,
            state,
            "LATER" if state == "DISQUALIFIED" else None,
        )
        for criterion, (answer, days) in answers.items():
            await connection.execute(
                "INSERT INTO criterion_answer (id, workspace_id, lead_id, criterion, state, answered_at, pending_until)"
                " VALUES (gen_random_uuid(), $1, $2, $3, $4, now(), (now() AT TIME ZONE 'UTC')::date + $5::int)",
                ACME,
                id,
                criterion,
                answer,
                days,
            )


async def test_workspaces_of_before_get_the_policy_they_had_and_their_leads_what_to_ask_next(old: str) -> None:
    connection = await asyncpg.connect(old)
    await _work(connection)
    await connection.close()
    await python(MIGRATE, old, APP_PASSWORD)
    connection = await asyncpg.connect(old)
    try:
        policies = await connection.fetch(
            "SELECT workspace_id::text, mode, needed, threshold, version FROM qualification_policy ORDER BY 1"
        )
        assert [tuple(row) for row in policies] == [(one, "ALL_MET", 4, 100, 1) for one in (ACME, OTHER)]
        rules = await connection.fetch(
            "SELECT workspace_id::text, criterion, weight, fresh_days, question FROM criterion_rule ORDER BY 1, 3 DESC"
        )
        weights = (("NEED", 40), ("BUDGET", 30), ("AUTHORITY", 20), ("TIMEFRAME", 10))
        assert [tuple(row) for row in rules] == [
            (workspace, criterion, weight, None, None) for workspace in (ACME, OTHER) for criterion, weight in weights
        ]
        found = await connection.fetch(
            "SELECT right(id::text, 1) AS number, next_criterion, next_weight, version, fresh.until,"
            " (review_at AT TIME ZONE 'UTC')::date - (now() AT TIME ZONE 'UTC')::date AS days,"
            " (review_at AT TIME ZONE 'UTC')::time::text AS hour"
            " FROM lead, (SELECT count(fresh_until) AS until FROM criterion_answer) AS fresh ORDER BY id"
        )
        assert {row["number"]: (row["next_criterion"], row["next_weight"], row["days"]) for row in found} == {
            "1": ("NEED", 40, None),
            "2": ("BUDGET", 30, None),
            "3": ("AUTHORITY", 20, 9),
            "4": ("NEED", 40, 20),
            "5": (None, 0, None),
            "6": ("TIMEFRAME", 10, 3),
            "7": (None, 0, None),
        }
        assert {row["version"] for row in found} == {1}
        assert {row["until"] for row in found} == {0}
        assert {row["hour"] for row in found} == {None, "00:00:00"}
    finally:
        await connection.close()
