"""Giving records values, inside the transactions of the rooms that own them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from crm.accounts.facts import Actor
from crm.customfields import rules
from crm.customfields.facts import Entity
from crm.customfields.models import CustomField
from crm.customfields.rules import Given, Json
from crm.db import execute, scoped

Changes = dict[str, Json | None]
"""Values by key; None empties a field."""


class HasValues(Protocol):
    """A record that has custom fields."""

    custom: Any


async def read(entity: Entity, given: Sequence[Given], *, actor: Actor, field: tuple[str, ...] = ()) -> Changes:
    """What the given values change of a record. Their definitions stay as they are until the transaction ends.

    Called before the record is locked: whoever changes a definition locks records after it.

    Raises: Invalid, naming the value below ``field``.
    """
    if not given:
        return {}
    await execute(
        "SELECT id FROM custom_field WHERE workspace_id = $1 AND entity = $2 AND key = ANY($3) ORDER BY id FOR SHARE",
        actor.workspace_id,
        entity.value,
        [value.key for value in given if "\x00" not in value.key],
    )
    fields = {row.key: row.facts() for row in await scoped(CustomField, actor).filter(entity=entity.value)}
    return rules.changes(given, fields, at=(*field, "customFields"))


def write(record: HasValues, changes: Changes) -> bool:
    """Write changes into a record that the caller saves; whether it is other than before."""
    before, record.custom = record.custom, rules.merged(record.custom, changes)
    return bool(record.custom != before)
