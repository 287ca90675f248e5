"""What is to be asked of a lead, and when that has to be determined anew. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time

from crm.leads.facts import (
    Answer,
    Criterion,
    CriterionState,
    NextQuestion,
    Policy,
    QuestionReason,
)

ORDER = (Criterion.NEED, Criterion.BUDGET, Criterion.AUTHORITY, Criterion.TIMEFRAME)
"""Which of two is asked first when they weigh the same."""
GERMAN_REGIONS = frozenset({"DE", "AT", "CH", "LI"})
QUESTIONS = {
    "de": {
        Criterion.NEED: "Was wird gebraucht, und wofür?",
        Criterion.BUDGET: "Wie viel Budget steht dafür bereit?",
        Criterion.AUTHORITY: "Wer entscheidet darüber, und wer gibt das Budget frei?",
        Criterion.TIMEFRAME: "Bis wann soll es so weit sein?",
    },
    "en": {
        Criterion.NEED: "What is needed, and what for?",
        Criterion.BUDGET: "How much budget is there for it?",
        Criterion.AUTHORITY: "Who decides on it, and who releases the budget?",
        Criterion.TIMEFRAME: "By when is it to be in place?",
    },
}
"""Anbahn's own questions, by language."""


def language(region: str) -> str:
    """The language that a workspace is asked in, by its region (ISO 3166)."""
    return "de" if region in GERMAN_REGIONS else "en"


def question(criterion: Criterion, own_words: str | None, language: str) -> str:
    """What to ask: the workspace's words, else Anbahn's own."""
    return own_words or QUESTIONS[language][criterion]


def is_fresh(fresh_until: datetime | None, at: datetime | None) -> bool:
    """Whether an answer still holds at a moment; at no moment in particular it does."""
    return fresh_until is None or at is None or fresh_until > at


def asked_again_at(answer: Answer) -> datetime | None:
    """When the question is to be asked again; None: never. A day begins at midnight UTC."""
    if answer.pending_until is not None:
        return datetime.combine(answer.pending_until, time(), UTC)
    return answer.fresh_until


def why(state: CriterionState | None) -> QuestionReason:
    """Why a question is to be asked whose answer has this state (None: there is no answer)."""
    match state:
        case None | CriterionState.UNKNOWN:
            return QuestionReason.NEVER_ASKED
        case CriterionState.PENDING:
            return QuestionReason.PENDING_DUE
        case _:
            return QuestionReason.NO_LONGER_FRESH


def _is_asked(answer: Answer | None, now: datetime) -> bool:
    if answer is None or answer.state is CriterionState.UNKNOWN:
        return True
    again = asked_again_at(answer)
    return again is not None and again <= now


def in_asking_order(criteria: Iterable[Criterion], policy: Policy) -> list[Criterion]:
    """The heaviest first."""
    return sorted(criteria, key=lambda criterion: (-policy.criteria[criterion].weight, ORDER.index(criterion)))


def missing(answers: Mapping[Criterion, Answer], policy: Policy, now: datetime) -> list[Criterion]:
    """All that is to be asked, in the order in which to ask it.

    NOT_MET is an answer; PENDING is not asked before its day; an answer that is no longer fresh is asked again.
    """
    return in_asking_order((one for one in Criterion if _is_asked(answers.get(one), now)), policy)


def next_question(answers: Mapping[Criterion, Answer], policy: Policy, now: datetime) -> NextQuestion | None:
    """The one to be asked next; None: nothing is missing."""
    asked = missing(answers, policy, now)
    if not asked:
        return None
    answer = answers.get(asked[0])
    return NextQuestion(asked[0], policy.criteria[asked[0]].weight, why(answer.state if answer else None))


def review_at(answers: Mapping[Criterion, Answer], now: datetime) -> datetime | None:
    """The next moment at which, by time alone, something is to be asked or no longer holds; None: there is none."""
    moments = (asked_again_at(answer) for answer in answers.values())
    return min((at for at in moments if at is not None and at > now), default=None)
