"""One way to read whatever came in: by its kind."""

from __future__ import annotations

from adapters.forms import web
from adapters.mail import mime
from crm.intake.inquiry import Inquiry, Unreadable

MAX_MESSAGE = 40 * 1024 * 1024
"""The most bytes of one message that are read."""


def read(kind: str, content_type: str, raw: bytes) -> Inquiry | Unreadable:
    """The inquiry in a message of kind MAIL or FORM; content_type counts for forms only.

    For the child process: whatever a stranger sent may cost its caps in time and memory. Elsewhere use the Sandbox.
    Refuses: TOO_LARGE, UNKNOWN_KIND, and what the kind's own reader refuses.
    """
    if len(raw) > MAX_MESSAGE:
        return Unreadable("TOO_LARGE", f"The message is larger than {MAX_MESSAGE // 1024 // 1024} MB.")
    if kind == "MAIL":
        return mime.read(raw)
    if kind == "FORM":
        return web.read(content_type, raw)
    return Unreadable("UNKNOWN_KIND", "Only messages of kind MAIL and FORM can be read.")
