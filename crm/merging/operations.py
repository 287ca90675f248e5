"""Merging contacts or organizations, undoing that, and telling two records apart for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any
from uuid import UUID

from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.activities import operations as activities
from crm.activities.models import ActivityKind
from crm.contacts.addresses import email_names
from crm.db import atomic, check_version, execute, get, lock, scoped
from crm.effects import Effect
from crm.errors import AlreadyMerged, Invalid
from crm.idempotency import once
from crm.ids import new_id
from crm.merging import holding
from crm.merging.absorbing import Absorption
from crm.merging.holding import Wanted
from crm.merging.models import Distinct, Merge
from crm.merging.receipts import Receipt
from crm.merging.references import CONTACTS, ORGANIZATIONS, Mergeable
from crm.merging.undoing import Undoing
from crm.outbox import operations as outbox

MOST_DISTINCT = 20


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of merging."""

    record: Any
    """The contact or organization that stayed."""
    merges: list[Merge]
    """One for each record that was merged into it, as they were given."""
    effects: list[Effect]


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of undoing a merge."""

    merge: Merge
    effects: list[Effect]


@atomic()
async def merge_contacts(
    *,
    actor: Actor,
    into_id: UUID,
    from_ids: Sequence[UUID],
    expected_version: int | None,
    idempotency_key: str | None,
    dry_run: bool = False,
    now: datetime,
) -> Merged:
    """Merge contacts into one: it keeps what it has, its empty fields are filled, and all of theirs is its own.

    Raises: NotFound, Invalid, AlreadyMerged, StaleVersion (of the one that stays), Forbidden.
    """
    permit(actor, "contact.merge")
    return await _merge(CONTACTS, into_id, from_ids, expected_version, idempotency_key, actor, now)


@atomic()
async def merge_organizations(
    *,
    actor: Actor,
    into_id: UUID,
    from_ids: Sequence[UUID],
    expected_version: int | None,
    idempotency_key: str | None,
    dry_run: bool = False,
    now: datetime,
) -> Merged:
    """As ``merge_contacts``, for organizations."""
    permit(actor, "organization.merge")
    return await _merge(ORGANIZATIONS, into_id, from_ids, expected_version, idempotency_key, actor, now)


async def _merge(
    mergeable: Mergeable,
    into_id: UUID,
    from_ids: Sequence[UUID],
    expected_version: int | None,
    key: str | None,
    actor: Actor,
    now: datetime,
) -> Merged:
    wanted = holding.read_ids(into_id, from_ids)
    effects: list[Effect] = []

    async def make(id: UUID) -> Merge:
        held = await holding.hold_all(mergeable, [Wanted(into_id, ("intoId",)), *wanted], actor)
        survivor = held[into_id]
        await holding.refuse_absent(mergeable, survivor, actor, ("intoId",))
        for one in wanted:
            await holding.refuse_absent(mergeable, held[one.id], actor, one.field)
        check_version(survivor, expected_version)
        ids = [id, *(new_id() for _ in wanted[1:])]
        made = [
            await _absorb(mergeable, survivor, held[one.id], one.field, id, effects, actor, now)
            for id, one in zip(ids, wanted, strict=True)
        ]
        survivor.touch(now)
        await survivor.save()
        return made[0]

    request = {"into": into_id, "from": [one.id for one in wanted]}
    operation = f"merge{mergeable.model.__name__}s"
    first = await once(Merge, make, actor=actor, operation=operation, key=key, request=request, now=now)
    survivor = await get(mergeable.model, into_id, actor)
    column = f"merged_{mergeable.noun}_id"
    together = {
        getattr(row, column): row
        for row in await scoped(Merge, actor)
        .filter(
            **{f"{mergeable.noun}_id": into_id, f"{column}__in": [one.id for one in wanted]},
            merged_at=first.merged_at,
        )
        .order_by("id")
    }
    return Merged(survivor, [together[one.id] for one in wanted], effects)


async def _absorb(
    mergeable: Mergeable,
    survivor: Any,
    merged: Any,
    field: tuple[str, ...],
    id: UUID,
    effects: list[Effect],
    actor: Actor,
    now: datetime,
) -> Merge:
    """Merge one record, and keep the receipt."""
    await merged.refresh_from_db()  # it may have been a branch of one that was merged just now
    noun = mergeable.noun
    absorption = Absorption(mergeable, survivor, merged, actor=actor, now=now)
    await absorption.run(field)
    await survivor.save()
    receipt = absorption.receipt
    receipt.number = 1 + await scoped(Merge, actor).filter(**{f"{noun}_id": survivor.id}).count()
    effects += absorption.effects
    merge = await Merge.create(
        id=id,
        workspace_id=actor.workspace_id,
        **{f"{noun}_id": survivor.id, f"merged_{noun}_id": merged.id},
        receipt=receipt.as_json(),
        merged_at=now,
        merged_by_id=actor.member_id,
    )
    await activities.log(
        actor=actor,
        kind=ActivityKind.CHANGE,
        summary=f"{merged.name} was merged into {survivor.name}",
        contact_id=survivor.id if mergeable is CONTACTS else None,
        organization_id=survivor.id if mergeable is ORGANIZATIONS else None,
        now=now,
    )
    moved = {entry["kind"]: entry["count"] for entry in receipt.counts}
    fact = mergeable.merged(subject_id=survivor.id, merged_id=merged.id, merge_id=id, moved=moved, filled=receipt.names)
    await outbox.record(fact, actor=actor, now=now)
    return merge


@atomic()
async def undo_merge(*, actor: Actor, merge_id: UUID, dry_run: bool = False, now: datetime) -> Undone:
    """Undo a merge: give back what still belongs to the one that stayed, and what was filled and has not changed.

    Raises: NotFound; Invalid when it was undone before, or when a later merge rests on it; AlreadyMerged when the one
    that stayed was itself merged since; Duplicate when an address or the domain belongs to another by now; Forbidden.
    """
    permit(actor, "merge.undo")
    merge = await get(Merge, merge_id, actor)
    mergeable = CONTACTS if merge.contact_id is not None else ORGANIZATIONS
    into_id = getattr(merge, f"{mergeable.noun}_id")
    merged_id = getattr(merge, f"merged_{mergeable.noun}_id")
    wanted = [Wanted(into_id, ("id",)), Wanted(merged_id, ("id",))]
    names = await _claimed(mergeable, merged_id, Receipt.of(merge.receipt), actor)
    # The dependents of the one that had stayed: more than is given back, but whatever is given back is among them.
    held = await holding.hold_all(mergeable, wanted, actor, names=names)
    merge = await lock(Merge, merge_id, actor)
    survivor, merged = held[into_id], held[merged_id]
    await _refuse_undoing(mergeable, merge, survivor, merged, actor)
    undoing = Undoing(mergeable, survivor, merged, Receipt.of(merge.receipt), actor=actor, now=now)
    await undoing.run()
    survivor.touch(now)
    await survivor.save()
    merge.undone_at, merge.undone_by_id = now, actor.member_id
    await merge.save()
    for row in (survivor, merged):
        await activities.log(
            actor=actor,
            kind=ActivityKind.CHANGE,
            summary=f"{merged.name} is apart from {survivor.name} again: the merge was undone",
            contact_id=row.id if mergeable is CONTACTS else None,
            organization_id=row.id if mergeable is ORGANIZATIONS else None,
            now=now,
        )
    await outbox.record(
        mergeable.undone(subject_id=survivor.id, merged_id=merged.id, merge_id=merge.id), actor=actor, now=now
    )
    return Undone(merge, undoing.effects)


async def _claimed(mergeable: Mergeable, merged_id: UUID, receipt: Receipt, actor: Actor) -> list[str]:
    """The names under which what a record claims when it is there again is locked."""
    model = mergeable.addresses[0].model
    moved = {str(entry["key"]) for entry in receipt.addresses.get(str(model._meta.db_table), [])}
    asleep = await scoped(model, actor).filter(id__in=receipt.asleep).values_list("address_normalized", flat=True)
    names = email_names(mergeable.model, [(address, address) for address in sorted({*moved, *map(str, asleep)})])
    merged = await get(mergeable.model, merged_id, actor)
    return [*names, f"domain:{merged.domain}"] if mergeable is ORGANIZATIONS and merged.domain else names


async def _refuse_undoing(mergeable: Mergeable, merge: Merge, survivor: Any, merged: Any, actor: Actor) -> None:
    """Raises: Invalid, AlreadyMerged."""
    if merge.undone_at is not None:
        raise Invalid("This merge has been undone already.", field=("id",))
    if survivor.merged_into_id is not None:
        holder = await scoped(mergeable.model, actor).get(id=survivor.merged_into_id)
        raise AlreadyMerged(
            f"{survivor.name} has itself been merged into {holder.name} since: undo that first.",
            field=("id",),
            current=holder,
        )
    receipt = Receipt.of(merge.receipt)
    brought = set(receipt.brought)
    of_survivor = scoped(Merge, actor).filter(**{f"{mergeable.noun}_id": survivor.id}, undone_at=None)
    for other in await of_survivor.exclude(id=merge.id).order_by("merged_at", "id"):
        later = Receipt.of(other.receipt)
        if later.number > receipt.number and brought & {*later.spared, *later.brought}:
            second = await scoped(mergeable.model, actor).get(id=getattr(other, f"merged_{mergeable.noun}_id"))
            raise Invalid(
                f"{second.name} was merged into {survivor.name} later, and has in common what {merged.name} brought:"
                " undo that merge first.",
                field=("id",),
            )


@atomic()
async def mark_distinct(*, actor: Actor, kind: str, ids: Sequence[UUID], now: datetime) -> list[Any]:
    """Say that contacts, or organizations, are not the same, each of them with each: they are not proposed any more.

    ``kind`` is Contact or Organization. Returns the records. Those told apart before stay so.

    Raises: NotFound, Invalid, Forbidden.
    """
    permit(actor, "duplicate.decide")
    mergeable, rows = await _rows(kind, ids, actor)
    one, other = f"{mergeable.noun}_id", f"other_{mergeable.noun}_id"
    for first, second in combinations(sorted(row.id for row in rows), 2):
        made = await execute(
            f"INSERT INTO distinct_pair (id, workspace_id, {one}, {other}, created_at) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT DO NOTHING RETURNING id",
            new_id(),
            actor.workspace_id,
            first,
            second,
            now,
        )
        if made:
            await outbox.record(mergeable.marked(subject_id=first, other_id=second), actor=actor, now=now)
    return rows


@atomic()
async def unmark_distinct(*, actor: Actor, kind: str, ids: Sequence[UUID], now: datetime) -> list[Any]:
    """Take back what ``mark_distinct`` said of these.

    Raises: NotFound, Invalid, Forbidden.
    """
    permit(actor, "duplicate.decide")
    mergeable, rows = await _rows(kind, ids, actor)
    one, other = f"{mergeable.noun}_id", f"other_{mergeable.noun}_id"
    for first, second in combinations(sorted(row.id for row in rows), 2):
        pair = scoped(Distinct, actor).filter(**{one: first, other: second})
        if await pair.delete():
            await outbox.record(mergeable.unmarked(subject_id=first, other_id=second), actor=actor, now=now)
    return rows


async def _rows(kind: str, ids: Sequence[UUID], actor: Actor) -> tuple[Mergeable, list[Any]]:
    mergeable = CONTACTS if kind == "Contact" else ORGANIZATIONS
    unique = list(dict.fromkeys(ids))
    if not 2 <= len(unique) <= MOST_DISTINCT:
        raise Invalid(f"ids has {len(unique)} different ids: give 2 to {MOST_DISTINCT}.", field=("ids",))
    return mergeable, [await get(mergeable.model, id, actor, field=("ids", str(ids.index(id)))) for id in unique]
