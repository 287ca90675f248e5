"""Suggestions of answers in the API."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from crm.leads.proposals import Proposal
from schema.accounts.types import Member
from schema.activities.types import Activity
from schema.contacts.types import Contact
from schema.fields import computed, one, shown
from schema.lazy import LazyLead
from schema.leads.enums import Criterion, CriterionState, SuggestionState
from schema.money import Money
from schema.node import Node
from schema.reads.mapping import Inline


@strawberry.type(
    description="An answer that was read out of a text by rules, and waits for a person to accept or refuse it."
)
class Suggestion(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    lead: LazyLead | None = one("lead_id", "Lead", "Whose question it answers.")
    criterion: Criterion = shown("Which question it answers.")  # type: ignore[valid-type]
    state: SuggestionState = shown("What became of it.")  # type: ignore[valid-type]
    answer_state: CriterionState = shown("How the question would be answered.")  # type: ignore[valid-type]
    pending_until: date | None = shown("PENDING: when it will be known.")
    decision_maker: Contact | None = one(
        "decision_maker_id", "Contact", "AUTHORITY: who decides: the writer, where the text says so."
    )
    text: str | None = shown(
        "NEED: what is needed. AUTHORITY: the role that was read; NOT_MET: of whoever else decides."
    )
    not_before: date | None = shown("TIMEFRAME: the earliest day.")
    not_after: date | None = shown("TIMEFRAME: the latest day.")
    quote: str = shown("The words it was read from, as they stand in the text.")
    rule: str = shown("Which rule read it, such as `budget.amount`; docs/bant.md lists them.")
    activity: Activity | None = one("activity_id", "Activity", "The entry of the timeline that holds the words.")
    decided_at: datetime | None = shown("When it was accepted or refused.")
    decided_by: Member | None = one("decided_by_id", "Member", "Who did.")
    created_at: datetime = shown("When it was read.")
    updated_at: datetime = shown("When it was last changed.")

    @computed(
        "BUDGET: how much there is to spend; of a range its upper end. Null where no amount, or no currency, was read.",
        Inline({"minor": "amount_minor", "currency": "currency"}, null_when="currency"),
    )
    def amount(self) -> Money | None:
        return Money.of_optional(self.row.facts().amount)


@strawberry.type(description="An answer as it was read, or with `dryRun` would be proposed.")
class ProposedAnswer:
    criterion: Criterion = strawberry.field(description="Which question it answers.")  # type: ignore[valid-type]
    answer_state: CriterionState = strawberry.field(description="How it would be answered.")  # type: ignore[valid-type]
    pending_until: date | None = strawberry.field(description="PENDING: when it will be known.")
    amount: Money | None = strawberry.field(description="BUDGET: how much there is to spend.")
    text: str | None = strawberry.field(description="NEED: what is needed. AUTHORITY: the role that was read.")
    not_before: date | None = strawberry.field(description="TIMEFRAME: the earliest day.")
    not_after: date | None = strawberry.field(description="TIMEFRAME: the latest day.")
    quote: str = strawberry.field(description="The words it was read from.")
    rule: str = strawberry.field(description="Which rule read it.")

    @classmethod
    def of(cls, proposal: Proposal) -> ProposedAnswer:
        return cls(
            criterion=proposal.criterion,
            answer_state=proposal.answer_state,
            pending_until=proposal.pending_until,
            amount=Money.of_optional(proposal.amount),
            text=proposal.text,
            not_before=proposal.not_before,
            not_after=proposal.not_after,
            quote=proposal.quote,
            rule=proposal.rule,
        )
