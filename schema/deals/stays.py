"""Stage histories in the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from crm.deals import pace
from schema.accounts.types import Member
from schema.context import Info
from schema.fields import computed, one, shown
from schema.node import Node
from schema.pipelines.types import Stage
from schema.reads.mapping import Computed


def _days(context: Any, entered: datetime, left: datetime | None) -> int:
    return pace.days(entered, left or context.now)


@strawberry.type(description="One stay of a deal in a stage.")
class StageChange(Node):
    stage: Stage = one("to_stage_id", "Stage", "The stage it came into; may have been deleted since.")
    from_stage: Stage | None = one("from_stage_id", "Stage", "The stage it came from; null: the deal began here.")
    entered_at: datetime = shown("When it came in.")
    left_at: datetime | None = shown("When it went on; null: it is there now.")
    member: Member | None = one("member_id", "Member", "Who moved it here; null: Anbahn itself.")

    @computed(
        "How many whole days it was there, or has been until now.",
        Computed(("entered_at", "left_at"), _days, in_context=True),
    )
    def days(self, info: Info) -> int:
        return pace.days(self.row.entered_at, self.row.left_at or info.context.now)
