"""A workspace's policy of qualification in the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import strawberry

from crm.leads import asking, facts, sql
from schema.context import Info
from schema.fields import computed, shown
from schema.leads.enums import Criterion, PolicyMode
from schema.node import Node
from schema.reads.mapping import Column, Computed, From, Items

REGION = "(SELECT w.region FROM workspace AS w WHERE w.id = {workspace})"

_CRITERIA = f"""SELECT array_agg(r.criterion ORDER BY {sql.FIRST}) AS criteria,
        array_agg(r.weight ORDER BY {sql.FIRST}) AS weights, array_agg(r.fresh_days ORDER BY {sql.FIRST}) AS days,
        array_agg(r.question ORDER BY {sql.FIRST}) AS questions,
        array_agg((SELECT w.region FROM workspace AS w WHERE w.id = {{workspace}})) AS regions
    FROM criterion_rule AS r WHERE r.workspace_id = {{workspace}}"""  # noqa: S608


def asked(criterion: str, own_words: str | None, region: str) -> str:
    """What is asked for a criterion."""
    return asking.question(facts.Criterion(criterion), own_words, asking.language(region))


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """What a workspace says of one criterion, as it is shown."""

    criterion: facts.Criterion
    weight: int
    fresh_days: int | None
    question: str | None
    asked: str


@strawberry.type(description="What a workspace says of one question of BANT.")
class QualificationCriterion:
    row: strawberry.Private[CriterionRow]

    criterion: Criterion = shown("Which question.", Column("criterion"))  # type: ignore[valid-type]
    weight: int = shown(
        "1 to 100: of several unanswered ones the heaviest is asked first; WEIGHTED adds them up.", Column("weight")
    )
    fresh_days: int | None = shown(
        "How many days an answer stays fresh, from the moment it is given; null: for ever.", Column("fresh_days")
    )
    question: str | None = shown("What to ask, in the workspace's own words; null: Anbahn's.", Column("question"))
    asked: str = shown(
        "What is asked: the workspace's words, else Anbahn's, in German for workspaces in DE, AT, CH and LI and in "
        "English for others.",
        Computed(("criterion", "question", "region"), asked),
    )


@strawberry.type(description="When a lead of the workspace becomes QUALIFIED by itself, and what is asked.")
class QualificationPolicy(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    mode: PolicyMode = shown("How it is decided.")  # type: ignore[valid-type]
    needed: int = shown("N_OF_4: how many criteria must be MET, 1 to 4.")
    threshold: int = shown("WEIGHTED: what the weights of the criteria that are MET must add up to, 1 to 400.")
    created_at: datetime = shown("When it was made: with the workspace.")
    updated_at: datetime = shown("When it was last changed.")

    @computed(
        "The four questions, in the order in which they are asked.",
        Items(
            {
                "criterion": From(_CRITERIA, "criteria"),
                "weight": From(_CRITERIA, "weights"),
                "fresh_days": From(_CRITERIA, "days"),
                "question": From(_CRITERIA, "questions"),
                "region": From(_CRITERIA, "regions"),
            }
        ),
    )
    async def criteria(self, info: Info) -> list[QualificationCriterion]:
        policy: facts.Policy = await info.context.policies.load(self.row.workspace_id)
        rows = []
        for criterion in asking.in_asking_order(policy.criteria, policy):
            one = policy.criteria[criterion]
            words = asking.question(criterion, one.question, policy.language)
            rows.append(CriterionRow(criterion, one.weight, one.fresh_days, one.question, words))
        return [QualificationCriterion(row=row) for row in rows]
