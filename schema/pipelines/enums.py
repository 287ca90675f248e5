"""The words that pipelines are told in."""

from __future__ import annotations

from crm.pipelines import facts
from schema.enums import described

DealField = described(
    facts.DealField,
    "A field of a deal that a stage may demand.",
    AMOUNT="What it would bring.",
    CONTACT="Who it is made with.",
    ORGANIZATION="The organization it is made with.",
    EXPECTED_CLOSE_DATE="The day it is expected to be decided.",
    OWNER="Who works on it.",
    DESCRIPTION="More about it.",
)
StageKind = described(
    facts.StageKind,
    "What it means for a deal to be in a stage.",
    OPEN="It is being worked on.",
    WON="It is won: probability 100.",
    LOST="It is lost, for a reason: probability 0.",
)
