"""Our words for what a stranger sent: what every adapter returns and every intake rule reads.

An adapter turns a foreign format into an ``Inquiry`` or says, with a stable reason, why it cannot.
Texts in here hold no NUL and no lone surrogate (PostgreSQL and UTF-8 refuse them); the raw bytes are kept beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What was read out of one inbound message."""

    name: str | None = None
    """The person's name as given; None where nothing named them."""
    email: str | None = None
    """The person's address as given, syntactically an address."""
    phone: str | None = None
    """The phone number as given, not yet E.164."""
    organization: str | None = None
    """The company's name as given."""
    job_title: str | None = None
    subject: str | None = None
    text: str = ""
    """What the person wrote, as plain text with newlines."""
    fields: tuple[tuple[str, str], ...] = ()
    """Every form field as sent, in order, the unmapped ones included; empty for mail."""
    message_id: str | None = None
    """The mail's Message-ID with its angle brackets; chosen by its sender, so no proof of anything."""
    sent_at: datetime | None = None
    """When the mail says it was sent (UTC); None where it says nothing readable."""
    attachments: tuple[str, ...] = ()
    """Names of the attachments, cleaned for display."""
    utm: dict[str, str] = field(default_factory=dict)
    """Campaign parameters by their short name: source, medium, campaign, term, content."""
    trace: tuple[str, ...] = ()
    """What was read and which rule read it, a sentence each, for the decision trace."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why no inquiry could be read; the message goes to quarantine with it."""

    reason: str
    """A stable code in capitals, such as NO_SENDER or TOO_DEEP."""
    detail: str
    """One sentence for the operator: what is wrong and, where there is one, the limit."""
