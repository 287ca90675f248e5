"""What decisions about leads are made from, without the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from crm.money import Money


class LeadState(StrEnum):
    """Where a lead stands. Only verbs change it."""

    NEW = "NEW"
    PROSPECTING = "PROSPECTING"
    QUALIFIED = "QUALIFIED"
    DISQUALIFIED = "DISQUALIFIED"
    CONVERTED = "CONVERTED"


class Criterion(StrEnum):
    """The four questions of BANT."""

    BUDGET = "BUDGET"
    AUTHORITY = "AUTHORITY"
    NEED = "NEED"
    TIMEFRAME = "TIMEFRAME"


class CriterionState(StrEnum):
    """How a question is answered."""

    UNKNOWN = "UNKNOWN"
    MET = "MET"
    NOT_MET = "NOT_MET"
    PENDING = "PENDING"


class PolicyMode(StrEnum):
    """How a workspace decides that a lead is qualified."""

    ALL_MET = "ALL_MET"
    N_OF_4 = "N_OF_4"
    WEIGHTED = "WEIGHTED"


class QuestionReason(StrEnum):
    """Why a question is to be asked."""

    NEVER_ASKED = "NEVER_ASKED"
    PENDING_DUE = "PENDING_DUE"
    NO_LONGER_FRESH = "NO_LONGER_FRESH"


class SuggestionState(StrEnum):
    """What became of an answer that was read out of a text."""

    PROPOSED = "PROPOSED"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    SUPERSEDED = "SUPERSEDED"


class DuplicatePolicy(StrEnum):
    """What becomes of a contact or an organization that is to be made, and whose address another one has."""

    REFUSE = "REFUSE"
    USE_EXISTING = "USE_EXISTING"
    """The one that has the address is taken; only what it lacks is filled."""
    CREATE_ANYWAY = "CREATE_ANYWAY"
    """It is made without the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one criterion; each kind of criterion uses its own fields."""

    criterion: Criterion
    state: CriterionState
    note: str | None = None
    pending_until: date | None = None
    amount: Money | None = None
    decision_maker_id: UUID | None = None
    budget_holder_id: UUID | None = None
    text: str | None = None
    not_before: date | None = None
    not_after: date | None = None
    quote: str | None = None
    """Evidence: the words it was read from."""
    activity_id: UUID | None = None
    """Evidence: the entry of the lead's timeline that holds them."""
    fresh_until: datetime | None = None
    """MET and NOT_MET: when it is to be asked again. None: as the policy says; of an answer that is stored: never."""
    member_id: UUID | None = None
    """Of an answer that is stored: who gave it."""
    answered_at: datetime | None = None
    """Of an answer that is stored: when it was given."""


@dataclass(frozen=True, slots=True)
class CriterionSetting:
    """What a workspace says of one criterion."""

    weight: int
    """1 to 100."""
    fresh_days: int | None = None
    """How many days an answer stays fresh; None: for ever."""
    question: str | None = None
    """In the workspace's words; None: Anbahn's own."""


@dataclass(frozen=True, slots=True)
class Policy:
    """When a lead of a workspace is qualified, and what is asked."""

    mode: PolicyMode
    needed: int
    """N_OF_4: how many criteria must be MET."""
    threshold: int
    """WEIGHTED: what the weights of the criteria that are MET must add up to."""
    criteria: Mapping[Criterion, CriterionSetting]
    """All four."""
    language: str = "en"
    """Of Anbahn's own questions: ``de`` or ``en``."""


@dataclass(frozen=True, slots=True)
class NextQuestion:
    """What is to be asked of a lead next."""

    criterion: Criterion
    weight: int
    reason: QuestionReason


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What decisions need to know of a lead."""

    id: UUID
    state: LeadState
    answers: Mapping[Criterion, Answer] = field(default_factory=dict)
    """As they are stored: only criteria that were ever answered."""
    stale: bool = False
    """An answer has fallen back since it became QUALIFIED."""
    qualified_at: datetime | None = None
    archived: bool = False
