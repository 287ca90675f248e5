"""A pipeline's past, read from the spans of ``deal_history``: docs/history.md says what is what.

All of it is for readers who may see every deal of the pipeline.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.accounts.facts import Actor
from crm.db import execute
from crm.deals.facts import DealStatus
from crm.deals.past import KINDS, Bridge, Change, ChangeKind, DealThen, KindSummary, Page, StageThen, Totals
from crm.deals.past_sql import BRIDGE, CHANGES, DEALS_THEN, STAGES_THEN
from crm.money import Money


async def stages_then(*, actor: Actor, pipeline_id: UUID, at: datetime) -> list[StageThen]:
    """What each stage held at a moment, from left to right: the stages of today, and others that held a deal."""
    rows = await execute(STAGES_THEN, actor.workspace_id, pipeline_id, at)
    found: dict[UUID, StageThen] = {}
    for row in rows:
        stage = found.setdefault(row["stage_id"], StageThen(row["stage_id"], Totals(0, []), []))
        count = stage.totals.count + row["count"]
        if row["currency"] is not None:
            stage.totals.amounts.append(Money(int(row["minor"]), row["currency"]))
            stage.weighted.append(Money(int(row["weighted"]), row["currency"]))
        found[stage.stage_id] = StageThen(stage.stage_id, Totals(count, stage.totals.amounts), stage.weighted)
    return list(found.values())


async def deals_then(
    *, actor: Actor, pipeline_id: UUID, at: datetime, stage_ids: Sequence[UUID], page: Page
) -> dict[UUID, list[DealThen]]:
    """The same page of several stages as they were at a moment, newest deals first, and one row more if there is one.

    The key of the list is (deal's id,). Rows are in the list's order, whichever way the page is read.
    """
    rows = await execute(
        DEALS_THEN[page.backward],
        actor.workspace_id,
        pipeline_id,
        at,
        list(stage_ids),
        *(page.after or (None,)),
        *(page.before or (None,)),
        page.size + 1,
    )
    found: dict[UUID, list[DealThen]] = {id: [] for id in stage_ids}
    for row in rows:
        found[row["stage_id"]].append(
            DealThen(
                deal_id=row["deal_id"],
                stage_id=row["stage_id"],
                status=DealStatus(row["status"]),
                amount=_money(row["amount_minor"], row["currency"]),
                probability=row["probability"],
                expected_close_date=row["expected_close_date"],
                owner_id=row["owner_id"],
            )
        )
    return found


async def bridge(*, actor: Actor, pipeline_id: UUID, since: datetime, until: datetime) -> Bridge:
    """The open deals at two moments, and what changed between: one statement, so that it adds up whatever goes on."""
    rows = await execute(BRIDGE, actor.workspace_id, pipeline_id, since, until)
    by_kind = [[row for row in rows if row["kind"] == number] for number in range(len(KINDS) + 2)]
    opening, closing = (_totals(part, "minor") for part in by_kind[len(KINDS) :])
    summary = [
        KindSummary(kind, _totals(part, "minor"), _totals(part, "effect"))
        for kind, part in zip(KINDS, by_kind, strict=False)
        if part
    ]
    return Bridge(opening, closing, summary)


async def changes(
    *, actor: Actor, pipeline_id: UUID, since: datetime, until: datetime, kinds: Iterable[ChangeKind], page: Page
) -> list[Change]:
    """A page of what changed between two moments, by kind, then newest deals first; one row more if there is one.

    The key of the list is (number of the kind, deal's id). Rows are in the list's order, whichever way it is read.
    """
    rows = await execute(
        CHANGES[page.backward],
        actor.workspace_id,
        pipeline_id,
        since,
        until,
        [KINDS.index(kind) for kind in kinds],
        *(page.after or (None, None)),
        *(page.before or (None, None)),
        page.size + 1,
    )
    return [
        Change(
            kind=KINDS[row["kind"]],
            deal_id=row["deal_id"],
            at=row["at"],
            from_stage_id=row["a_stage_id"],
            to_stage_id=row["b_stage_id"],
            from_amount=_money(row["a_amount_minor"], row["a_currency"]),
            to_amount=_money(row["b_amount_minor"], row["b_currency"]),
            from_close_date=row["a_expected_close_date"],
            to_close_date=row["b_expected_close_date"],
            from_owner_id=row["a_owner_id"],
            to_owner_id=row["b_owner_id"],
        )
        for row in rows
    ]


def _totals(rows: list[dict[str, Any]], column: str) -> Totals:
    count = "deals" if column == "minor" else "effect_deals"
    amounts = [Money(int(row[column]), row["currency"]) for row in rows if row["currency"] and row[column] is not None]
    return Totals(int(sum(row[count] for row in rows)), amounts)


def _money(minor: int | None, currency: str | None) -> Money | None:
    return None if minor is None or currency is None else Money(minor, currency)
