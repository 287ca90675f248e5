"""The law of compiled reads: whatever a client may ask, every way gives the answer that the oracle gives."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, Verbosity, given, seed, settings

from schema.reads.typemap import TypeMap
from tests.schema.law.queries import Example, examples
from tests.schema.law.values import Values
from tests.schema.law.ways import Request, Ways, difference

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")

EXAMPLES = int(os.environ.get("ANBAHN_LAW_EXAMPLES", "0"))
"""How many examples to try, other ones each time; 0: the same 300 as always."""
SHARE = 0.7
"""How much of what is asked must be answered by one plan as a whole, so that it is compiled reads that are tried."""


async def check(ways: Ways, example: Example) -> None:
    """Fails where any way gives another answer than the oracle.

    Asked once more at the end, and with other values of the same shape in between, for documents and plans are kept.
    """
    first, second = example.requests
    oracle = await ways.oracle(first)
    await _same(ways, "compiled", first, oracle)
    if second != first:
        other = await ways.oracle(second)
        for mode in ("compiled", "spliced"):
            await _same(ways, mode, second, other)
    for mode in ("compiled", "spliced", "stock"):
        await _same(ways, mode, first, oracle)


async def _same(ways: Ways, mode: str, request: Request, oracle: bytes) -> None:
    wrong = difference(oracle, await ways.answer(mode, request))
    if wrong is not None:
        pytest.fail(f"{mode}: {wrong}\n{request}", pytrace=False)


def portal(loop: asyncio.AbstractEventLoop) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Runs coroutines of a thread in a loop, so that Hypothesis can search and shrink as it does without one."""

    def run(work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(60)

    return run


async def search(
    ways: Ways, most: int, once: Callable[[Ways, Example], Coroutine[Any, Any, None]], **options: Any
) -> None:
    """Try examples until one fails, and shrink it then."""
    run = portal(asyncio.get_running_loop())
    types: TypeMap = ways.reads["compiled"].types
    strategy = examples(types.schema, types, Values(ways.world, types))

    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        verbosity=Verbosity.quiet,  # it would print the tape, which says nothing to anybody
        **options,
    )
    @given(strategy)
    def every(example: Example) -> None:
        run(once(ways, example))

    if EXAMPLES:
        number = random.randrange(2**32)
        print(f"seed {number}")
        every = seed(number)(every)
    await asyncio.to_thread(every)


async def test_every_way_gives_the_answer_of_the_oracle(ways: Ways) -> None:
    await search(ways, EXAMPLES or 300, check, derandomize=not EXAMPLES)
    reads = ways.reads["compiled"]
    assert reads.answered >= SHARE * reads.asked, f"{reads.answered} of {reads.asked} were answered by one plan"
