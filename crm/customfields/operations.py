"""Defining the fields of a workspace's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.changes import UNCHANGED, Change
from crm.customfields import choices as choosing
from crm.customfields import events, rules
from crm.customfields.facts import Entity, FieldKind
from crm.customfields.models import CustomField
from crm.db import atomic, execute, lock, scoped
from crm.effects import Effect, EffectCode
from crm.errors import Duplicate, Invalid
from crm.idempotency import once
from crm.outbox import operations as outbox


@dataclass(frozen=True, slots=True)
class NewField:
    """A field as somebody defines it."""

    entity: Entity
    name: str
    kind: FieldKind
    key: str | None = None
    """None: made of the name."""
    choices: tuple[str, ...] = ()
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """What is to be otherwise of a field."""

    name: Change[str | None] = UNCHANGED
    description: Change[str | None] = UNCHANGED
    position: Change[int | None] = UNCHANGED
    """Its place among the fields of its entity that are in use, from 0."""
    choices: Change[tuple[str, ...]] = UNCHANGED
    drops_used: bool = False
    """Choices that records have chosen may go, too: they are taken off the records."""


@dataclass(frozen=True, slots=True)
class Updated:
    """What a change of a field did."""

    field: CustomField
    effects: tuple[Effect, ...]


@atomic()
async def create_custom_field(
    *, actor: Actor, new: NewField, idempotency_key: str | None, now: datetime
) -> CustomField:
    """Define a field; it comes last.

    Raises: Invalid, Duplicate (the key is taken), Forbidden.
    """
    permit(actor, "custom_field.create")

    async def make(id: UUID) -> CustomField:
        name = text.required(new.name, field=("name",), limit=100)
        description = text.note(new.description, field=("description",), limit=1_000)
        choices = rules.read_choices(new.choices, new.kind)
        await _hold(new.entity, actor)
        await _refuse_too_many(new.entity, actor, field="entity")
        others = await scoped(CustomField, actor).filter(entity=new.entity.value)
        key = rules.read_key(new.key) if new.key is not None else rules.key_for(name, {row.key for row in others})
        for other in others:
            if other.key == key:
                state = " (archived)" if other.archived_at else ""
                raise Duplicate(
                    f"The key {key} is that of the field {other.name}{state}.", field=("key",), current=other
                )
        field = await CustomField.create(
            id=id,
            workspace_id=actor.workspace_id,
            entity=new.entity.value,
            key=key,
            name=name,
            kind=new.kind.value,
            choices=choices,
            description=description,
            position=max((row.position for row in others), default=-1) + 1,
            created_at=now,
            updated_at=now,
        )
        event = events.CustomFieldCreated(subject_id=field.id, entity=field.entity, key=key)
        await outbox.record(event, actor=actor, now=now)
        return field

    return await once(
        CustomField, make, actor=actor, operation="createCustomField", key=idempotency_key, request=new, now=now
    )


@atomic()
async def update_custom_field(
    *,
    actor: Actor,
    field_id: UUID,
    change: FieldChange,
    expected_version: int | None,
    dry_run: bool = False,
    now: datetime,
) -> Updated:
    """Change a field. Its key and kind never change: values would be lost.

    Raises: NotFound, StaleVersion, Invalid (also when a choice that goes is in use), Forbidden.
    """
    field = await _locked(field_id, actor, expected_version)
    permit(actor, "custom_field.update", field)
    before = (field.name, field.description, field.position, list(field.choices))
    effects: list[Effect] = []
    dropped = 0
    if change.name is not UNCHANGED:
        field.name = text.required(change.name or "", field=("name",), limit=100)
    if change.description is not UNCHANGED:
        field.description = text.note(change.description, field=("description",), limit=1_000)
    if change.choices is not UNCHANGED:
        field.choices = rules.read_choices(change.choices, FieldKind(field.kind))
        gone = [choice for choice in before[3] if choice not in field.choices]
        dropped = await choosing.drop(field, gone, drops_used=change.drops_used, actor=actor, now=now)
        if dropped:
            effects.append(Effect(EffectCode.CHANGES, f"{dropped} records lose what they have chosen.", ("choices",)))
    if change.position is not UNCHANGED:
        await _move(field, change.position, actor)
    after = (field.name, field.description, field.position, list(field.choices))
    names = ("name", "description", "position", "choices")
    changed = [name for name, old, new in zip(names, before, after, strict=True) if old != new]
    if changed:
        field.touch(now)
        await field.save()
        event = events.CustomFieldChanged(subject_id=field.id, fields=changed, dropped=dropped)
        await outbox.record(event, actor=actor, now=now)
    return Updated(field=field, effects=tuple(effects))


@atomic()
async def archive_custom_field(
    *, actor: Actor, field_id: UUID, expected_version: int | None, now: datetime
) -> CustomField:
    """Offer a field no longer. Records keep its values, filters find them, and nobody else gets its key.

    Raises: NotFound, StaleVersion, Invalid, Forbidden.
    """
    field = await _locked(field_id, actor, expected_version)
    permit(actor, "custom_field.archive", field)
    if field.archived_at is not None:
        raise Invalid(f"{field.name} is archived already.", field=("id",))
    field.archived_at = now
    field.touch(now)
    await field.save()
    await outbox.record(events.CustomFieldArchived(subject_id=field.id), actor=actor, now=now)
    return field


@atomic()
async def restore_custom_field(
    *, actor: Actor, field_id: UUID, expected_version: int | None, now: datetime
) -> CustomField:
    """Offer an archived field again, with the values it has on records; it comes last.

    Raises: NotFound, StaleVersion, Invalid, Forbidden.
    """
    field = await _locked(field_id, actor, expected_version)
    permit(actor, "custom_field.restore", field)
    if field.archived_at is None:
        raise Invalid(f"{field.name} is not archived.", field=("id",))
    await _refuse_too_many(Entity(field.entity), actor, field="id")
    last = await scoped(CustomField, actor).filter(entity=field.entity).order_by("-position").first()
    field.archived_at = None
    field.position = (last.position if last else -1) + 1
    field.touch(now)
    await field.save()
    await outbox.record(events.CustomFieldRestored(subject_id=field.id), actor=actor, now=now)
    return field


async def _locked(field_id: UUID, actor: Actor, expected_version: int | None) -> CustomField:
    """The field, once nobody else changes the fields of its entity."""
    known = await scoped(CustomField, actor).get_or_none(id=field_id)
    if known is not None:
        await _hold(Entity(known.entity), actor)
    return await lock(CustomField, field_id, actor, expected_version=expected_version)


async def _hold(entity: Entity, actor: Actor) -> None:
    name = f"{actor.workspace_id}:custom fields:{entity.value}"
    await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)


async def _refuse_too_many(entity: Entity, actor: Actor, *, field: str) -> None:
    if await scoped(CustomField, actor).filter(entity=entity.value, archived_at=None).count() >= rules.MOST_FIELDS:
        raise Invalid(f"There are {rules.MOST_FIELDS} fields, which is the most: archive one first.", field=(field,))


async def _move(field: CustomField, place: int | None, actor: Actor) -> None:
    """Give the field its place among those in use, and number them anew.

    Raises: Invalid.
    """
    if place is None or place < 0:
        raise Invalid("position is a place from 0 on.", field=("position",))
    if field.archived_at is not None:
        raise Invalid(f"{field.name} is archived, and has no place: restore it first.", field=("position",))
    used = scoped(CustomField, actor).filter(entity=field.entity, archived_at=None).exclude(id=field.id)
    order: Sequence[CustomField] = await used.order_by("position", "id")
    order = [*order[:place], field, *order[place:]]
    for position, one in enumerate(order):
        if one.position != position:
            one.position = position
            if one is not field:  # whose change this is; the others' versions stay, for nobody has changed them
                await one.save(update_fields=["position"])
