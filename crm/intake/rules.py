"""What becomes of an inbound message. Pure."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from uuid import UUID

from crm.intake.facts import ChannelKind
from crm.intake.inquiry import Inquiry
from crm.text import fold, one_line

MOST_ATTEMPTS = 5
"""Claims of one message before it is quarantined; a crash counts, for the attempt is written before parsing."""
LEASE = timedelta(seconds=25)
"""How long a claim holds: longer than the sandbox may take for its two tries (tests/workers hold the two together).
A worker that is killed loses its message after it."""
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


def said_besides(
    inquiry: Inquiry,
    *,
    contact_name: str,
    organization_name: str | None,
    job_title: str | None,
    phone_read: bool,
) -> list[tuple[str, str]]:
    """What the message says of its sender that the records do not: (what, as given). The reader must not miss it."""
    given = (
        ("Name", inquiry.name, contact_name),
        ("Company", inquiry.organization, organization_name),
        ("Job title", inquiry.job_title, job_title),
        ("Phone", inquiry.phone if not phone_read else None, None),
    )
    return [(what, value) for what, value, known in given if value and fold(value) != fold(known or "")]


def body(inquiry: Inquiry, said: list[tuple[str, str]]) -> str:
    """What stands on the timeline: the text, then what was said besides, then what was attached."""
    lines = [f"{what}: {one_line(value, 300)}" for what, value in said]
    if inquiry.attachments:
        lines.append(f"Attachments: {', '.join(inquiry.attachments)}")
    return "\n\n".join(part for part in (inquiry.text, "\n".join(lines)) if part)


def source(kind: ChannelKind) -> str:
    """What a lead made from such a message says of where it came from."""
    return {ChannelKind.FORM: "form", ChannelKind.MAIL: "mail"}[kind]


def is_same_form(received_at: datetime, now: datetime) -> bool:
    """Whether equal values on one form, first received then, are a repetition now."""
    return now - received_at < SAME_FORM_WINDOW
