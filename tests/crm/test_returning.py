"""What becomes of leads by time alone, and that each thing happens once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from crm.activities.models import Activity
from crm.db import scoped
from crm.doors import leads_due
from crm.errors import Forbidden, StaleVersion
from crm.leads.facts import Answer, Criterion, CriterionSetting, CriterionState
from crm.leads.keeping import archive_lead, restore_lead
from crm.leads.models import CriterionAnswer, Lead
from crm.leads.operations import answer_qualification, disqualify_lead, qualify_lead
from crm.leads.policies import PolicyChange, set_policy
from crm.leads.returning import review_lead
from crm.outbox.models import OutboxEvent
from tests.conftest import NOW, Company
from tests.factories import ALL_MET, make_lead

DAY = timedelta(days=1)


async def nurtured(company: Company, days: int = 3) -> Lead:
    lead = await make_lead(company.bob)
    answers = (Answer(Criterion.NEED, CriterionState.MET, text="Pumps"),)
    await answer_qualification(actor=company.bob, lead_id=lead.id, answers=answers, expected_version=None, now=NOW)
    return await disqualify_lead(
        actor=company.bob,
        lead_id=lead.id,
        reason="NO_BUDGET",
        note="Next quarter",
        nurture_until=(NOW + days * DAY).date(),
        expected_version=None,
        now=NOW,
    )


async def due(company: Company, days: float) -> list[UUID]:
    found = await leads_due(now=NOW + days * DAY, beyond=UUID(int=0), at_most=10_000)
    return [lead_id for workspace_id, lead_id in found if workspace_id == company.bob.workspace_id]


async def review(company: Company, lead: Lead, days: float) -> bool:
    return await review_lead(actor=company.system, lead_id=lead.id, now=NOW + days * DAY)


async def reread(lead: Lead) -> Lead:
    return await Lead.get(id=lead.id)


async def events(company: Company, lead: Lead, name: str) -> list[OutboxEvent]:
    return await scoped(OutboxEvent, company.bob).filter(subject_id=lead.id, name=name)


async def test_a_lead_returns_on_its_day_with_its_answers(company: Company) -> None:
    lead = await nurtured(company)
    assert await due(company, 2.4) == []  # NOW is at nine: the day before, at half past six in the evening
    assert not await review(company, lead, 2.4)
    assert (await reread(lead)).version == lead.version
    assert await due(company, 2.7) == [lead.id]  # after midnight
    assert await review(company, lead, 2.7)
    back = await reread(lead)
    assert (back.state, back.nurture_until, back.disqualify_reason) == ("PROSPECTING", None, None)
    assert (back.version, back.next_criterion) == (lead.version + 1, "BUDGET")
    assert await scoped(CriterionAnswer, company.bob).filter(lead_id=lead.id).count() == 1
    (entry,) = await scoped(Activity, company.bob).filter(lead_id=lead.id, summary__startswith="Taken up again")
    assert ("NO_BUDGET" in entry.summary, entry.body, entry.member_id) == (True, "Next quarter", None)
    assert len(await events(company, lead, "lead.returned")) == 1
    assert await due(company, 30) == []


async def test_many_sweeps_at_once_bring_each_lead_back_once(company: Company) -> None:
    leads = [await nurtured(company) for _ in range(5)]
    done = await asyncio.gather(*(review(company, lead, 3) for lead in leads for _ in range(6)))
    assert sum(done) == 5
    for lead in leads:
        assert len(await events(company, lead, "lead.returned")) == 1
        assert (await reread(lead)).version == lead.version + 1


async def test_an_archived_lead_stays_where_it_is_and_returns_once_it_is_restored(company: Company) -> None:
    lead = await nurtured(company)
    await archive_lead(actor=company.bob, lead_id=lead.id, expected_version=None, now=NOW)
    assert await due(company, 9) == []
    assert not await review(company, lead, 9)
    assert (await reread(lead)).state == "DISQUALIFIED"
    await restore_lead(actor=company.bob, lead_id=lead.id, expected_version=None, now=NOW + 9 * DAY)
    assert await due(company, 9) == [lead.id]


async def fresh_for(company: Company, days: int) -> None:
    criteria = tuple((one, CriterionSetting(25, days)) for one in Criterion)
    await set_policy(actor=company.alice, change=PolicyChange(criteria=criteria), expected_version=None, now=NOW)


async def answered(company: Company, *answers: Answer) -> Lead:
    lead = await make_lead(company.bob)
    return await answer_qualification(
        actor=company.bob, lead_id=lead.id, answers=answers, expected_version=None, now=NOW
    )


async def test_an_answer_that_grows_old_makes_a_qualified_lead_stale_and_is_asked_again(company: Company) -> None:
    await fresh_for(company, 7)
    lead = await answered(company, *ALL_MET)
    assert (lead.state, lead.next_criterion, lead.review_at) == ("QUALIFIED", None, NOW + 7 * DAY)
    assert await review(company, lead, 7)
    old = await reread(lead)
    assert (old.state, old.qualification_stale, old.next_criterion) == ("QUALIFIED", True, "NEED")
    assert (old.version, old.review_at) == (lead.version + 1, None)
    (event,) = await events(company, lead, "lead.fell_back")
    assert sorted(event.payload["criteria"]) == sorted(one.value for one in Criterion)  # type: ignore[type-var, call-overload]
    assert await scoped(Activity, company.bob).filter(lead_id=lead.id, summary__contains="stale").count() == 1
    confirmed = await qualify_lead(
        actor=company.bob, lead_id=lead.id, note=None, expected_version=None, now=NOW + 8 * DAY
    )
    assert not confirmed.qualification_stale
    again = (replace(ALL_MET[0], pending_until=None),)
    told = await answer_qualification(
        actor=company.bob, lead_id=lead.id, answers=again, expected_version=None, now=NOW + 9 * DAY
    )
    assert not told.qualification_stale  # what was old when a person confirmed it did not fall back since


async def test_what_only_is_to_be_asked_makes_no_new_version(company: Company) -> None:
    pending = Answer(Criterion.NEED, CriterionState.PENDING, pending_until=(NOW + 2 * DAY).date())
    lead = await answered(company, pending)
    assert lead.next_criterion == "BUDGET"
    assert await review(company, lead, 2)
    asked = await reread(lead)
    assert (asked.next_criterion, asked.review_at, asked.version) == ("NEED", None, lead.version)


async def test_an_answer_may_say_itself_how_long_it_is_fresh(company: Company) -> None:
    await fresh_for(company, 7)
    lead = await answered(company, replace(ALL_MET[0], fresh_until=NOW + DAY), ALL_MET[1])
    rows = {row.criterion: row.fresh_until for row in await scoped(CriterionAnswer, company.bob)}
    assert rows == {"BUDGET": NOW + DAY, "AUTHORITY": NOW + 7 * DAY}
    assert lead.review_at == NOW + DAY


async def test_people_do_not_review(company: Company) -> None:
    lead = await nurtured(company)
    with pytest.raises(Forbidden):
        await review_lead(actor=company.alice, lead_id=lead.id, now=NOW + 9 * DAY)
    assert (await reread(lead)).state == "DISQUALIFIED"


async def test_of_fifty_answers_at_once_who_saw_one_version_one_is_taken(company: Company) -> None:
    lead = await make_lead(company.bob)

    async def answer(number: int) -> Lead | StaleVersion:
        try:
            return await answer_qualification(
                actor=company.bob,
                lead_id=lead.id,
                answers=(Answer(list(Criterion)[number % 4], CriterionState.MET, note=str(number)),),
                expected_version=1,
                now=NOW,
            )
        except StaleVersion as refusal:
            return refusal

    done = await asyncio.gather(*(answer(number) for number in range(50)))
    (taken,) = [one for one in done if isinstance(one, Lead)]
    assert taken.version == (await reread(lead)).version == 2
    assert await scoped(CriterionAnswer, company.bob).filter(lead_id=lead.id).count() == 1
    assert len(await events(company, lead, "lead.answered")) == 1


async def test_answers_and_changes_of_the_policy_at_once_leave_every_lead_as_the_policy_has_it(
    company: Company,
) -> None:
    """Some answer before the policy changes, some after, and none in between."""
    leads = [await make_lead(company.bob) for _ in range(12)]
    answers = (Answer(Criterion.NEED, CriterionState.MET), Answer(Criterion.BUDGET, CriterionState.MET))

    async def loosen(needed: int) -> None:
        change = PolicyChange(
            needed=needed, criteria=((Criterion.TIMEFRAME, CriterionSetting(50 + needed)),), mode=PolicyChange().mode
        )
        await set_policy(actor=company.alice, change=change, expected_version=None, now=NOW)

    async def answer(lead: Lead) -> None:
        await answer_qualification(actor=company.bob, lead_id=lead.id, answers=answers, expected_version=None, now=NOW)

    from crm.leads.facts import PolicyMode

    await set_policy(
        actor=company.alice, change=PolicyChange(mode=PolicyMode.N_OF_4, needed=3), expected_version=None, now=NOW
    )
    await asyncio.gather(*(answer(lead) for lead in leads[:6]), loosen(2), *(answer(lead) for lead in leads[6:]))
    found = await scoped(Lead, company.bob)
    assert {(lead.state, lead.next_criterion, lead.next_weight) for lead in found} == {("QUALIFIED", "TIMEFRAME", 52)}
    for lead in leads:
        assert len(await events(company, lead, "lead.qualified")) == 1
