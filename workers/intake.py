"""Tasks of intake: claim, parse, file; and the sweep that finds what no doorbell reached."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from celery import shared_task
from kombu.exceptions import OperationalError

from crm.accounts.facts import Actor
from crm.db import UNREACHABLE
from crm.doors import due_messages
from crm.faults import described
from crm.intake import filing, operations
from crm.intake.facts import Claim
from workers.broker import INTAKE
from workers.runtime import runtime

log = logging.getLogger("anbahn.intake")

MOST_WAITING = 500
"""A sweep rings only until so many tasks stand in the queue: enough for workers to do until the next one. In a backlog
each message is due although its task is waiting; rung for again and again, the queue would never end."""

_OUT_OF_REACH: tuple[type[BaseException], ...] = (*UNREACHABLE, OperationalError)


@shared_task(name="intake.process")
def process(*, workspace_id: str, message_id: str, **_newer_args: object) -> None:
    """Turn one inbound message into a lead. Does nothing when somebody else has it, or when it is done.

    Parsing happens in a child that can be killed, with no transaction open.
    """
    actor = Actor.system(UUID(workspace_id))
    run, sandbox = runtime().run, runtime().sandbox
    try:
        claim = run(operations.claim(actor=actor, message_id=UUID(message_id), now=_now()))
    except UNREACHABLE as error:
        log.warning("message %s not claimed, a sweep will find it: %s", message_id, type(error).__name__)
        return
    if claim is None:
        return
    try:
        parsed = sandbox.read(claim.kind.value, claim.content_type, claim.raw)
        run(filing.file(actor=actor, claim=claim, parsed=parsed, now=_now()))
    except Exception as error:  # a fault of ours says nothing about the message: it comes again, and again
        log.error("message %s, attempt %s: not filed: %s", message_id, claim.attempt, described(error))
        _postpone(actor, claim, type(error).__name__)


@shared_task(name="intake.sweep")
def sweep(**_newer_args: object) -> None:
    """Ring for messages that are due and that nobody has taken: a lost task, a dead worker, a backoff that is over."""
    limits = runtime().limits
    try:
        room = MOST_WAITING - _waiting()
        if room <= 0:
            return
        found = runtime().run(
            due_messages(now=_now(), grace=limits.grace, ring_again_after=limits.ring_again_after, at_most=room)
        )
    except _OUT_OF_REACH as error:
        log.warning("no sweep: %s", type(error).__name__)
        return
    for workspace_id, message_id in found:
        process.apply_async(kwargs={"workspace_id": str(workspace_id), "message_id": str(message_id)})


def _waiting() -> int:
    """How many tasks stand in the queue of messages.

    Raises: OperationalError, when the broker is out of reach.
    """
    with process.app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, interval_start=0)
        with connection.channel() as channel:
            declare: Any = channel.queue_declare  # type: ignore[attr-defined]  # missing in the stubs
            try:
                return int(declare(queue=INTAKE, passive=True).message_count)
            except connection.channel_errors:  # there is none yet, or (on Redis) it is empty
                return 0


def _postpone(actor: Actor, claim: Claim, error: str) -> None:
    try:
        runtime().run(operations.postpone(actor=actor, claim=claim, error=error, now=_now()))
    except Exception as fault:
        # Its lease runs out by itself, and a sweep finds it then.
        log.error("message %s could not be given back: %s", claim.message_id, described(fault))


def _now() -> datetime:
    return datetime.now(UTC)
