"""Timelines in the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from schema.accounts.types import Member
from schema.fields import any_one, one, shown
from schema.lazy import LazyContact, LazyDeal, LazyLead, LazyOrganization
from schema.node import Node


@strawberry.type(description="An entry of a timeline.")
class Activity(Node):
    kind: str = shown("What happened: note, call, meeting, email, form, task or change.")
    at: datetime = shown("When it happened.")
    summary: str = shown("It in one line.")
    body: str | None = shown("It in full, as plain text.")
    member: Member | None = one("member_id", "Member", "Who did it; null: Anbahn itself, or somebody outside.")
    subject: (
        Annotated[
            LazyDeal | LazyLead | LazyContact | LazyOrganization,
            strawberry.union("ActivitySubject", description="What an entry of a timeline is about."),
        ]
        | None
    ) = any_one(
        "What it is about: the deal, else the lead, else the contact, else the organization.",
        Deal="deal_id",
        Lead="lead_id",
        Contact="contact_id",
        Organization="organization_id",
    )
