"""What a rule has seen in one sentence, before the best of all sentences is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crm.leads.facts import Criterion, CriterionState
from crm.money import Money


@dataclass(frozen=True, slots=True)
class Candidate:
    """Places are those in the sentence; of several, the one with most weight is taken, and then the first."""

    criterion: Criterion
    state: CriterionState
    start: int
    end: int
    rule: str
    weight: int
    amount: Money | None = None
    role: str | None = None
    need: str | None = None
    not_before: date | None = None
    not_after: date | None = None
    pending_until: date | None = None
    only_with_need: bool = False
    """It says something only where the text states a need as well."""
