"""A workspace's policy of qualification: what it takes, and how open leads follow it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.activities.models import Activity
from crm.db import scoped
from crm.effects import EffectCode
from crm.errors import Forbidden, Invalid, StaleVersion
from crm.leads import asking, rules
from crm.leads.facts import Answer, Criterion, CriterionSetting, CriterionState, PolicyMode
from crm.leads.keeping import archive_lead
from crm.leads.models import CriterionRule, Lead, QualificationPolicy
from crm.leads.operations import answer_qualification, disqualify_lead, qualify_lead
from crm.leads.policies import PolicyChange, PolicySet, read_policy, set_policy
from crm.leads.records import facts
from crm.outbox.models import OutboxEvent
from tests.conftest import NOW, Company, later
from tests.factories import make_lead

MET, NOT_MET = CriterionState.MET, CriterionState.NOT_MET
TWO = PolicyChange(mode=PolicyMode.N_OF_4, needed=2)


async def change(company: Company, wanted: PolicyChange, **more: bool) -> PolicySet:
    return await set_policy(actor=company.alice, change=wanted, expected_version=None, now=later(60), **more)


async def lead_with(company: Company, *met: Criterion) -> Lead:
    lead = await make_lead(company.bob)
    if not met:
        return lead
    answers = tuple(Answer(criterion, MET) for criterion in met)
    return await answer_qualification(
        actor=company.bob, lead_id=lead.id, answers=answers, expected_version=None, now=NOW
    )


async def test_a_new_workspace_wants_all_four_and_asks_for_the_need_first(company: Company) -> None:
    policy = await read_policy(company.bob)
    assert (policy.mode, policy.needed, policy.language) == (PolicyMode.ALL_MET, 4, "de")
    order = asking.in_asking_order(Criterion, policy)
    assert [(one.value, policy.criteria[one].weight) for one in order] == [
        ("NEED", 40),
        ("BUDGET", 30),
        ("AUTHORITY", 20),
        ("TIMEFRAME", 10),
    ]
    lead = await make_lead(company.bob)
    assert (lead.next_criterion, lead.next_weight, lead.review_at) == ("NEED", 40, None)


async def test_open_leads_that_satisfy_a_new_policy_are_promoted_and_none_is_demoted(company: Company) -> None:
    budget, need = Criterion.BUDGET, Criterion.NEED
    one, two, by_hand, aside, away = [
        await lead_with(company, *met) for met in ([need], [budget, need], [], [budget, need], [budget, need])
    ]
    await qualify_lead(actor=company.bob, lead_id=by_hand.id, note=None, expected_version=None, now=NOW)
    await disqualify_lead(
        actor=company.bob, lead_id=aside.id, reason="X", note=None, nurture_until=None, expected_version=None, now=NOW
    )
    await archive_lead(actor=company.bob, lead_id=away.id, expected_version=None, now=NOW)
    before = {lead.id: lead for lead in await scoped(Lead, company.bob)}
    done = await change(company, TWO)
    after = {lead.id: lead for lead in await scoped(Lead, company.bob)}
    assert (done.qualified, done.kept) == (1, 1)
    assert {effect.code for effect in done.effects} == {EffectCode.CHANGES, EffectCode.KEEPS}
    assert (after[two.id].state, after[two.id].qualified_at) == ("QUALIFIED", later(60))
    assert (after[two.id].version, after[two.id].qualified_by_id) == (before[two.id].version + 1, None)
    for lead in (one, by_hand, aside, away):
        assert (after[lead.id].state, after[lead.id].version) == (before[lead.id].state, before[lead.id].version)
    assert not after[by_hand.id].qualification_stale
    entries = scoped(Activity, company.bob).filter(summary__contains="new policy")
    assert [entry.lead_id for entry in await entries] == [two.id]
    qualified = await scoped(OutboxEvent, company.bob).filter(name="lead.qualified", subject_id=two.id)
    assert [event.payload for event in qualified] == [{"by_hand": False}]
    (event,) = await scoped(OutboxEvent, company.bob).filter(name="qualification_policy.changed")
    assert event.payload == {"mode": "N_OF_4", "needed": 2, "threshold": 100, "qualified": 1}


async def test_a_rehearsed_policy_tells_what_it_would_do_and_does_nothing(company: Company) -> None:
    await lead_with(company, Criterion.BUDGET, Criterion.NEED)
    policy, events = await read_policy(company.bob), await scoped(OutboxEvent, company.bob).count()
    done = await change(company, TWO, dry_run=True)
    assert (done.qualified, [effect.message for effect in done.effects]) == (1, ["1 lead becomes QUALIFIED."])
    assert await read_policy(company.bob) == policy
    assert await scoped(OutboxEvent, company.bob).count() == events
    assert [lead.state for lead in await scoped(Lead, company.bob)] == ["PROSPECTING"]


async def test_other_weights_change_what_is_asked_and_no_version(company: Company) -> None:
    lead = await lead_with(company)
    await change(company, PolicyChange(criteria=((Criterion.TIMEFRAME, CriterionSetting(90, None, "Wann?")),)))
    found = await Lead.get(id=lead.id)
    assert (found.next_criterion, found.next_weight, found.version) == ("TIMEFRAME", 90, lead.version)


async def test_a_qualification_that_was_stale_holds_by_a_policy_that_is_satisfied(company: Company) -> None:
    lead = await lead_with(company, *Criterion)
    answers = (Answer(Criterion.BUDGET, NOT_MET),)
    stale = await answer_qualification(
        actor=company.bob, lead_id=lead.id, answers=answers, expected_version=None, now=NOW
    )
    assert stale.qualification_stale
    await change(company, TWO)
    found = await Lead.get(id=lead.id)
    assert (found.qualification_stale, found.version) == (False, stale.version + 1)


async def test_the_same_policy_again_is_no_change(company: Company) -> None:
    same = PolicyChange(PolicyMode.ALL_MET, 4, 100, ((Criterion.NEED, CriterionSetting(40)),))
    events = await scoped(OutboxEvent, company.bob).count()
    assert (await change(company, same)).policy.version == 1
    assert await scoped(OutboxEvent, company.bob).count() == events


@pytest.mark.parametrize(
    ("wanted", "field", "said"),
    [
        (PolicyChange(needed=0), ("needed",), "1 to 4"),
        (PolicyChange(needed=5), ("needed",), "1 to 4"),
        (PolicyChange(threshold=0), ("threshold",), "1 to 400"),
        (PolicyChange(threshold=401), ("threshold",), "1 to 400"),
        (PolicyChange(mode=PolicyMode.WEIGHTED, threshold=101), ("threshold",), "add up to 100,"),
        (
            PolicyChange(mode=PolicyMode.WEIGHTED, criteria=((Criterion.NEED, CriterionSetting(39)),)),
            ("threshold",),
            "add up to 99,",
        ),
        (PolicyChange(criteria=((Criterion.NEED, CriterionSetting(0)),)), ("criteria", "0", "weight"), "1 to 100"),
        (
            PolicyChange(criteria=((Criterion.NEED, CriterionSetting(5, 0)),)),
            ("criteria", "0", "freshDays"),
            "1 to 3650",
        ),
        (
            PolicyChange(criteria=((Criterion.NEED, CriterionSetting(5, None, "x" * 501)),)),
            ("criteria", "0", "question"),
            "at most 500",
        ),
        (
            PolicyChange(criteria=((Criterion.NEED, CriterionSetting(5)),) * 2),
            ("criteria", "1", "criterion"),
            "given twice",
        ),
    ],
)
async def test_a_policy_that_cannot_be_is_refused_and_changes_nothing(
    company: Company, wanted: PolicyChange, field: tuple[str, ...], said: str
) -> None:
    before = await read_policy(company.bob)
    with pytest.raises(Invalid, match=said) as refusal:
        await change(company, wanted)
    assert refusal.value.field == field
    assert await read_policy(company.bob) == before
    assert (await scoped(QualificationPolicy, company.bob).get()).version == 1


async def test_only_owners_and_admins_change_it_and_nobody_unseen(company: Company) -> None:
    for actor in (company.bob, company.carol):
        with pytest.raises(Forbidden):
            await set_policy(actor=actor, change=TWO, expected_version=1, now=NOW)
    done = await set_policy(actor=company.ada, change=TWO, expected_version=1, now=NOW)
    assert done.policy.version == 2
    with pytest.raises(StaleVersion):
        await set_policy(actor=company.alice, change=PolicyChange(needed=3), expected_version=1, now=NOW)
    assert (await read_policy(company.bob)).needed == 2


async def test_it_leaves_other_workspaces_alone(company: Company, other: Company) -> None:
    from crm.engine import bound

    with bound(other.alice.workspace_id):
        hers = await lead_with(other)
    await change(company, PolicyChange(criteria=((Criterion.TIMEFRAME, CriterionSetting(90)),)))
    with bound(other.alice.workspace_id):
        assert (await Lead.get(id=hers.id)).next_criterion == "NEED"
        weights = {rule.weight for rule in await scoped(CriterionRule, other.alice)}
        assert weights == {40, 30, 20, 10}


settings_of = st.builds(CriterionSetting, st.integers(25, 100))
changes = st.builds(
    PolicyChange,
    mode=st.sampled_from(PolicyMode),
    needed=st.integers(1, 4),
    threshold=st.integers(1, 100),
    criteria=st.tuples(*(st.tuples(st.just(one), settings_of) for one in Criterion)),
)
states = st.sampled_from([MET, MET, NOT_MET, CriterionState.UNKNOWN, CriterionState.PENDING])
some_answers = st.dictionaries(st.sampled_from(Criterion), st.tuples(states, st.booleans()))


def answer_of(criterion: Criterion, state: CriterionState, grows_old: bool) -> Answer:
    """One that, if it grows old, is to be asked again by the time that the policy changes."""
    if state is CriterionState.PENDING:
        return Answer(criterion, state, pending_until=(NOW if grows_old else later(86_400)).date())
    old = grows_old and state is not CriterionState.UNKNOWN
    return Answer(criterion, state, fresh_until=later(30) if old else None)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(given_answers=st.lists(some_answers, min_size=1, max_size=5), wanted=changes)
async def test_all_leads_at_once_follow_a_policy_as_each_would_by_itself(
    company: Company, given_answers: list[dict[Criterion, tuple[CriterionState, bool]]], wanted: PolicyChange
) -> None:
    made = []
    for states in given_answers:
        lead = await make_lead(company.bob)
        answers = tuple(answer_of(criterion, *said) for criterion, said in states.items())
        if answers:
            await answer_qualification(
                actor=company.bob, lead_id=lead.id, answers=answers, expected_version=None, now=NOW
            )
        made.append(lead.id)
    before = {lead.id: lead.state for lead in await scoped(Lead, company.bob)}
    # Another one in any case: where nothing changes nobody follows, and what has grown old is left to the reviews.
    await change(company, PolicyChange(criteria=((Criterion.NEED, CriterionSetting(1, 9)),)))
    await change(company, wanted)
    policy = await read_policy(company.bob)
    for lead in await scoped(Lead, company.bob).filter(id__in=made):
        known = await facts(lead, company.bob)
        enough = rules.satisfied(rules.standing(known.answers, later(60)), policy)
        assert lead.state == ("QUALIFIED" if enough else before[lead.id])
        question = asking.next_question(known.answers, policy, later(60))
        stored = (lead.next_criterion, lead.next_weight)
        assert stored == ((question.criterion.value, question.weight) if question else (None, 0))
