"""Taking choices off the records that have chosen them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crm.accounts.facts import Actor
from crm.customfields.facts import FieldKind
from crm.customfields.models import CustomField
from crm.db import execute
from crm.errors import Invalid

_KINDS = {
    FieldKind.CHOICE: (
        "CASE jsonb_typeof(custom -> $2) WHEN 'string' THEN custom ->> $2 = ANY($3::text[]) ELSE false END",
        "custom - $2::text",
    ),
    FieldKind.CHOICES: (
        "CASE jsonb_typeof(custom -> $2) WHEN 'array' THEN custom -> $2 ?| $3::text[] ELSE false END",
        "CASE (custom -> $2) - $3::text[] WHEN '[]' THEN custom - $2::text"
        " ELSE jsonb_set(custom, ARRAY[$2::text], (custom -> $2) - $3::text[]) END",
    ),
}
"""(which records have chosen one of some, their values without them): $2 the key, $3 the choices."""


async def drop(field: CustomField, gone: Sequence[str], *, drops_used: bool, actor: Actor, now: datetime) -> int:
    """Take choices off all records, each of which counts it as a change; how many there were.

    Raises: Invalid when there are any and they are not to be dropped.
    """
    if not gone:
        return 0
    chosen, left = _KINDS[FieldKind(field.kind)]
    table, values = field.entity.lower(), [actor.workspace_id, field.key, list(gone)]
    where = f"workspace_id = $1 AND {chosen}"
    if not drops_used:
        (found,) = await execute(f"SELECT count(*) AS used FROM {table} WHERE {where}", *values)  # noqa: S608
        if found["used"]:
            raise Invalid(
                f"{found['used']} records have chosen {' or '.join(repr(choice) for choice in gone[:5])}:"
                " keep it, or give dropUsed to take it off them.",
                field=("choices",),
            )
        return 0
    changed = await execute(
        f"WITH held AS (SELECT id FROM {table} WHERE {where} ORDER BY id FOR NO KEY UPDATE)"  # noqa: S608
        f" UPDATE {table} SET custom = {left}, version = version + 1, updated_at = $4"
        " WHERE workspace_id = $1 AND id IN (SELECT id FROM held) RETURNING id",
        *values,
        now,
    )
    return len(changed)
