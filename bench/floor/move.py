"""The screen that writes: a deal moves to the end of another column, with all rows that the product writes for it."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from bench.floor import statements as sql
from bench.floor.pool import Connection
from bench.floor.reads import Json, add_total, id_of
from crm.deals.ranks import between
from crm.ids import new_id

_chance = random.SystemRandom()
_ATTEMPTS = 5


async def move(connection: Connection, workspace_id: str, member_id: UUID, given: Json) -> Json:
    """Move between two open stages of one pipeline; what else the product can decide here is not asked."""
    deal, stage = id_of("Deal", given["id"]), id_of("Stage", given["stageId"])
    for attempt in range(_ATTEMPTS):
        try:
            version, before = await _moved(connection, workspace_id, member_id, deal, stage)
            break
        except asyncpg.UniqueViolationError:  # somebody took the same rank in the same moment
            if attempt == _ATTEMPTS - 1:
                raise
    stages = {id: {"id": f"Stage_{id.hex}", "totals": {"count": 0, "amounts": []}} for id in (before, stage)}
    for row in await connection.rows(sql.TOTALS, workspace_id, list(stages)):
        add_total(stages[row[0]]["totals"], *row[1:])  # type: ignore[arg-type]
    payload = {
        "deal": {"id": given["id"], "version": version, "stage": {"id": given["stageId"]}},
        "fromStage": stages[before],
        "toStage": stages[stage],
        "userErrors": [],
    }
    return {"moveDeal": payload}


async def _moved(
    connection: Connection, workspace_id: str, member_id: UUID, deal: UUID, stage: UUID
) -> tuple[int, Any]:
    """Write all of it in one transaction; returns the deal's new version and the stage it left."""
    now = datetime.now(UTC)
    await connection.raw.execute("BEGIN")
    try:
        found = await connection.row(sql.LOCKED, workspace_id, deal, stage)
        if found is None or found["pipeline_id"] != found["to_pipeline"] or found["to_kind"] != "OPEN":
            raise ValueError("the floor moves deals between open stages of one pipeline")
        before = found["stage_id"]
        last = await connection.row(sql.LAST_RANK, workspace_id, stage, deal)
        rank = between(last[0] if last else None, None, _chance)
        moved = await connection.row(sql.MOVE, workspace_id, deal, stage, found["to_kind"], rank, now)
        left = await connection.row(sql.LEAVE, workspace_id, deal, now)
        await connection.rows(sql.ENTER, workspace_id, new_id(), deal, before, stage, left[0], member_id)
        summary = f"Moved from {found['from_name']} to {found['to_name']}"
        await connection.rows(sql.LOG, workspace_id, new_id(), now, summary, member_id, deal)
        payload = orjson.dumps({"from_stage_id": str(before), "to_stage_id": str(stage)}).decode()
        await connection.rows(sql.TELL, workspace_id, new_id(), deal, payload, now)
        await connection.raw.execute("COMMIT")
    except BaseException:
        await connection.raw.execute("ROLLBACK")
        raise
    return moved[0], before
