"""The words that deals are told in."""

from __future__ import annotations

from crm.deals import facts, past
from schema.enums import described

DealStatus = described(
    facts.DealStatus,
    "Follows from the kind of the deal's stage.",
    OPEN="It is being worked on.",
    WON="It is won.",
    LOST="It is lost.",
)

PipelineChangeKind = described(
    past.ChangeKind,
    "How a deal differs between two moments; a deal may differ in several ways.",
    name="PipelineChangeKind",
    ADDED="It was made.",
    ENTERED="It came from another pipeline.",
    RESTORED="It was archived, and is back on the board.",
    REOPENED="It was won or lost, and is open again.",
    MOVED_FORWARD="It is open in a stage further to the right, by the stages' order of today.",
    MOVED_BACK="It is open in a stage further to the left.",
    VALUE_UP="Its amount is larger; no amount counts as nothing.",
    VALUE_DOWN="Its amount is smaller; no amount counts as nothing.",
    VALUE_CHANGED="Its amount is in another currency.",
    SLIPPED="It is open, and expected to be decided later, or on no day any more.",
    PULLED_IN="It is open, and expected to be decided earlier, or on a day at last.",
    OWNER_CHANGED="Somebody else works on it.",
    WON="It is won.",
    LOST="It is lost.",
    ARCHIVED="It was taken off the board.",
    LEFT="It went to another pipeline.",
)
