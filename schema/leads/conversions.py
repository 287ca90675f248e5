"""Conversions in the API: which lead became which deal, and whether that was undone."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.accounts.types import Member
from schema.fields import one, shown
from schema.lazy import LazyDeal, LazyLead
from schema.node import Node


@strawberry.type(description="One lead that became or fed a deal.")
class Conversion(Node):
    converted_at: datetime = shown("When it was converted.")
    undone_at: datetime | None = shown("When that was undone; null while it stands.")
    lead: LazyLead = one("lead_id", "Lead", "The lead.")
    deal: LazyDeal = one("deal_id", "Deal", "The deal it became or fed.")
    converted_by: Member | None = one("converted_by_id", "Member", "Who converted it; null: Anbahn itself.")
    undone_by: Member | None = one("undone_by_id", "Member", "Who undid it; null where nobody has, or Anbahn itself.")
