"""What was read out of a text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from crm.leads.facts import Criterion, CriterionState
from crm.money import Money


@dataclass(frozen=True, slots=True)
class Finding:
    """An answer to one criterion, and the words that give it."""

    criterion: Criterion
    state: CriterionState
    """MET, NOT_MET or PENDING."""
    quote: str
    """Exactly ``text[start:end]``."""
    start: int
    end: int
    rule: str
    """Which rule read it, such as ``budget.amount``."""
    amount: Money | None = None
    """BUDGET: the most that can be spent. None: the text names none, or no currency."""
    role: str | None = None
    """AUTHORITY: MET: the writer's role. NOT_MET: of whoever decides instead."""
    need: str | None = None
    """NEED: the sentence, on one line."""
    not_before: date | None = None
    not_after: date | None = None
    pending_until: date | None = None
    """PENDING: when it will be known."""
