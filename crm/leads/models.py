"""Leads and the answers that qualify them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from crm import exact
from crm.leads.facts import Answer, Criterion, CriterionState, LeadState, PolicyMode, SuggestionState
from crm.leads.proposals import Proposal
from crm.money import Money
from crm.records import VersionedRecord, WorkspaceRecord, one_of

if TYPE_CHECKING:
    from crm.accounts.models import Member
    from crm.activities.models import Activity
    from crm.contacts.models import Contact, Organization
    from crm.deals.models import Deal
    from crm.intake.models import Channel, InboundMessage


class Lead(VersionedRecord):
    """The interest of a contact and/or an organization in what the company sells."""

    title = fields.CharField(max_length=500)
    description: str | None = fields.TextField(null=True)
    state = fields.CharField(max_length=16)
    source = fields.CharField(max_length=200, null=True)
    utm: fields.Field[dict[str, str]] = fields.JSONField(default=dict)
    contact: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.RESTRICT, null=True, related_name=False
    )
    contact_id: UUID | None
    organization: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.RESTRICT, null=True, related_name=False
    )
    organization_id: UUID | None
    owner: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    owner_id: UUID | None
    channel: fields.ForeignKeyNullableRelation[Channel] = fields.ForeignKeyField(
        "crm.Channel", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    channel_id: UUID | None
    inbound_message: fields.ForeignKeyNullableRelation[InboundMessage] = fields.ForeignKeyField(
        "crm.InboundMessage", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    inbound_message_id: UUID | None
    """The message it was made from; no message makes two leads."""
    qualified_at = fields.DatetimeField(null=True)
    qualified_by: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    qualified_by_id: UUID | None
    """Who qualified it by hand; None: the policy did, or nobody has."""
    qualified_note: str | None = fields.TextField(null=True)
    qualification_stale = fields.BooleanField(default=False)
    """An answer fell back after the lead had become QUALIFIED."""
    disqualify_reason = fields.CharField(max_length=200, null=True)
    disqualify_note: str | None = fields.TextField(null=True)
    nurture_until = fields.DateField(null=True)
    converted_at = fields.DatetimeField(null=True)
    deal: fields.ForeignKeyNullableRelation[Deal] = fields.ForeignKeyField(
        "crm.Deal", on_delete=fields.RESTRICT, null=True, related_name=False
    )
    deal_id: UUID | None
    next_criterion = fields.CharField(max_length=16, null=True)
    """What is to be asked next: the heaviest criterion without a fresh answer. None: nothing, or it is not open."""
    next_weight = fields.SmallIntField(default=0)
    """The weight of that criterion, by which leads are ordered; 0 without one."""
    review_at = fields.DatetimeField(null=True)
    """When that is to be determined anew: an answer stops being fresh, or a pending one falls due. None: never."""
    custom: fields.Field[dict[str, object]] = fields.JSONField(default=dict, encoder=exact.dumps, decoder=exact.loads)
    """Values of the workspace's own fields, by their keys: ``crm.customfields``."""
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "lead"
        unique_together = (("workspace", "id"),)
        indexes = (
            ("workspace_id", "created_at", "id"),
            ("workspace_id", "state", "created_at", "id"),
            ("workspace_id", "contact_id", "created_at", "id"),
            ("workspace_id", "organization_id", "created_at", "id"),
            ("workspace_id", "deal_id", "created_at", "id"),
            ("workspace_id", "next_weight", "id"),
        )
        constraints = (
            one_of("lead", "state", LeadState),
            one_of("lead", "next_criterion", Criterion),
            CheckConstraint(check="(next_criterion IS NULL) = (next_weight = 0)", name="lead_next_has_weight"),
            CheckConstraint(check="title <> ''", name="lead_title_present"),
            CheckConstraint(check="num_nonnulls(contact_id, organization_id) > 0", name="lead_has_someone"),
            CheckConstraint(
                check="(state = 'DISQUALIFIED') = (disqualify_reason IS NOT NULL)", name="lead_disqualified_has_reason"
            ),
            CheckConstraint(
                check="(state = 'CONVERTED') = (deal_id IS NOT NULL)"
                " AND (state = 'CONVERTED') = (converted_at IS NOT NULL)",
                name="lead_converted_has_deal",
            ),
            CheckConstraint(
                check="nurture_until IS NULL OR state = 'DISQUALIFIED'", name="lead_nurtured_is_disqualified"
            ),
            UniqueConstraint(
                fields=("workspace_id", "inbound_message_id"),
                name="lead_once_per_message",
                condition="inbound_message_id IS NOT NULL",
            ),
        )


class CriterionAnswer(WorkspaceRecord):
    """The answer to one BANT criterion of one lead; no row: UNKNOWN, never asked."""

    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField(
        "crm.Lead", on_delete=fields.CASCADE, related_name=False
    )
    lead_id: UUID
    criterion = fields.CharField(max_length=16)
    state = fields.CharField(max_length=16)
    note: str | None = fields.TextField(null=True)
    pending_until = fields.DateField(null=True)
    amount_minor = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3, null=True)
    decision_maker: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    decision_maker_id: UUID | None
    budget_holder: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    budget_holder_id: UUID | None
    text: str | None = fields.TextField(null=True)
    not_before = fields.DateField(null=True)
    not_after = fields.DateField(null=True)
    member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    member_id: UUID | None
    """Who answered."""
    quote: str | None = fields.TextField(null=True)
    """Evidence: the words it was read from."""
    activity: fields.ForeignKeyNullableRelation[Activity] = fields.ForeignKeyField(
        "crm.Activity", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    activity_id: UUID | None
    """Evidence: the entry of the timeline that holds them, such as the mail or a note of a call."""
    answered_at = fields.DatetimeField()
    fresh_until = fields.DatetimeField(null=True)
    """When it has to be asked again; None: never."""

    class Meta:
        table = "criterion_answer"
        unique_together = (("workspace", "id"), ("workspace", "lead", "criterion"))
        constraints = (
            one_of("criterion_answer", "criterion", Criterion),
            one_of("criterion_answer", "state", CriterionState),
            CheckConstraint(check="(amount_minor IS NULL) = (currency IS NULL)", name="criterion_answer_amount_whole"),
            CheckConstraint(check="amount_minor >= 0", name="criterion_answer_amount_not_negative"),
            CheckConstraint(check="currency ~ '^[A-Z]{3}$'", name="criterion_answer_currency_valid"),
            CheckConstraint(check="not_before <= not_after", name="criterion_answer_range_in_order"),
            CheckConstraint(
                check="(state = 'PENDING') = (pending_until IS NOT NULL)", name="criterion_answer_pending_has_date"
            ),
            CheckConstraint(
                check="fresh_until IS NULL OR state IN ('MET', 'NOT_MET')", name="criterion_answer_known_grows_old"
            ),
        )

    def facts(self) -> Answer:
        amount = None
        if self.amount_minor is not None and self.currency is not None:
            amount = Money(self.amount_minor, self.currency)
        return Answer(
            criterion=Criterion(self.criterion),
            state=CriterionState(self.state),
            note=self.note,
            pending_until=self.pending_until,
            amount=amount,
            decision_maker_id=self.decision_maker_id,
            budget_holder_id=self.budget_holder_id,
            text=self.text,
            not_before=self.not_before,
            not_after=self.not_after,
            quote=self.quote,
            activity_id=self.activity_id,
            fresh_until=self.fresh_until,
            member_id=self.member_id,
            answered_at=self.answered_at,
        )


class QualificationPolicy(VersionedRecord):
    """When a lead of the workspace is qualified: one row a workspace."""

    mode = fields.CharField(max_length=16)
    needed = fields.SmallIntField(default=4)
    """N_OF_4: how many criteria must be MET, 1 to 4."""
    threshold = fields.SmallIntField(default=100)
    """WEIGHTED: what the weights of the criteria that are MET must add up to."""

    class Meta:
        table = "qualification_policy"
        unique_together = (("workspace", "id"), ("workspace",))
        constraints = (
            one_of("qualification_policy", "mode", PolicyMode),
            CheckConstraint(check="needed BETWEEN 1 AND 4", name="qualification_policy_needed_valid"),
            CheckConstraint(check="threshold BETWEEN 1 AND 400", name="qualification_policy_threshold_valid"),
        )


class CriterionRule(WorkspaceRecord):
    """What a workspace says of one criterion: four rows a workspace."""

    criterion = fields.CharField(max_length=16)
    weight = fields.SmallIntField()
    """1 to 100: the heaviest unanswered one is asked first; counted by WEIGHTED."""
    fresh_days = fields.SmallIntField(null=True)
    """How many days an answer stays fresh; None: for ever."""
    question = fields.CharField(max_length=500, null=True)
    """What to ask, in the workspace's words; None: Anbahn's own."""

    class Meta:
        table = "criterion_rule"
        unique_together = (("workspace", "id"), ("workspace", "criterion"))
        constraints = (
            one_of("criterion_rule", "criterion", Criterion),
            CheckConstraint(check="weight BETWEEN 1 AND 100", name="criterion_rule_weight_valid"),
            CheckConstraint(check="fresh_days BETWEEN 1 AND 3650", name="criterion_rule_fresh_days_valid"),
        )


class Suggestion(VersionedRecord):
    """An answer that was read out of a text and waits for a person to accept or refuse it."""

    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField(
        "crm.Lead", on_delete=fields.CASCADE, related_name=False
    )
    lead_id: UUID
    criterion = fields.CharField(max_length=16)
    answer_state = fields.CharField(max_length=16)
    """What the answer would be: MET, NOT_MET or PENDING."""
    pending_until = fields.DateField(null=True)
    amount_minor = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3, null=True)
    decision_maker: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    decision_maker_id: UUID | None
    text: str | None = fields.TextField(null=True)
    """NEED: what is needed. AUTHORITY: the role that was read."""
    not_before = fields.DateField(null=True)
    not_after = fields.DateField(null=True)
    quote: str = fields.TextField()
    """The words it was read from."""
    rule = fields.CharField(max_length=60)
    """Which rule read it, such as ``budget.amount``."""
    activity: fields.ForeignKeyNullableRelation[Activity] = fields.ForeignKeyField(
        "crm.Activity", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    activity_id: UUID | None
    state = fields.CharField(max_length=16)
    decided_at = fields.DatetimeField(null=True)
    decided_by: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    decided_by_id: UUID | None

    class Meta:
        table = "suggestion"
        unique_together = (("workspace", "id"),)
        indexes = (("workspace_id", "lead_id", "created_at", "id"),)
        constraints = (
            one_of("suggestion", "criterion", Criterion),
            one_of("suggestion", "answer_state", CriterionState),
            one_of("suggestion", "state", SuggestionState),
            CheckConstraint(check="(amount_minor IS NULL) = (currency IS NULL)", name="suggestion_amount_whole"),
            CheckConstraint(check="amount_minor >= 0", name="suggestion_amount_not_negative"),
            CheckConstraint(check="currency ~ '^[A-Z]{3}$'", name="suggestion_currency_valid"),
            CheckConstraint(check="not_before <= not_after", name="suggestion_range_in_order"),
            CheckConstraint(check="quote <> ''", name="suggestion_quote_present"),
            CheckConstraint(
                check="(state IN ('ACCEPTED', 'REFUSED')) = (decided_at IS NOT NULL)",
                name="suggestion_decided_has_time",
            ),
        )

    def facts(self) -> Proposal:
        amount = None
        if self.amount_minor is not None and self.currency is not None:
            amount = Money(self.amount_minor, self.currency)
        return Proposal(
            criterion=Criterion(self.criterion),
            answer_state=CriterionState(self.answer_state),
            quote=self.quote,
            rule=self.rule,
            pending_until=self.pending_until,
            amount=amount,
            decision_maker_id=self.decision_maker_id,
            text=self.text,
            not_before=self.not_before,
            not_after=self.not_after,
        )


class Conversion(WorkspaceRecord):
    """One lead that became or fed a deal, and all that was changed for it, so that it can be undone."""

    lead: fields.ForeignKeyRelation[Lead] = fields.ForeignKeyField(
        "crm.Lead", on_delete=fields.CASCADE, related_name=False
    )
    lead_id: UUID
    deal: fields.ForeignKeyRelation[Deal] = fields.ForeignKeyField(
        "crm.Deal", on_delete=fields.CASCADE, related_name=False
    )
    deal_id: UUID
    receipt: fields.Field[dict[str, object]] = fields.JSONField(encoder=exact.dumps, decoder=exact.loads)
    """The lead as it was, what was made, and what was filled, before and after."""
    converted_at = fields.DatetimeField()
    converted_by: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    converted_by_id: UUID | None
    undone_at = fields.DatetimeField(null=True)
    undone_by: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    undone_by_id: UUID | None

    class Meta:
        table = "conversion"
        unique_together = (("workspace", "id"),)
        indexes = (
            ("workspace_id", "lead_id", "converted_at", "id"),
            ("workspace_id", "deal_id", "converted_at", "id"),
        )
        constraints = (
            UniqueConstraint(
                fields=("workspace_id", "lead_id"), name="conversion_one_current", condition="undone_at IS NULL"
            ),
        )
