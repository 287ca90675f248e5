"""The data sets of the benchmarks are data as the product itself would have written them."""

from __future__ import annotations

import random
from itertools import pairwise

import asyncpg
import pytest

from bench.data.bulk import checked_afterwards
from bench.data.fill import TABLES
from bench.data.sizes import SIZES, chosen
from crm import text
from crm.contacts.rules import parse_email, parse_phone
from crm.deals import queries, ranks
from crm.engine import bound
from tests.bench.conftest import TINY, Filled


async def test_every_table_is_filled(filled: Filled, owner_connection: asyncpg.Connection) -> None:
    counts = {
        table: await owner_connection.fetchval(
            f"SELECT count(*) FROM {table} WHERE workspace_id = $1",  # noqa: S608
            filled.workspace_id,
        )
        for table in TABLES
    }
    assert all(counts.values())
    assert (counts["contact"], counts["organization"]) == (TINY.contacts, TINY.organizations)
    assert (counts["lead"], counts["deal"]) == (TINY.leads, TINY.deals)


async def test_names_and_addresses_have_the_keys_that_the_domain_gives_them(
    filled: Filled, owner_connection: asyncpg.Connection
) -> None:
    for table in ("contact", "organization"):
        sql = f"SELECT name, name_folded FROM {table} WHERE workspace_id = $1"  # noqa: S608
        for name, folded in await owner_connection.fetch(sql, filled.workspace_id):
            assert folded == text.name_key(name)
    sql = "SELECT address, address_normalized FROM contact_email WHERE workspace_id = $1"
    for address, normalized in await owner_connection.fetch(sql, filled.workspace_id):
        assert parse_email(address) == (address, normalized)
    for (number,) in await owner_connection.fetch("SELECT number FROM contact_phone"):
        assert parse_phone(number, region="DE") == number


async def test_every_column_has_room_between_its_cards(filled: Filled, owner_connection: asyncpg.Connection) -> None:
    sql = "SELECT rank FROM deal WHERE workspace_id = $1 AND stage_id = $2 ORDER BY rank"
    for stage in filled.company.stages:
        column = [row[0] for row in await owner_connection.fetch(sql, filled.workspace_id, stage.id)]
        assert len(column) > 10
        assert column == sorted(column, key=str.encode)
        for low, high in pairwise(column):
            assert low < ranks.between(low, high, random.Random(1)) < high


async def test_totals_are_what_can_be_counted(filled: Filled) -> None:
    stages = [stage.id for stage in filled.company.stages]
    with bound(filled.workspace_id):
        kept = await queries.stage_totals(actor=filled.company.alice, stage_ids=stages)
        counted = await queries.counted_totals(actor=filled.company.alice, stage_ids=stages)
    assert kept == counted
    assert sum(count for count, _ in kept.values()) == TINY.deals


async def test_each_deal_stands_in_the_stage_of_its_last_change(
    filled: Filled, owner_connection: asyncpg.Connection
) -> None:
    elsewhere = await owner_connection.fetchval(
        "SELECT count(*) FROM deal d LEFT JOIN stage_change c ON c.deal_id = d.id AND c.left_at IS NULL"
        " WHERE d.workspace_id = $1 AND c.to_stage_id IS DISTINCT FROM d.stage_id",
        filled.workspace_id,
    )
    assert elsewhere == 0


async def test_what_is_made_afterwards_is_what_was_there(owner_connection: asyncpg.Connection) -> None:
    catalog = """
        SELECT pg_get_constraintdef(oid), conname, convalidated FROM pg_constraint WHERE conrelid = 'activity'::regclass
        UNION ALL SELECT indexdef, indexname, true FROM pg_indexes WHERE tablename = 'activity' ORDER BY 1, 2"""
    before = await owner_connection.fetch(catalog)
    async with checked_afterwards(owner_connection, ["activity"]):
        assert len(await owner_connection.fetch(catalog)) < len(before)
    assert await owner_connection.fetch(catalog) == before


def test_a_size_is_a_name_or_numbers_that_differ_from_it() -> None:
    assert chosen("small") == SIZES["small"]
    assert chosen("small", deals=7).deals == 7
    assert chosen("small", deals=7).database != SIZES["small"].database
    with pytest.raises(ValueError, match="give one of small, medium, large"):
        chosen("tiny")
    with pytest.raises(ValueError, match="DEALS=0 is not right"):
        chosen("small", deals=0)
