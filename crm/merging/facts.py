"""Words of merging, without the database."""

from __future__ import annotations

from dataclasses import dataclass
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


class DuplicateReason(StrEnum):
    """Why two records may be the same."""

    SAME_EMAIL = "SAME_EMAIL"
    SAME_PHONE = "SAME_PHONE"
    SAME_DOMAIN = "SAME_DOMAIN"
    SAME_ORGANIZATION = "SAME_ORGANIZATION"
    SAME_NAME = "SAME_NAME"
    SIMILAR_NAME = "SIMILAR_NAME"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What two records have in common."""

    same_email: bool = False
    """An address of each leads to one mailbox."""
    same_phone: bool = False
    same_name: bool = False
    """Their folded names are equal; those of organizations without legal forms."""
    similarity: float = 0.0
    """How alike these are, 0 to 1, as pg_trgm has it."""
    same_domain: bool = False
    """A domain of both, which is no free-mail provider's."""
    same_organization: bool = False
    """Two people of one organization."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How probably two records are the same."""

    score: int
    """0 to 100."""
    reasons: tuple[DuplicateReason, ...]
    """At least one, the weightiest first."""
