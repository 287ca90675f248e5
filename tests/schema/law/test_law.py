"""The law of compiled reads: whatever a client may ask, every way gives the answer that the oracle gives."""

from __future__ import annotations

import os
import random

from tests.schema.law.everything import said, words
from tests.schema.law.law import LEFT_BEHIND, check, search
from tests.schema.law.queries import Example
from tests.schema.law.ways import Ways

pytestmark = LEFT_BEHIND

EXAMPLES = int(os.environ.get("ANBAHN_LAW_EXAMPLES", "0"))
"""How many examples to try, other ones each time; 0: the same 200 as always."""
SHARE = 0.7
"""How much of what is asked must be answered by one plan as a whole, so that it is compiled reads that are tried."""


async def test_every_way_gives_the_answer_of_the_oracle(ways: Ways) -> None:
    types, heard = ways.reads["compiled"].types, set[str]()

    async def listen(ways: Ways, example: Example) -> None:
        if EXAMPLES:
            heard.update(said(types.schema, example.requests[0].query))
        await check(ways, example)

    number = random.randrange(2**32) if EXAMPLES else None
    print(f"seed {number}")
    await search(ways, EXAMPLES or 200, listen, number=number)
    reads, all_words = ways.reads["compiled"], words(types.schema)
    told = f"{reads.answered} of {reads.asked} were answered by one plan"
    if EXAMPLES:
        print(f"{told}; {len(heard & all_words)} of {len(all_words)} words of the schema were said")
    assert reads.answered >= SHARE * reads.asked, told
