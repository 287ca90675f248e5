"""BANT: answers, promotion, and the verbs that change a lead's state."""

from __future__ import annotations

from datetime import date

import pytest

from crm.db import scoped
from crm.errors import Forbidden, Invalid, NotFound, ReasonRequired, StaleVersion
from crm.leads.facts import Answer, Criterion, CriterionState
from crm.leads.models import CriterionAnswer, Lead
from crm.leads.operations import (
    answer_qualification,
    disqualify_lead,
    qualify_lead,
    reopen_lead,
)
from crm.leads.rules import AlreadyConverted
from crm.outbox.models import OutboxEvent
from tests.conftest import NOW, Company, later
from tests.crm.test_conversion import convert
from tests.factories import ALL_MET, make_lead, make_qualified_lead

MET, NOT_MET = CriterionState.MET, CriterionState.NOT_MET


async def answer(company: Company, lead: Lead, *given_answers: Answer, version: int | None = None) -> Lead:
    return await answer_qualification(
        actor=company.bob, lead_id=lead.id, answers=given_answers, expected_version=version, now=later(60)
    )


async def test_a_lead_qualifies_by_itself_when_all_is_met(company: Company) -> None:
    lead = await make_lead(company.bob)
    seen = []
    for one in ALL_MET:
        seen.append((await answer(company, lead, one)).state)
    assert seen == ["PROSPECTING", "PROSPECTING", "PROSPECTING", "QUALIFIED"]
    stored = await scoped(Lead, company.bob).get(id=lead.id)
    assert (stored.qualified_at, stored.qualified_by_id) == (later(60), None)


async def test_an_answer_that_falls_back_marks_the_lead_and_does_not_demote_it(company: Company) -> None:
    lead = await make_qualified_lead(company.bob)
    fallen = await answer(company, lead, Answer(Criterion.BUDGET, NOT_MET))
    assert (fallen.state, fallen.qualification_stale) == ("QUALIFIED", True)
    mended = await answer(company, lead, ALL_MET[0])
    assert (mended.state, mended.qualification_stale) == ("QUALIFIED", False)


async def test_good_news_makes_no_qualification_stale(company: Company) -> None:
    lead = await make_lead(company.bob)
    await qualify_lead(actor=company.bob, lead_id=lead.id, note=None, expected_version=None, now=NOW)
    told = await answer(company, lead, ALL_MET[0])
    assert (told.state, told.qualification_stale) == ("QUALIFIED", False)


async def test_an_answer_replaces_the_earlier_one_whole(company: Company) -> None:
    lead = await make_lead(company.bob)
    await answer(company, lead, Answer(Criterion.NEED, MET, text="Pumps", note="urgent"))
    await answer(company, lead, Answer(Criterion.NEED, NOT_MET))
    (stored,) = await scoped(CriterionAnswer, company.bob).filter(lead_id=lead.id)
    assert (stored.state, stored.text, stored.note) == ("NOT_MET", None, None)


async def test_a_person_may_qualify_a_lead_whatever_its_answers(company: Company) -> None:
    lead = await make_lead(company.bob)
    qualified = await qualify_lead(
        actor=company.bob, lead_id=lead.id, note="Old friend", expected_version=1, now=later(5)
    )
    assert (qualified.state, qualified.qualified_by_id, qualified.qualified_note) == (
        "QUALIFIED",
        company.bob.member_id,
        "Old friend",
    )


async def test_reopening_keeps_the_answers(company: Company) -> None:
    lead = await make_lead(company.bob)
    await answer(company, lead, ALL_MET[2])
    await disqualify(company, lead, reason="NO_BUDGET", nurture_until=date(2026, 9, 1))
    opened = await reopen_lead(actor=company.bob, lead_id=lead.id, expected_version=None, now=later(9))
    assert (opened.state, opened.disqualify_reason, opened.nurture_until) == ("PROSPECTING", None, None)
    assert await scoped(CriterionAnswer, company.bob).filter(lead_id=lead.id).count() == 1


async def disqualify(company: Company, lead: Lead, **fields: object) -> Lead:
    arguments = {"reason": "NO_NEED", "note": None, "nurture_until": None, "expected_version": None, **fields}
    return await disqualify_lead(actor=company.bob, lead_id=lead.id, now=NOW, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "refusal", "field"),
    [
        ({"reason": None}, ReasonRequired, ("reason",)),
        ({"reason": "   "}, ReasonRequired, ("reason",)),
        ({"reason": "other"}, ReasonRequired, ("note",)),
        ({"nurture_until": NOW.date()}, Invalid, ("nurtureUntil",)),
        ({"expected_version": 7}, StaleVersion, ("expectedVersion",)),
    ],
)
async def test_a_disqualification_that_is_refused_changes_nothing(
    company: Company, fields: dict[str, object], refusal: type[Exception], field: tuple[str, ...]
) -> None:
    lead = await make_lead(company.bob)
    events = await scoped(OutboxEvent, company.bob).count()
    with pytest.raises(refusal) as raised:
        await disqualify(company, lead, **fields)
    assert raised.value.field == field  # type: ignore[attr-defined]
    assert (await scoped(Lead, company.bob).get(id=lead.id)).version == lead.version
    assert await scoped(OutboxEvent, company.bob).count() == events


async def test_each_state_refuses_the_verbs_that_do_not_fit(company: Company) -> None:
    lead = await make_lead(company.bob)
    with pytest.raises(Invalid, match="Only a disqualified lead"):
        await reopen_lead(actor=company.bob, lead_id=lead.id, expected_version=None, now=NOW)
    await disqualify(company, lead)
    with pytest.raises(Invalid, match="reopen it"):
        await answer(company, lead, ALL_MET[0])
    with pytest.raises(Invalid, match="reopen it"):
        await qualify_lead(actor=company.bob, lead_id=lead.id, note=None, expected_version=None, now=NOW)
    converted = await make_qualified_lead(company.bob)
    await convert(company, converted)
    with pytest.raises(AlreadyConverted):
        await answer(company, converted, ALL_MET[0])
    with pytest.raises(AlreadyConverted):
        await disqualify(company, converted)
    with pytest.raises(AlreadyConverted):
        await reopen_lead(actor=company.bob, lead_id=converted.id, expected_version=None, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (Answer(Criterion.NEED, MET, amount=ALL_MET[0].amount), ("answers", "0", "amount")),
        (Answer(Criterion.BUDGET, MET, text="much"), ("answers", "0", "text")),
        (Answer(Criterion.BUDGET, CriterionState.PENDING), ("answers", "0", "pendingUntil")),
        (Answer(Criterion.BUDGET, MET, pending_until=date(2026, 9, 1)), ("answers", "0", "pendingUntil")),
        (
            Answer(Criterion.TIMEFRAME, MET, not_before=date(2026, 9, 2), not_after=date(2026, 9, 1)),
            ("answers", "0", "notAfter"),
        ),
    ],
)
async def test_an_answer_that_does_not_fit_is_refused_with_all_that_came_with_it(
    company: Company, wrong: Answer, field: tuple[str, ...]
) -> None:
    lead = await make_lead(company.bob)
    with pytest.raises(Invalid) as refusal:
        await answer(company, lead, wrong)
    assert refusal.value.field == field
    assert await scoped(CriterionAnswer, company.bob).count() == 0
    assert (await scoped(Lead, company.bob).get(id=lead.id)).state == "NEW"


async def test_a_decision_maker_must_be_a_contact_of_the_workspace(company: Company, other: Company) -> None:
    from tests.factories import make_contact

    lead = await make_lead(company.bob)
    stranger = await make_contact(other.alice)
    with pytest.raises(NotFound) as refusal:
        await answer(company, lead, ALL_MET[2], Answer(Criterion.AUTHORITY, MET, decision_maker_id=stranger.id))
    assert refusal.value.field == ("answers", "1", "decisionMakerId")
    assert await scoped(CriterionAnswer, company.bob).count() == 0


async def test_a_viewer_may_not_answer(company: Company) -> None:
    lead = await make_lead(company.bob)
    with pytest.raises(Forbidden):
        await answer_qualification(
            actor=company.carol, lead_id=lead.id, answers=ALL_MET, expected_version=None, now=NOW
        )
    assert (await scoped(Lead, company.bob).get(id=lead.id)).version == 1
