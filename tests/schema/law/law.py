"""The law itself, and the search for what breaks it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from tests.schema.law.queries import Example, examples
from tests.schema.law.values import Values
from tests.schema.law.ways import Request, Ways, difference

Check = Callable[[Ways, Example], Coroutine[Any, Any, None]]
LEFT_BEHIND = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored in. <coroutine:pytest.PytestUnraisableExceptionWarning"),
]
"""Of tests that refuse fields: graphql-core leaves the coroutines of others behind then, for which nobody waits."""
PATIENCE = 60.0
"""Seconds that one example may take."""


class Broken(AssertionError):
    """Two answers to one request differ."""


async def check(ways: Ways, example: Example) -> None:
    """Every way answers as the oracle.

    Each is asked once more at the end, and with other values of the same shape in between, for documents and plans are
    kept. A key that the read itself proves gives the same answer as one that was looked up, and a wrong one gives none.

    Raises: Broken.
    """
    first, second = example.requests
    oracle = await ways.oracle(first)
    await same(ways, "compiled", first, oracle)
    if second != first:
        other = await ways.oracle(second)
        for mode in ("compiled", "spliced"):
            await same(ways, mode, second, other)
    for mode in ("compiled", "spliced", "stock"):
        await same(ways, mode, first, oracle)
    await keys_are_proved(ways, first, oracle)


async def same(ways: Ways, mode: str, request: Request, oracle: bytes) -> None:
    """Raises: Broken where a way does not answer as the oracle."""
    _expect(mode, request, oracle, await ways.answer(mode, request))


async def keys_are_proved(ways: Ways, request: Request, oracle: bytes) -> None:
    """Raises: Broken where a believed key gives another answer, or a wrong one gives any."""
    answer = await ways.believed(request, ways.world.keys[request.role])
    if answer is None:
        return
    _expect("believed", request, oracle, answer)
    wrong = ways.world.wrong_keys[request.role]
    if await ways.believed(request, wrong[len(request.query) % len(wrong)]) is not None:
        raise Broken(f"a wrong key is answered\n{request}")
    for role in ways.world.actors:
        if role != request.role and await ways.believed(replace(request, role=role), ways.world.keys[request.role]):
            raise Broken(f"a key gives another role than its member's\n{request}")


def _expect(way: str, request: Request, oracle: bytes, answer: bytes) -> None:
    wrong = difference(oracle, answer)
    if wrong is not None:
        raise Broken(f"{way}: {wrong}\n{request}")


async def search(ways: Ways, most: int, once: Check, *, number: int | None = None, shrinks: bool = True) -> None:
    """Try examples until one breaks the law, and shrink it; those of a ``number``, or the same as always.

    Hypothesis runs in a thread, and each example in this loop: so it searches and shrinks as if it were alone.

    Raises: Broken.
    """
    loop = asyncio.get_running_loop()
    types = ways.reads["compiled"].types

    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        derandomize=number is None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,  # it would print the tape, which tells nobody anything
    )
    @given(examples(types.schema, types, Values(ways.world, types)))
    def every(example: Example) -> None:
        asyncio.run_coroutine_threadsafe(once(ways, example), loop).result(PATIENCE)

    await asyncio.to_thread(every if number is None else seed(number)(every))
