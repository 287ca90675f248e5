"""Leads and their qualification in the API."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from crm.leads import facts, rules
from schema.accounts.types import Member
from schema.activities.lists import TIMELINE
from schema.activities.types import Activity
from schema.connections import Connection
from schema.contacts.types import Contact, Organization
from schema.context import Info
from schema.fields import computed, every, many, one, shown
from schema.lazy import LazyDeal
from schema.leads.enums import Criterion, CriterionState, LeadState
from schema.leads.lists import SUGGESTIONS
from schema.leads.suggestions import Suggestion
from schema.money import Money
from schema.node import Node
from schema.reads.mapping import Beside, Computed, From, Inline, Same
from schema.tags.lists import TAGS, tags_of
from schema.tags.types import Tag

_COUNTS = """SELECT count(*) FILTER (WHERE c.state IN ('MET', 'NOT_MET')) AS answered,
        count(*) FILTER (WHERE c.state = 'MET') AS met
    FROM criterion_answer AS c WHERE c.workspace_id = {workspace} AND c.lead_id = {row}.id"""
ANSWERED = Computed((From(_COUNTS, "answered"),))
MET = Computed((From(_COUNTS, "met"),))


def _answer_to(criterion: facts.Criterion) -> Beside:
    return Beside(
        "CriterionAnswer",
        f"{{row}}.lead_id = {{parent}} AND {{row}}.criterion = '{criterion.value}'",
        absent={"criterion": f"'{criterion.value}'", "state": f"'{facts.CriterionState.UNKNOWN.value}'"},
    )


@strawberry.type(description="The answer to one question of BANT.")
class CriterionAnswer:
    row: strawberry.Private[facts.Answer]

    criterion: Criterion = shown("Which question.")  # type: ignore[valid-type]
    state: CriterionState = shown("How it is answered.")  # type: ignore[valid-type]
    note: str | None = shown("What else there is to say.")
    pending_until: date | None = shown("PENDING: when it will be known.")
    decision_maker: Contact | None = one("decision_maker_id", "Contact", "AUTHORITY: who decides.")
    budget_holder: Contact | None = one(
        "budget_holder_id", "Contact", "AUTHORITY: who holds the budget; may be who decides."
    )
    text: str | None = shown("NEED: what is needed.")
    not_before: date | None = shown("TIMEFRAME: the earliest day.")
    not_after: date | None = shown("TIMEFRAME: the latest day.")

    @computed(
        "BUDGET: how much there is to spend.",
        Inline({"minor": "amount_minor", "currency": "currency"}, null_when="currency"),
    )
    def amount(self) -> Money | None:
        return Money.of_optional(self.row.amount)


@strawberry.type(description="How far a lead is qualified by BANT: Budget, Authority, Need, Timeframe.")
class Qualification:
    answers: strawberry.Private[dict[facts.Criterion, facts.Answer]]

    def _of(self, criterion: facts.Criterion) -> CriterionAnswer:
        unknown = facts.Answer(criterion=criterion, state=facts.CriterionState.UNKNOWN)
        return CriterionAnswer(row=self.answers.get(criterion, unknown))

    def _states(self) -> dict[facts.Criterion, facts.CriterionState]:
        return {criterion: answer.state for criterion, answer in self.answers.items()}

    @computed("Is there money for it?", _answer_to(facts.Criterion.BUDGET))
    def budget(self) -> CriterionAnswer:
        return self._of(facts.Criterion.BUDGET)

    @computed("Who decides?", _answer_to(facts.Criterion.AUTHORITY))
    def authority(self) -> CriterionAnswer:
        return self._of(facts.Criterion.AUTHORITY)

    @computed("What is needed?", _answer_to(facts.Criterion.NEED))
    def need(self) -> CriterionAnswer:
        return self._of(facts.Criterion.NEED)

    @computed("By when?", _answer_to(facts.Criterion.TIMEFRAME))
    def timeframe(self) -> CriterionAnswer:
        return self._of(facts.Criterion.TIMEFRAME)

    @computed("Completeness: how many questions are answered, MET or NOT_MET; 0 to 4.", ANSWERED)
    def answered(self) -> int:
        return rules.answered(self._states())

    @computed("Score: how many are MET; 0 to 4.", MET)
    def met(self) -> int:
        return rules.met(self._states())


@strawberry.type(description="The interest of a contact and/or an organization in what the company sells.")
class Lead(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    title: str = shown("It in one line.")
    state: LeadState = shown("Where it stands.")  # type: ignore[valid-type]
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
    contact: Contact | None = one("contact_id", "Contact", "Whose interest it is.")
    organization: Organization | None = one("organization_id", "Organization", "The organization whose interest it is.")
    owner: Member | None = one("owner_id", "Member", "Who works on it.")
    qualified_by: Member | None = one(
        "qualified_by_id", "Member", "Who qualified it by hand; null where its answers did, or nobody has."
    )
    deal: LazyDeal | None = one("deal_id", "Deal", "CONVERTED: the deal it became or feeds.")
    tags: list[Tag] = every(TAGS, "Its tags, by name.", on=tags_of("lead"))
    timeline: Connection[Activity] = many(TIMELINE, "What happened, latest first.", by="lead_id")
    suggestions: Connection[Suggestion] = many(
        SUGGESTIONS, "Answers that were read out of its messages and notes, newest first.", by="lead_id"
    )

    @computed("How far it is qualified.", Same())
    async def qualification(self, info: Info) -> Qualification:
        return Qualification(answers=await info.context.answers.load(self.row.id))
