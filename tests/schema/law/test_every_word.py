"""Whatever the schema has, each by itself: every way answers as the oracle does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.schema.law.everything import Everything, said, words
from tests.schema.law.law import LEFT_BEHIND
from tests.schema.law.outside import OUTSIDE, OUTSIDE_BELOW
from tests.schema.law.values import Values
from tests.schema.law.ways import MODES, Request, Ways, difference

pytestmark = LEFT_BEHIND


def test_what_the_law_leaves_out_is_what_resolvers_alone_answer(ways: Ways) -> None:
    types = ways.reads["compiled"].types
    assert types.schema.query_type is not None
    unmapped = {name for name in types.schema.query_type.fields if types.read("Query", name) is None}
    assert unmapped == set(OUTSIDE)
    below = {
        f"{kind}.{name}"
        for kind in types.node_kinds
        for name in types.schema.type_map[kind].fields  # type: ignore[attr-defined]
        if types.read(kind, name) is None
    }
    assert below == set(OUTSIDE_BELOW)


async def test_every_field_argument_comparison_and_order_is_answered_as_by_the_oracle(ways: Ways) -> None:
    """Each in one of the queries that say it; random ones ask for them in other forms (test_law.py)."""
    schema = ways.reads["compiled"].types.schema
    known = [(request, said(schema, request.query)) for request in everything(ways)]
    known.sort(key=lambda found: len(found[0].query) / len(found[1]))  # what says the most in the fewest letters
    left, asked = words(schema), []
    for request, found in known:
        if left & found:
            asked.append(request)
        left -= found
    assert not left, f"never asked for: {sorted(left)}"
    await answered_by_all(ways, asked)


@pytest.mark.thorough
async def test_every_form_of_each_of_them_is_answered_as_by_the_oracle(ways: Ways) -> None:
    """Every page, comparison and order of every list, and all values that are refused."""
    await answered_by_all(ways, list(everything(ways)))


def everything(ways: Ways) -> Iterator[Request]:
    types = ways.reads["compiled"].types
    return Everything(types, Values(ways.world, types)).queries()


async def answered_by_all(ways: Ways, requests: list[Request]) -> None:
    wrong = []
    for request in requests:
        oracle = await ways.oracle(request)
        assert b"GRAPHQL_VALIDATION_FAILED" not in oracle, (request, oracle)
        # Filters and orders are the same for the others, and take them long; random queries ask them, too.
        is_long = "filter:" in request.query or "orderBy:" in request.query
        for mode in ("compiled",) if is_long else MODES:
            found = difference(oracle, await ways.answer(mode, request))
            if found is not None:
                wrong.append(f"{mode}: {found}\n{request}")
    assert not wrong, "\n\n".join(sorted(wrong, key=len)[:5])
