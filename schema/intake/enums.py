"""The words that intake is told in."""

from __future__ import annotations

from crm.intake import facts
from schema.enums import described

ChannelKind = described(
    facts.ChannelKind,
    "By which way messages come in.",
    FORM="Contact forms, posted by a website.",
    MAIL="Mails, posted by a mail server or provider.",
)
InboundState = described(
    facts.InboundState,
    "Where an inbound message stands.",
    RECEIVED="Stored, and waiting for a worker.",
    PROCESSING="A worker has it.",
    PROCESSED="It became a lead, or belongs to one.",
    IGNORED="Kept, but nothing was made of it: `reason`.",
    QUARANTINED="It could not be read or filed, and wants a person: `reason`.",
)
