"""References that follow merges, and doors to the records that may be duplicates of one another."""

from tortoise import migrations
from tortoise.migrations import operations as ops

REFERENCES = {
    "lead": {"contact_id": "contact", "organization_id": "organization"},
    "deal": {"contact_id": "contact", "organization_id": "organization"},
    "activity": {"contact_id": "contact", "organization_id": "organization"},
    "criterion_answer": {"decision_maker_id": "contact", "budget_holder_id": "contact"},
    "suggestion": {"decision_maker_id": "contact"},
    "contact": {"organization_id": "organization"},
    "organization": {"parent_id": "organization"},
}
"""Columns by which records refer to contacts and organizations, and to which."""


def holder(kind: str) -> str:
    """The function that tells who holds what was a merged record's."""
    # FOR KEY SHARE waits for a merge that is under way, and then sees it. The foreign key takes the same lock.
    return f"""
CREATE FUNCTION holder_of_{kind}(workspace uuid, wanted uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    next uuid;
BEGIN
    LOOP
        SELECT r.merged_into_id INTO next FROM public.{kind} r
        WHERE r.workspace_id = workspace AND r.id = wanted FOR KEY SHARE;
        IF next IS NULL THEN
            RETURN wanted;
        END IF;
        wanted := next;
    END LOOP;
END
$$"""


def follow(table: str, columns: dict[str, str]) -> list[str]:
    """Whoever is about to refer to a merged record refers to the one that holds what was its own."""
    steps = "".join(
        f"""
    IF NEW.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column} THEN
        NEW.{column} := public.holder_of_{kind}(NEW.workspace_id, NEW.{column});{
            " NEW.parent_id := nullif(NEW.parent_id, NEW.id);" if column == "parent_id" else ""
        }
    END IF;"""
        for column, kind in columns.items()
    )
    return [
        f"CREATE FUNCTION {table}_follows_merges() RETURNS trigger LANGUAGE plpgsql AS $$\nBEGIN{steps}\n    RETURN NEW;\nEND\n$$",
        f"CREATE TRIGGER {table}_follows_merges BEFORE INSERT OR UPDATE OF {', '.join(columns)} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {table}_follows_merges()",
    ]


class Migration(migrations.Migration):
    dependencies = [("crm", "0005_deal_history")]

    operations = [
        ops.RunSQL(
            [
                holder("contact"),
                holder("organization"),
                *(statement for table, columns in REFERENCES.items() for statement in follow(table, columns)),
            ],
            ops.RunSQL.noop,
        )
    ]
