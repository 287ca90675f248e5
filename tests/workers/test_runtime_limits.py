"""Limits of different rooms that must fit together."""

from __future__ import annotations

from adapters.sandbox import WALL_SECONDS
from crm.intake.rules import LEASE
from workers.broker import VISIBILITY_TIMEOUT_SECONDS


def test_a_claim_outlasts_both_tries_of_the_sandbox() -> None:
    """Otherwise a second worker takes the message while the first still reads it, and attempts are burnt."""
    assert LEASE.total_seconds() > 2 * WALL_SECONDS + 2


def test_a_task_is_not_delivered_again_while_its_claim_holds() -> None:
    assert LEASE.total_seconds() < VISIBILITY_TIMEOUT_SECONDS
