"""What qualifies a lead, and what may be done with it in which state. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from crm.errors import Code, DomainError, Invalid, ReasonRequired
from crm.leads.facts import Answer, Criterion, CriterionState, LeadFacts, LeadState

OTHER = "OTHER"
"""The disqualify reason that needs a note."""


class AlreadyConverted(DomainError):
    code = Code.ALREADY_CONVERTED


class NotQualified(DomainError):
    code = Code.NOT_QUALIFIED


@dataclass(frozen=True, slots=True)
class Verdict:
    """What answering makes of a lead."""

    state: LeadState
    stale: bool
    promoted: bool
    """It became QUALIFIED by these answers."""


def answered(states: Mapping[Criterion, CriterionState]) -> int:
    """Completeness: how many criteria have an answer, 0 to 4. PENDING is a question still open."""
    return sum(1 for state in states.values() if state in (CriterionState.MET, CriterionState.NOT_MET))


def met(states: Mapping[Criterion, CriterionState]) -> int:
    """Score: how many criteria are met, 0 to 4."""
    return sum(1 for state in states.values() if state is CriterionState.MET)


def satisfied(states: Mapping[Criterion, CriterionState]) -> bool:
    """Whether the policy ALL_MET is satisfied."""
    return met(states) == len(Criterion)


def judge(lead: LeadFacts, answers: tuple[Answer, ...]) -> Verdict:
    """What the lead becomes with these answers.

    A lead is never demoted: an answer that falls back marks a QUALIFIED one as stale.

    Raises: AlreadyConverted, Invalid.
    """
    refuse_converted(lead)
    if lead.state is LeadState.DISQUALIFIED:
        raise Invalid("The lead is disqualified: reopen it before you answer.", field=("id",))
    enough = satisfied({**lead.states, **{answer.criterion: answer.state for answer in answers}})
    if lead.state is LeadState.QUALIFIED:
        fallen = any(
            lead.states.get(answer.criterion) is CriterionState.MET and answer.state is not CriterionState.MET
            for answer in answers
        )
        return Verdict(LeadState.QUALIFIED, stale=not enough and (fallen or lead.stale), promoted=False)
    if enough:
        return Verdict(LeadState.QUALIFIED, stale=False, promoted=True)
    return Verdict(LeadState.PROSPECTING, stale=False, promoted=False)


def refuse_converted(lead: LeadFacts) -> None:
    """Raises: AlreadyConverted."""
    if lead.state is LeadState.CONVERTED:
        raise AlreadyConverted("The lead has been converted: work on its deal.", field=("id",))


def check_qualify(lead: LeadFacts) -> None:
    """Raises: AlreadyConverted, Invalid."""
    refuse_converted(lead)
    if lead.state is LeadState.DISQUALIFIED:
        raise Invalid("The lead is disqualified: reopen it before you qualify it.", field=("id",))


def check_disqualify(
    lead: LeadFacts, reason: str | None, note: str | None, nurture_until: date | None, today: date
) -> str:
    """The reason, checked.

    Raises: AlreadyConverted, ReasonRequired, Invalid.
    """
    refuse_converted(lead)
    if reason is None:
        raise ReasonRequired("A lead is disqualified for a reason: give reason.", field=("reason",))
    if reason.upper() == OTHER and note is None:
        raise ReasonRequired("The reason OTHER needs a note: give note.", field=("note",))
    if nurture_until is not None and nurture_until <= today:
        raise Invalid("nurtureUntil must be a day in the future.", field=("nurtureUntil",))
    return OTHER if reason.upper() == OTHER else reason


def check_reopen(lead: LeadFacts) -> None:
    """Raises: AlreadyConverted, Invalid."""
    refuse_converted(lead)
    if lead.state is not LeadState.DISQUALIFIED:
        raise Invalid("Only a disqualified lead can be reopened; this one is open.", field=("id",))


def check_convert(lead: LeadFacts, *, forced: bool) -> None:
    """Raises: NotQualified."""
    if lead.state is not LeadState.QUALIFIED and not forced:
        raise NotQualified(
            f"The lead is {lead.state.value}, not QUALIFIED: answer what is missing or qualify it first; "
            "an admin may force it.",
            field=("id",),
        )


_TYPED: dict[Criterion, tuple[tuple[str, str], ...]] = {
    Criterion.BUDGET: (("amount", "amount"),),
    Criterion.AUTHORITY: (("decision_maker_id", "decisionMakerId"), ("budget_holder_id", "budgetHolderId")),
    Criterion.NEED: (("text", "text"),),
    Criterion.TIMEFRAME: (("not_before", "notBefore"), ("not_after", "notAfter")),
}


def check_answers(answers: tuple[Answer, ...]) -> None:
    """Raises: Invalid, naming the answer and its field."""
    if not answers:
        raise Invalid("answers is empty: answer at least one criterion.", field=("answers",))
    seen: set[Criterion] = set()
    for index, answer in enumerate(answers):
        at = ("answers", str(index))
        if answer.criterion in seen:
            raise Invalid(f"{answer.criterion.value} is answered twice: answer it once.", field=(*at, "criterion"))
        seen.add(answer.criterion)
        _check_answer(answer, at)


def _check_answer(answer: Answer, at: tuple[str, ...]) -> None:
    for criterion, names in _TYPED.items():
        for attribute, name in names:
            if criterion is not answer.criterion and getattr(answer, attribute) is not None:
                raise Invalid(f"{name} answers {criterion.value}, not {answer.criterion.value}.", field=(*at, name))
    pending = answer.state is CriterionState.PENDING
    if pending and answer.pending_until is None:
        raise Invalid("PENDING needs pendingUntil: when will it be known?", field=(*at, "pendingUntil"))
    if not pending and answer.pending_until is not None:
        raise Invalid("pendingUntil goes with the state PENDING only.", field=(*at, "pendingUntil"))
    if answer.not_before and answer.not_after and answer.not_before > answer.not_after:
        raise Invalid("notAfter lies before notBefore.", field=(*at, "notAfter"))
