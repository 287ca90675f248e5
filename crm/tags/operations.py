"""Making tags, and putting them on records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.changes import UNCHANGED, Change
from crm.db import atomic, execute, lock, scoped
from crm.effects import Effect, EffectCode
from crm.errors import Duplicate, Invalid, NotFound
from crm.idempotency import once
from crm.outbox import operations as outbox
from crm.records import VersionedRecord
from crm.tags import events
from crm.tags.models import Tag, Tagging

MOST_TAGS = 500
"""Of a workspace: they are shown as one list."""
MOST_AT_ONCE = 100
"""Records, and tags, of one operation."""
_COLOR = re.compile(r"#[0-9a-f]{6}")
_TAGGED: dict[str, type[events.RecordTagged]] = {
    "Lead": events.LeadTagged,
    "Deal": events.DealTagged,
    "Contact": events.ContactTagged,
    "Organization": events.OrganizationTagged,
}
"""The kinds of records that have tags, in the order in which they are locked."""


@dataclass(frozen=True, slots=True)
class NewTag:
    """A tag as somebody gives it."""

    name: str
    color: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """What deleting a tag did."""

    tag: Tag
    records: int
    """How many records had it."""
    effects: tuple[Effect, ...]


@atomic()
async def create_tag(*, actor: Actor, new: NewTag, idempotency_key: str | None, now: datetime) -> Tag:
    """Make a tag.

    Raises: Invalid, Duplicate (there is one of that name already), Forbidden.
    """
    permit(actor, "tag.create")

    async def make(id: UUID) -> Tag:
        name = text.required(new.name, field=("name",), limit=100)
        color = _read_color(new.color)
        description = text.note(new.description, field=("description",), limit=1_000)
        await _hold_names(actor)
        key = await _free_key(name, actor, None)
        if await scoped(Tag, actor).count() >= MOST_TAGS:
            raise Invalid(f"The workspace has {MOST_TAGS} tags, which is the most: delete one first.", field=("name",))
        tag = await Tag.create(
            id=id,
            workspace_id=actor.workspace_id,
            name=name,
            name_folded=key,
            color=color,
            description=description,
            created_at=now,
            updated_at=now,
        )
        await outbox.record(events.TagCreated(subject_id=tag.id), actor=actor, now=now)
        return tag

    return await once(Tag, make, actor=actor, operation="createTag", key=idempotency_key, request=new, now=now)


@atomic()
async def update_tag(
    *,
    actor: Actor,
    tag_id: UUID,
    name: Change[str | None] = UNCHANGED,
    color: Change[str | None] = UNCHANGED,
    description: Change[str | None] = UNCHANGED,
    expected_version: int | None,
    now: datetime,
) -> Tag:
    """Change what is given of a tag.

    Raises: NotFound, StaleVersion, Invalid, Duplicate (there is one of that name already), Forbidden.
    """
    await _hold_names(actor)
    tag = await lock(Tag, tag_id, actor, expected_version=expected_version)
    permit(actor, "tag.update", tag)
    before = (tag.name, tag.color, tag.description)
    if name is not UNCHANGED:
        tag.name = text.required(name or "", field=("name",), limit=100)
        tag.name_folded = await _free_key(tag.name, actor, tag.id)
    if color is not UNCHANGED:
        tag.color = _read_color(color)
    if description is not UNCHANGED:
        tag.description = text.note(description, field=("description",), limit=1_000)
    after = (tag.name, tag.color, tag.description)
    changed = [
        field for field, old, new in zip(("name", "color", "description"), before, after, strict=True) if old != new
    ]
    if changed:
        tag.touch(now)
        await tag.save()
        await outbox.record(events.TagChanged(subject_id=tag.id, fields=changed), actor=actor, now=now)
    return tag


@atomic()
async def delete_tag(
    *, actor: Actor, tag_id: UUID, expected_version: int | None, dry_run: bool, now: datetime
) -> Deleted:
    """Delete a tag, and take it off all records. These are not changed otherwise: their versions stay.

    Raises: NotFound, StaleVersion, Forbidden.
    """
    tag = await scoped(Tag, actor).select_for_update().get_or_none(id=tag_id)  # a key lock: nobody puts it on meanwhile
    if tag is None:
        raise NotFound("There is no tag with this id.", field=("id",))
    tag = await lock(Tag, tag_id, actor, expected_version=expected_version)
    permit(actor, "tag.delete", tag)
    (counts,) = await execute(
        "SELECT count(lead_id) AS lead, count(deal_id) AS deal, count(contact_id) AS contact,"
        " count(organization_id) AS organization FROM tagging WHERE workspace_id = $1 AND tag_id = $2",
        actor.workspace_id,
        tag.id,
    )
    effects = tuple(
        Effect(
            EffectCode.CHANGES, f"{_counted(number, kind)} no longer {'have' if number > 1 else 'has'} it.", ("tags",)
        )
        for kind, number in counts.items()
        if number
    )
    records = sum(counts.values())
    await tag.delete()
    await outbox.record(events.TagDeleted(subject_id=tag.id, word=tag.name, records=records), actor=actor, now=now)
    return Deleted(tag=tag, records=records, effects=effects)


@atomic()
async def add_tags(
    *, actor: Actor, records: Sequence[tuple[str, UUID]], tag_ids: Sequence[UUID], now: datetime
) -> list[VersionedRecord]:
    """Put each of the tags on each of the records, given by (kind, id); the records, in their order.

    Raises: NotFound, Invalid, Forbidden.
    """
    return await _change(actor, records, tag_ids, now, adds=True)


@atomic()
async def remove_tags(
    *, actor: Actor, records: Sequence[tuple[str, UUID]], tag_ids: Sequence[UUID], now: datetime
) -> list[VersionedRecord]:
    """Take each of the tags off each of the records; the records, in their order.

    Raises: NotFound, Invalid, Forbidden.
    """
    return await _change(actor, records, tag_ids, now, adds=False)


async def put(kind: str, id: UUID, tag_ids: Sequence[UUID], *, actor: Actor, field: tuple[str, ...] = ()) -> None:
    """Put tags on a record that has just been made, inside the caller's transaction.

    Raises: NotFound, naming the tag below ``field``; Invalid.
    """
    wanted = await existing(tag_ids, actor, field)
    await Tagging.bulk_create([_tagging(kind, id, tag_id, actor) for tag_id in wanted])


async def replace(
    record: VersionedRecord, tag_ids: Sequence[UUID], *, actor: Actor, now: datetime, field: tuple[str, ...] = ()
) -> bool:
    """Give a locked record these tags and no others, inside the caller's transaction, which touches and saves it.

    Returns whether that changed anything. Raises: NotFound, naming the tag below ``field``; Invalid.
    """
    wanted, kind = await existing(tag_ids, actor, field), type(record).__name__
    has = {row.tag_id for row in await scoped(Tagging, actor).filter(**{f"{kind.lower()}_id": record.id})}
    added, removed = [id for id in wanted if id not in has], sorted(has - set(wanted))
    await _write(kind, {record.id: (added, removed)}, actor)
    if added or removed:
        await _tell(kind, record.id, added, removed, actor, now)
    return bool(added or removed)


async def _change(
    actor: Actor, records: Sequence[tuple[str, UUID]], tag_ids: Sequence[UUID], now: datetime, *, adds: bool
) -> list[VersionedRecord]:
    permit(actor, "tag.apply")
    if len(records) > MOST_AT_ONCE:
        raise Invalid(f"ids has {len(records)} entries: give at most {MOST_AT_ONCE}.", field=("ids",))
    wanted = await existing(tag_ids, actor)
    locked: dict[tuple[str, UUID], VersionedRecord] = {}
    for kind in _TAGGED:
        ids = [id for one, id in records if one == kind]
        if ids:
            rows = scoped(_model(kind), actor).filter(id__in=ids).order_by("id").select_for_update(no_key=True)
            locked |= {(kind, row.id): row for row in await rows}
    for index, record in enumerate(records):
        if record not in locked:
            raise NotFound(f"There is no {record[0].lower()} with this id.", field=("ids", str(index)))
    for kind in _TAGGED:
        await _change_kind(kind, [row for (one, _), row in locked.items() if one == kind], wanted, actor, now, adds)
    return [locked[record] for record in records]


async def _change_kind(
    kind: str, rows: Sequence[VersionedRecord], wanted: Sequence[UUID], actor: Actor, now: datetime, adds: bool
) -> None:
    """Nobody else changes the tags of these rows meanwhile: they are locked."""
    column = f"{kind.lower()}_id"
    there: dict[UUID, set[UUID]] = {row.id: set() for row in rows}
    for tagging in await scoped(Tagging, actor).filter(**{f"{column}__in": list(there), "tag_id__in": list(wanted)}):
        there[getattr(tagging, column)].add(tagging.tag_id)
    changes = {id: [tag for tag in wanted if (tag in has) is not adds] for id, has in there.items()}
    await _write(kind, {id: (tags, []) if adds else ([], tags) for id, tags in changes.items()}, actor)
    for row in rows:
        tags = changes[row.id]
        if tags:
            row.touch(now)
            await row.save(update_fields=["version", "updated_at"])
            await _tell(kind, row.id, tags if adds else [], [] if adds else tags, actor, now)


async def _write(kind: str, changes: dict[UUID, tuple[Sequence[UUID], Sequence[UUID]]], actor: Actor) -> None:
    """(tags to be put on, tags to be taken off) for each record of a kind."""
    await Tagging.bulk_create([_tagging(kind, id, tag, actor) for id, (added, _) in changes.items() for tag in added])
    for id, (_, removed) in changes.items():
        if removed:
            await scoped(Tagging, actor).filter(**{f"{kind.lower()}_id": id, "tag_id__in": list(removed)}).delete()


async def _tell(
    kind: str, id: UUID, added: Sequence[UUID], removed: Sequence[UUID], actor: Actor, now: datetime
) -> None:
    event = _TAGGED[kind](subject_id=id, added=list(added), removed=list(removed))
    await outbox.record(event, actor=actor, now=now)


def _tagging(kind: str, id: UUID, tag_id: UUID, actor: Actor) -> Tagging:
    return Tagging(workspace_id=actor.workspace_id, tag_id=tag_id, **{f"{kind.lower()}_id": id})


async def existing(tag_ids: Sequence[UUID], actor: Actor, field: tuple[str, ...] = ()) -> list[UUID]:
    """Each of the tags once; none of them is deleted before this transaction ends.

    Raises: NotFound, naming the tag below ``field``; Invalid.
    """
    if len(tag_ids) > MOST_AT_ONCE:
        raise Invalid(f"tagIds has {len(tag_ids)} entries: give at most {MOST_AT_ONCE}.", field=(*field, "tagIds"))
    wanted = [*dict.fromkeys(tag_ids)]
    sql = "SELECT id FROM tag WHERE workspace_id = $1 AND id = ANY($2) ORDER BY id FOR KEY SHARE"
    found = {row["id"] for row in await execute(sql, actor.workspace_id, wanted)} if wanted else set()
    for index, id in enumerate(tag_ids):
        if id not in found:
            raise NotFound("There is no tag with this id.", field=(*field, "tagIds", str(index)))
    return wanted


def _model(kind: str) -> Any:
    """The model of a kind of records, which lies in a room above: as the foreign key names it."""
    return Tagging._meta.fields_map[kind.lower()].related_model  # type: ignore[attr-defined]


def _read_color(color: str | None) -> str | None:
    if color is None or not color.strip():
        return None
    read = color.strip().lower()
    if not _COLOR.fullmatch(read):
        raise Invalid(f"{color[:50]!r} is not a color: give one such as #1e90ff.", field=("color",))
    return read


async def _hold_names(actor: Actor) -> None:
    """Whoever else wants to name a tag waits for this transaction."""
    await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{actor.workspace_id}:tags")


async def _free_key(name: str, actor: Actor, own_id: UUID | None) -> str:
    """The name as names are compared.

    Raises: Duplicate, carrying the other tag, when it is taken.
    """
    key = text.name_key(name) or name
    other = await scoped(Tag, actor).get_or_none(name_folded=key)
    if other is not None and other.id != own_id:
        raise Duplicate(f"There is a tag {other.name} already.", field=("name",), current=other)
    return key


def _counted(number: int, kind: str) -> str:
    return f"{number} {kind}{'s' if number > 1 else ''}"
