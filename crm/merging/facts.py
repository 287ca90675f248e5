"""Words of merging, without the database."""

from __future__ import annotations

from enum import StrEnum


class Part(StrEnum):
    """What a merged record hands over to the one that stays, by what people call it."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    POSTAL_ADDRESS = "POSTAL_ADDRESS"
    LEAD = "LEAD"
    DEAL = "DEAL"
    CONTACT = "CONTACT"
    BRANCH = "BRANCH"
    TAG = "TAG"
    ACTIVITY = "ACTIVITY"
    ANSWER = "ANSWER"
    SUGGESTION = "SUGGESTION"


NOUNS = {
    Part.EMAIL: ("e-mail address", "e-mail addresses"),
    Part.PHONE: ("phone number", "phone numbers"),
    Part.POSTAL_ADDRESS: ("postal address", "postal addresses"),
    Part.LEAD: ("lead", "leads"),
    Part.DEAL: ("deal", "deals"),
    Part.CONTACT: ("contact", "contacts"),
    Part.BRANCH: ("branch", "branches"),
    Part.TAG: ("tag", "tags"),
    Part.ACTIVITY: ("timeline entry", "timeline entries"),
    Part.ANSWER: ("qualification answer", "qualification answers"),
    Part.SUGGESTION: ("suggestion", "suggestions"),
}


def counted(part: Part, count: int) -> str:
    """For people: "1 lead", "3 leads"."""
    return f"{count} {NOUNS[part][count != 1]}"
