"""Lists of members: short, in the order in which they joined."""

from __future__ import annotations

from schema.reads.mapping import Listing
from schema.reads.ordering import ascending

MEMBERS = Listing("Member", ascending("created_at", "id"))
