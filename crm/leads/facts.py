"""What decisions about leads are made from, without the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
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


class SuggestionState(StrEnum):
    """What became of an answer that was read out of a text."""

    PROPOSED = "PROPOSED"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    SUPERSEDED = "SUPERSEDED"


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


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """What decisions need to know of a lead."""

    id: UUID
    state: LeadState
    states: dict[Criterion, CriterionState]
    """Only criteria that were ever answered."""
    stale: bool = False
    """An answer has fallen back since it became QUALIFIED."""
