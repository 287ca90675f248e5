"""Lists of pipelines and stages: short, in the order that the company gave them."""

from __future__ import annotations

from schema.reads.mapping import Listing
from schema.reads.ordering import BY_POSITION

PIPELINES = Listing("Pipeline", BY_POSITION)
STAGES = Listing("Stage", BY_POSITION)
