"""Leads and their qualification in the API."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from crm.customfields.facts import Entity
from crm.leads import asking, facts, rules, sql
from schema.accounts.types import Member
from schema.activities.lists import TIMELINE
from schema.activities.types import Activity
from schema.connections import Connection
from schema.contacts.types import Contact, Organization
from schema.context import Info
from schema.customfields.types import CustomFieldValue, shown_values, values_of
from schema.fields import computed, every, many, one, shown
from schema.lazy import LazyDeal
from schema.leads.conversions import Conversion
from schema.leads.enums import Criterion, CriterionState, LeadState, QuestionReason
from schema.leads.lists import CONVERSIONS, SUGGESTIONS
from schema.leads.policies import REGION, asked
from schema.leads.suggestions import Suggestion
from schema.money import Money
from schema.node import Node
from schema.reads.mapping import READ, Beside, Column, Computed, From, Inline, Same
from schema.tags.lists import TAGS, tags_of
from schema.tags.types import Tag

_COUNTS = """SELECT count(*) FILTER (WHERE c.state IN ('MET', 'NOT_MET')) AS answered,
        count(*) FILTER (WHERE c.state = 'MET') AS met
    FROM criterion_answer AS c WHERE c.workspace_id = {workspace} AND c.lead_id = {row}.id"""
ANSWERED = Computed((From(_COUNTS, "answered"),))
MET = Computed((From(_COUNTS, "met"),))

_HOLDS = sql.HOLDS
_MET = f"count(*) FILTER (WHERE {_HOLDS})"
_WEIGHT = f"coalesce(sum(r.weight) FILTER (WHERE {_HOLDS}), 0)"
_STANDING = f"""SELECT {_WEIGHT}::int AS weight, {sql.ENOUGH.format(met=_MET, weight=_WEIGHT)} AS satisfied,
        coalesce(array_agg(r.criterion ORDER BY {sql.FIRST}) FILTER (WHERE {sql.ASKED}), '{{{{}}}}') AS missing
    FROM qualification_policy AS p JOIN criterion_rule AS r ON r.workspace_id = p.workspace_id
    LEFT JOIN criterion_answer AS a
        ON a.workspace_id = r.workspace_id AND a.lead_id = {{row}}.id AND a.criterion = r.criterion
    WHERE p.workspace_id = {{workspace}} GROUP BY p.id"""  # noqa: S608

_NEXT_RULE = "FROM criterion_rule AS r WHERE r.workspace_id = {workspace} AND r.criterion = {row}.next_criterion"
_OWN_WORDS = f"(SELECT r.question {_NEXT_RULE})"
_NEXT_STATE = """(SELECT c.state FROM criterion_answer AS c
    WHERE c.workspace_id = {workspace} AND c.lead_id = {row}.id AND c.criterion = {row}.next_criterion)"""


def _reason(state: str | None) -> str:
    return asking.why(facts.CriterionState(state) if state else None).value


def _is_fresh(context: Any, fresh_until: datetime | None) -> bool:
    return asking.is_fresh(fresh_until, context.now)


def _answer_to(criterion: facts.Criterion) -> Beside:
    return Beside(
        "CriterionAnswer",
        f"{{row}}.lead_id = {{parent}} AND {{row}}.criterion = '{criterion.value}'",
        absent={"criterion": f"'{criterion.value}'", "state": f"'{facts.CriterionState.UNKNOWN.value}'"},
    )


@strawberry.type(description="What an answer rests on.")
class Evidence:
    row: strawberry.Private[facts.Answer]

    author: Member | None = one("member_id", "Member", "Who gave the answer; null: Anbahn itself.")
    quote: str | None = shown("The words it was read from.", Column("quote"))
    activity: Activity | None = one(
        "activity_id", "Activity", "The entry of the timeline that holds them, such as a mail or a note of a call."
    )
    answered_at: datetime = shown("When the answer was given.", Column("answered_at"))
    fresh_until: datetime | None = shown("When it has to be asked again; null: never.", Column("fresh_until"))

    @computed("Whether the answer still holds; false once `freshUntil` has passed.", Column("is_fresh"))
    def is_fresh(self, info: Info) -> bool:
        return asking.is_fresh(self.row.fresh_until, info.context.now)


@strawberry.type(description="What is to be asked of a lead next.")
class NextQuestion:
    criterion: Criterion = strawberry.field(  # type: ignore[valid-type]
        description="Which question of BANT.", metadata={READ: Column("criterion")}
    )
    question: str = strawberry.field(
        description="What to ask: the words of the workspace's policy, else Anbahn's own.",
        metadata={READ: Column("question")},
    )
    reason: QuestionReason = strawberry.field(  # type: ignore[valid-type]
        description="Why it is to be asked.", metadata={READ: Column("reason")}
    )
    weight: int = strawberry.field(description="Its weight in the policy.", metadata={READ: Column("weight")})


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

    @computed(
        "What it rests on; null when it was never answered.",
        Inline(
            {
                **{name: name for name in ("member_id", "quote", "activity_id", "answered_at", "fresh_until")},
                "is_fresh": Computed(("fresh_until",), _is_fresh, in_context=True),
            },
            null_when="answered_at",
        ),
    )
    def evidence(self) -> Evidence | None:
        return Evidence(row=self.row) if self.row.answered_at is not None else None


@strawberry.type(description="How far a lead is qualified by BANT: Budget, Authority, Need, Timeframe.")
class Qualification:
    answers: strawberry.Private[dict[facts.Criterion, facts.Answer]]
    policy: strawberry.Private[facts.Policy]
    now: strawberry.Private[datetime]

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

    @computed(
        "Weighted score: what the weights of the criteria add up to that are MET by answers that are still fresh.",
        Computed((From(_STANDING, "weight"),)),
    )
    def weight(self) -> int:
        return rules.weight(rules.standing(self.answers, self.now), self.policy)

    @computed(
        "Whether the answers that are still fresh satisfy the workspace's policy.",
        Computed((From(_STANDING, "satisfied"),)),
    )
    def is_satisfied(self) -> bool:
        return rules.satisfied(rules.standing(self.answers, self.now), self.policy)

    @computed(
        "What is to be asked, in the order in which to ask it: what was never answered, what was PENDING until a day "
        "that has come, and what is no longer fresh.",
        Computed((From(_STANDING, "missing"),)),
    )
    def missing(self) -> list[Criterion]:  # type: ignore[valid-type]
        return asking.missing(self.answers, self.policy, self.now)


@strawberry.type(description="The interest of a contact and/or an organization in what the company sells.")
class Lead(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    title: str = shown("It in one line.")
    description: str | None = shown("What else there is to say of it, in several lines.")
    state: LeadState = shown("Where it stands.")  # type: ignore[valid-type]
    source: str | None = shown("Where it came from, such as form, mail, or what a colleague entered.")
    qualified_at: datetime | None = shown("When it last became QUALIFIED.")
    qualified_note: str | None = shown("What was noted when it was qualified by hand.")
    qualification_stale: bool = shown("An answer has fallen back, or grown too old, since it became QUALIFIED.")
    disqualify_reason: str | None = shown("Why it is DISQUALIFIED.")
    disqualify_note: str | None = shown("More about that.")
    nurture_until: date | None = shown("DISQUALIFIED: the day it is to be taken up again.")
    converted_at: datetime | None = shown("When it was converted.")
    created_at: datetime = shown("When it was captured.")
    updated_at: datetime = shown("When it was last changed.")
    archived_at: datetime | None = shown("When it was put away; null: it was not.")
    contact: Contact | None = one("contact_id", "Contact", "Whose interest it is.")
    organization: Organization | None = one("organization_id", "Organization", "The organization whose interest it is.")
    owner: Member | None = one("owner_id", "Member", "Who works on it.")
    qualified_by: Member | None = one(
        "qualified_by_id", "Member", "Who qualified it by hand; null where its answers did, or nobody has."
    )
    deal: LazyDeal | None = one("deal_id", "Deal", "CONVERTED: the deal it became or feeds.")
    tags: list[Tag] = every(TAGS, "Its tags, by name.", on=tags_of("lead"))
    conversions: Connection[Conversion] = many(
        CONVERSIONS, "Each time it was converted, the latest first: those that were undone, too.", by="lead_id"
    )
    timeline: Connection[Activity] = many(TIMELINE, "What happened, latest first.", by="lead_id")
    suggestions: Connection[Suggestion] = many(
        SUGGESTIONS, "Answers that were read out of its messages and notes, newest first.", by="lead_id"
    )

    @computed("How far it is qualified.", Same())
    async def qualification(self, info: Info) -> Qualification:
        return Qualification(
            answers=await info.context.answers.load(self.row.id),
            policy=await info.context.policies.load(self.row.workspace_id),
            now=info.context.now,
        )

    @computed(
        "What to ask next: the heaviest question without a fresh answer. Null when nothing is missing, and for a lead "
        "that nobody works on: CONVERTED, DISQUALIFIED or archived.",
        Inline(
            {
                "criterion": "next_criterion",
                "weight": "next_weight",
                "question": Computed(("next_criterion", _OWN_WORDS, REGION), asked),
                "reason": Computed((_NEXT_STATE,), _reason),
            },
            null_when="next_criterion",
        ),
    )
    async def next_question(self, info: Info) -> NextQuestion | None:
        if self.row.next_criterion is None:
            return None
        criterion = facts.Criterion(self.row.next_criterion)
        policy: facts.Policy = await info.context.policies.load(self.row.workspace_id)
        answer = (await info.context.answers.load(self.row.id)).get(criterion)
        return NextQuestion(
            criterion=criterion,
            question=asking.question(criterion, policy.criteria[criterion].question, policy.language),
            reason=asking.why(answer.state if answer else None),
            weight=self.row.next_weight,
        )

    @computed("Every custom field in use, in their order, with its value.", values_of(Entity.LEAD))
    async def custom_fields(self, info: Info) -> list[CustomFieldValue]:
        return shown_values(self.row.custom, await info.context.custom_fields.load(Entity.LEAD))
