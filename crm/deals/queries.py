"""Looking at deals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from crm.accounts.facts import Actor
from crm.db import execute
from crm.money import Money

Totals = dict[UUID, tuple[int, list[Money]]]
"""For each stage: how many deals it holds, and their sum in each currency (never mixed), by currency code."""


async def stage_totals(*, actor: Actor, stage_ids: list[UUID]) -> Totals:
    """What whole stages hold, from their roll-up (docs/adr/0011): exact, and as fast with a million deals as with ten.

    For readers who may see every deal of the board; it counts the others' too.
    """
    rows = await execute(
        "SELECT stage_id, currency, sum(deals)::bigint AS count, sum(minor) AS minor FROM ("
        " SELECT stage_id, currency, deals, minor FROM stage_tally WHERE workspace_id = $1 AND stage_id = ANY($2)"
        " UNION ALL"
        " SELECT stage_id, currency, deals, minor FROM stage_delta WHERE workspace_id = $1 AND stage_id = ANY($2)"
        ") AS parts GROUP BY stage_id, currency HAVING sum(deals) <> 0 ORDER BY currency",
        actor.workspace_id,
        stage_ids,
    )
    return _totals(stage_ids, rows)


async def counted_totals(*, actor: Actor, stage_ids: list[UUID]) -> Totals:
    """The same, counted from the deals themselves."""
    rows = await execute(
        "SELECT stage_id, coalesce(currency, '') AS currency, count(*) AS count, sum(amount_minor) AS minor FROM deal"
        " WHERE workspace_id = $1 AND stage_id = ANY($2) AND archived_at IS NULL GROUP BY stage_id, currency"
        " ORDER BY currency",
        actor.workspace_id,
        stage_ids,
    )
    return _totals(stage_ids, rows)


def _totals(stage_ids: list[UUID], rows: Iterable[dict[str, Any]]) -> Totals:
    totals: Totals = {stage_id: (0, []) for stage_id in stage_ids}
    for row in rows:
        count, sums = totals[row["stage_id"]]
        if row["currency"]:
            sums.append(Money(int(row["minor"]), row["currency"]))
        totals[row["stage_id"]] = (count + row["count"], sums)
    return totals
