"""The words that deals are told in."""

from __future__ import annotations

from crm.deals import facts
from schema.enums import described

DealStatus = described(
    facts.DealStatus,
    "Follows from the kind of the deal's stage.",
    OPEN="It is being worked on.",
    WON="It is won.",
    LOST="It is lost.",
)
