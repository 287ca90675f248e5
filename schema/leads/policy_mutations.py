"""Changing a workspace's policy of qualification."""

from __future__ import annotations

import strawberry

from crm.changes import UNCHANGED
from crm.leads import facts, policies
from schema import inputs
from schema.context import Info
from schema.effects import Effect
from schema.errors import UserError, refusable
from schema.leads.enums import Criterion, PolicyMode
from schema.leads.policies import QualificationPolicy


@strawberry.input(description="What is to be said of one question of BANT; it replaces all that was said of it.")
class QualificationCriterionInput(inputs.Lenient):
    criterion: Criterion = strawberry.field(description="Which question.")  # type: ignore[valid-type]
    weight: int = strawberry.field(description="1 to 100: the heaviest unanswered one is asked first.")
    fresh_days: int | None = inputs.optional(
        "How many days an answer that is given from now on stays fresh, 1 to 3650; null: for ever."
    )
    question: str | None = inputs.optional("What to ask, at most 500 characters; null: in Anbahn's words.")

    def to_domain(self) -> tuple[facts.Criterion, facts.CriterionSetting]:
        return self.criterion, facts.CriterionSetting(self.weight, self.fresh_days, self.question)


@strawberry.input(description="A policy of qualification; what is left out, or null, stays as it is.")
class SetQualificationPolicyInput(inputs.Lenient):
    mode: PolicyMode | None = inputs.optional("How it is decided that a lead is qualified.")  # type: ignore[valid-type]
    needed: int | None = inputs.optional("N_OF_4: how many criteria must be MET, 1 to 4.")
    threshold: int | None = inputs.optional(
        "WEIGHTED: what the weights of the criteria that are MET must add up to; 1 to the sum of all four."
    )
    criteria: list[QualificationCriterionInput] | None = inputs.optional(
        "What is to be said of single questions; those that are not named stay as they are."
    )
    expected_version: int | None = inputs.expected_version()
    dry_run: bool | None = inputs.dry_run()

    def to_domain(self) -> policies.PolicyChange:
        return policies.PolicyChange(
            mode=UNCHANGED if self.mode is None else self.mode,
            needed=UNCHANGED if self.needed is None else self.needed,
            threshold=UNCHANGED if self.threshold is None else self.threshold,
            criteria=tuple(one.to_domain() for one in self.criteria or ()),
        )


@strawberry.type(description="What setQualificationPolicy did.")
class SetQualificationPolicyPayload:
    qualification_policy: QualificationPolicy | None = strawberry.field(
        description="The policy; on STALE_VERSION as it is now; null with `dryRun`.", default=None
    )
    qualified: int | None = strawberry.field(
        description="How many open leads became QUALIFIED by it, or with `dryRun` would.", default=None
    )
    kept: int | None = strawberry.field(
        description="How many leads stay QUALIFIED although they do not satisfy it: none is demoted.", default=None
    )
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type
class QualificationPolicyMutations:
    @strawberry.mutation(
        description="Changes when leads become QUALIFIED by themselves, and what is asked; owners and admins only. "
        "Open leads follow at once: those that satisfy it become QUALIFIED, and what is to be asked next is "
        "determined anew."
    )
    @refusable(SetQualificationPolicyPayload, qualification_policy=QualificationPolicy.of)
    async def set_qualification_policy(
        self, info: Info, input: SetQualificationPolicyInput
    ) -> SetQualificationPolicyPayload:
        done = await policies.set_policy(
            actor=info.context.actor,
            change=input.to_domain(),
            expected_version=input.expected_version,
            now=info.context.now,
            dry_run=bool(input.dry_run),
        )
        return SetQualificationPolicyPayload(
            qualification_policy=None if input.dry_run else QualificationPolicy.of(done.policy),
            qualified=done.qualified,
            kept=done.kept,
            effects=Effect.of_all(done.effects),
        )
