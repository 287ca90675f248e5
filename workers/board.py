"""What keeps a board fast, in the background: totals are folded, and cards that lie too close are spaced anew."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task

from crm.accounts.facts import Actor
from crm.db import UNREACHABLE
from crm.deals.columns import respace
from crm.doors import crowded_columns, fold_totals
from crm.faults import described
from workers.runtime import runtime

log = logging.getLogger("anbahn.board")

FOLD_SECONDS = 3.0
"""How often totals are folded: until then readers add up the changes themselves."""
FOLDED_AT_ONCE = 2_000
MOST_FOLDS = 200
"""So that a task ends well before it would be delivered again; the next one goes on."""
SPACE_SECONDS = 10.0
"""How often columns are looked for in which cards lie too close."""
SPACED_AT_ONCE = 20
MOST_ROUNDS = 20


@shared_task(name="board.fold")
def fold(**_newer_args: object) -> None:
    """Fold what has changed of the stages' totals, in all workspaces, until nothing is left."""
    try:
        for _ in range(MOST_FOLDS):
            if runtime().run(fold_totals(at_most=FOLDED_AT_ONCE)) < FOLDED_AT_ONCE:
                return
    except UNREACHABLE as error:
        log.warning("totals are not folded: %s", type(error).__name__)


@shared_task(name="board.space")
def space(**_newer_args: object) -> None:
    """Space anew the cards that lie too close, in all workspaces, as far as nobody is busy in their columns.

    One window of cards a transaction: nobody who moves a card waits for more than that.
    """
    run = runtime().run
    try:
        for _ in range(MOST_ROUNDS):
            columns = run(crowded_columns(at_most=SPACED_AT_ONCE))
            spaced = [_space(workspace, stage) for workspace, stage in columns]
            if not any(spaced):
                return
    except UNREACHABLE as error:
        log.warning("cards are not spaced: %s", type(error).__name__)


def _space(workspace_id: UUID, stage_id: UUID) -> int:
    """Space one window of a column: how many cards. What goes wrong there keeps no other column waiting."""
    try:
        return runtime().run(respace(actor=Actor.system(workspace_id), stage_id=stage_id))
    except UNREACHABLE:
        raise
    except Exception as error:
        log.error("the column %s is not spaced: %s", stage_id, described(error))
        return 0
