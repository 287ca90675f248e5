"""Lists of pipelines and stages: short, in the order that the company gave them."""

from __future__ import annotations

from schema.reads.mapping import Listing
from schema.reads.ordering import BY_POSITION

NOT_ARCHIVED = "{row}.archived_at IS NULL"
PIPELINES = Listing("Pipeline", BY_POSITION)
STAGES = Listing("Stage", BY_POSITION)
