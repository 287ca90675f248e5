"""Recording facts in the same commit as what they tell of."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from crm.db import Scoped
from crm.outbox.events import Event
from crm.outbox.models import OutboxEvent


async def record(event: Event, *, actor: Scoped, now: datetime) -> None:
    """Write the fact down. Part of the caller's transaction: if that fails, nothing has happened."""
    await _row(event, actor, now).save()


async def record_all(events: Iterable[Event], *, actor: Scoped, now: datetime) -> None:
    """``record`` for many facts at once."""
    await OutboxEvent.bulk_create([_row(event, actor, now) for event in events], batch_size=1000)


def _row(event: Event, actor: Scoped, now: datetime) -> OutboxEvent:
    return OutboxEvent(
        workspace_id=actor.workspace_id,
        name=event.name,
        subject_type=event.name.partition(".")[0],
        subject_id=event.subject_id,
        payload=payload(event),
        at=now,
    )


def payload(event: Event) -> dict[str, object]:
    """The event's fields as plain data, as they are stored."""
    return {
        field.name: _plain(getattr(event, field.name))
        for field in dataclasses.fields(event)
        if field.name != "subject_id"
    }


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID | Decimal) else value.isoformat() if isinstance(value, date) else value
