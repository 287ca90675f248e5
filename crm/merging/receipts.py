"""Receipts: what one merge has changed, as it is kept so that exactly that can be undone."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from crm.merging.facts import Part


@dataclass
class Receipt:
    """All that was done for one merged record. Plain data: it is stored as JSON."""

    number: int = 0
    """The how-manyeth merge into the one that stayed: their order."""
    moved: dict[str, list[str]] = field(default_factory=dict)
    """Ids of rows that refer to the one that stayed now, by table and column."""
    addresses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By table: id, the position each had, and by what it is known again should its row be another by then."""
    asleep: list[str] = field(default_factory=list)
    """Ids of e-mail addresses that stayed with the merged record and were switched off with it."""
    tags: list[str] = field(default_factory=list)
    """Ids of taggings that were moved."""
    filled: dict[str, str] = field(default_factory=dict)
    """Columns that were empty, and what they were filled with."""
    custom: dict[str, Any] = field(default_factory=dict)
    """Custom fields that had no value, and what they were filled with."""
    nulls: list[str] = field(default_factory=list)
    """Those of them that were there, without a value."""
    parent: list[str | None] | None = None
    """Of an organization: the parent before and after; None: not changed."""
    distinct: list[str] = field(default_factory=list)
    """Ids of pairs that were told apart, because the merged record's were."""
    brought: list[str] = field(default_factory=list)
    """What the one that stayed has from this merge, as words that ``spared`` of later merges may hold."""
    spared: list[str] = field(default_factory=list)
    """What the merged record had too, and did not bring: the other had it already."""
    counts: list[dict[str, Any]] = field(default_factory=list)
    """How many of each part were moved, for people: kind and count."""
    names: list[str] = field(default_factory=list)
    """What was filled, by the fields' names in the API."""

    def count(self, part: Part, number: int) -> None:
        """Add to the parts that were moved."""
        if number:
            found = Counter({Part(entry["kind"]): entry["count"] for entry in self.counts})
            found[part] += number
            self.counts = [{"kind": known.value, "count": found[known]} for known in Part if found[known]]

    def as_json(self) -> dict[str, object]:
        return dataclasses.asdict(self)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Receipt:
        """The receipt as it was stored; what later versions have added is empty."""
        known = {one.name for one in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})
