"""The law can fail: it finds every fault that is planted in the compiler."""

from __future__ import annotations

import pytest

from crm.reads import ReadPool
from tests.conftest import Database
from tests.schema.law.everything import Everything
from tests.schema.law.law import LEFT_BEHIND, Broken, keys_are_proved, same, search
from tests.schema.law.mutants import IN_WORDS, MUTANTS, Plant
from tests.schema.law.queries import Example
from tests.schema.law.values import Values
from tests.schema.law.ways import Ways
from tests.schema.law.world import World
from tests.serving import shared_schema

pytestmark = LEFT_BEHIND

EXAMPLES = 600
"""Within how many examples a fault must be found; most are among the first twenty."""


async def quick(ways: Ways, example: Example) -> None:
    """The part of the law that compiled reads as a whole are under."""
    for request in example.requests:
        oracle = await ways.oracle(request)
        await same(ways, "compiled", request, oracle)
        await keys_are_proved(ways, request, oracle)


async def look(ways: Ways, word: str | None) -> None:
    """The law as far as it takes to find the fault: random queries, or all that every word is asked by.

    Raises: Broken.
    """
    if word is None:
        await search(ways, EXAMPLES, quick, shrinks=False)
        return
    types = ways.reads["compiled"].types
    for request in Everything(types, Values(ways.world, types)).queries():
        if word in request.query:
            await quick(ways, Example((request, request)))


@pytest.mark.parametrize("plant", MUTANTS, ids=lambda plant: plant.__name__)
async def test_a_planted_fault_is_found(
    world: World, database: Database, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    pool = ReadPool(database.owner_url, size=1)
    try:
        with pytest.raises(Broken):
            await look(Ways(shared_schema(), world, pool), IN_WORDS.get(plant))
    finally:
        await pool.close()
