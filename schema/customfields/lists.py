"""Lists of custom fields."""

from __future__ import annotations

from schema.reads.filters import Condition
from schema.reads.mapping import Listing, Many
from schema.reads.ordering import ascending

CUSTOM_FIELDS = Many(
    Listing("CustomField", ascending("entity", "position", "id"), hides_archived=True),
    paged=False,
    takes={"entity": Condition("Chosen", "entity"), "archived": Condition("Boolean", "archived_at")},
)
