"""Channels and inbound messages in the API."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.accounts.permissions import may
from crm.intake import facts
from schema.context import Info
from schema.enums import described
from schema.leads.types import Lead
from schema.node import Node, shown

ChannelKind = described(
    facts.ChannelKind,
    "By which way messages come in.",
    FORM="Contact forms, posted by a website.",
    MAIL="Mails, posted by a mail server or provider.",
)
InboundState = described(
    facts.InboundState,
    "Where an inbound message stands.",
    RECEIVED="Stored, and waiting for a worker.",
    PROCESSING="A worker has it.",
    PROCESSED="It became a lead, or belongs to one.",
    IGNORED="Kept, but nothing was made of it: `reason`.",
    QUARANTINED="It could not be read or filed, and wants a person: `reason`.",
)


@strawberry.type(description="A way in: a form, or a mailbox.")
class Channel(Node):
    version: int = shown("Counts the changes, from 1.")
    name: str = shown("Its name.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")

    @strawberry.field(description="What comes in through it.")
    def kind(self) -> ChannelKind:  # type: ignore[valid-type]
        return facts.ChannelKind(self.row.kind)

    @strawberry.field(description="Where deliveries are posted to.")
    def ingress_url(self, info: Info) -> str:
        if self.row.kind == facts.ChannelKind.FORM.value:
            return f"{info.context.base_url}/ingress/forms/{self.row.key}"
        return f"{info.context.base_url}/ingress/mail/raw"

    @strawberry.field(
        description="A mailbox's secret, to be sent as bearer or as Basic password. Null for forms, whose address is "
        "the key, and for anybody but owners and admins."
    )
    def secret(self, info: Info) -> str | None:
        if self.row.secret_sealed is None or not may(info.context.actor, "channel.read_secret"):
            return None
        return info.context.box.open(self.row.secret_sealed)


@strawberry.type(description="A delivery as it came in, and what became of it.")
class InboundMessage(Node):
    reason: str | None = shown("IGNORED, QUARANTINED: why, as a stable code.")
    received_at: datetime = shown("When it was stored.")
    attempts: int = shown("How often its processing was begun.")
    deliveries: int = shown("How often the same message was delivered.")
    size: int = shown("Its size in bytes.")

    @strawberry.field(description="Where it stands.")
    def state(self) -> InboundState:  # type: ignore[valid-type]
        return facts.InboundState(self.row.state)

    @strawberry.field(description="The channel it came through.")
    async def channel(self, info: Info) -> Channel:
        return Channel.of(await info.context.row_of("Channel", self.row.channel_id))

    @strawberry.field(description="The lead it became or belongs to.")
    async def lead(self, info: Info) -> Lead | None:
        return Lead.of_optional(await info.context.row("Lead", self.row.lead_id))

    @strawberry.field(description="What was read and decided, and why: a sentence each.")
    def trace(self) -> list[str]:
        return list(self.row.trace)
