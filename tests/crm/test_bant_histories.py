"""Whatever happens to a lead: it is demoted by nobody, promoted when it has earned it, and asked what is missing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.accounts.facts import Actor
from crm.db import scoped
from crm.doors import leads_due
from crm.leads import asking, rules
from crm.leads.facts import Answer, Criterion, CriterionSetting, CriterionState, LeadFacts, Policy, PolicyMode
from crm.leads.keeping import archive_lead, restore_lead
from crm.leads.models import Lead
from crm.leads.operations import answer_qualification, disqualify_lead, qualify_lead, reopen_lead
from crm.leads.policies import PolicyChange, read_policy, set_policy
from crm.leads.records import facts
from crm.leads.returning import review_lead
from crm.outbox.models import OutboxEvent
from tests.conftest import NOW, Company
from tests.factories import make_lead

OPEN = ("NEW", "PROSPECTING", "QUALIFIED")
MET = CriterionState.MET


@dataclass
class History:
    """One lead, and what has happened to it."""

    owner: Actor
    lead_id: UUID
    now: datetime = NOW
    promoted: int = 0
    lost: set[Criterion] = field(default_factory=set)
    """What was MET at some time since the lead was qualified."""

    async def lead(self) -> Lead:
        return await scoped(Lead, self.owner).get(id=self.lead_id)

    async def known(self) -> LeadFacts:
        return await facts(await self.lead(), self.owner)

    async def held(self) -> set[Criterion]:
        states = rules.standing((await self.known()).answers, self.now)
        return {criterion for criterion, state in states.items() if state is MET}

    async def answer(self, answers: tuple[Answer, ...]) -> None:
        lead = await self.lead()
        if lead.state in OPEN and lead.archived_at is None:
            dated = tuple(self._shifted(answer) for answer in answers)
            await answer_qualification(
                actor=self.owner, lead_id=lead.id, answers=dated, expected_version=lead.version, now=self.now
            )

    def _shifted(self, answer: Answer) -> Answer:
        if answer.state is not CriterionState.PENDING:
            return answer
        return Answer(answer.criterion, answer.state, pending_until=(self.now + timedelta(days=2)).date())

    async def qualify(self) -> None:
        lead = await self.lead()
        if lead.state in OPEN and lead.archived_at is None:
            await qualify_lead(actor=self.owner, lead_id=lead.id, note=None, expected_version=None, now=self.now)

    async def put_aside(self, days: int | None) -> None:
        lead = await self.lead()
        if lead.archived_at is not None:
            await restore_lead(actor=self.owner, lead_id=lead.id, expected_version=None, now=self.now)
        elif lead.state == "DISQUALIFIED":
            await reopen_lead(actor=self.owner, lead_id=lead.id, expected_version=None, now=self.now)
        elif days is None:
            await archive_lead(actor=self.owner, lead_id=lead.id, expected_version=None, now=self.now)
        else:
            await disqualify_lead(
                actor=self.owner,
                lead_id=lead.id,
                reason="LATER",
                note=None,
                nurture_until=(self.now + timedelta(days=days)).date(),
                expected_version=None,
                now=self.now,
            )

    async def change(self, change: PolicyChange) -> None:
        await set_policy(actor=self.owner, change=change, expected_version=None, now=self.now)

    async def wait(self, days: int) -> None:
        self.now += timedelta(days=days)
        for workspace_id, lead_id in await leads_due(now=self.now, beyond=UUID(int=0), at_most=10_000):
            if workspace_id == self.owner.workspace_id:
                assert await review_lead(actor=Actor.system(workspace_id), lead_id=lead_id, now=self.now)


Step = Callable[[History], Awaitable[None]]
answers = st.lists(
    st.builds(
        Answer,
        st.sampled_from(Criterion),
        st.sampled_from([MET, MET, MET, CriterionState.NOT_MET, CriterionState.PENDING, CriterionState.UNKNOWN]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda answer: answer.criterion,
).map(tuple)
setting = st.builds(CriterionSetting, st.integers(20, 60), st.none() | st.integers(1, 4))
changes = st.builds(
    PolicyChange,
    mode=st.sampled_from(PolicyMode),
    needed=st.integers(1, 4),
    threshold=st.integers(1, 80),
    criteria=st.tuples(st.tuples(st.sampled_from(Criterion), setting)),
)
steps: st.SearchStrategy[tuple[str, Step]] = st.one_of(
    answers.map(lambda given: ("answer", lambda lead: lead.answer(given))),
    answers.map(lambda given: ("answer", lambda lead: lead.answer(given))),
    st.integers(1, 3).map(lambda days: ("wait", lambda lead: lead.wait(days))),
    changes.map(lambda given: ("change", lambda lead: lead.change(given))),
    st.just(("qualify", lambda lead: lead.qualify())),
    (st.none() | st.integers(1, 3)).map(lambda days: ("put aside", lambda lead: lead.put_aside(days))),
)


@settings(max_examples=14, deadline=None, suppress_health_check=list(HealthCheck))
@given(history=st.lists(steps, min_size=4, max_size=14))
async def test_after_any_history_a_lead_is_where_its_answers_and_its_people_brought_it(
    company: Company, history: list[tuple[str, Step]]
) -> None:
    lead = History(company.alice, (await make_lead(company.alice)).id)
    promotions = 0
    for name, step in history:
        before, held, until_now = await lead.lead(), await lead.held(), await read_policy(company.alice)
        await step(lead)
        after, known = await lead.lead(), await lead.known()
        policy = await read_policy(company.alice)
        enough = rules.satisfied(rules.standing(known.answers, lead.now), policy)
        _asks_what_is_missing(after, known, policy, lead.now)
        is_open = before.state in OPEN and before.archived_at is None
        # A change to what the policy is already is none: nobody follows it.
        if is_open and (name == "answer" or (name == "change" and policy != until_now)):
            earned = before.state != "QUALIFIED" and enough
            promotions += earned
            assert after.state in (("QUALIFIED",) if earned else (before.state, "PROSPECTING")), (name, before.state)
        if name in ("answer", "change", "wait", "qualify") and before.state == "QUALIFIED":
            assert after.state == "QUALIFIED"
        if name == "wait":
            returned = before.nurture_until is not None and before.nurture_until <= lead.now.date()
            assert after.state == (
                "PROSPECTING" if returned and is_open | (before.archived_at is None) else before.state
            )
        assert not (after.qualification_stale and enough) or after.archived_at is not None
        assert not after.qualification_stale or after.state == "QUALIFIED"
        fell = held - await lead.held()
        if name in ("answer", "wait") and is_open and before.state == "QUALIFIED" and fell and not enough:
            assert after.qualification_stale
        if after.qualification_stale and not before.qualification_stale:
            assert name in ("answer", "wait", "put aside")
    events = await scoped(OutboxEvent, company.alice).filter(subject_id=lead.lead_id, name="lead.qualified")
    assert sum(not event.payload["by_hand"] for event in events) == promotions


def _asks_what_is_missing(lead: Lead, known: LeadFacts, policy: Policy, now: datetime) -> None:
    question = asking.next_question(known.answers, policy, now) if rules.is_open(known) else None
    stored = (lead.next_criterion, lead.next_weight)
    assert stored == ((question.criterion.value, question.weight) if question else (None, 0))
    assert lead.review_at == (asking.review_at(known.answers, now) if rules.is_open(known) else None)
