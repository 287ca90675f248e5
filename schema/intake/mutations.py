"""Mutations of channels."""

from __future__ import annotations

import strawberry

from crm.intake import operations
from schema import inputs
from schema.context import Info
from schema.errors import UserError, refusable
from schema.intake.enums import ChannelKind
from schema.intake.types import Channel


@strawberry.input(description="A way in to be opened.")
class CreateChannelInput(inputs.Lenient):
    kind: ChannelKind = strawberry.field(description="What is to come in through it.")  # type: ignore[valid-type]
    name: str = strawberry.field(description="Its name, 1 to 200 characters.")
    idempotency_key: str | None = inputs.idempotency_key()


@strawberry.type(description="What createChannel did.")
class CreateChannelPayload:
    channel: Channel | None = strawberry.field(
        description="The new channel, with its address and secret.", default=None
    )
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type
class ChannelMutations:
    @strawberry.mutation(description="Opens a way in; owners and admins only.")
    @refusable(CreateChannelPayload)
    async def create_channel(self, info: Info, input: CreateChannelInput) -> CreateChannelPayload:
        channel = await operations.create_channel(
            actor=info.context.actor,
            kind=input.kind,
            name=input.name,
            box=info.context.box,
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return CreateChannelPayload(channel=Channel.of(channel))
