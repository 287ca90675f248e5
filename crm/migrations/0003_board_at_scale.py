"""What a board of a million deals needs."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint


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
    ]
