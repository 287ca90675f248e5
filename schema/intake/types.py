"""Channels and inbound messages in the API."""

from __future__ import annotations

from datetime import datetime

import orjson
import strawberry

from crm.accounts.permissions import may
from crm.intake import facts
from schema.context import Context, Info
from schema.fields import computed, one, shown
from schema.intake.enums import ChannelKind, InboundState
from schema.leads.types import Lead
from schema.node import Node
from schema.reads.mapping import Computed


def _ingress_url(context: Context, kind: str, key: str | None) -> str:
    if kind == facts.ChannelKind.FORM.value:
        return f"{context.base_url}/ingress/forms/{key}"
    return f"{context.base_url}/ingress/mail/raw"


def _secret(context: Context, sealed: bytes | None) -> str | None:
    if sealed is None or not may(context.actor, "channel.read_secret"):
        return None
    return context.box.open(sealed)


@strawberry.type(description="A way in: a form, or a mailbox.")
class Channel(Node):
    version: int = shown("Counts the changes, from 1.")
    name: str = shown("Its name.")
    kind: ChannelKind = shown("What comes in through it.")  # type: ignore[valid-type]
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")

    @computed("Where deliveries are posted to.", Computed(("kind", "key"), _ingress_url, in_context=True))
    def ingress_url(self, info: Info) -> str:
        return _ingress_url(info.context, self.row.kind, self.row.key)

    @computed(
        "A mailbox's secret, to be sent as bearer or as Basic password. Null for forms, whose address is "
        "the key, and for anybody but owners and admins.",
        Computed(("secret_sealed",), _secret, in_context=True),
    )
    def secret(self, info: Info) -> str | None:
        return _secret(info.context, self.row.secret_sealed)


@strawberry.type(description="A delivery as it came in, and what became of it.")
class InboundMessage(Node):
    reason: str | None = shown("IGNORED, QUARANTINED: why, as a stable code.")
    received_at: datetime = shown("When it was stored.")
    attempts: int = shown("How often its processing was begun.")
    deliveries: int = shown("How often the same message was delivered.")
    size: int = shown("Its size in bytes.")
    state: InboundState = shown("Where it stands.")  # type: ignore[valid-type]
    channel: Channel = one("channel_id", "Channel", "The channel it came through.")
    lead: Lead | None = one("lead_id", "Lead", "The lead it became or belongs to.")

    @computed("What was read and decided, and why: a sentence each.", Computed(("trace",), orjson.loads))
    def trace(self) -> list[str]:
        return list(self.row.trace)
