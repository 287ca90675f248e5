"""Mutations of suggestions."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from crm.changes import UNCHANGED
from crm.leads import suggestions as operations
from schema import ids, inputs
from schema.activities.types import Activity
from schema.context import Info
from schema.effects import Effect
from schema.errors import UserError, refusable
from schema.leads.enums import CriterionState
from schema.leads.suggestions import ProposedAnswer, Suggestion
from schema.leads.types import Lead
from schema.money import MoneyInput


@strawberry.input(
    description="A suggestion to be accepted: the question is answered by it, with its words as evidence. "
    "What is given beside it is answered instead; null empties."
)
class AcceptSuggestionInput:
    id: strawberry.ID = strawberry.field(description="The suggestion.")
    expected_version: strawberry.Maybe[int | None] = inputs.change(
        "The `version` that you saw: refused with STALE_VERSION when it has changed. Left out: no check."
    )
    state: strawberry.Maybe[CriterionState] = inputs.change("How the question is answered.")  # type: ignore[valid-type]
    note: strawberry.Maybe[str | None] = inputs.change("What else there is to say; left out: the role that was read.")
    pending_until: strawberry.Maybe[date | None] = inputs.change("PENDING: when it will be known.")
    amount: strawberry.Maybe[MoneyInput | None] = inputs.change("BUDGET: how much there is to spend.")
    decision_maker_id: strawberry.Maybe[strawberry.ID | None] = inputs.change("AUTHORITY: the contact who decides.")
    budget_holder_id: strawberry.Maybe[strawberry.ID | None] = inputs.change(
        "AUTHORITY: the contact who holds the budget."
    )
    text: strawberry.Maybe[str | None] = inputs.change("NEED: what is needed.")
    not_before: strawberry.Maybe[date | None] = inputs.change("TIMEFRAME: the earliest day.")
    not_after: strawberry.Maybe[date | None] = inputs.change("TIMEFRAME: the latest day.")

    def changes(self) -> dict[str, Any]:
        given = {
            name: inputs.changed(getattr(self, name))
            for name in ("state", "note", "pending_until", "text", "not_before", "not_after")
        }
        amount = inputs.changed(self.amount)
        given["amount"] = amount.to_domain("amount") if isinstance(amount, MoneyInput) else amount
        for name, field in (("decision_maker_id", "decisionMakerId"), ("budget_holder_id", "budgetHolderId")):
            id = inputs.changed(getattr(self, name))
            given[name] = id if id is UNCHANGED else ids.decode_optional("Contact", id, field)
        return given


@strawberry.input(description="A suggestion that is not right: the same words are not read again.")
class RefuseSuggestionInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The suggestion.")
    expected_version: int | None = inputs.expected_version()


@strawberry.input(description="A text to be read for answers, such as the note of a call or a mail that was pasted.")
class SuggestAnswersInput(inputs.Lenient):
    lead_id: strawberry.ID = strawberry.field(description="The lead it is about.")
    text: str = strawberry.field(
        description="The text, German or English, 1 to 10,000 characters; kept as a note in the lead's timeline."
    )
    expected_version: int | None = inputs.optional(
        "The lead's `version` that you saw: refused with STALE_VERSION when it has changed. Left out: no check."
    )
    idempotency_key: str | None = inputs.idempotency_key()
    dry_run: bool | None = inputs.dry_run()


def _suggestion() -> Suggestion | None:
    field: Suggestion | None = strawberry.field(
        description="The suggestion; on STALE_VERSION as it is now.", default=None
    )
    return field


@strawberry.type(description="What acceptSuggestion did.")
class AcceptSuggestionPayload:
    suggestion: Suggestion | None = _suggestion()
    lead: Lead | None = strawberry.field(description="The lead with its new answer.", default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What refuseSuggestion did.")
class RefuseSuggestionPayload:
    suggestion: Suggestion | None = _suggestion()
    lead: Lead | None = strawberry.field(description="The lead, which is as it was.", default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What suggestAnswers did.")
class SuggestAnswersPayload:
    lead: Lead | None = strawberry.field(
        description="The lead; null with `dryRun`; on STALE_VERSION as it is.", default=None
    )
    activity: Activity | None = strawberry.field(
        description="The note in its timeline; null with `dryRun`.", default=None
    )
    proposed: list[ProposedAnswer] = strawberry.field(
        description="What was read and is new, or with `dryRun` would be proposed.",
        default_factory=list[ProposedAnswer],
    )
    suggestions: list[Suggestion] = strawberry.field(
        description="The suggestions that were made; empty with `dryRun`.", default_factory=list[Suggestion]
    )
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type
class SuggestionMutations:
    @strawberry.mutation(description="Answers a question of BANT as it is suggested, or with changes.")
    @refusable(AcceptSuggestionPayload, suggestion=Suggestion.of)
    async def accept_suggestion(self, info: Info, input: AcceptSuggestionInput) -> AcceptSuggestionPayload:
        expected = inputs.changed(input.expected_version)
        decided = await operations.accept_suggestion(
            actor=info.context.actor,
            suggestion_id=ids.decode("Suggestion", input.id, "id"),
            changes=input.changes(),
            expected_version=None if expected is UNCHANGED else expected,
            now=info.context.now,
        )
        return AcceptSuggestionPayload(suggestion=Suggestion.of(decided.suggestion), lead=Lead.of(decided.lead))

    @strawberry.mutation(description="Refuses a suggestion: it was not right.")
    @refusable(RefuseSuggestionPayload, suggestion=Suggestion.of)
    async def refuse_suggestion(self, info: Info, input: RefuseSuggestionInput) -> RefuseSuggestionPayload:
        decided = await operations.refuse_suggestion(
            actor=info.context.actor,
            suggestion_id=ids.decode("Suggestion", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return RefuseSuggestionPayload(suggestion=Suggestion.of(decided.suggestion), lead=Lead.of(decided.lead))

    @strawberry.mutation(
        description="Reads a text for answers to the questions of BANT and proposes what is not answered that way yet."
    )
    @refusable(SuggestAnswersPayload, lead=Lead.of)
    async def suggest_answers(self, info: Info, input: SuggestAnswersInput) -> SuggestAnswersPayload:
        rehearsed = bool(input.dry_run)
        read = await operations.suggest_answers(
            actor=info.context.actor,
            lead_id=ids.decode("Lead", input.lead_id, "leadId"),
            text=input.text,
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            dry_run=rehearsed,
            now=info.context.now,
        )
        return SuggestAnswersPayload(
            lead=None if rehearsed else Lead.of(read.lead),
            activity=None if rehearsed else Activity.of(read.activity),
            proposed=[ProposedAnswer.of(one) for one in read.proposals],
            suggestions=[] if rehearsed else [Suggestion.of(one) for one in read.suggestions],
            effects=Effect.of_all(read.effects),
        )
