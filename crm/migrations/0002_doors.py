"""The doors: the only questions that may be asked before the workspace is known. See crm/doors.py and docs/adr/0003.

Each runs as the owner (SECURITY DEFINER), past row-level security, and answers with ids and what is needed to go in;
never with a row's content.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

# pg_temp last, and named: it would otherwise be searched first, and the caller could put a type of his own there.
OPEN = "LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp"

FUNCTIONS = {
    "door_credential(bytea)": f"""
CREATE FUNCTION door_credential(wanted bytea)
RETURNS TABLE (workspace_id uuid, member_id uuid, role text) STABLE {OPEN} AS $$
    SELECT k.workspace_id, k.member_id, m.role::pg_catalog.text
    FROM public.api_key k
    JOIN public.member m ON m.workspace_id = k.workspace_id AND m.id = k.member_id
    WHERE k.key_hash = wanted AND k.revoked_at IS NULL
$$""",
    "door_form(text)": f"""
CREATE FUNCTION door_form(wanted text)
RETURNS TABLE (workspace_id uuid, channel_id uuid) STABLE {OPEN} AS $$
    SELECT c.workspace_id, c.id FROM public.channel c WHERE c.key = wanted AND c.kind = 'FORM'
$$""",
    "door_mail(bytea)": f"""
CREATE FUNCTION door_mail(wanted bytea)
RETURNS TABLE (workspace_id uuid, channel_id uuid) STABLE {OPEN} AS $$
    SELECT c.workspace_id, c.id FROM public.channel c WHERE c.secret_hash = wanted AND c.kind = 'MAIL'
$$""",
    "door_due(timestamptz, timestamptz, timestamptz, integer)": f"""
CREATE FUNCTION door_due(at_time timestamptz, due_before timestamptz, rung_before timestamptz, at_most integer)
RETURNS TABLE (workspace_id uuid, message_id uuid) VOLATILE {OPEN} AS $$
    UPDATE public.inbound_message m SET rung_at = at_time
    FROM (
        SELECT i.id FROM public.inbound_message i
        WHERE i.due_at <= due_before AND (i.rung_at IS NULL OR i.rung_at <= rung_before OR i.rung_at > at_time)
        ORDER BY i.due_at LIMIT at_most FOR UPDATE SKIP LOCKED
    ) due
    WHERE m.id = due.id
    RETURNING m.workspace_id, m.id
$$""",
}


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]

    operations = [
        ops.RunSQL(
            [
                # Nothing here needs temporary tables, and nobody else shall have a schema to put things into.
                "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$",
            ]
            + [
                statement
                for name, function in FUNCTIONS.items()
                for statement in (
                    function,
                    f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC",
                    f"GRANT EXECUTE ON FUNCTION {name} TO anbahn_app",
                )
            ],
            [f"DROP FUNCTION {name}" for name in FUNCTIONS],
        )
    ]
