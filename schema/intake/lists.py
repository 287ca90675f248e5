"""Lists of inbound messages and channels: by what they are filtered and ordered."""

from __future__ import annotations

import strawberry

from schema.comparators import (
    DateTimeFilter,
    Direction,
    Filter,
    IdFilter,
    IntFilter,
    TextFilter,
    all_of,
    any_of,
    none_of,
    order_fields,
    where,
)
from schema.intake.enums import InboundState
from schema.reads.mapping import Listing
from schema.reads.ordering import ascending, descending


@strawberry.input(description="Which inbound messages. Everything given must hold.")
class InboundMessageFilter:
    state: Filter[InboundState] | None = where("Where it stands.")  # type: ignore[valid-type]
    reason: TextFilter | None = where("Why it was ignored or quarantined: a stable code.")
    channel_id: IdFilter | None = where("The channel it came through.")
    lead_id: IdFilter | None = where("The lead it became or belongs to.")
    attempts: IntFilter | None = where("How often its processing was begun.")
    deliveries: IntFilter | None = where("How often the same message was delivered.")
    size: IntFilter | None = where("Its size in bytes.")
    received_at: DateTimeFilter | None = where("When it was stored.")
    and_: list[InboundMessageFilter] | None = all_of()
    or_: list[InboundMessageFilter] | None = any_of()
    not_: InboundMessageFilter | None = none_of()


InboundMessageOrderField = order_fields(
    "InboundMessageOrderField",
    "What inbound messages can be ordered by.",
    RECEIVED_AT=("When it was stored.", ("received_at",)),
    SIZE=("Its size in bytes.", ("size",)),
)


@strawberry.input(description="One thing to order inbound messages by.")
class InboundMessageOrder:
    field: InboundMessageOrderField = strawberry.field(description="By what.")  # type: ignore[valid-type]
    direction: Direction = strawberry.field(description="Which end comes first.", default=Direction.ASC)


MESSAGES = Listing("InboundMessage", descending("received_at", "id"), InboundMessageFilter, InboundMessageOrder)
CHANNELS = Listing("Channel", ascending("created_at", "id"))
