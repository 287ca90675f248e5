"""The pure rules of BANT: when a policy is satisfied, what is asked next, and that nobody is demoted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crm.ids import new_id
from crm.leads import asking, rules
from crm.leads.facts import (
    Answer,
    Criterion,
    CriterionSetting,
    CriterionState,
    LeadFacts,
    LeadState,
    Policy,
    PolicyMode,
    QuestionReason,
)
from tests.conftest import NOW

MET, NOT_MET, PENDING, UNKNOWN = (CriterionState[name] for name in ("MET", "NOT_MET", "PENDING", "UNKNOWN"))
DAYS = st.integers(-3, 3)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    weights = [draw(st.integers(1, 100)) for _ in Criterion]
    settings = {one: CriterionSetting(weight) for one, weight in zip(Criterion, weights, strict=True)}
    threshold = draw(st.integers(1, sum(weights)))
    return Policy(draw(st.sampled_from(PolicyMode)), draw(st.integers(1, 4)), threshold, settings)


@st.composite
def answers_of(draw: st.DrawFn, criterion: Criterion) -> Answer:
    state = draw(st.sampled_from(CriterionState))
    pending = (NOW + timedelta(days=draw(DAYS))).date() if state is PENDING else None
    ages = state in (MET, NOT_MET) and draw(st.booleans())
    return Answer(
        criterion, state, pending_until=pending, fresh_until=NOW + timedelta(days=draw(DAYS)) if ages else None
    )


@st.composite
def given_answers(draw: st.DrawFn) -> dict[Criterion, Answer]:
    chosen = draw(st.sets(st.sampled_from(Criterion)))
    return {one: draw(answers_of(one)) for one in Criterion if one in chosen}


open_states = st.sampled_from([LeadState.NEW, LeadState.PROSPECTING, LeadState.QUALIFIED])
OLD = NOW - timedelta(days=2)


@given(open_states, given_answers(), given_answers(), policies(), st.booleans())
def test_answers_never_demote_a_lead(
    state: LeadState,
    before: dict[Criterion, Answer],
    new: dict[Criterion, Answer],
    policy: Policy,
    stale: bool,
) -> None:
    lead = LeadFacts(new_id(), state, before, stale and state is LeadState.QUALIFIED, qualified_at=OLD)
    verdict = rules.judge(lead, new, policy, NOW)
    enough = rules.satisfied(rules.standing({**before, **new}, NOW), policy)
    if state is LeadState.QUALIFIED:
        assert (verdict.state, verdict.promoted) == (state, False)
        assert not (verdict.stale and enough)
        assert verdict.stale == (not enough and (lead.stale or bool(verdict.fallen)))
        assert all(before[criterion].state is MET for criterion in verdict.fallen)
    else:
        assert verdict.state is (LeadState.QUALIFIED if enough else LeadState.PROSPECTING)
        assert (verdict.stale, verdict.promoted) == (False, enough)


@given(given_answers(), policies(), st.sampled_from(Criterion))
def test_what_was_not_met_when_a_lead_was_qualified_by_hand_makes_it_no_staler(
    before: dict[Criterion, Answer], policy: Policy, criterion: Criterion
) -> None:
    standing = {one: answer for one, answer in before.items() if answer.state is not MET}
    lead = LeadFacts(new_id(), LeadState.QUALIFIED, standing, qualified_at=OLD)
    assert not rules.judge(lead, {criterion: Answer(criterion, NOT_MET)}, policy, NOW).stale


@given(st.dictionaries(st.sampled_from(Criterion), st.sampled_from(CriterionState)), policies())
def test_each_mode_is_satisfied_by_what_it_counts(found: dict[Criterion, CriterionState], policy: Policy) -> None:
    assert 0 <= rules.met(found) <= rules.answered(found) <= 4
    met = [one for one in Criterion if found.get(one) is MET]
    expected = {
        PolicyMode.ALL_MET: len(met) == 4,
        PolicyMode.N_OF_4: len(met) >= policy.needed,
        PolicyMode.WEIGHTED: sum(policy.criteria[one].weight for one in met) >= policy.threshold,
    }[policy.mode]
    assert rules.satisfied(found, policy) == expected
    assert str(rules.met(found)) in rules.how_satisfied(found, policy) or policy.mode is not PolicyMode.N_OF_4


@given(given_answers(), policies())
def test_the_heaviest_question_without_a_fresh_answer_is_asked_next(
    answers: dict[Criterion, Answer], policy: Policy
) -> None:
    midnight = datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC)
    reasons = {}
    for one in Criterion:
        answer = answers.get(one)
        if answer is None or answer.state is UNKNOWN:
            reasons[one] = QuestionReason.NEVER_ASKED
        elif answer.pending_until is not None and answer.pending_until <= midnight.date():
            reasons[one] = QuestionReason.PENDING_DUE
        elif answer.fresh_until is not None and answer.fresh_until <= NOW:
            reasons[one] = QuestionReason.NO_LONGER_FRESH
    missing = asking.missing(answers, policy, NOW)
    assert set(missing) == set(reasons)
    weights = [policy.criteria[one].weight for one in missing]
    assert weights == sorted(weights, reverse=True)
    question = asking.next_question(answers, policy, NOW)
    if not missing:
        assert question is None
    else:
        assert question is not None
        assert (question.criterion, question.weight) == (missing[0], weights[0])
        assert question.reason is reasons[missing[0]]


@given(given_answers(), policies(), st.integers(0, 6 * 24))
def test_nothing_changes_by_time_before_the_moment_of_the_review(
    answers: dict[Criterion, Answer], policy: Policy, hours: int
) -> None:
    then, review = NOW + timedelta(hours=hours), asking.review_at(answers, NOW)
    assert review is None or review > NOW
    if review is None or then < review:
        assert asking.missing(answers, policy, then) == asking.missing(answers, policy, NOW)
        assert rules.standing(answers, then) == rules.standing(answers, NOW)
    elif then == review:
        assert (asking.missing(answers, policy, then), rules.standing(answers, then)) != (
            asking.missing(answers, policy, NOW),
            rules.standing(answers, NOW),
        )


def test_of_two_that_weigh_the_same_need_is_asked_before_budget_authority_and_timeframe() -> None:
    policy = Policy(PolicyMode.ALL_MET, 4, 100, {one: CriterionSetting(25) for one in Criterion})
    assert [one.value for one in asking.missing({}, policy, NOW)] == ["NEED", "BUDGET", "AUTHORITY", "TIMEFRAME"]


def test_anbahn_has_words_for_every_question_in_every_language() -> None:
    for language in (asking.language("DE"), asking.language("AT"), asking.language("US")):
        words = [asking.question(one, None, language) for one in Criterion]
        assert len(set(words)) == 4
    assert asking.question(Criterion.NEED, "Was tut weh?", "de") == "Was tut weh?"
