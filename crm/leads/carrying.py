"""What a lead's deal gets from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from crm.leads.facts import Answer, Criterion, CriterionState
from crm.money import Money


@dataclass(frozen=True, slots=True)
class Carried:
    """What there is to give. None, or empty: nothing."""

    amount: Money | None
    expected_close_date: date | None
    contact_id: UUID | None
    organization_id: UUID | None
    owner_id: UUID | None
    source: str | None
    utm: Mapping[str, str]
    description: str | None
    custom: Mapping[str, Any]
    qualification_snapshot: Mapping[str, Any]


WORDS = {
    "amount": "Its amount",
    "expected_close_date": "The day it is expected to be decided",
    "contact_id": "Its contact",
    "organization_id": "Its organization",
    "owner_id": "Its owner",
    "source": "Its source",
    "utm": "What the campaign is known by",
    "description": "Its description",
    "qualification_snapshot": "What was answered to BANT",
}
"""What the fields of a deal are called where people are told of them."""


def budget(answers: Mapping[Criterion, Answer]) -> Money | None:
    """The budget, unless it was found wanting."""
    answer = answers.get(Criterion.BUDGET)
    return answer.amount if answer and answer.state is not CriterionState.NOT_MET else None


def last_day(answers: Mapping[Criterion, Answer]) -> date | None:
    """The last day of the timeframe, else its first."""
    timeframe = answers.get(Criterion.TIMEFRAME)
    return (timeframe.not_after or timeframe.not_before) if timeframe else None


def snapshot(answers: Mapping[Criterion, Answer]) -> dict[str, Any]:
    """The answers as plain data, as they stand now."""
    taken: dict[str, Any] = {}
    for criterion, answer in answers.items():
        plain: dict[str, Any] = {"state": answer.state.value}
        if answer.amount is not None:
            plain["amount"] = {"minor": answer.amount.minor, "currency": answer.amount.currency}
        for name in ("note", "text"):
            if getattr(answer, name) is not None:
                plain[name] = getattr(answer, name)
        for name in ("pending_until", "not_before", "not_after", "decision_maker_id", "budget_holder_id"):
            if getattr(answer, name) is not None:
                plain[name] = str(getattr(answer, name))
        taken[criterion.value] = plain
    return taken
