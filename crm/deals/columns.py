"""The order of a column's cards: finding a place among them, and making room (docs/adr/0006 and 0012).

Whoever puts a card into a column calls ``hold`` first, in a statement of its own: the neighbours read afterwards keep
their ranks until the transaction ends. Movers hold a column together; only who spaces its cards holds it alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from uuid import UUID

import asyncpg

from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.db import atomic, execute
from crm.deals import ranks, rules
from crm.deals.facts import Place, PlaceKind

REACH = 32
"""Cards to either side of a long rank that are spaced with it, at first; four times as many until there is room."""
PATIENCE_MILLISECONDS = 250
"""How long spacing waits for those who are putting cards into the column; new ones wait behind it meanwhile."""

NOBODY = UUID(int=0)
"""In the place of a card that is passed over: none is."""
_chance = random.SystemRandom()

_HOLD = "SELECT pg_advisory_xact_lock_shared($1)"
_HOLD_ALONE = "SELECT pg_advisory_xact_lock($1)"

_BESIDE = """
WITH neighbour AS MATERIALIZED (
    SELECT id, rank FROM deal
    WHERE workspace_id = $1 AND stage_id = $2 AND id = $4 AND id <> $3 AND archived_at IS NULL
)
SELECT id, rank FROM neighbour
UNION ALL (
    SELECT id, rank FROM deal WHERE workspace_id = $1 AND stage_id = $2 AND id <> $3
    AND rank {} (SELECT rank FROM neighbour) ORDER BY rank {} LIMIT 1
)"""
_END = "SELECT id, rank FROM deal WHERE workspace_id = $1 AND stage_id = $2 AND id <> $3 ORDER BY rank {} LIMIT 1"

_AROUND = {
    PlaceKind.BEFORE: _BESIDE.format("<", "DESC"),
    PlaceKind.AFTER: _BESIDE.format(">", "ASC"),
    PlaceKind.FIRST: _END.format("ASC"),
    PlaceKind.LAST: _END.format("DESC"),
}
"""$1 workspace, $2 stage, $3 the card that is placed, $4 its neighbour: the cards that decide a place.

Archived cards keep their ranks and bound a place like others; only as a neighbour they are gone, for nobody sees them.
"""

_LONGEST = f"""
SELECT rank FROM deal WHERE workspace_id = $1 AND stage_id = $2 AND length(rank) > {ranks.LONG}
ORDER BY length(rank) DESC LIMIT 1"""  # noqa: S608  (a number of our own)

_WINDOW = """
(SELECT id, rank FROM deal WHERE workspace_id = $1 AND stage_id = $2 AND rank <= $3 ORDER BY rank DESC LIMIT {limit})
UNION ALL
(SELECT id, rank FROM deal WHERE workspace_id = $1 AND stage_id = $2 AND rank > $3 ORDER BY rank LIMIT {limit})"""

# A card that leaves the column in this moment is passed over: its row is waited for, and looked at again.
_SPACE = """
UPDATE deal SET rank = new.rank FROM unnest($3::uuid[], $4::text[]) AS new (id, rank)
WHERE deal.workspace_id = $1 AND deal.stage_id = $2 AND deal.id = new.id
RETURNING deal.id"""


def lock_key(stage_id: UUID) -> int:
    """The number of a column's advisory lock: the half of its id that is random."""
    return int.from_bytes(stage_id.bytes[8:], signed=True)


async def hold(stage_id: UUID) -> None:
    """Keep the column's ranks as they are until the transaction ends; anybody else may put cards into it too."""
    await execute(_HOLD, lock_key(stage_id))


async def hold_alone(stage_ids: Iterable[UUID]) -> None:
    """Keep everybody else from putting cards into these columns, until the transaction ends; cards may leave."""
    for stage_id in sorted(set(stage_ids)):
        await execute(_HOLD_ALONE, lock_key(stage_id))


async def ranks_behind(stage_id: UUID, count: int, actor: Actor) -> list[str]:
    """Ranks for cards that go, in their order, to the end of a column that is held alone."""
    last = await execute(_END.format("DESC"), actor.workspace_id, stage_id, NOBODY)
    low: str | None = last[0]["rank"] if last else None
    found: list[str] = []
    for _ in range(count):
        found.append(ranks.between(found[-1] if found else low, None, _chance))
        if len(found[-1]) > ranks.LONG:
            break
    else:
        return found
    # Too near to the end of all ranks: what is left there is divided evenly, and made larger where it is too little.
    spread = ranks.spread(count, low)
    if spread is None:
        await _space_around(low or "", stage_id, actor)
        last = await execute(_END.format("DESC"), actor.workspace_id, stage_id, NOBODY)
        spread = ranks.spread(count, last[0]["rank"])
    if spread is None:
        raise RuntimeError("a column has no room behind its last card")
    return spread


async def rank_for(deal_id: UUID, stage_id: UUID, place: Place, actor: Actor) -> tuple[str, bool]:
    """A rank for a card at a place of a column that is held; and whether its neighbour had gone, so that it is the end.

    Where cards lie so close that the rank would outgrow its column, they are spaced first: the last resort.
    """
    for _ in range(2):
        low, high, found = rules.gap(place, await _around(deal_id, stage_id, place, actor))
        rank = ranks.between(low, high, _chance)
        if len(rank) <= ranks.LONGEST:
            return rank, not found
        # Two who come here at once, both holding the column, wait for each other: one of them is run again.
        await execute(_HOLD_ALONE, lock_key(stage_id))
        await _space_around(low or high or "", stage_id, actor)
    raise RuntimeError("a column could not be spaced anew")


async def respace(*, actor: Actor, stage_id: UUID) -> int:
    """Give the cards around a column's longest rank short ones, in their order; how many cards were spaced.

    0: no rank of the column is too long, or people are putting cards into it and it is better to come again.
    No version changes, for nobody sees ranks.

    Raises: Forbidden.
    """
    permit(actor, "deal.move")
    try:
        return await _respace(actor=actor, stage_id=stage_id)
    except asyncpg.LockNotAvailableError:
        return 0


@atomic()
async def _respace(*, actor: Actor, stage_id: UUID) -> int:
    await execute("SELECT set_config('lock_timeout', $1, true)", str(PATIENCE_MILLISECONDS))
    await execute(_HOLD_ALONE, lock_key(stage_id))
    longest = await execute(_LONGEST, actor.workspace_id, stage_id)
    return await _space_around(longest[0]["rank"], stage_id, actor) if longest else 0


async def _around(deal_id: UUID, stage_id: UUID, place: Place, actor: Actor) -> list[tuple[UUID, str]]:
    """The cards that decide a place, in order: the neighbour and the one next to it, or the column's first or last."""
    values = [actor.workspace_id, stage_id, deal_id]
    cards = []
    if place.neighbour_id is not None:
        cards = await execute(_AROUND[place.kind], *values, place.neighbour_id)
    if not cards:
        end = PlaceKind.FIRST if place.kind is PlaceKind.FIRST else PlaceKind.LAST
        cards = await execute(_AROUND[end], *values)
    return sorted(((card["id"], card["rank"]) for card in cards), key=lambda card: card[1])


async def _space_around(rank: str, stage_id: UUID, actor: Actor) -> int:
    """Spread the cards around a rank evenly between their outer neighbours, in a column that is held alone."""
    reach = REACH
    while True:
        cards = await execute(_WINDOW.format(limit=reach + 1), actor.workspace_id, stage_id, rank)
        cards.sort(key=lambda card: str(card["rank"]))
        below = sum(card["rank"] <= rank for card in cards)
        above = len(cards) - below
        low = cards.pop(0)["rank"] if below > reach else None
        high = cards.pop()["rank"] if above > reach else None
        spread = ranks.spread(len(cards), low, high)
        if spread is not None:
            break
        reach *= 4
    ids = [card["id"] for card in cards]
    return len(await execute(_SPACE, actor.workspace_id, stage_id, ids, spread))
