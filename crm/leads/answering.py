"""What makes an answer a good one. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from crm import text
from crm.errors import Invalid
from crm.leads.facts import Answer, Criterion, CriterionState, Policy

KNOWN = (CriterionState.MET, CriterionState.NOT_MET)
"""States of an answer that says something, and that ages."""

_TYPED: dict[Criterion, tuple[tuple[str, str], ...]] = {
    Criterion.BUDGET: (("amount", "amount"),),
    Criterion.AUTHORITY: (("decision_maker_id", "decisionMakerId"), ("budget_holder_id", "budgetHolderId")),
    Criterion.NEED: (("text", "text"),),
    Criterion.TIMEFRAME: (("not_before", "notBefore"), ("not_after", "notAfter")),
}


def check_answers(answers: tuple[Answer, ...], now: datetime) -> None:
    """Raises: Invalid, naming the answer and its field."""
    if not answers:
        raise Invalid("answers is empty: answer at least one criterion.", field=("answers",))
    seen: set[Criterion] = set()
    for index, answer in enumerate(answers):
        at = ("answers", str(index))
        if answer.criterion in seen:
            raise Invalid(f"{answer.criterion.value} is answered twice: answer it once.", field=(*at, "criterion"))
        seen.add(answer.criterion)
        _check_answer(answer, at, now)


def _check_answer(answer: Answer, at: tuple[str, ...], now: datetime) -> None:
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
    if answer.fresh_until is not None and answer.state not in KNOWN:
        raise Invalid("freshUntil goes with the states MET and NOT_MET only.", field=(*at, "freshUntil"))
    if answer.fresh_until is not None and answer.fresh_until <= now:
        raise Invalid("freshUntil has passed: give a moment in the future.", field=(*at, "freshUntil"))


def cleaned(answer: Answer, index: int) -> Answer:
    """The answer with its texts as they are stored.

    Raises: Invalid, naming the answer and its field.
    """
    at = ("answers", str(index))
    return replace(
        answer,
        note=text.note(answer.note, field=(*at, "note")),
        text=text.note(answer.text, field=(*at, "text")),
        quote=text.note(answer.quote, field=(*at, "quote")),
    )


def dated(answer: Answer, policy: Policy, now: datetime) -> Answer:
    """The answer, fresh for as long as the policy says where it does not say so itself."""
    days = policy.criteria[answer.criterion].fresh_days
    if answer.fresh_until is not None or days is None or answer.state not in KNOWN:
        return answer
    return replace(answer, fresh_until=now + timedelta(days=days))
