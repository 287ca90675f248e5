"""Which records a merge or its undoing changes, locked in the one order that all operations keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.accounts.facts import Actor
from crm.contacts import branches
from crm.contacts.addresses import lock_names
from crm.db import execute, scoped
from crm.errors import AlreadyMerged, Invalid, NotFound
from crm.merging.references import CONTACTS, Mergeable

MOST_MERGED = 10
MERGING = "merging"
"""What ``lock_names`` holds while records are merged, or that is undone. Before any row: nothing else takes it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A record that an input names, and where."""

    id: UUID
    field: tuple[str, ...]


def read_ids(into_id: UUID, from_ids: Sequence[UUID]) -> list[Wanted]:
    """The records to be merged, each once.

    Raises: Invalid.
    """
    if not 1 <= len(from_ids) <= MOST_MERGED:
        raise Invalid(f"fromIds has {len(from_ids)} ids: give 1 to {MOST_MERGED}.", field=("fromIds",))
    wanted: dict[UUID, Wanted] = {}
    for index, id in enumerate(from_ids):
        if id == into_id:
            raise Invalid("A record cannot be merged into itself: give another one.", field=("fromIds", str(index)))
        wanted.setdefault(id, Wanted(id, ("fromIds", str(index))))
    return list(wanted.values())


async def hold_all(
    mergeable: Mergeable, wanted: Iterable[Wanted], actor: Actor, *, names: Iterable[str] = ()
) -> dict[UUID, Any]:
    """Lock the records, and before them all that refers to them. ``names``: addresses they are to claim.

    Those that refer to one and come into being meanwhile wait for the lock of the record itself, and then find that it
    was merged (the triggers of 0006_duplicates).

    Raises: NotFound.
    """
    wanted = list(wanted)
    ids = [one.id for one in wanted]
    # One merge at a time in a workspace: each changes what belongs to the records that the next one locks.
    await lock_names(actor, MERGING)
    await _hold_dependents(mergeable, ids, actor, ("lead", "deal"))
    # Two who each look who is above whom, and then set it, would close a circle together.
    await lock_names(actor, *names, *((branches.LOCK,) if mergeable is not CONTACTS else ()))
    await _hold_dependents(mergeable, ids, actor, ("contact",))
    # FOR UPDATE, for what is new takes FOR KEY SHARE of what it refers to.
    found = scoped(mergeable.model, actor).filter(id__in=ids).order_by("id").select_for_update()
    held = {row.id: row for row in await found}
    for one in wanted:
        if one.id not in held:
            raise NotFound(f"There is no {mergeable.noun} with this id.", field=one.field)
    return held


async def _hold_dependents(mergeable: Mergeable, ids: list[UUID], actor: Actor, tables: tuple[str, ...]) -> None:
    """Lock what refers to the records, table by table, in the order of their ids."""
    of_table: dict[str, list[str]] = {table: [] for table in tables}
    for reference in mergeable.references:
        if reference.table in of_table:
            of_table[reference.table].append(f"{reference.column} = ANY($2::uuid[])")
        elif reference.table == "criterion_answer" and "lead" in of_table:
            of_table["lead"].append(
                "id IN (SELECT a.lead_id FROM criterion_answer a"
                f" WHERE a.workspace_id = $1 AND a.{reference.column} = ANY($2::uuid[]))"
            )
    for table, conditions in of_table.items():
        if conditions:
            await execute(
                f"SELECT id FROM {table} WHERE workspace_id = $1 AND ({' OR '.join(conditions)})"
                " ORDER BY id FOR NO KEY UPDATE",
                actor.workspace_id,
                ids,
            )


async def refuse_absent(mergeable: Mergeable, row: Any, actor: Actor, field: tuple[str, ...]) -> None:
    """Let a locked record pass that is neither merged nor archived.

    Raises: AlreadyMerged, Invalid.
    """
    if row.merged_into_id is not None:
        holder = await holder_of(mergeable, row, actor)
        raise AlreadyMerged(
            f"{row.name} has been merged into {holder.name}: take that one.", field=field, current=holder
        )
    if row.archived_at is not None:
        raise Invalid(f"{row.name} is archived: restore it first.", field=field)


async def holder_of(mergeable: Mergeable, row: Any, actor: Actor) -> Any:
    """The record that holds what was a merged one's."""
    while row.merged_into_id is not None:
        row = await scoped(mergeable.model, actor).get(id=row.merged_into_id)
    return row


async def above(organization_id: UUID | None, actor: Actor) -> list[UUID]:
    """An organization and those it is a branch of, from itself upwards; ``branches`` is locked."""
    found = await execute(
        "WITH RECURSIVE up (id, parent_id, level) AS ("
        "  SELECT id, parent_id, 1 FROM organization WHERE workspace_id = $1 AND id = $2"
        "  UNION ALL SELECT o.id, o.parent_id, up.level + 1 FROM up"
        "  JOIN organization o ON o.workspace_id = $1 AND o.id = up.parent_id WHERE up.level < 100"
        ") SELECT id FROM up ORDER BY level",
        actor.workspace_id,
        organization_id,
    )
    return [UUID(str(row["id"])) for row in found]
