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

DuplicateReason = described(
    facts.DuplicateReason,
    "Why two records may be the same.",
    SAME_EMAIL="An e-mail address of each leads to one mailbox, such as a.b@gmail.com and ab+news@gmail.com.",
    SAME_PHONE="They have a phone number in common.",
    SAME_DOMAIN="They have a domain in common that is no free-mail provider's; of contacts, beside a similar name.",
    SAME_ORGANIZATION="Both belong to one organization; beside a similar name.",
    SAME_NAME="Their names are equal but for case and accents; those of organizations, but for legal forms, too.",
    SIMILAR_NAME="Their names are spelled alike.",
)
