"""Creating something once, however often the request arrives."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import orjson
from tortoise.models import Model

from crm.accounts.facts import Actor
from crm.db import execute, get
from crm.errors import Invalid
from crm.ids import new_id

M = TypeVar("M", bound=Model)


async def once(
    model: type[M],
    make: Callable[[UUID], Awaitable[M]],
    *,
    actor: Actor,
    operation: str,
    key: str | None,
    request: object,
    now: datetime,
) -> M:
    """What ``make(id)`` creates; with a key that the same member used before, what was created then.

    Part of the caller's transaction. Two requests with one key at the same time wait for each other here.

    Raises: Invalid when the key was used with other input, or is blank or longer than 200 characters.
    """
    if key is None:
        return await make(new_id())
    key = key.strip()
    if not 1 <= len(key) <= 200 or "\x00" in key:
        raise Invalid("idempotencyKey must have 1 to 200 characters.", field=("idempotencyKey",))
    request_hash = hashlib.sha256(
        orjson.dumps(request, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    ).digest()
    result_id = new_id()
    taken = await execute(
        "INSERT INTO idempotency_key (id, workspace_id, member_id, operation, key, request_hash, result_id, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (workspace_id, member_id, operation, key) DO NOTHING RETURNING id",
        new_id(),
        actor.workspace_id,
        actor.member_id,
        operation,
        key,
        request_hash,
        result_id,
        now,
    )
    if taken:
        return await make(result_id)
    earlier = (
        await execute(
            "SELECT request_hash, result_id FROM idempotency_key"
            " WHERE workspace_id = $1 AND member_id = $2 AND operation = $3 AND key = $4",
            actor.workspace_id,
            actor.member_id,
            operation,
            key,
        )
    )[0]
    if bytes(earlier["request_hash"]) != request_hash:
        raise Invalid(
            "This idempotencyKey was used with other input: take a new key for a new request.",
            field=("idempotencyKey",),
        )
    return await get(model, earlier["result_id"], actor)


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)
