"""Deals on a board, and every stage each has been in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from crm import exact
from crm.deals.facts import DealFacts, DealStatus
from crm.deals.gates import DealValues
from crm.money import Money
from crm.records import VersionedRecord, WorkspaceRecord, one_of

if TYPE_CHECKING:
    from crm.accounts.models import Member
    from crm.contacts.models import Contact, Organization
    from crm.pipelines.models import Pipeline, Stage


class Deal(VersionedRecord):
    """One possible sale."""

    title = fields.CharField(max_length=500)
    description: str | None = fields.TextField(null=True)
    pipeline: fields.ForeignKeyRelation[Pipeline] = fields.ForeignKeyField(
        "crm.Pipeline", on_delete=fields.RESTRICT, related_name=False
    )
    pipeline_id: UUID
    stage: fields.ForeignKeyRelation[Stage] = fields.ForeignKeyField(
        "crm.Stage", on_delete=fields.RESTRICT, related_name=False
    )
    stage_id: UUID
    status = fields.CharField(max_length=8)
    """The kind of its stage; a foreign key over (pipeline, stage, status) holds the three together."""
    rank = fields.CharField(max_length=200)
    """Position in the column, compared byte by byte: ``crm.deals.ranks``."""
    amount_minor = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3, null=True)
    probability_override = fields.SmallIntField(null=True)
    """A person's own estimate in percent; None: the stage's."""
    expected_close_date = fields.DateField(null=True)
    closed_at = fields.DatetimeField(null=True)
    lost_reason = fields.CharField(max_length=500, null=True)
    won_reason = fields.CharField(max_length=500, null=True)
    last_open_stage: fields.ForeignKeyNullableRelation[Stage] = fields.ForeignKeyField(
        "crm.Stage", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    last_open_stage_id: UUID | None
    contact: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    contact_id: UUID | None
    organization: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    organization_id: UUID | None
    owner: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    owner_id: UUID | None
    source = fields.CharField(max_length=200, null=True)
    utm: fields.Field[dict[str, str]] = fields.JSONField(default=dict)
    qualification_snapshot: fields.Field[dict[str, object] | None] = fields.JSONField(null=True)
    """The lead's BANT answers as they stood when it was converted."""
    custom: fields.Field[dict[str, object]] = fields.JSONField(default=dict, encoder=exact.dumps, decoder=exact.loads)
    """Values of the workspace's own fields, by their keys: ``crm.customfields``."""
    archived_at = fields.DatetimeField(null=True)
    """Taken off the board; it counts nowhere."""

    class Meta:
        table = "deal"
        # (workspace, stage, rank) is unique too, deferrably, which Tortoise cannot say: see the first migration.
        unique_together = (("workspace", "id"),)
        indexes = (
            ("workspace_id", "created_at", "id"),
            ("workspace_id", "contact_id", "created_at", "id"),
            ("workspace_id", "organization_id", "created_at", "id"),
        )
        constraints = (
            one_of("deal", "status", DealStatus),
            CheckConstraint(check="title <> ''", name="deal_title_present"),
            CheckConstraint(check="(amount_minor IS NULL) = (currency IS NULL)", name="deal_amount_has_currency"),
            CheckConstraint(check="amount_minor >= 0", name="deal_amount_not_negative"),
            CheckConstraint(check="currency ~ '^[A-Z]{3}$'", name="deal_currency_valid"),
            CheckConstraint(check="probability_override BETWEEN 0 AND 100", name="deal_probability_valid"),
            CheckConstraint(check="(status = 'OPEN') = (closed_at IS NULL)", name="deal_closed_has_time"),
            CheckConstraint(check="(status = 'LOST') = (lost_reason IS NOT NULL)", name="deal_lost_has_reason"),
            CheckConstraint(check="rank <> ''", name="deal_rank_present"),
            CheckConstraint(check="status = 'WON' OR won_reason IS NULL", name="deal_won_reason_is_won"),
        )

    def facts(self) -> DealFacts:
        return DealFacts(
            id=self.id,
            pipeline_id=self.pipeline_id,
            stage_id=self.stage_id,
            status=DealStatus(self.status),
            archived=self.archived_at is not None,
        )

    def values(self) -> DealValues:
        return DealValues(
            amount=self.amount,
            contact_id=self.contact_id,
            organization_id=self.organization_id,
            expected_close_date=self.expected_close_date,
            owner_id=self.owner_id,
            description=self.description,
            custom=self.custom,
        )

    @property
    def amount(self) -> Money | None:
        if self.amount_minor is None or self.currency is None:
            return None
        return Money(self.amount_minor, self.currency)


class StageChange(WorkspaceRecord):
    """One stay of a deal in a stage; the row without ``left_at`` is where it is now."""

    deal: fields.ForeignKeyRelation[Deal] = fields.ForeignKeyField(
        "crm.Deal", on_delete=fields.CASCADE, related_name=False
    )
    deal_id: UUID
    from_stage: fields.ForeignKeyNullableRelation[Stage] = fields.ForeignKeyField(
        "crm.Stage", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    from_stage_id: UUID | None
    """None: the deal was created here."""
    to_stage: fields.ForeignKeyRelation[Stage] = fields.ForeignKeyField(
        "crm.Stage", on_delete=fields.RESTRICT, related_name=False
    )
    to_stage_id: UUID
    entered_at = fields.DatetimeField()
    left_at: fields.Field[datetime | None] = fields.DatetimeField(null=True)
    member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    member_id: UUID | None

    class Meta:
        table = "stage_change"
        unique_together = (("workspace", "id"),)
        indexes = (("workspace_id", "deal_id", "entered_at"),)
        constraints = (
            UniqueConstraint(
                fields=("workspace_id", "deal_id"), name="stage_change_one_current", condition="left_at IS NULL"
            ),
            CheckConstraint(check="left_at >= entered_at", name="stage_change_in_order"),
        )


class StageTally(WorkspaceRecord):
    """How many deals of one currency a stage holds, and their sum, as of the last fold of its deltas."""

    stage: fields.ForeignKeyRelation[Stage] = fields.ForeignKeyField(
        "crm.Stage", on_delete=fields.CASCADE, related_name=False
    )
    stage_id: UUID
    currency = fields.CharField(max_length=3)
    """Empty for deals without an amount: unlike NULL it is equal to itself, for the key and for grouping."""
    deals = fields.BigIntField()
    minor = fields.DecimalField(max_digits=38, decimal_places=0)
    """In minor units; numeric, for a stage's sum outgrows a bigint before any one deal does."""

    class Meta:
        table = "stage_tally"
        unique_together = (("workspace", "stage", "currency"),)
        constraints = (CheckConstraint(check="currency ~ '^([A-Z]{3})?$'", name="stage_tally_currency_valid"),)


class StageDelta(WorkspaceRecord):
    """What one statement changed of a tally and nobody has folded into it yet. Triggers on ``deal`` write it."""

    stage: fields.ForeignKeyRelation[Stage] = fields.ForeignKeyField(
        "crm.Stage", on_delete=fields.CASCADE, related_name=False
    )
    stage_id: UUID
    currency = fields.CharField(max_length=3)
    deals = fields.BigIntField()
    minor = fields.DecimalField(max_digits=38, decimal_places=0)

    class Meta:
        table = "stage_delta"
        constraints = (CheckConstraint(check="currency ~ '^([A-Z]{3})?$'", name="stage_delta_currency_valid"),)


class DealHistory(WorkspaceRecord):
    """A span of time in which nothing of a deal changed that a review of the pipeline looks at: docs/adr/0015.

    Triggers on ``deal`` write it, whatever changes the deal. A deal's spans follow one another without a gap; the one
    without ``valid_to`` is the deal as it is. Pipeline, stage and owner are copies of references that were checked on
    the deal; keys of their own would cost each move an index apiece.
    """

    deal: fields.ForeignKeyRelation[Deal] = fields.ForeignKeyField(
        "crm.Deal", on_delete=fields.CASCADE, related_name=False
    )
    deal_id: UUID
    valid_from = fields.DatetimeField()
    valid_to: fields.Field[datetime | None] = fields.DatetimeField(null=True)
    """The first moment at which it was otherwise."""
    pipeline_id = fields.UUIDField()
    stage_id = fields.UUIDField()
    status = fields.CharField(max_length=8)
    amount_minor = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3, null=True)
    expected_close_date = fields.DateField(null=True)
    probability_override = fields.SmallIntField(null=True)
    owner_id = fields.UUIDField(null=True)
    archived = fields.BooleanField()

    class Meta:
        table = "deal_history"
        # One over (workspace, pipeline, valid_to or infinity) is in the migration: Tortoise knows no expressions.
        indexes = (("workspace_id", "deal_id", "valid_from"),)
        constraints = (
            one_of("deal_history", "status", DealStatus),
            UniqueConstraint(
                fields=("workspace_id", "deal_id"), name="deal_history_one_current", condition="valid_to IS NULL"
            ),
            CheckConstraint(check="valid_to >= valid_from", name="deal_history_in_order"),
        )
