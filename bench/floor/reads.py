"""The four screens that read: rows into the response, by hand."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any
from uuid import UUID

from bench.floor import statements as sql
from bench.floor.pool import Connection
from crm.money import exponent
from schema.cursors import CursorSigner
from schema.reads.arguments import cursor_list
from schema.reads.ordering import BY_RANK, LATEST_FIRST, NEWEST_FIRST

Json = dict[str, Any]
_RANK = itemgetter(8)
# Cursors are those of the API, so they are signed for the same lists.
_CARDS = cursor_list("Deal", BY_RANK)
_LEADS = cursor_list("Lead", NEWEST_FIRST)
_ENTRIES = cursor_list("Activity", LATEST_FIRST)
places = lru_cache(maxsize=None)(exponent)
page_sql: dict[str, Callable[[int], str]] = {
    name: lru_cache(maxsize=100)(write)
    for name, write in (("cards", sql.cards), ("leads", sql.newest_leads), ("timeline", sql.timeline))
}


def money(minor: int | None, currency: str | None) -> Json | None:
    """An amount as the API writes it: a decimal with all places of its currency."""
    if minor is None or currency is None:
        return None
    if places(currency) == 2 and minor >= 0:  # nearly always
        whole, cents = divmod(minor, 100)
        return {"amount": f"{whole}.{cents:02d}", "currency": currency}
    return {"amount": str(Decimal(minor).scaleb(-places(currency))), "currency": currency}


def named(kind: str, id: Any, name: str | None) -> Json | None:
    """Another record by id and name; None where there is none."""
    return None if id is None else {"id": f"{kind}_{id.hex}", "name": name}


async def board(connection: Connection, workspace_id: str, given: Json, cursors: CursorSigner) -> Json:
    """Every pipeline with its stages, their totals and first cards."""
    size = given["first"]
    columns = await connection.rows(sql.COLUMNS, workspace_id)
    pages: dict[Any, list[Any]] = {}
    for row in await connection.rows(page_sql["cards"](size), workspace_id):
        pages.setdefault(row[0], []).append(row)
    for page in pages.values():
        page.sort(key=_RANK)  # as good as sorted: cheaper here than in PostgreSQL
    pipelines: dict[Any, Json] = {}
    stages: dict[Any, Json] = {}
    for pipeline, pipeline_name, stage, name, kind, probability, currency, count, minor in columns:
        shown = pipelines.get(pipeline)
        if shown is None:
            shown = {"id": f"Pipeline_{pipeline.hex}", "name": pipeline_name, "stages": []}
            pipelines[pipeline] = shown
        if stage is None:
            continue
        column = stages.get(stage)
        if column is None:
            column = stages[stage] = {
                "id": f"Stage_{stage.hex}",
                "name": name,
                "kind": kind,
                "probability": probability,
                "totals": {"count": 0, "amounts": []},
                "deals": _cards(pages.get(stage, []), size, cursors),
            }
            shown["stages"].append(column)
        add_total(column["totals"], currency, count, minor)
    return {"pipelines": list(pipelines.values())}


def add_total(totals: Json, currency: str | None, count: int | None, minor: int | None) -> None:
    """Add one currency's share to a stage's totals; deals without an amount count only."""
    totals["count"] += count or 0
    if currency:
        totals["amounts"].append(money(minor, currency))


def _cards(rows: list[Any], size: int, cursors: CursorSigner) -> Json:
    nodes = [
        {
            "id": f"Deal_{id.hex}",
            "version": version,
            "title": title,
            "amount": money(minor, currency),
            "probability": probability,
            "expectedCloseDate": close,
            "contact": named("Contact", contact, contact_name),
            "organization": named("Organization", organization, organization_name),
            "owner": named("Member", owner, owner_name),
        }
        for (_, id, version, title, minor, currency, probability, close, _, contact, contact_name, organization,
             organization_name, owner, owner_name) in rows[:size]
    ]  # fmt: skip
    return {"nodes": nodes, "pageInfo": _page_info(rows, size, _CARDS, (8, 1), cursors)}


def _page_info(rows: list[Any], size: int, list_name: str, position: tuple[int, int], cursors: CursorSigner) -> Json:
    """``position``: where a row's first sort column and its id stand."""
    last = rows[min(size, len(rows)) - 1] if rows and size else None
    end = None if last is None else cursors.write(list_name, (last[position[0]], UUID(bytes=last[position[1]].bytes)))
    return {"hasNextPage": len(rows) > size, "endCursor": end}


async def leads(connection: Connection, workspace_id: str, given: Json, cursors: CursorSigner) -> Json:
    """The newest leads, in one page or, for the growth table, in several of the same size: of one statement."""
    size, pages = given["first"], given.get("pages", 1)
    rows = await connection.rows(page_sql["leads"](size * pages), workspace_id)
    if "pages" not in given:
        return {"leads": _lead_page(rows, size, cursors)}
    return {f"page{page}": _lead_page(rows[page * size :], size, cursors) for page in range(pages)}


def _lead_page(rows: list[Any], size: int, cursors: CursorSigner) -> Json:
    nodes = [
        {
            "id": f"Lead_{id.hex}",
            "title": title,
            "state": state,
            "source": source,
            "createdAt": created_at,
            "contact": None
            if contact is None
            else {"id": f"Contact_{contact.hex}", "name": contact_name, "emails": addresses or []},
            "organization": named("Organization", organization, organization_name),
            "owner": named("Member", owner, owner_name),
            "qualification": {"answered": answered, "met": met},
        }
        for (id, title, state, source, created_at, contact, contact_name, addresses, organization, organization_name,
             owner, owner_name, answered, met) in rows[:size]
    ]  # fmt: skip
    return {"nodes": nodes, "pageInfo": _page_info(rows, size, _LEADS, (4, 0), cursors)}


async def deal(connection: Connection, workspace_id: str, given: Json, _cursors: CursorSigner) -> Json:
    """One deal by its global id."""
    row = await connection.row(sql.DEAL, workspace_id, id_of("Deal", given["id"]))
    if row is None:
        return {"node": None}
    (id, version, title, minor, currency, probability, status, close, stage, stage_name, kind, contact, contact_name,
     organization, organization_name, owner, owner_name) = row  # fmt: skip
    shown = {
        "id": f"Deal_{id.hex}",
        "version": version,
        "title": title,
        "amount": money(minor, currency),
        "probability": probability,
        "status": status,
        "expectedCloseDate": close,
        "stage": {"id": f"Stage_{stage.hex}", "name": stage_name, "kind": kind},
        "contact": named("Contact", contact, contact_name),
        "organization": named("Organization", organization, organization_name),
        "owner": named("Member", owner, owner_name),
    }
    return {"node": shown}


async def timeline(connection: Connection, workspace_id: str, given: Json, cursors: CursorSigner) -> Json:
    """What happened to a deal and to its leads."""
    size = given["first"]
    rows = await connection.rows(page_sql["timeline"](size), workspace_id, id_of("Deal", given["id"]))
    if not rows:
        return {"node": None}
    deal_id, title = rows[0][0], rows[0][1]
    rows = [row for row in rows if row[2] is not None]
    nodes = [
        {
            "id": f"Activity_{id.hex}",
            "kind": kind,
            "at": at,
            "summary": summary,
            "body": body,
            "member": named("Member", member, member_name),
        }
        for _, _, id, kind, at, summary, body, member, member_name in rows[:size]
    ]
    page = {"nodes": nodes, "pageInfo": _page_info(rows, size, _ENTRIES, (4, 2), cursors)}
    return {"node": {"id": f"Deal_{deal_id.hex}", "title": title, "timeline": page}}


def id_of(kind: str, global_id: str) -> UUID:
    """The row's id out of a global one.

    Raises: ValueError when it is none of that kind.
    """
    name, _, hexadecimal = global_id.partition("_")
    if name != kind:
        raise ValueError(f"{global_id!r} is not the id of a {kind}")
    return UUID(hex=hexadecimal)
