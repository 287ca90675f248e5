"""What qualifies a lead, and what may be done with it in which state. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from crm.errors import Code, DomainError, Invalid, ReasonRequired
from crm.leads.asking import is_fresh
from crm.leads.facts import Answer, Criterion, CriterionState, LeadFacts, LeadState, Policy, PolicyMode

OTHER = "OTHER"
"""The disqualify reason that needs a note."""


class AlreadyConverted(DomainError):
    code = Code.ALREADY_CONVERTED


class NotQualified(DomainError):
    code = Code.NOT_QUALIFIED


class Archived(Invalid):
    """The lead has been put away."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a lead by answers, or by time alone."""

    state: LeadState
    stale: bool
    promoted: bool
    """It became QUALIFIED by these answers."""
    fallen: tuple[Criterion, ...] = ()
    """What made it stale just now."""


def answered(states: Mapping[Criterion, CriterionState]) -> int:
    """Completeness: how many criteria have an answer, 0 to 4. PENDING is a question still open."""
    return sum(1 for state in states.values() if state in (CriterionState.MET, CriterionState.NOT_MET))


def met(states: Mapping[Criterion, CriterionState]) -> int:
    """Score: how many criteria are met, 0 to 4."""
    return sum(1 for state in states.values() if state is CriterionState.MET)


def weight(states: Mapping[Criterion, CriterionState], policy: Policy) -> int:
    """Weighted score: what the weights of the criteria that are met add up to."""
    return sum(policy.criteria[criterion].weight for criterion, state in states.items() if state is CriterionState.MET)


def bar(policy: Policy) -> tuple[int, int]:
    """What qualifies a lead: (how many criteria must be met, what their weights must add up to)."""
    match policy.mode:
        case PolicyMode.ALL_MET:
            return len(Criterion), 0
        case PolicyMode.N_OF_4:
            return policy.needed, 0
        case PolicyMode.WEIGHTED:
            return 0, policy.threshold


def satisfied(states: Mapping[Criterion, CriterionState], policy: Policy) -> bool:
    """Whether these states are enough for the policy."""
    needed, threshold = bar(policy)
    return met(states) >= needed and weight(states, policy) >= threshold


def standing(answers: Mapping[Criterion, Answer], now: datetime) -> dict[Criterion, CriterionState]:
    """The states as they count at a moment: what is no longer fresh is not known."""
    return {
        criterion: answer.state if is_fresh(answer.fresh_until, now) else CriterionState.UNKNOWN
        for criterion, answer in answers.items()
    }


def judge(lead: LeadFacts, answers: Mapping[Criterion, Answer], policy: Policy, now: datetime) -> Verdict:
    """What the lead becomes with these answers.

    A lead is never demoted: an answer that falls back marks a QUALIFIED one as stale.

    Raises: AlreadyConverted, Invalid.
    """
    refuse_closed(lead, "answer")
    after = {**lead.answers, **answers}
    if lead.state is LeadState.QUALIFIED:
        return reviewed(lead, after, policy, now)
    enough = satisfied(standing(after, now), policy)
    return Verdict(LeadState.QUALIFIED if enough else LeadState.PROSPECTING, stale=False, promoted=enough)


def reviewed(lead: LeadFacts, after: Mapping[Criterion, Answer], policy: Policy, now: datetime) -> Verdict:
    """What a QUALIFIED lead is, now that these are its answers: stale when what it stood on has fallen back.

    It stood on what was MET when it was qualified, or later: confirming it by hand takes it as it is then.
    """
    states = standing(after, now)
    if satisfied(states, policy):
        return Verdict(lead.state, stale=False, promoted=False)
    fallen = tuple(
        criterion
        for criterion, answer in lead.answers.items()
        if answer.state is CriterionState.MET
        and is_fresh(answer.fresh_until, lead.qualified_at)
        and states.get(criterion) is not CriterionState.MET
    )
    stale = lead.stale or bool(fallen)
    return Verdict(lead.state, stale=stale, promoted=False, fallen=fallen if stale and not lead.stale else ())


def refuse_converted(lead: LeadFacts, *, field: tuple[str, ...] = ("id",)) -> None:
    """Raises: AlreadyConverted."""
    if lead.state is LeadState.CONVERTED:
        raise AlreadyConverted("The lead has been converted: work on its deal.", field=field)


def refuse_archived(lead: LeadFacts) -> None:
    """Raises: Archived."""
    if lead.archived:
        raise Archived("The lead is archived: restore it first.", field=("id",))


def refuse_closed(lead: LeadFacts, verb: str) -> None:
    """Refuse what is for open leads only: NEW, PROSPECTING or QUALIFIED, and not archived.

    Raises: AlreadyConverted, Invalid.
    """
    refuse_converted(lead)
    refuse_archived(lead)
    if lead.state is LeadState.DISQUALIFIED:
        raise Invalid(f"The lead is disqualified: reopen it before you {verb} it.", field=("id",))


def is_open(lead: LeadFacts) -> bool:
    """Whether somebody works on it, so that there is something to ask."""
    return not lead.archived and lead.state not in (LeadState.DISQUALIFIED, LeadState.CONVERTED)


def check_qualify(lead: LeadFacts) -> None:
    """Raises: AlreadyConverted, Invalid."""
    refuse_closed(lead, "qualify")


def check_disqualify(
    lead: LeadFacts, reason: str | None, note: str | None, nurture_until: date | None, today: date
) -> str:
    """The reason, checked.

    Raises: AlreadyConverted, ReasonRequired, Invalid.
    """
    refuse_converted(lead)
    refuse_archived(lead)
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
    refuse_archived(lead)
    if lead.state is not LeadState.DISQUALIFIED:
        raise Invalid("Only a disqualified lead can be reopened; this one is open.", field=("id",))


def check_archive(lead: LeadFacts) -> None:
    """Raises: AlreadyConverted, Invalid."""
    if lead.state is LeadState.CONVERTED:
        raise AlreadyConverted("A lead that became a deal stays visible: unconvert it first.", field=("id",))
    if lead.archived:
        raise Invalid("The lead is archived already.", field=("id",))


def check_restore(lead: LeadFacts) -> None:
    """Raises: Invalid."""
    if not lead.archived:
        raise Invalid("Only an archived lead can be restored; this one is not.", field=("id",))


def check_convert(lead: LeadFacts, *, forced: bool) -> None:
    """Raises: NotQualified, Archived."""
    refuse_archived(lead)
    if lead.state is not LeadState.QUALIFIED and not forced:
        raise NotQualified(
            f"The lead is {lead.state.value}, not QUALIFIED: answer what is missing or qualify it first; "
            "an admin may force it.",
            field=("id",),
        )


def how_satisfied(states: Mapping[Criterion, CriterionState], policy: Policy) -> str:
    """For the timeline: by what the policy is satisfied."""
    match policy.mode:
        case PolicyMode.ALL_MET:
            return "all criteria are met"
        case PolicyMode.N_OF_4:
            return f"{met(states)} criteria are met, {policy.needed} were needed"
        case PolicyMode.WEIGHTED:
            return f"what is met weighs {weight(states, policy)}, {policy.threshold} were needed"
