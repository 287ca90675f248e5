"""The words that pipelines are told in."""

from __future__ import annotations

from crm.pipelines import facts
from schema.enums import described

StageKind = described(
    facts.StageKind,
    "What it means for a deal to be in a stage.",
    OPEN="It is being worked on.",
    WON="It is won: probability 100.",
    LOST="It is lost, for a reason: probability 0.",
)
