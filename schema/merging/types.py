"""Merges in the API."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.merging.receipts import Receipt
from schema.accounts.types import Member
from schema.fields import computed, one, shown
from schema.lazy import LazyContact, LazyOrganization
from schema.merging.enums import MergedKind
from schema.node import Node
from schema.reads.mapping import Column, Computed, Items

_COUNTS = """ARRAY(SELECT {value} FROM jsonb_array_elements({{row}}.receipt -> 'counts') WITH ORDINALITY AS e (part, n)
    ORDER BY e.n)"""
_KINDS = _COUNTS.format(value="e.part ->> 'kind'")
_NUMBERS = _COUNTS.format(value="(e.part ->> 'count')::int")
_FILLED = """ARRAY(SELECT e.name FROM jsonb_array_elements_text({row}.receipt -> 'names') WITH ORDINALITY AS e (name, n)
    ORDER BY e.n)"""


@strawberry.type(description="How many of one kind a merge has moved.")
class MergedCount:
    kind: MergedKind = shown("What was moved.", Column("kind"))  # type: ignore[valid-type]
    count: int = shown("How many of them, at least 1.", Column("count"))


@strawberry.type(
    description="The receipt of one contact or organization that was merged into another: what was moved and filled,"
    " so that `undoMerge` can give it back."
)
class Merge(Node):
    merged_at: datetime = shown("When it was merged.")
    undone_at: datetime | None = shown("When that was undone; null: it stands.")
    contact: LazyContact | None = one("contact_id", "Contact", "The contact that stayed; null: organizations.")
    merged_contact: LazyContact | None = one(
        "merged_contact_id", "Contact", "The contact that was merged into it, archived since; null: organizations."
    )
    organization: LazyOrganization | None = one(
        "organization_id", "Organization", "The organization that stayed; null: contacts."
    )
    merged_organization: LazyOrganization | None = one(
        "merged_organization_id",
        "Organization",
        "The organization that was merged into it, archived since; null: contacts.",
    )
    merged_by: Member | None = one("merged_by_id", "Member", "Who merged them; null: Anbahn itself.")
    undone_by: Member | None = one("undone_by_id", "Member", "Who undid it; null: nobody, or Anbahn itself.")

    @computed("What was moved to the one that stayed, by kinds.", Items({"kind": _KINDS, "count": _NUMBERS}))
    def moved(self) -> list[MergedCount]:
        return [MergedCount(**entry) for entry in Receipt.of(self.row.receipt).counts]

    @computed(
        "Which empty fields of the one that stayed were filled, such as jobTitle or custom.size.", Computed((_FILLED,))
    )
    def filled(self) -> list[str]:
        return Receipt.of(self.row.receipt).names
