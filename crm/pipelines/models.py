"""Pipelines and the stages a company defines for them."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from crm.pipelines.facts import StageFacts, StageKind
from crm.records import VersionedRecord, one_of


class Pipeline(VersionedRecord):
    """One board."""

    name = fields.CharField(max_length=200)
    description: str | None = fields.TextField(null=True)
    position = fields.IntField()
    archived_at = fields.DatetimeField(null=True)
    """It is not shown any more; its deals are, by themselves."""

    class Meta:
        table = "pipeline"
        unique_together = (("workspace", "id"),)
        indexes = (("workspace_id", "position", "id"),)
        constraints = (CheckConstraint(check="name <> ''", name="pipeline_name_present"),)


class Stage(VersionedRecord):
    """One column of a board."""

    pipeline: fields.ForeignKeyRelation[Pipeline] = fields.ForeignKeyField(
        "crm.Pipeline", on_delete=fields.RESTRICT, related_name=False
    )
    pipeline_id: UUID
    name = fields.CharField(max_length=200)
    kind = fields.CharField(max_length=8)
    probability = fields.SmallIntField()
    """How likely a deal in this stage is won, in percent; 100 for WON, 0 for LOST."""
    position = fields.IntField()
    rotting_after_days = fields.SmallIntField(null=True)
    """After how many days without anything happening a deal in this stage is rotting; None: never."""
    description: str | None = fields.TextField(null=True)
    color = fields.CharField(max_length=7, null=True)
    """As in CSS: ``#1e90ff``."""
    required_fields: fields.Field[list[str]] = fields.JSONField(default=list)
    """What a deal must have to come into this stage: ``crm.deals.gates``."""
    archived_at = fields.DatetimeField(null=True)
    """It was deleted: no deal is in it, and history still knows it."""

    class Meta:
        table = "stage"
        # The last key is what deals refer to: it makes a deal's pipeline and status follow from its stage.
        unique_together = (("workspace", "id"), ("workspace", "pipeline", "id", "kind"))
        indexes = (("workspace_id", "pipeline_id", "position", "id"),)
        constraints = (
            one_of("stage", "kind", StageKind),
            CheckConstraint(check="name <> ''", name="stage_name_present"),
            CheckConstraint(
                check="probability BETWEEN 0 AND 100 AND (kind <> 'WON' OR probability = 100)"
                " AND (kind <> 'LOST' OR probability = 0)",
                name="stage_probability_fits_kind",
            ),
            CheckConstraint(check="rotting_after_days > 0", name="stage_rotting_after_days_valid"),
            CheckConstraint(check="color ~ '^#[0-9a-f]{6}$'", name="stage_color_valid"),
            CheckConstraint(check="jsonb_typeof(required_fields) = 'array'", name="stage_required_fields_listed"),
            UniqueConstraint(
                fields=("workspace_id", "pipeline_id", "kind"),
                name="stage_one_won_one_lost",
                condition="kind <> 'OPEN' AND archived_at IS NULL",
            ),
        )

    def facts(self) -> StageFacts:
        return StageFacts(
            id=self.id,
            pipeline_id=self.pipeline_id,
            name=self.name,
            kind=StageKind(self.kind),
            archived=self.archived_at is not None,
        )
