"""The second wall: connections bound to one workspace, whatever happens to them in between."""

from __future__ import annotations

import asyncio
import random
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from tortoise.exceptions import IntegrityError, OperationalError

from crm.contacts.models import Contact, Organization
from crm.db import atomic, execute, scoped
from crm.engine import BoundedPool, WorkspaceConnection, bind, bound, current_workspace
from crm.ids import new_id
from crm.leads.models import Lead
from tests.conftest import NOW, Company, Database, open_company
from tests.factories import make_contact, make_deal, make_lead, make_organization


async def test_without_a_workspace_no_row_is_visible(company: Company) -> None:
    await make_contact(company.bob)

    async def look() -> tuple[UUID | None, int]:
        return current_workspace(), await Contact.all().count()

    assert (await look())[1] == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("crm.engine._workspace", __import__("contextvars").ContextVar("none", default=None))
        assert await look() == (None, 0)


async def test_a_forgotten_predicate_shows_nothing_of_another_workspace(company: Company, other: Company) -> None:
    await make_contact(other.alice, "Secret")
    await make_contact(company.bob, "Ours")
    assert [contact.name for contact in await Contact.all()] == ["Ours"]
    assert [row["name"] for row in await execute("SELECT name FROM contact")] == ["Ours"]
    assert await Contact.filter(workspace_id=other.alice.workspace_id).count() == 0


async def test_rows_of_another_workspace_cannot_be_written(company: Company, other: Company) -> None:
    theirs = await make_contact(other.alice, "Secret")
    with pytest.raises(OperationalError, match="row-level security"):
        await Organization.create(
            workspace_id=other.alice.workspace_id, name="x", name_folded="x", created_at=NOW, updated_at=NOW
        )
    changed = await execute("UPDATE contact SET name = 'x' WHERE id = $1 RETURNING id", theirs.id)
    assert changed == []
    with pytest.raises(OperationalError, match="permission denied"):
        await execute("DELETE FROM contact WHERE id = $1", theirs.id)
    with bound(other.alice.workspace_id):
        assert (await Contact.get(id=theirs.id)).name == "Secret"


async def test_a_reference_across_workspaces_is_impossible_in_the_database(company: Company, other: Company) -> None:
    theirs = await make_organization(other.alice)
    with pytest.raises(IntegrityError, match="foreign key"):
        await Contact.create(
            workspace_id=company.bob.workspace_id,
            organization_id=theirs.id,
            name="x",
            name_folded="x",
            created_at=NOW,
            updated_at=NOW,
        )


async def test_a_deal_cannot_claim_a_status_or_pipeline_that_its_stage_has_not(company: Company) -> None:
    deal = await make_deal(company.bob)
    with pytest.raises(IntegrityError, match="deal_stage_id_fkey"):
        await execute("UPDATE deal SET status = 'WON', closed_at = now() WHERE id = $1", deal.id)


async def test_an_operation_cannot_change_the_workspace_inside_another(company: Company, other: Company) -> None:
    @atomic()
    async def outer(*, actor: object) -> None:
        await make_contact(other.alice)

    with pytest.raises(RuntimeError, match="cannot change the workspace"):
        await outer(actor=company.bob)
    with bound(other.alice.workspace_id):
        assert await Contact.all().count() == 0


async def test_an_operation_that_fails_leaves_nothing_behind(company: Company) -> None:
    @atomic()
    async def breaks(*, actor: object) -> None:
        await make_lead(company.bob)
        raise LookupError

    with pytest.raises(LookupError):
        await breaks(actor=company.bob)
    assert await scoped(Lead, company.bob).count() == 0
    assert await scoped(Contact, company.bob).count() == 0


async def test_a_deadlock_is_run_again_and_reaches_nobody(company: Company) -> None:
    first, second = await make_contact(company.bob, "first"), await make_contact(company.bob, "second")
    both_hold_one = asyncio.Barrier(2)
    met = {"n": 0}

    @atomic()
    async def touch_both(*, actor: object, order: list[UUID]) -> None:
        await execute("UPDATE contact SET version = version + 1 WHERE id = $1", order[0])
        if met["n"] < 2:
            met["n"] += 1
            await both_hold_one.wait()
        await execute("UPDATE contact SET version = version + 1 WHERE id = $1", order[1])

    await asyncio.gather(
        touch_both(actor=company.bob, order=[first.id, second.id]),
        touch_both(actor=company.bob, order=[second.id, first.id]),
    )
    assert {contact.version for contact in await Contact.all()} == {3}


@pytest_asyncio.fixture
async def pool(database: Database, orm: None) -> object:
    made = BoundedPool(
        database.app_url,
        min_size=1,
        max_size=4,
        max_queries=1000,
        max_inactive_connection_lifetime=300,
        loop=None,
        connection_class=WorkspaceConnection,
        record_class=asyncpg.Record,
        setup=bind,
    )
    async with made:
        yield made


async def test_a_storm_of_errors_and_cancellations_never_shows_another_workspace(pool: BoundedPool) -> None:
    """Leases that fail, are cancelled while they bind, or leave a transaction open: none leaks, none comes up empty."""
    companies = [await open_company(f"Company {n}") for n in range(4)]
    chance = random.Random(11)
    results = {"leak": 0, "empty": 0, "right": 0, "broken": 0}

    async def lease(company: Company) -> None:
        mode = chance.random()
        with bound(company.alice.workspace_id):
            async with pool.acquire() as connection:
                if mode < 0.15:
                    await connection.fetch("SELECT pg_sleep(0.01)")
                elif mode < 0.3:
                    await connection.fetch("SELECT 1 / 0")
                elif mode < 0.4:
                    await connection.execute("BEGIN")
                seen = {row[0] for row in await connection.fetch("SELECT DISTINCT workspace_id FROM member")}
        mine = {company.alice.workspace_id}
        results["leak" if seen - mine else "right" if seen else "empty"] += 1

    async def one() -> None:
        task = asyncio.create_task(lease(chance.choice(companies)))
        if chance.random() < 0.2:
            await asyncio.sleep(chance.random() * 0.004)
            task.cancel()
        try:
            await task
        except (asyncio.CancelledError, asyncpg.PostgresError):
            results["broken"] += 1

    gate = asyncio.Semaphore(10)

    async def gated() -> None:
        async with gate:
            await one()

    await asyncio.gather(*(gated() for _ in range(1500)))
    assert (results["leak"], results["empty"]) == (0, 0)
    assert results["right"] > 500
    assert results["broken"] > 200


async def test_a_pool_without_a_free_connection_says_so_instead_of_waiting_for_ever(
    pool: BoundedPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.engine.ACQUIRE_TIMEOUT_SECONDS", 0.1)
    held = [await pool.acquire() for _ in range(4)]
    with pytest.raises(TimeoutError):
        await pool.acquire()
    for connection in held:
        await pool.release(connection)
    assert new_id()
