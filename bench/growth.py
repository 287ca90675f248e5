"""What becomes of it when there is more: more rows in an answer, and more deals in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

import asyncpg

from bench import agreement, report
from bench.data import store
from bench.data.sizes import SIZES, Size
from bench.floor import statements
from bench.load import Load
from bench.measure import Measured, Plan, Surroundings, measure
from bench.peers import python
from bench.peers.process import Peer, Processors
from bench.peers.running import running
from bench.screens import BOARD, LEAD_PAGE, PAGE, Screen, Subjects, Variables, find
from embedded.postgres import Postgres

Note = Callable[[str], None]
_PAGES = ((50, 1), (100, 2), (100, 10))
"""(rows of a page, pages) for 50, 200 and 1000 rows: the API gives at most 100 in one list."""
_COUNTED = """
SELECT stage_id, currency, count(*), sum(amount_minor) FROM deal WHERE workspace_id = $1 AND archived_at IS NULL
GROUP BY stage_id, currency
"""
_EXPLAINED = 5


def rows(postgres: Postgres, size: Size, only: set[str], plan: Plan, note: Note) -> str:
    """The list of leads with more and more rows: several pages as aliases in one operation."""
    config = store.configured(postgres, size)
    _, about = asyncio.run(find(config.required_database_url()))
    measured: Measured = {}
    with running(postgres, size, {}, about, only - {python.HASHED}, note) as peers, Load() as load:
        peers = [peer for peer in peers if peer.name != python.HASHED]
        ours = next(peer for peer in peers if peer.is_ours and peer.name != report.FLOOR)
        for each, pages in _PAGES:
            screen = _paged(each, pages)
            asked = {screen: [_cursors(ours, each, pages)]}
            try:
                asyncio.run(agreement.check(peers, asked, config.required_database_url()))
            except agreement.Disagreement as error:
                note(f"{screen.name}: left out, {error}")
                continue
            measured |= measure(load, peers, asked, 1, plan, _around(postgres, note))
        return report.ratios(measured, [peer.name for peer in peers])


def _paged(each: int, pages: int) -> Screen:
    """Page 0 begins at the top, page n at the cursor ``$aftern``."""
    variables = "".join(f", $after{page}: String" for page in range(1, pages))
    fields = " ".join(
        f"page{page}: leads(first: $first{f', after: $after{page}' if page else ''}) {{ {LEAD_PAGE} }}"
        for page in range(pages)
    )
    return Screen(
        name=f"{each * pages} rows", address="list", operation=f"query Pages($first: Int{variables}) {{ {fields} }}"
    )


def _cursors(peer: Peer, each: int, pages: int) -> Variables:
    """Where each page begins; ``pages`` is what the floor and PostGraphile are told instead."""
    text = "query ($first: Int, $after: String) { leads(first: $first, after: $after) { pageInfo { endCursor } } }"
    given: Variables = {"first": each, "pages": pages}
    after = None
    for page in range(1, pages):
        answer = peer.answer("/graphql", {"query": text, "variables": {"first": each, "after": after}})
        after = given[f"after{page}"] = answer["data"]["leads"]["pageInfo"]["endCursor"]
    return given


def deals(postgres: Postgres, only: set[str], plan: Plan, note: Note) -> str:
    """The board of every data set that is there: its first page, and its totals in SQL."""
    names: list[str] = []
    columns: dict[str, list[str]] = {}
    for size in SIZES.values():
        if not asyncio.run(store.is_there(postgres, size)):
            note(f"{size.deals:,} deals: left out; make bench-data SIZE={size.name} makes them")
            continue
        owner_url = store.configured(postgres, size).required_database_url()
        workspace_id, about = asyncio.run(find(owner_url))
        column = _board(postgres, size, about, only, plan, note)
        for name, sql in (("SQL: counting", _COUNTED), ("SQL: the roll-up", statements.COLUMNS)):
            column[name] = asyncio.run(_explained(owner_url, sql, workspace_id))
        names += [name for name in column if name not in names]
        columns[f"{size.deals:,} deals"] = [column.get(name, "–") for name in names]
    return report.table(["ms", *columns], [[name, *(c[i] for c in columns.values())] for i, name in enumerate(names)])


def _board(postgres: Postgres, size: Size, about: Subjects, only: set[str], plan: Plan, note: Note) -> dict[str, str]:
    """Each peer's median latency of the board with one connection, in milliseconds."""
    asked = {BOARD: [{"first": PAGE}]}
    owner_url = store.configured(postgres, size).required_database_url()
    with running(postgres, size, asked, about, only, note) as peers, Load() as load:
        asyncio.run(agreement.check(peers, asked, owner_url))
        measured = measure(load, peers, asked, 1, plan, _around(postgres, note))
    latencies = {peer.name: measured[BOARD.name][peer.name].percentile(0.5) for peer in peers}
    return {f"board: {name}": f"{seconds * 1e3:.1f}" for name, seconds in latencies.items()}


def _around(postgres: Postgres, note: Note) -> Surroundings:
    return Surroundings(processors=Processors(postgres.pid or 0), tidy=lambda: None, note=note)


async def _explained(owner_url: str, sql: str, workspace_id: UUID) -> str:
    """Median execution time of a statement in milliseconds, as EXPLAIN ANALYZE tells it."""
    connection = await asyncpg.connect(owner_url, server_settings={"jit": "off"})
    try:
        text = "EXPLAIN (ANALYZE, TIMING OFF) " + sql.replace("$1", f"'{workspace_id}'")
        told = [(await connection.fetch(text))[-1][0] for _ in range(_EXPLAINED)]
    finally:
        await connection.close()
    times = sorted(float(line.partition(":")[2].split()[0]) for line in told)
    return f"{times[len(times) // 2]:.1f}"
