"""Facts about leads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from crm.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadCaptured(Event):
    """A lead came into being, by a message or by hand."""

    name: ClassVar[str] = "lead.captured"
    source: str | None
    inbound_message_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadAnswered(Event):
    name: ClassVar[str] = "lead.answered"
    criteria: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadQualified(Event):
    name: ClassVar[str] = "lead.qualified"
    by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadDisqualified(Event):
    name: ClassVar[str] = "lead.disqualified"
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadReopened(Event):
    name: ClassVar[str] = "lead.reopened"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadReturned(Event):
    """The day came on which a disqualified lead was to be taken up again."""

    name: ClassVar[str] = "lead.returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFellBack(Event):
    """A QUALIFIED lead is stale: answers that it stood on changed, or are no longer fresh."""

    name: ClassVar[str] = "lead.fell_back"
    criteria: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadChanged(Event):
    name: ClassVar[str] = "lead.changed"
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadAssigned(Event):
    name: ClassVar[str] = "lead.assigned"
    owner_id: UUID | None
    from_owner_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadArchived(Event):
    name: ClassVar[str] = "lead.archived"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadRestored(Event):
    name: ClassVar[str] = "lead.restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualificationPolicyChanged(Event):
    """When leads of the workspace are qualified, or what they are asked, is not what it was."""

    name: ClassVar[str] = "qualification_policy.changed"
    mode: str
    needed: int
    threshold: int
    qualified: int
    """How many leads became QUALIFIED by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadConverted(Event):
    name: ClassVar[str] = "lead.converted"
    deal_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionProposed(Event):
    """An answer was read out of a text."""

    name: ClassVar[str] = "suggestion.proposed"
    lead_id: UUID
    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionSuperseded(Event):
    """Another answer to the same criterion was read before anybody decided."""

    name: ClassVar[str] = "suggestion.superseded"
    lead_id: UUID
    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionAccepted(Event):
    name: ClassVar[str] = "suggestion.accepted"
    lead_id: UUID
    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionRefused(Event):
    name: ClassVar[str] = "suggestion.refused"
    lead_id: UUID
    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadUnconverted(Event):
    """A conversion was undone: the lead is as it was before."""

    name: ClassVar[str] = "lead.unconverted"
    deal_id: UUID
