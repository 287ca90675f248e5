"""What was there when: each deal's past in spans of time (docs/adr/0015)."""

from crm.ids import new_id
from crm.sealing import APP_ROLE, seal
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

# They run as whoever writes the deal, behind the same wall. Time is the deal's own, the request's: never the server's
# clock. Requests may commit in another order than they came in, so a deal's time never goes backwards.
TRIGGERS = [
    """
CREATE FUNCTION deals_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.deal_history (workspace_id, deal_id, valid_from, pipeline_id, stage_id, status, amount_minor,
        currency, expected_close_date, probability_override, owner_id, archived)
    SELECT workspace_id, id, created_at, pipeline_id, stage_id, status, amount_minor,
        currency, expected_close_date, probability_override, owner_id, archived_at IS NOT NULL
    FROM came;
    RETURN NULL;
END
$$""",
    """
CREATE FUNCTION deal_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz;
BEGIN
    UPDATE public.deal_history SET valid_to = greatest(NEW.updated_at, valid_from)
    WHERE workspace_id = NEW.workspace_id AND deal_id = NEW.id AND valid_to IS NULL
    RETURNING valid_to INTO moment;
    INSERT INTO public.deal_history (workspace_id, deal_id, valid_from, pipeline_id, stage_id, status, amount_minor,
        currency, expected_close_date, probability_override, owner_id, archived)
    VALUES (NEW.workspace_id, NEW.id, coalesce(moment, NEW.updated_at), NEW.pipeline_id, NEW.stage_id, NEW.status, NEW.amount_minor,
        NEW.currency, NEW.expected_close_date, NEW.probability_override, NEW.owner_id, NEW.archived_at IS NOT NULL);
    RETURN NULL;
END
$$""",
    "CREATE TRIGGER deal_begins AFTER INSERT ON deal REFERENCING NEW TABLE AS came"
    " FOR EACH STATEMENT EXECUTE FUNCTION deals_begin()",
    "CREATE TRIGGER deal_goes_on AFTER UPDATE ON deal FOR EACH ROW"
    " WHEN ((OLD.pipeline_id, OLD.stage_id, OLD.status, OLD.amount_minor, OLD.currency, OLD.expected_close_date,"
    " OLD.probability_override, OLD.owner_id, OLD.archived_at IS NULL) IS DISTINCT FROM"
    " (NEW.pipeline_id, NEW.stage_id, NEW.status, NEW.amount_minor, NEW.currency, NEW.expected_close_date,"
    " NEW.probability_override, NEW.owner_id, NEW.archived_at IS NULL)) EXECUTE FUNCTION deal_goes_on()",
]

# After the triggers: making them has locked the table against writers until this migration commits. Of the past only
# the stages are known; the last span is the deal as it is, and all others have its amount, close date and owner.
BACKFILL = """
INSERT INTO deal_history (id, workspace_id, deal_id, valid_from, valid_to, pipeline_id, stage_id, status, amount_minor,
    currency, expected_close_date, probability_override, owner_id, archived)
SELECT gen_random_uuid(), d.workspace_id, d.id, stay.valid_from, stay.valid_to,
    CASE WHEN stay.valid_to IS NULL THEN d.pipeline_id ELSE s.pipeline_id END,
    CASE WHEN stay.valid_to IS NULL THEN d.stage_id ELSE s.id END,
    CASE WHEN stay.valid_to IS NULL THEN d.status ELSE s.kind END,
    d.amount_minor, d.currency, d.expected_close_date, d.probability_override, d.owner_id,
    stay.valid_to IS NULL AND d.archived_at IS NOT NULL
FROM deal d
CROSS JOIN LATERAL (
    SELECT c.to_stage_id, c.entered_at AS valid_from,
        lead(c.entered_at) OVER (ORDER BY c.entered_at, c.left_at NULLS LAST, c.id) AS valid_to
    FROM stage_change c WHERE c.workspace_id = d.workspace_id AND c.deal_id = d.id
    UNION ALL
    SELECT d.stage_id, d.created_at, NULL
    WHERE NOT EXISTS (SELECT 1 FROM stage_change c WHERE c.workspace_id = d.workspace_id AND c.deal_id = d.id)
) AS stay
JOIN stage s ON s.workspace_id = d.workspace_id AND s.id = stay.to_stage_id"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0004_pipeline_in_full")]

    operations = [
        ops.CreateModel(
            name="DealHistory",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("workspace", fields.ForeignKeyField("crm.Workspace", source_field="workspace_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.CASCADE)),
                ("deal", fields.ForeignKeyField("crm.Deal", source_field="deal_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.CASCADE)),
                ("valid_from", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("valid_to", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("pipeline_id", fields.UUIDField()),
                ("stage_id", fields.UUIDField()),
                ("status", fields.CharField(max_length=8)),
                ("amount_minor", fields.BigIntField(null=True)),
                ("currency", fields.CharField(null=True, max_length=3)),
                ("expected_close_date", fields.DateField(null=True)),
                ("probability_override", fields.SmallIntField(null=True)),
                ("owner_id", fields.UUIDField(null=True)),
                ("archived", fields.BooleanField()),
            ],
            options={"table": "deal_history", "app": "crm", "constraints": [CheckConstraint(check="status IN ('OPEN', 'WON', 'LOST')", name="deal_history_status_known"), UniqueConstraint(fields=("workspace_id", "deal_id"), name="deal_history_one_current", condition="valid_to IS NULL"), CheckConstraint(check="valid_to >= valid_from", name="deal_history_in_order")], "indexes": [Index(fields=["workspace_id", "deal_id", "valid_from"])], "pk_attr": "id", "table_description": "A span of time in which nothing of a deal changed that a review of the pipeline looks at: docs/adr/0015."},
            bases=["WorkspaceRecord"],
        ),
    ]

    operations += seal(operations, append_only=("deal_history",))
    operations += [
        ops.RunSQL(
            [
                "ALTER TABLE deal_history ALTER COLUMN id SET DEFAULT gen_random_uuid()",
                # What was there at a moment is one range of it: spans that had not ended then.
                "CREATE INDEX deal_history_end ON deal_history"
                " (workspace_id, pipeline_id, (CASE WHEN valid_to IS NULL THEN 'infinity' ELSE valid_to END))",
                "DROP INDEX deal_history_deal_id_idx",  # the beginning of the index on valid_from
                f"GRANT UPDATE (valid_to) ON deal_history TO {APP_ROLE}",  # the end of a span, and nothing else of it
                *TRIGGERS,
                BACKFILL,
            ],
            ops.RunSQL.noop,
        )
    ]
