"""The words that merging is told in."""

from __future__ import annotations

from crm.merging import facts
from schema.enums import described

MergedKind = described(
    facts.Part,
    "What a merged record hands over to the one that stays.",
    name="MergedKind",
    EMAIL="E-mail addresses.",
    PHONE="Phone numbers.",
    POSTAL_ADDRESS="Postal addresses.",
    LEAD="Leads.",
    DEAL="Deals.",
    CONTACT="The people who belong to an organization.",
    BRANCH="The branches of an organization.",
    TAG="Tags.",
    ACTIVITY="Entries of the timeline.",
    ANSWER="Answers of a qualification that name the person as who decides or holds the budget.",
    SUGGESTION="Suggested answers that name the person.",
)
