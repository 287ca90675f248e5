"""What a board of a million deals needs."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

COVERED = (
    # By the indexes added here.
    "lead_contact_id_idx",
    "lead_organization_id_idx",
    "lead_deal_id_idx",
    "deal_contact_id_idx",
    "deal_organization_id_idx",
    "contact_organization_id_idx",
    # By wider ones that were there: every move, and every entry of a timeline, wrote both.
    "deal_stage_id_idx",
    "stage_change_deal_id_idx",
    "stage_pipeline_id_idx",
    "activity_lead_id_idx",
    "activity_deal_id_idx",
)
"""Indexes of foreign keys that are the beginning of another index."""


class Migration(migrations.Migration):
    dependencies = [("crm", "0002_doors")]

    operations = [
        ops.AddField(
            model_name="Stage",
            name="rotting_after_days",
            field=fields.SmallIntField(null=True),
        ),
        ops.AddConstraint(
            model_name="Stage",
            constraint=CheckConstraint(check="rotting_after_days > 0", name="stage_rotting_after_days_valid"),
        ),
        # What nested and filtered lists page by.
        ops.AddIndex(
            model_name="Contact",
            index=Index(fields=["workspace_id", "organization_id", "name_folded", "name", "id"]),
        ),
        ops.AddIndex(model_name="Deal", index=Index(fields=["workspace_id", "contact_id", "created_at", "id"])),
        ops.AddIndex(model_name="Deal", index=Index(fields=["workspace_id", "organization_id", "created_at", "id"])),
        ops.AddIndex(model_name="Lead", index=Index(fields=["workspace_id", "state", "created_at", "id"])),
        ops.AddIndex(model_name="Lead", index=Index(fields=["workspace_id", "contact_id", "created_at", "id"])),
        ops.AddIndex(model_name="Lead", index=Index(fields=["workspace_id", "organization_id", "created_at", "id"])),
        ops.AddIndex(model_name="Lead", index=Index(fields=["workspace_id", "deal_id", "created_at", "id"])),
        ops.RunSQL([f"DROP INDEX {name}" for name in COVERED], ops.RunSQL.noop),
    ]
