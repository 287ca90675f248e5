"""One workspace with a tiny data set, for all tests here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import pytest_asyncio

from bench.data.fill import fill
from bench.data.sizes import Size
from bench.screens import Subjects, subjects
from tests.conftest import Company, Database, open_company

TINY = Size("tiny", contacts=150, organizations=40, leads=200, deals=250)


@dataclass(frozen=True)
class Filled:
    """A company with data, and what the screens are asked about."""

    company: Company
    workspace_id: UUID
    about: Subjects


@pytest_asyncio.fixture(scope="module")
async def filled(database: Database, orm: None) -> AsyncIterator[Filled]:
    company = await open_company("Filled")
    workspace_id = company.alice.workspace_id
    connection = await asyncpg.connect(database.owner_url)
    try:
        # The ids of a data set follow from its seed; the module's own keep it from meeting another one.
        await fill(connection, workspace_id, TINY, seed=workspace_id.int % 2**31)
    finally:
        await connection.close()
    yield Filled(company, workspace_id, await subjects(database.owner_url, workspace_id))
