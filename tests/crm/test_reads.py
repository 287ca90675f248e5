"""The read pool loses no connection and mixes no workspaces, whatever happens to its leases; and what a scope is."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
import uvloop

from crm import reads
from crm.accounts.facts import Actor, Role
from crm.accounts.models import ApiKey
from crm.db import UNREACHABLE, scoped
from crm.doors import actor_of as actor_through_the_orm
from crm.ids import new_id
from crm.reads import ReadPool, RowFilter, Scope, actor_of
from tests.conftest import NOW, Company, Database

MEMBERS = "SELECT DISTINCT workspace_id FROM member"
PID = "SELECT pg_backend_pid()"
SUICIDE = "SELECT pg_terminate_backend(pg_backend_pid())"
SIZE = 4
NAME = "reads of a test"


@pytest.fixture(autouse=True)
def _told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the connections of the application that answers the session's other tests."""
    monkeypatch.setitem(reads._SESSION, "application_name", NAME)


@pytest_asyncio.fixture
async def pool(database: Database, orm: None) -> AsyncIterator[ReadPool]:
    made = ReadPool(database.app_url, size=SIZE)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def superuser(database: Database) -> AsyncIterator[asyncpg.Connection]:
    """Sees everybody's sessions."""
    connection = await asyncpg.connect(database.superuser_url)
    yield connection
    await connection.close()


@pytest.fixture
def here(company: Company) -> UUID:
    return company.alice.workspace_id


async def read(pool: ReadPool, sql: str, *values: object, within: UUID) -> list[asyncpg.Record]:
    async with pool.lease() as connection:
        return await connection.fetch(sql, values, workspace_id=within)


async def backends(connection: asyncpg.Connection) -> set[int]:
    """The processes that PostgreSQL keeps for these tests' read connections to this database."""
    sql = """SELECT pid FROM pg_stat_activity
             WHERE application_name = $1 AND datname = current_database()"""
    return {row["pid"] for row in await connection.fetch(sql, NAME)}


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_storm_of_errors_and_cancellations_loses_no_connection_and_mixes_no_workspaces(
    loop: Callable[[], asyncio.AbstractEventLoop],
    company: Company,
    other: Company,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crm.reads.STATEMENTS", 10)  # so that some are evicted all the time
    workspaces = [company.alice.workspace_id, other.alice.workspace_id]
    with asyncio.Runner(loop_factory=loop) as runner:
        counted = runner.run(storm(database, workspaces, random.Random(11)))
    assert counted["wrong"] == 0
    assert counted["right"] > 2000
    assert counted["cancelled"] > 100
    assert counted["DivisionByZeroError"] > 200
    assert counted["ConnectionDoesNotExistError"] + counted["AdminShutdownError"] > 20
    assert counted["most connections"] == SIZE


async def storm(database: Database, workspaces: list[UUID], chance: random.Random) -> Counter[str]:
    """Thousands of leases that read, fail, die or are cancelled; what came of them, counted."""
    pool = ReadPool(database.app_url, size=SIZE)
    watcher = await asyncpg.connect(database.superuser_url)
    counted: Counter[str] = Counter()
    gate = asyncio.Semaphore(3 * SIZE)

    async def lease(workspace_id: UUID) -> None:
        async with pool.lease() as connection:
            for _ in range(chance.randint(1, 3)):
                mode = chance.random()
                if mode < 0.1:
                    await connection.fetch("SELECT pg_sleep(0.005)", (), workspace_id=workspace_id)
                elif mode < 0.2:
                    await connection.fetch("SELECT 1 / 0", (), workspace_id=workspace_id)
                elif mode < 0.22:
                    await connection.fetch(SUICIDE, (), workspace_id=workspace_id)
                sql = f"{MEMBERS} WHERE {chance.randint(1, 20)} > 0"
                seen = {row[0] for row in await connection.fetch(sql, (), workspace_id=workspace_id)}
                counted["right" if seen == {workspace_id} else "wrong"] += 1

    async def one() -> None:
        async with gate:
            task = asyncio.create_task(lease(chance.choice(workspaces)))
            if chance.random() < 0.2:
                await asyncio.sleep(chance.random() * 0.004)
                task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                counted["cancelled"] += 1
            except (*UNREACHABLE, asyncpg.PostgresError) as error:
                counted[type(error).__name__] += 1

    async def watch() -> None:
        while True:
            counted["most connections"] = max(counted["most connections"], len(await backends(watcher)))

    watching = asyncio.create_task(watch())
    await asyncio.gather(*(one() for _ in range(3000)))
    watching.cancel()
    await asyncio.wait([watching])
    await watcher.close()
    assert not pool._waiting
    assert len(pool._free) == SIZE
    leases = [pool.lease() for _ in range(SIZE)]
    for connection in [await lent.__aenter__() for lent in leases]:
        assert [row[0] for row in await connection.fetch(MEMBERS, (), workspace_id=workspaces[0])] == [workspaces[0]]
    for lent in leases:
        await lent.__aexit__(None, None, None)
    await pool.close()
    return counted


async def test_nothing_can_be_written(pool: ReadPool, here: UUID) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await read(pool, "UPDATE member SET name = 'x'", within=here)
    assert (await read(pool, "SELECT count(*) FROM member WHERE name = 'x'", within=here))[0][0] == 0


async def test_without_a_workspace_only_a_door_is_opened(pool: ReadPool, here: UUID) -> None:
    """The connection is still bound to whoever read last, so any other statement would show that workspace."""
    await read(pool, MEMBERS, within=here)
    async with pool.lease() as connection:
        with pytest.raises(RuntimeError, match="only a door"):
            await connection.fetch(MEMBERS, (), workspace_id=None)


async def test_a_refused_read_costs_no_connection(pool: ReadPool, here: UUID) -> None:
    before = (await read(pool, PID, within=here))[0][0]
    for sql, value, error in (
        ("SELECT 1 / $1::int", 0, asyncpg.DivisionByZeroError),
        ("SELECT nothing, $1::int", 0, asyncpg.UndefinedColumnError),
        ("SELECT $1::int", 2**40, asyncpg.DataError),
        ("SELECT $1::int", "text", asyncpg.DataError),
    ):
        with pytest.raises(error):
            await read(pool, sql, value, within=here)
    assert (await read(pool, PID, within=here))[0][0] == before


async def test_a_read_whose_connection_died_while_idle_is_run_on_a_fresh_one(
    pool: ReadPool, here: UUID, superuser: asyncpg.Connection
) -> None:
    before = (await read(pool, PID, within=here))[0][0]
    await superuser.execute("SELECT pg_terminate_backend($1)", before)
    assert [row[0] for row in await read(pool, MEMBERS, within=here)] == [here]
    after = (await read(pool, PID, within=here))[0][0]
    assert after != before
    assert await backends(superuser) == {after}


async def test_it_is_run_again_once_only(pool: ReadPool, here: UUID) -> None:
    await read(pool, MEMBERS, within=here)
    with pytest.raises(UNREACHABLE):
        await read(pool, SUICIDE, within=here)
    assert await read(pool, MEMBERS, within=here)


async def test_a_prepared_read_survives_a_migration(
    pool: ReadPool, here: UUID, owner_connection: asyncpg.Connection
) -> None:
    """PostgreSQL refuses a prepared statement whose columns have changed since ("cached plan must not change")."""
    await owner_connection.execute("CREATE TABLE migrated AS SELECT 1 AS n")
    try:
        await owner_connection.execute("GRANT SELECT ON migrated TO anbahn_app")
        assert dict((await read(pool, "SELECT * FROM migrated", within=here))[0]) == {"n": 1}
        await owner_connection.execute("ALTER TABLE migrated ADD more text DEFAULT 'x'")
        assert dict((await read(pool, "SELECT * FROM migrated", within=here))[0]) == {"n": 1, "more": "x"}
    finally:
        await owner_connection.execute("DROP TABLE migrated")


async def test_statements_stay_prepared_up_to_a_bound_that_postgresql_sees_too(
    pool: ReadPool, here: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.reads.STATEMENTS", 5)
    kept = "SELECT statement FROM pg_prepared_statements ORDER BY prepare_time"
    async with pool.lease() as connection:
        await connection.fetch(kept, (), workspace_id=here)
        for n in range(40):
            await connection.fetch(f"SELECT {n}", (), workspace_id=here)
            prepared = [row[0] for row in await connection.fetch(kept, (), workspace_id=here)]
    assert prepared == [kept, "SELECT 36", "SELECT 37", "SELECT 38", "SELECT 39"]


async def test_a_cancelled_read_ends_in_postgresql_too_and_its_place_is_free_again(
    pool: ReadPool, here: UUID, superuser: asyncpg.Connection
) -> None:
    task = asyncio.create_task(read(pool, "SELECT pg_sleep(600)", within=here))
    while not await superuser.fetch("SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'"):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(pool._free) == SIZE
    async with asyncio.timeout(5):
        while await backends(superuser):
            await asyncio.sleep(0.01)


async def test_a_read_that_postgresql_does_not_end_is_cut(
    pool: ReadPool, here: UUID, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    async with pool.lease() as connection:
        await connection.fetch("SELECT 1", (), workspace_id=here)  # logged in with the timeout as it is
    for name, seconds in (("READ_SECONDS", 0.2 - reads.CLOSE_SECONDS), ("WATCH_SECONDS", 0.05)):
        monkeypatch.setattr(reads, name, seconds)
    pool._watch()
    # It is run once more, on a fresh connection, and cut there as well.
    with pytest.raises(UNREACHABLE):
        async with asyncio.timeout(5), pool.lease() as connection:
            await connection.fetch("SELECT pg_sleep(30)", (), workspace_id=here)
    async with pool.lease() as connection:
        assert await connection.fetch("SELECT 1", (), workspace_id=here)
    # PostgreSQL, which was in reach after all, still sleeps.
    superuser = await asyncpg.connect(database.superuser_url)
    await superuser.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(30)%'"
    )
    await superuser.close()


async def test_there_are_never_more_connections_than_the_pool_is_large(
    pool: ReadPool, here: UUID, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next connection is opened when the one before it is closed, however long PostgreSQL takes for that."""
    may_close = asyncio.Event()
    close = reads._put_away

    async def close_later(connection: reads.WorkspaceConnection) -> None:
        await may_close.wait()
        await close(connection)

    monkeypatch.setattr("crm.reads._put_away", close_later)
    sleeping = [asyncio.create_task(read(pool, "SELECT pg_sleep(600)", within=here)) for _ in range(SIZE)]
    while len(await backends(superuser)) < SIZE:
        await asyncio.sleep(0.01)
    for task in sleeping:
        task.cancel()
    await asyncio.wait(sleeping)
    waiting = asyncio.create_task(read(pool, MEMBERS, within=here))
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    connections = len(await backends(superuser))
    may_close.set()
    assert (len(done), connections) == (0, SIZE)
    assert [row[0] for row in await waiting] == [here]


async def test_an_open_connection_is_lent_before_another_one_is_opened(
    pool: ReadPool, here: UUID, superuser: asyncpg.Connection
) -> None:
    """Also after one was lost: its place comes last."""
    await asyncio.gather(*(read(pool, "SELECT pg_sleep(0.05)", within=here) for _ in range(2)))
    with pytest.raises(UNREACHABLE):
        await read(pool, SUICIDE, within=here)
    (left,) = await backends(superuser)
    assert (await read(pool, PID, within=here))[0][0] == left


async def test_whoever_waits_is_served_in_order_of_arrival(pool: ReadPool, here: UUID) -> None:
    order: list[int] = []

    async def take(n: int) -> None:
        async with pool.lease() as connection:
            order.append(n)
            await connection.fetch(MEMBERS, (), workspace_id=here)

    tasks = []
    async with AsyncExitStack() as held:
        for _ in range(SIZE):
            await held.enter_async_context(pool.lease())  # so that all of them must wait
        for n in range(40):
            tasks.append(asyncio.create_task(take(n)))
            await asyncio.sleep(0)
        tasks[20].cancel()
        await asyncio.sleep(0)
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [n for n in range(40) if n != 20]


async def test_a_place_handed_to_a_waiter_in_the_moment_of_its_cancellation_is_not_lost(pool: ReadPool) -> None:
    held = [pool.lease() for _ in range(SIZE)]
    for lease in held:
        await lease.__aenter__()
    waiting = asyncio.ensure_future(pool.lease().__aenter__())
    await asyncio.sleep(0)
    await held[0].__aexit__(None, None, None)  # serves the waiter, which has not run yet
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(pool._free) == 1


async def test_waiting_for_a_connection_ends_with_an_error_that_means_unreachable(
    pool: ReadPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.reads.ACQUIRE_TIMEOUT_SECONDS", 0.05)
    for _ in range(SIZE):
        await pool.lease().__aenter__()
    with pytest.raises(TimeoutError, match="no connection became free within") as told:
        await pool.lease().__aenter__()
    assert isinstance(told.value, UNREACHABLE)
    assert not pool._waiting


async def test_an_unreachable_database_costs_no_place(orm: None) -> None:
    pool = ReadPool("postgres://anbahn_app:x@127.0.0.1:1/nothing", size=1)
    for _ in range(3):
        with pytest.raises(UNREACHABLE):
            await read(pool, MEMBERS, within=new_id())
    assert len(pool._free) == 1
    await pool.close()


async def test_a_closed_pool_has_no_connections_and_lends_none(
    pool: ReadPool, here: UUID, superuser: asyncpg.Connection
) -> None:
    lent = pool.lease()
    connection = await lent.__aenter__()
    await connection.fetch(MEMBERS, (), workspace_id=here)
    await read(pool, MEMBERS, within=here)
    await pool.close()
    with pytest.raises(asyncpg.InterfaceError, match="closed"):
        await read(pool, MEMBERS, within=here)
    assert len(await backends(superuser)) == 1
    await lent.__aexit__(None, None, None)
    await pool.close()
    assert await backends(superuser) == set()


async def test_whoever_waits_when_the_pool_is_closed_is_told(pool: ReadPool) -> None:
    for _ in range(SIZE):
        await pool.lease().__aenter__()
    waiting = asyncio.ensure_future(pool.lease().__aenter__())
    await asyncio.sleep(0)
    await pool.close()
    with pytest.raises(asyncpg.InterfaceError, match="closed"):
        await waiting


async def test_connections_that_are_not_needed_are_closed(
    pool: ReadPool, here: UUID, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.reads.IDLE_SECONDS", 0.2)
    await asyncio.gather(*(read(pool, "SELECT pg_sleep(0.05)", within=here) for _ in range(SIZE)))
    assert len(await backends(superuser)) == SIZE
    async with asyncio.timeout(5):
        while len(await backends(superuser)) > 1:
            used = (await read(pool, PID, within=here))[0][0]
            await asyncio.sleep(0.02)
    assert await backends(superuser) == {used}


async def test_a_lease_is_one_read_at_a_time_and_ends_with_its_block(pool: ReadPool, here: UUID) -> None:
    async with pool.lease() as connection:
        sleeping = asyncio.create_task(connection.fetch("SELECT pg_sleep(0.05)", (), workspace_id=here))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="one read at a time"):
            await connection.fetch(MEMBERS, (), workspace_id=here)
        await sleeping
    with pytest.raises(RuntimeError, match="outside of its lease"):
        await connection.fetch(MEMBERS, (), workspace_id=here)


async def test_a_read_that_outlives_its_lease_reaches_nobody_else(pool: ReadPool, here: UUID, other: Company) -> None:
    async with pool.lease() as connection:
        left_behind = asyncio.create_task(connection.fetch("SELECT pg_sleep(600)", (), workspace_id=here))
        while not any(session.is_open for session in [connection._session] if session):
            await asyncio.sleep(0.01)
    ended, _ = await asyncio.wait([left_behind], timeout=5)
    assert ended
    theirs = other.alice.workspace_id
    assert [row[0] for row in await read(pool, MEMBERS, within=theirs)] == [theirs]
    with pytest.raises((RuntimeError, *UNREACHABLE, asyncpg.PostgresError)):
        await left_behind
    assert len(pool._free) == SIZE


async def test_a_bearer_key_opens_the_same_as_through_the_orm(pool: ReadPool, company: Company) -> None:
    async with pool.lease() as connection:
        for person, key in company.keys.items():
            actor = await actor_of(connection, key)
            assert actor == company.actors[person] == await actor_through_the_orm(key)
            assert actor is not None
            assert {type(actor.workspace_id), type(actor.member_id)} == {UUID}
        assert await actor_of(connection, "nobody's") is None
        await scoped(ApiKey, company.alice).filter(member_id=company.carol.member_id).update(revoked_at=NOW)
        assert await actor_of(connection, company.keys["carol"]) is None


OWN = RowFilter("Deal", "{row}.owner_id = {member}")


def test_every_role_sees_everything_of_its_workspace() -> None:
    for role in (*Role, None):
        scope = Scope.of(Actor(new_id(), new_id(), role))
        assert scope.row_filter("Deal") is None
        assert scope.key == frozenset()


def test_a_filter_is_a_condition_on_one_table_of_a_statement() -> None:
    assert OWN.condition(row="d", member="$3") == "(d.owner_id = $3)"
    assert OWN.needs_member
    open_ones = RowFilter("Deal", "{row}.status = 'OPEN' OR {row}.utm = '{{}}'")
    assert open_ones.condition(row="deal", member="") == "(deal.status = 'OPEN' OR deal.utm = '{}')"
    assert not open_ones.needs_member


@pytest.mark.parametrize(
    "sql", ["owner_id = 1", "{row}.a = {workspace}", "{member} IS NULL", "{row}.a = {}", "{row.a}"]
)
def test_a_filter_that_speaks_of_anything_else_is_refused(sql: str) -> None:
    with pytest.raises(ValueError, match="a row filter speaks of"):
        RowFilter("Deal", sql)


def test_the_key_is_that_of_the_conditions_and_not_of_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reads.SEEN, Role.VIEWER, frozenset({OWN, RowFilter("Lead", "{row}.owner_id = {member}")}))
    carol, dave = (Scope.of(Actor(new_id(), new_id(), Role.VIEWER)) for _ in range(2))
    bob = Scope.of(Actor(carol.actor.workspace_id, new_id(), Role.MEMBER))
    assert carol.row_filter("Deal") == OWN
    assert carol.row_filter("Contact") is None
    assert carol.key == dave.key != bob.key
    assert len({carol.key: 1, dave.key: 2}) == 1
