"""Looking at deals."""

from __future__ import annotations

from uuid import UUID

from crm.accounts.facts import Actor
from crm.db import execute
from crm.money import Money


async def stage_totals(*, actor: Actor, stage_ids: list[UUID]) -> dict[UUID, tuple[int, list[Money]]]:
    """For each stage: how many deals it holds, and their sum in each currency (never mixed), by currency code."""
    rows = await execute(
        "SELECT stage_id, currency, count(*) AS count, sum(amount_minor) AS minor FROM deal"
        " WHERE workspace_id = $1 AND stage_id = ANY($2) GROUP BY stage_id, currency ORDER BY currency",
        actor.workspace_id,
        stage_ids,
    )
    totals: dict[UUID, tuple[int, list[Money]]] = {stage_id: (0, []) for stage_id in stage_ids}
    for row in rows:
        count, sums = totals[row["stage_id"]]
        if row["currency"] is not None:
            sums.append(Money(int(row["minor"]), row["currency"]))
        totals[row["stage_id"]] = (count + row["count"], sums)
    return totals
