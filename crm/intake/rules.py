"""What becomes of an inbound message. Pure."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from uuid import UUID

from crm.intake.facts import ChannelKind
from crm.intake.inquiry import Inquiry
from crm.text import one_line

MOST_ATTEMPTS = 5
"""Claims of one message before it is quarantined; a crash counts, for the attempt is written before parsing."""
LEASE = timedelta(seconds=15)
"""How long a claim holds. Longer than a parse may take; a worker that is killed loses the message after it."""
RING_AGAIN_AFTER = timedelta(seconds=10)
"""How long a sweep waits for a doorbell that was rung before it rings again."""
SAME_FORM_WINDOW = timedelta(minutes=10)
"""Equal values on one form within this time are one message; later they are a new inquiry."""
GAVE_UP = "GAVE_UP"

_PREFIX = re.compile(r"^\s*((re|aw|fwd?|wg|antw|sv|vs|ref|tr|rv|r|i)(\[\d+\])?\s*:\s*)+", re.IGNORECASE)


def backoff(attempt: int, message_id: UUID) -> timedelta:
    """How long to wait after a failed attempt (counted from 1): 2 s, 8 s, 32 s, 128 s, each with up to half more.

    The extra is drawn from the message's id, so that a crowd that failed together does not come back together.
    """
    base = 2.0 * 4 ** (attempt - 1)
    share = hashlib.sha256(message_id.bytes + bytes([attempt % 256])).digest()[0] / 255
    return timedelta(seconds=base * (1 + share / 2))


def title(inquiry: Inquiry) -> str:
    """What the lead is called: the subject without its reply prefixes, else the text's first line, else who wrote."""
    subject = one_line(_PREFIX.sub("", inquiry.subject or ""), 200)
    if subject:
        return subject
    first = next((line for line in (one_line(line, 100) for line in inquiry.text.splitlines()) if line), "")
    if first:
        return first
    who = one_line(inquiry.name or inquiry.email or inquiry.phone or "somebody", 100)
    return f"Inquiry from {who}"


def source(kind: ChannelKind) -> str:
    """What a lead made from such a message says of where it came from."""
    return {ChannelKind.FORM: "form", ChannelKind.MAIL: "mail"}[kind]


def is_same_form(received_at: datetime, now: datetime) -> bool:
    """Whether equal values on one form, first received then, are a repetition now."""
    return now - received_at < SAME_FORM_WINDOW
