"""Timelines in the API."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.accounts.types import Member
from schema.context import Info
from schema.node import Node, shown


@strawberry.type(description="An entry of a timeline.")
class Activity(Node):
    kind: str = shown("What happened: note, call, meeting, email, form, task or change.")
    at: datetime = shown("When it happened.")
    summary: str = shown("It in one line.")
    body: str | None = shown("It in full, as plain text.")

    @strawberry.field(description="Who did it; null: Anbahn itself, or somebody outside.")
    async def member(self, info: Info) -> Member | None:
        return Member.of_optional(await info.context.row("Member", self.row.member_id))
