"""Lists of tags."""

from __future__ import annotations

from schema.reads.mapping import Listing
from schema.reads.ordering import BY_NAME

TAGS = Listing("Tag", BY_NAME)


def tags_of(record: str) -> str:
    """Which tags are on a record of a kind, as SQL."""
    return f"""{{row}}.id = ANY(ARRAY(
        SELECT g.tag_id FROM tagging AS g WHERE g.workspace_id = {{workspace}} AND g.{record}_id = {{parent}}))"""  # noqa: S608  (a name of ours)
