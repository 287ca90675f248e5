"""Leads and their qualification in the API."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from crm.activities import queries as timelines
from crm.leads import facts, rules
from schema.accounts.types import Member
from schema.activities.types import Activity
from schema.connections import After, Before, Connection, First, Last, connect
from schema.contacts.types import Contact, Organization
from schema.context import Info
from schema.enums import described
from schema.lazy import LazyDeal
from schema.money import Money
from schema.node import Node, shown

LeadState = described(
    facts.LeadState,
    "Where a lead stands. Only mutations named by verbs change it.",
    NEW="It came in; nobody has worked on it.",
    PROSPECTING="Its questions are being answered.",
    QUALIFIED="It is worth a deal.",
    DISQUALIFIED="It was put aside, for a reason.",
    CONVERTED="It became a deal, or feeds one.",
)
Criterion = described(
    facts.Criterion,
    "The four questions of BANT.",
    BUDGET="Is there money for it?",
    AUTHORITY="Who decides, and who holds the budget?",
    NEED="What is needed?",
    TIMEFRAME="By when?",
)
CriterionState = described(
    facts.CriterionState,
    "How a question is answered.",
    UNKNOWN="Nobody has asked, or the answer was taken back.",
    MET="It speaks for a deal.",
    NOT_MET="It speaks against one.",
    PENDING="It was asked, and will be known by `pendingUntil`.",
)


@strawberry.type(description="The answer to one question of BANT.")
class CriterionAnswer:
    answer: strawberry.Private[facts.Answer]

    @strawberry.field(description="Which question.")
    def criterion(self) -> Criterion:  # type: ignore[valid-type]
        return self.answer.criterion

    @strawberry.field(description="How it is answered.")
    def state(self) -> CriterionState:  # type: ignore[valid-type]
        return self.answer.state

    @strawberry.field(description="What else there is to say.")
    def note(self) -> str | None:
        return self.answer.note

    @strawberry.field(description="PENDING: when it will be known.")
    def pending_until(self) -> date | None:
        return self.answer.pending_until

    @strawberry.field(description="BUDGET: how much there is to spend.")
    def amount(self) -> Money | None:
        return Money.of_optional(self.answer.amount)

    @strawberry.field(description="AUTHORITY: who decides.")
    async def decision_maker(self, info: Info) -> Contact | None:
        return Contact.of_optional(await info.context.row("Contact", self.answer.decision_maker_id))

    @strawberry.field(description="AUTHORITY: who holds the budget; may be who decides.")
    async def budget_holder(self, info: Info) -> Contact | None:
        return Contact.of_optional(await info.context.row("Contact", self.answer.budget_holder_id))

    @strawberry.field(description="NEED: what is needed.")
    def text(self) -> str | None:
        return self.answer.text

    @strawberry.field(description="TIMEFRAME: the earliest day.")
    def not_before(self) -> date | None:
        return self.answer.not_before

    @strawberry.field(description="TIMEFRAME: the latest day.")
    def not_after(self) -> date | None:
        return self.answer.not_after


@strawberry.type(description="How far a lead is qualified by BANT: Budget, Authority, Need, Timeframe.")
class Qualification:
    answers: strawberry.Private[dict[facts.Criterion, facts.Answer]]

    def _of(self, criterion: facts.Criterion) -> CriterionAnswer:
        unknown = facts.Answer(criterion=criterion, state=facts.CriterionState.UNKNOWN)
        return CriterionAnswer(answer=self.answers.get(criterion, unknown))

    def _states(self) -> dict[facts.Criterion, facts.CriterionState]:
        return {criterion: answer.state for criterion, answer in self.answers.items()}

    @strawberry.field(description="Is there money for it?")
    def budget(self) -> CriterionAnswer:
        return self._of(facts.Criterion.BUDGET)

    @strawberry.field(description="Who decides?")
    def authority(self) -> CriterionAnswer:
        return self._of(facts.Criterion.AUTHORITY)

    @strawberry.field(description="What is needed?")
    def need(self) -> CriterionAnswer:
        return self._of(facts.Criterion.NEED)

    @strawberry.field(description="By when?")
    def timeframe(self) -> CriterionAnswer:
        return self._of(facts.Criterion.TIMEFRAME)

    @strawberry.field(description="Completeness: how many questions are answered, MET or NOT_MET; 0 to 4.")
    def answered(self) -> int:
        return rules.answered(self._states())

    @strawberry.field(description="Score: how many are MET; 0 to 4.")
    def met(self) -> int:
        return rules.met(self._states())


@strawberry.type(description="The interest of a contact and/or an organization in what the company sells.")
class Lead(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    title: str = shown("It in one line.")
    source: str | None = shown("Where it came from, such as form, mail, or what a colleague entered.")
    qualified_at: datetime | None = shown("When it last became QUALIFIED.")
    qualified_note: str | None = shown("What was noted when it was qualified by hand.")
    qualification_stale: bool = shown("An answer has fallen back since it became QUALIFIED.")
    disqualify_reason: str | None = shown("Why it is DISQUALIFIED.")
    disqualify_note: str | None = shown("More about that.")
    nurture_until: date | None = shown("DISQUALIFIED: the day it is to be taken up again.")
    converted_at: datetime | None = shown("When it was converted.")
    created_at: datetime = shown("When it was captured.")
    updated_at: datetime = shown("When it was last changed.")

    @strawberry.field(description="Where it stands.")
    def state(self) -> LeadState:  # type: ignore[valid-type]
        return facts.LeadState(self.row.state)

    @strawberry.field(description="Whose interest it is.")
    async def contact(self, info: Info) -> Contact | None:
        return Contact.of_optional(await info.context.row("Contact", self.row.contact_id))

    @strawberry.field(description="The organization whose interest it is.")
    async def organization(self, info: Info) -> Organization | None:
        return Organization.of_optional(await info.context.row("Organization", self.row.organization_id))

    @strawberry.field(description="Who works on it.")
    async def owner(self, info: Info) -> Member | None:
        return Member.of_optional(await info.context.row("Member", self.row.owner_id))

    @strawberry.field(description="Who qualified it by hand; null where its answers did, or nobody has.")
    async def qualified_by(self, info: Info) -> Member | None:
        return Member.of_optional(await info.context.row("Member", self.row.qualified_by_id))

    @strawberry.field(description="How far it is qualified.")
    async def qualification(self, info: Info) -> Qualification:
        return Qualification(answers=await info.context.answers.load(self.row.id))

    @strawberry.field(description="CONVERTED: the deal it became or feeds.")
    async def deal(self, info: Info) -> LazyDeal | None:
        from schema.deals.types import Deal

        return Deal.of_optional(await info.context.row("Deal", self.row.deal_id))

    @strawberry.field(description="What happened, latest first.")
    async def timeline(
        self,
        info: Info,
        first: First = strawberry.UNSET,
        after: After = strawberry.UNSET,
        last: Last = strawberry.UNSET,
        before: Before = strawberry.UNSET,
    ) -> Connection[Activity]:
        found = timelines.of_lead(actor=info.context.actor, lead_id=self.row.id)
        return await connect(info, Activity.of, found, timelines.LATEST_FIRST, first, after, last, before)
