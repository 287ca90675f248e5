"""What keeps a board fast, in the background: the stages' totals are folded."""

from __future__ import annotations

import logging

from celery import shared_task

from crm.db import UNREACHABLE
from crm.doors import fold_totals
from workers.runtime import runtime

log = logging.getLogger("anbahn.board")

FOLD_SECONDS = 3.0
"""How often totals are folded: until then readers add up the changes themselves."""
FOLDED_AT_ONCE = 2_000
MOST_FOLDS = 200
"""So that a task ends well before it would be delivered again; the next one goes on."""


@shared_task(name="board.fold")
def fold(**_newer_args: object) -> None:
    """Fold what has changed of the stages' totals, in all workspaces, until nothing is left."""
    try:
        for _ in range(MOST_FOLDS):
            if runtime().run(fold_totals(at_most=FOLDED_AT_ONCE)) < FOLDED_AT_ONCE:
                return
    except UNREACHABLE as error:
        log.warning("totals are not folded: %s", type(error).__name__)
