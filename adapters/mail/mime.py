"""A mail's raw bytes read into an inquiry: who wrote, when, about what, and what."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import mktime_tz, parsedate_tz

from adapters.clean import one_line
from adapters.mail.body import read_body
from adapters.mail.fingerprint import clean_message_id
from adapters.mail.headers import Block, scan
from adapters.mail.mailboxes import Mailbox, mailboxes
from adapters.mail.parts import refuse_headers, split
from adapters.mail.words import text_of
from crm.intake.inquiry import Inquiry, Unreadable

MAX_SUBJECT = 500
"""The most characters of a subject."""


def read(raw: bytes) -> Inquiry | Unreadable:
    """The inquiry in a mail; linear in its size, never raises.

    Refuses: NOT_A_MAIL, NO_SENDER, HEADERS_TOO_LARGE, HEADER_TOO_LARGE, TOO_DEEP, TOO_MANY_PARTS.
    """
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")  # line ends of a Mac of old
    block = scan(raw)
    if refused := refuse_headers(block, block.body):
        return refused
    if not block.fields:
        return Unreadable("NOT_A_MAIL", "The message does not begin with headers as a mail does.")
    trace: list[str] = []
    sender = _sender(block, trace)
    if sender is None:
        return Unreadable("NO_SENDER", "Neither From nor Reply-To holds an e-mail address that could be answered.")
    root = split(raw, block)
    if isinstance(root, Unreadable):
        return root
    body = read_body(raw, root)
    subject = one_line(text_of(block.first("subject") or b""), MAX_SUBJECT)
    return Inquiry(
        name=sender.name,
        email=sender.address,
        subject=subject or None,
        text=body.text,
        message_id=clean_message_id(block.first("message-id") or b""),
        sent_at=_sent_at(block, trace),
        attachments=tuple(body.attachments),
        trace=(*trace, *body.trace),
    )


def _sender(block: Block, trace: list[str]) -> Mailbox | None:
    """Who wrote: the first usable address in From, without one that in Reply-To."""
    authors = [box for value in block.every("from") for box in mailboxes(value)]
    answers = [box for value in block.every("reply-to") for box in mailboxes(value)]
    if authors:
        sender, header = authors[0], "From"
    elif answers:
        sender, header = answers[0], "Reply-To"
        trace.append("From holds no usable address" if block.first("from") else "there is no From")
    else:
        return None
    trace.append(f"sender read from {header}: {_shown(sender)}")
    if len(authors) > 1:
        trace.append(f"From names {len(authors)} people, the first was taken")
    if authors and answers and answers[0].address.lower() != sender.address.lower():
        trace.append(f"Reply-To differs: {_shown(answers[0])}")
    return sender


def _shown(box: Mailbox) -> str:
    return f"{box.name} <{box.address}>" if box.name else box.address


def _sent_at(block: Block, trace: list[str]) -> datetime | None:
    """When the mail says it was sent; None where it says nothing readable or a year before 1970 or after 2100."""
    value = block.first("date")
    if value is None:
        return None
    try:
        parsed = parsedate_tz(value[:200].decode("ascii", "replace"))
        # mktime_tz would reckon in local time what names no zone; there UTC is as good a guess as any.
        sent = None if parsed is None else datetime.fromtimestamp(mktime_tz((*parsed[:9], parsed[9] or 0)), UTC)
    except Exception:  # it has raised several kinds of error over the years; the date is not readable then
        sent = None
    if sent is None or not 1970 <= sent.year <= 2100:
        trace.append("Date is not readable")
        return None
    return sent
