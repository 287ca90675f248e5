"""Lists of merges."""

from __future__ import annotations

from schema.reads.mapping import Listing
from schema.reads.ordering import descending

MERGES = Listing("Merge", descending("merged_at", "id"))
