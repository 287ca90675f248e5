"""Filling one workspace of a database with a data set, as the database's owner, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from bench.data import statements as sql
from bench.data import words
from bench.data.sizes import Size
from crm.deals.ranks import spread

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When the data set "is": its rows were made in the two years before."""

TABLES = (
    "organization", "contact", "contact_email", "contact_phone", "deal", "stage_change", "lead", "criterion_answer",
    "activity",
)  # fmt: skip
"""What is filled, in the order that keys allow."""

_SCRATCH = """
CREATE TEMP TABLE bench_stage AS
SELECT s.id, s.pipeline_id, s.kind, row_number() OVER (ORDER BY p.position, s.position, s.id) - 1 AS number
FROM stage s JOIN pipeline p ON p.id = s.pipeline_id WHERE s.workspace_id = $1;
"""
_HELPER_FUNCTIONS = ("id", "pick", "word", "made", "member", "ws", "lead_state")
_SCRATCH_TABLES = "bench_stage, bench_place, bench_spread, bench_rank"


async def fill(connection: asyncpg.Connection, workspace_id: UUID, size: Size, *, seed: int = 1) -> None:
    """Insert all rows; ``connection`` is the owner's, and the workspace has its members and one pipeline.

    Another ``seed`` makes other ids, for a second workspace of the same database.
    """
    async with connection.transaction():
        await connection.execute(_SCRATCH.replace("$1", f"'{workspace_id}'"))
        shape = await _define_helpers(connection, workspace_id, seed)
        products, sources, last = words.PRODUCTS, words.SOURCES, words.folded(words.LAST_NAMES)

        async def insert(statement: str, *values: object, **names: object) -> None:
            await connection.execute(statement.format(**shape, **names), *values)

        await insert(
            sql.ORGANIZATIONS, size.organizations, words.LAST_NAMES, last, words.TRADES, words.folded(words.TRADES),
            words.FORMS, words.folded(words.FORMS),
        )  # fmt: skip
        first = words.folded(words.FIRST_NAMES)
        await insert(
            sql.CONTACTS,
            size.contacts,
            size.organizations,
            words.FIRST_NAMES,
            first,
            words.LAST_NAMES,
            last,
            words.JOBS,
        )
        await insert(sql.EMAILS, size.contacts, first, last)
        await insert(sql.PHONES, size.contacts)
        await connection.execute("ANALYZE contact, organization")
        await _rank(connection, size.deals)
        await insert(sql.DEALS, size.deals, products, words.CURRENCIES, size.contacts, size.organizations, sources)
        await insert(sql.STAGE_CHANGES, size.deals)
        await insert(sql.LEADS, size.leads, products, size.deals, size.contacts, size.organizations, sources)
        await insert(sql.ANSWERS, size.leads, size.contacts)
        await insert(sql.ACTIVITIES, size.deals, products, subject="deal", kind=sql.DEAL, steps=sql.DEAL_STEPS)
        await insert(sql.ACTIVITIES, size.leads, products, subject="lead", kind=sql.LEAD, steps=sql.LEAD_STEPS)
        for name in _HELPER_FUNCTIONS:
            await connection.execute(f"DROP FUNCTION pg_temp.{name}")
        await connection.execute(f"DROP TABLE {_SCRATCH_TABLES}")


async def _define_helpers(connection: asyncpg.Connection, workspace_id: UUID, seed: int) -> dict[str, object]:
    """Define what the statements call; returns what is written into their text."""
    members = await connection.fetch(
        "SELECT id FROM member WHERE workspace_id = $1 ORDER BY created_at, id", workspace_id
    )
    shape: dict[str, object] = {
        "seed": seed,
        "now": NOW.isoformat(),
        "workspace": workspace_id,
        "members": [str(row["id"]) for row in members],
        "member_count": len(members),
    }
    await connection.execute(sql.HELPERS.format(**shape) + sql.LEAD_STATE)
    return shape


async def _rank(connection: asyncpg.Connection, deals: int) -> None:
    """Give every deal a stage and a place in it, ranked by the product's own ``spread``."""
    await connection.execute("CREATE TEMP TABLE bench_place (deal bigint, stage int, place bigint)")
    await connection.execute("CREATE TEMP TABLE bench_spread (stage int, place bigint, rank text)")
    stages = await connection.fetchval("SELECT count(*) FROM bench_stage")
    await connection.execute(sql.PLACES, deals, _weighted(stages))
    for stage, count in await connection.fetch("SELECT stage, count(*) FROM bench_place GROUP BY stage"):
        ranked = [(stage, place, rank) for place, rank in enumerate(spread(count), start=1)]
        await connection.copy_records_to_table("bench_spread", records=ranked)
    await connection.execute(
        "CREATE TEMP TABLE bench_rank AS SELECT deal, stage, rank FROM bench_place"
        " JOIN bench_spread USING (stage, place)"
    )
    await connection.execute("ANALYZE bench_rank, bench_stage")


def _weighted(stages: int) -> Sequence[int]:
    """Each stage's number, as often as deals are to lie in it: the first columns of a board are the longest."""
    return [stage for stage in range(stages) for _ in range(max(1, 3 - stage // 2))]
