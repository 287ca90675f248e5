"""Custom fields and their values in the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from datetime import date as day
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

import orjson
import strawberry

from crm import exact
from crm.customfields import rules
from crm.customfields.facts import Entity, FieldFacts, FieldKind
from schema.customfields.enums import CustomFieldEntity, CustomFieldKind
from schema.fields import computed, shown
from schema.node import Node
from schema.reads.mapping import READ, Column, Computed, Inline, Made

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS = ("id", "version", "entity", "key", "name", "kind", "choices", "description", "position")
_DEFINED = """(SELECT coalesce(jsonb_agg(jsonb_build_array(
        f.id, f.version, f.entity, f.key, f.name, f.kind, f.choices, f.description, f.position,
        (extract(epoch FROM f.created_at) * 1000000)::bigint, (extract(epoch FROM f.updated_at) * 1000000)::bigint
    ) ORDER BY f.position, f.id), '[]')::text
    FROM custom_field AS f
    WHERE f.workspace_id = {workspace} AND f.entity = '{entity}' AND f.archived_at IS NULL)"""
"""The fields of an entity that are in use, as one text: it is the same for all rows, and read apart once."""


def _choices(stored: str | list[str]) -> list[str]:
    """As the table has it, or as a definition lends it."""
    return orjson.loads(stored) if isinstance(stored, str) else stored


@strawberry.type(description="A field that the workspace has defined for its own records.")
class CustomField(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    entity: CustomFieldEntity = shown("Which records have it.")  # type: ignore[valid-type]
    key: str = shown("Its name for programs; never changes.")
    name: str = shown("Its name for people.")
    kind: CustomFieldKind = shown("What it holds; never changes.")  # type: ignore[valid-type]
    description: str | None = shown("What it is for.")
    position: int = shown("Orders the fields of an entity: the smallest comes first.")
    archived_at: datetime | None = shown("When it was put away; null: it is in use.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")

    @computed("CHOICE and CHOICES: what can be chosen, in this order.", Computed(("choices",), _choices))
    def choices(self) -> list[str]:
        return list(self.row.choices)


class Slots(NamedTuple):
    """A value, in the place of its kind; the others are None."""

    text: str | None = None
    number: str | None = None
    boolean: bool | None = None
    date: str | None = None
    choice: str | None = None
    choices: list[str] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any], field: FieldFacts) -> Slots:
        value = rules.shown(values, field)
        if isinstance(value, Decimal):
            value = rules.written(value)
        return cls(**{rules.SLOTS[field.kind]: value})


@lru_cache(maxsize=512)
def _definitions(text: str) -> Sequence[tuple[FieldFacts, tuple[Any, ...]]]:
    found = []
    for id, version, entity, key, name, kind, choices, description, position, *moments in orjson.loads(text):
        facts = FieldFacts(UUID(id), Entity(entity), key, name, FieldKind(kind), tuple(choices), archived=False)
        created, updated = (_EPOCH + timedelta(microseconds=moment) for moment in moments)
        columns = (facts.id, version, entity, key, name, kind, choices, description, position, None, created, updated)
        found.append((facts, columns))
    return found


def _values(custom: str, defined: str) -> list[tuple[Any, ...]]:
    """Each field in use, with its value: the columns of its definition, then the slots."""
    values = {} if custom == "{}" else exact.loads(custom)
    return [(*columns, *Slots.of(values, facts)) for facts, columns in _definitions(defined)]


_LENT = (*_COLUMNS, "archived_at", "created_at", "updated_at")
_SLOTS = tuple(f"slot_{slot}" for slot in Slots._fields)


def values_of(entity: Entity) -> Made:
    """How the values of an entity's rows are read."""
    defined = _DEFINED.replace("{entity}", entity.value)
    return Made((*(f"field_{name}" for name in _LENT), *_SLOTS), Computed(("custom", defined), _values))


def _slot(description: str, name: str) -> Any:
    return strawberry.field(description=description, metadata={READ: Column(f"slot_{name}")})


@strawberry.type(description="A custom field of a record, with its value: in the slot of its kind, where it has one.")
class CustomFieldValue:
    defined: strawberry.Private[Any]

    text: str | None = _slot("TEXT: the text.", "text")
    number: Decimal | None = _slot("NUMBER: the number.", "number")
    boolean: bool | None = _slot("BOOLEAN: yes or no.", "boolean")
    date: day | None = _slot("DATE: the day.", "date")
    choice: str | None = _slot("CHOICE: what is chosen.", "choice")
    choices: list[str] | None = _slot("CHOICES: what is chosen.", "choices")

    @computed("The field.", Inline({name: f"field_{name}" for name in _LENT}))
    def field(self) -> CustomField:
        return CustomField.of(self.defined)


def shown_values(values: Mapping[str, Any], fields: Sequence[Any]) -> list[CustomFieldValue]:
    """A record's values, one for each of its entity's fields in use."""
    found = []
    for field in fields:
        slots = Slots.of(values, field.facts())
        found.append(
            CustomFieldValue(
                defined=field,
                text=slots.text,
                number=cast("Decimal | None", slots.number),  # as people write it; a Decimal may show an exponent
                boolean=slots.boolean,
                date=day.fromisoformat(slots.date) if slots.date else None,
                choice=slots.choice,
                choices=slots.choices,
            )
        )
    return found
