"""The world of the law, made once, and the four ways through it."""

from __future__ import annotations

import gc
import warnings
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from crm.reads import ReadPool
from tests.conftest import Database
from tests.schema.law.ways import Ways
from tests.schema.law.world import World, make_world
from tests.serving import shared_schema


@pytest.fixture(autouse=True)
def left_behind() -> Iterator[None]:
    """Away with the coroutines that graphql-core leaves behind where a field is refused; nobody waits for them."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest_asyncio.fixture(scope="session")
async def world(orm: None) -> AsyncIterator[World]:
    made = await make_world()
    shared_schema()
    gc.collect()
    gc.freeze()  # the schema and the world, which the collector need not look through a thousand times
    yield made
    gc.unfreeze()


@pytest_asyncio.fixture(scope="session")
async def ways(world: World, database: Database) -> AsyncIterator[Ways]:
    pool = ReadPool(database.owner_url, size=2)
    yield Ways(shared_schema(), world, pool)
    await pool.close()
