"""What a board of a million deals needs."""

from crm.ids import new_id
from crm.sealing import APP_ROLE, seal
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
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

# The totals of stages: docs/adr/0011. The triggers run as whoever writes the deal, behind the same wall.
TRIGGERS = [
    """
CREATE FUNCTION deals_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.stage_delta (workspace_id, stage_id, currency, deals, minor)
    SELECT workspace_id, stage_id, coalesce(currency, ''), count(*), coalesce(sum(amount_minor), 0)
    FROM came GROUP BY 1, 2, 3;
    RETURN NULL;
END
$$""",
    """
CREATE FUNCTION deals_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.stage_delta (workspace_id, stage_id, currency, deals, minor)
    SELECT workspace_id, stage_id, coalesce(currency, ''), -count(*), -coalesce(sum(amount_minor), 0)
    FROM went
    -- Deals that go with their whole workspace leave no column behind to be counted for.
    WHERE EXISTS (SELECT 1 FROM public.workspace w WHERE w.id = went.workspace_id)
      AND EXISTS (SELECT 1 FROM public.stage s WHERE s.workspace_id = went.workspace_id AND s.id = went.stage_id)
    GROUP BY 1, 2, 3;
    RETURN NULL;
END
$$""",
    # Another amount in the same stage and currency is one row, with 0 deals.
    """
CREATE FUNCTION deal_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.stage_delta (workspace_id, stage_id, currency, deals, minor)
    SELECT c.workspace_id, c.stage_id, c.currency, sum(c.deals), sum(c.minor)
    FROM (VALUES
        (OLD.workspace_id, OLD.stage_id, coalesce(OLD.currency, ''), -1, -coalesce(OLD.amount_minor, 0)),
        (NEW.workspace_id, NEW.stage_id, coalesce(NEW.currency, ''), 1, coalesce(NEW.amount_minor, 0))
    ) AS c (workspace_id, stage_id, currency, deals, minor) GROUP BY 1, 2, 3;
    RETURN NULL;
END
$$""",
    "CREATE TRIGGER deal_came AFTER INSERT ON deal REFERENCING NEW TABLE AS came"
    " FOR EACH STATEMENT EXECUTE FUNCTION deals_came()",
    "CREATE TRIGGER deal_went AFTER DELETE ON deal REFERENCING OLD TABLE AS went"
    " FOR EACH STATEMENT EXECUTE FUNCTION deals_went()",
    "CREATE TRIGGER deal_changed AFTER UPDATE ON deal FOR EACH ROW"
    " WHEN ((OLD.stage_id, OLD.amount_minor, OLD.currency) IS DISTINCT FROM"
    " (NEW.stage_id, NEW.amount_minor, NEW.currency)) EXECUTE FUNCTION deal_changed()",
]

# After the triggers: making them has locked the table against writers until this migration commits.
BACKFILL = """
INSERT INTO stage_tally (id, workspace_id, stage_id, currency, deals, minor)
SELECT gen_random_uuid(), workspace_id, stage_id, coalesce(currency, ''), count(*), coalesce(sum(amount_minor), 0)
FROM deal GROUP BY 2, 3, 4"""

# As those of 0002: run as the owner, past row-level security, with a pinned search path.
OPEN = "LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"

DOORS = {
    # One statement: whoever reads sees a delta or what was made of it. Tallies are locked in the order of their key.
    "door_fold(integer)": f"""
CREATE FUNCTION door_fold(at_most integer) RETURNS bigint VOLATILE {OPEN} AS $$
    WITH waiting AS MATERIALIZED (
        SELECT d.id FROM public.stage_delta d LIMIT at_most FOR UPDATE SKIP LOCKED
    ), taken AS (
        DELETE FROM public.stage_delta d USING waiting w WHERE d.id = w.id
        RETURNING d.workspace_id, d.stage_id, d.currency, d.deals, d.minor
    ), folded AS (
        INSERT INTO public.stage_tally AS tally (id, workspace_id, stage_id, currency, deals, minor)
        SELECT gen_random_uuid(), k.workspace_id, k.stage_id, k.currency, sum(k.deals), sum(k.minor)
        FROM taken k GROUP BY 2, 3, 4 ORDER BY 2, 3, 4
        ON CONFLICT (workspace_id, stage_id, currency)
        DO UPDATE SET deals = tally.deals + excluded.deals, minor = tally.minor + excluded.minor
    )
    SELECT count(*) FROM taken
$$""",
    "door_crowded(integer)": f"""
CREATE FUNCTION door_crowded(at_most integer) RETURNS TABLE (workspace_id uuid, stage_id uuid) VOLATILE {OPEN} AS $$
    -- In any order, so that no column waits for ever behind others that are always busy.
    SELECT c.workspace_id, c.stage_id FROM (
        SELECT DISTINCT d.workspace_id, d.stage_id FROM public.deal d WHERE length(d.rank) > 24
    ) c ORDER BY random() LIMIT at_most
$$""",
}


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
        ops.CreateModel(
            name="StageTally",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("workspace", fields.ForeignKeyField("crm.Workspace", source_field="workspace_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.CASCADE)),
                ("stage", fields.ForeignKeyField("crm.Stage", source_field="stage_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.CASCADE)),
                ("currency", fields.CharField(max_length=3)),
                ("deals", fields.BigIntField()),
                ("minor", fields.DecimalField(max_digits=38, decimal_places=0)),
            ],
            options={"table": "stage_tally", "app": "crm", "unique_together": (("workspace", "stage", "currency"),), "constraints": [CheckConstraint(check="currency ~ '^([A-Z]{3})?$'", name="stage_tally_currency_valid")], "pk_attr": "id", "table_description": "How many deals of one currency a stage holds, and their sum, as of the last fold of its deltas."},
            bases=["WorkspaceRecord"],
        ),
        ops.CreateModel(
            name="StageDelta",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("workspace", fields.ForeignKeyField("crm.Workspace", source_field="workspace_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.CASCADE)),
                ("stage", fields.ForeignKeyField("crm.Stage", source_field="stage_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.CASCADE)),
                ("currency", fields.CharField(max_length=3)),
                ("deals", fields.BigIntField()),
                ("minor", fields.DecimalField(max_digits=38, decimal_places=0)),
            ],
            options={"table": "stage_delta", "app": "crm", "constraints": [CheckConstraint(check="currency ~ '^([A-Z]{3})?$'", name="stage_delta_currency_valid")], "pk_attr": "id", "table_description": "What one statement changed of a tally and nobody has folded into it yet. Triggers on ``deal`` write it."},
            bases=["WorkspaceRecord"],
        ),
    ]

    operations += seal(operations, append_only=("stage_delta",))
    operations += [
        ops.RunSQL(
            [
                "ALTER TABLE stage_delta ALTER COLUMN id SET DEFAULT gen_random_uuid()",
                "DROP INDEX stage_tally_stage_id_idx",  # the beginning of its unique key
                f"REVOKE INSERT, UPDATE ON stage_tally FROM {APP_ROLE}",  # only folding writes it
                # Ranks that have grown long, for the door below: docs/adr/0012.
                "CREATE INDEX deal_rank_long ON deal (workspace_id, stage_id) WHERE length(rank) > 24",
                *TRIGGERS,
                BACKFILL,
            ]
            + [
                statement
                for name, function in DOORS.items()
                for statement in (
                    function,
                    f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC",
                    f"GRANT EXECUTE ON FUNCTION {name} TO {APP_ROLE}",
                )
            ],
            ops.RunSQL.noop,
        )
    ]
