"""The database holds what the models promise: read from its catalog, and each check proved by a mutant."""

from __future__ import annotations

import asyncpg
import pytest
from tortoise import Tortoise
from tortoise.migrations.constraints import CheckConstraint

from crm.migrate import is_migrated
from tests.conftest import Database

FOREIGN_KEYS = """
SELECT k.conrelid::regclass::text || '.' || k.conname FROM pg_constraint k
JOIN pg_attribute w ON w.attrelid = k.conrelid AND w.attname = 'workspace_id'
JOIN pg_attribute p ON p.attrelid = k.confrelid AND p.attname = 'workspace_id'
WHERE k.contype = 'f' AND (
    NOT (w.attnum = ANY (k.conkey) AND p.attnum = k.confkey[array_position(k.conkey, w.attnum)])
    OR NOT k.convalidated
    OR (k.confdeltype IN ('n', 'd') AND (k.confdelsetcols IS NULL OR w.attnum = ANY (k.confdelsetcols))))
"""
"""Foreign keys between tables of a workspace that could cross into another one."""

UNINDEXED = """
SELECT k.conrelid::regclass::text || '.' || k.conname FROM pg_constraint k
WHERE k.contype = 'f' AND array_length(k.conkey, 1) > 1 AND NOT EXISTS (
    SELECT 1 FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indisvalid
    AND (i.indkey::int2[])[0:1] <@ k.conkey AND array_length(k.conkey, 1) >= 2
    AND k.conkey[2:2] <@ i.indkey::int2[])
"""
"""Composite foreign keys whose columns no index leads to."""

UNSEALED = """
SELECT c.relname FROM pg_class c
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id'
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
AND c.relname <> 'tortoise_migrations' AND (
    NOT c.relrowsecurity
    OR (c.relname <> 'workspace' AND (a.attnum IS NULL OR NOT a.attnotnull))
    OR NOT EXISTS (
        SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*' AND p.polpermissive
        AND 'anbahn_app'::regrole::oid = ANY (p.polroles)
        AND pg_get_expr(p.polqual, c.oid) LIKE '%app.workspace_id%'
        AND pg_get_expr(p.polwithcheck, c.oid) LIKE '%app.workspace_id%')
    OR EXISTS (
        SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid
        AND pg_get_expr(p.polqual, c.oid) NOT LIKE '%app.workspace_id%'))
"""
"""Tables that the wall around workspaces leaves open."""

POWERFUL = """
SELECT rolname FROM pg_roles r WHERE rolname = 'anbahn_app' AND (
    rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
    OR EXISTS (SELECT 1 FROM pg_class WHERE relowner = r.oid)
    OR EXISTS (SELECT 1 FROM pg_auth_members WHERE member = r.oid))
"""
"""The application's role, if it can do more than it is granted."""

DOORS = """
SELECT p.proname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef AND (
    p.proconfig IS NULL OR NOT 'search_path=pg_catalog, pg_temp' = ANY (p.proconfig)
    OR has_function_privilege('public', p.oid, 'execute'))
"""
"""Functions past the wall that anybody may call, or whose search path can be bent."""

VIEWS = """
SELECT relname FROM pg_class WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace
AND NOT coalesce('security_invoker=true' = ANY (reloptions), false)
"""
"""Views that look with their owner's eyes."""

GLOBALLY_UNIQUE = {"api_key": {"key_hash"}, "channel": {"key", "secret_hash"}}
"""Unique over all workspaces on purpose: random keys, by which a workspace is found."""


async def rows(connection: asyncpg.Connection, sql: str) -> list[str]:
    return [row[0] for row in await connection.fetch(sql)]


@pytest.mark.parametrize("sql", [FOREIGN_KEYS, UNINDEXED, UNSEALED, POWERFUL, DOORS, VIEWS])
async def test_no_hole_in_the_wall(orm: None, owner_connection: asyncpg.Connection, sql: str) -> None:
    assert await rows(owner_connection, sql) == []


MUTANTS = [
    (FOREIGN_KEYS, "ALTER TABLE deal ADD FOREIGN KEY (contact_id) REFERENCES contact (id)"),
    (
        FOREIGN_KEYS,
        "ALTER TABLE deal ADD FOREIGN KEY (workspace_id, contact_id) REFERENCES contact (workspace_id, id)"
        " ON DELETE SET NULL",
    ),
    (
        FOREIGN_KEYS,
        "ALTER TABLE deal ADD FOREIGN KEY (workspace_id, owner_id) REFERENCES member (workspace_id, id) NOT VALID",
    ),
    (UNINDEXED, "DROP INDEX deal_owner_id_idx"),
    (UNSEALED, "CREATE TABLE forgotten (id uuid, workspace_id uuid NOT NULL)"),
    (UNSEALED, "ALTER TABLE lead DISABLE ROW LEVEL SECURITY"),
    (UNSEALED, "DROP POLICY tenant ON contact"),
    (UNSEALED, "CREATE POLICY hole ON contact FOR SELECT TO anbahn_app USING (true)"),
    (UNSEALED, "ALTER TABLE contact ALTER COLUMN workspace_id DROP NOT NULL"),
    (POWERFUL, "ALTER TABLE contact OWNER TO anbahn_app"),
    (
        DOORS,
        "CREATE FUNCTION hole() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    ),
    (
        DOORS,
        "CREATE FUNCTION hole() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public"
        " AS 'SELECT 1'; REVOKE ALL ON FUNCTION hole() FROM PUBLIC",
    ),
    (VIEWS, "CREATE VIEW everybody AS SELECT * FROM contact"),
]


@pytest.mark.parametrize(("sql", "mutation"), MUTANTS)
async def test_each_of_these_checks_finds_what_it_is_for(
    orm: None, database: Database, sql: str, mutation: str
) -> None:
    superuser = await asyncpg.connect(database.superuser_url)
    transaction = superuser.transaction()
    await transaction.start()
    try:
        await superuser.execute(mutation)
        assert await rows(superuser, sql) != []
    finally:
        await transaction.rollback()
        await superuser.close()


async def test_every_constraint_that_a_model_declares_is_in_the_database(
    orm: None, owner_connection: asyncpg.Connection
) -> None:
    """Tortoise drops those of new tables in silence, so each is looked for by name and kind."""
    checks = set(await rows(owner_connection, "SELECT conname FROM pg_constraint WHERE contype = 'c'"))
    indexes = {row["indexname"]: row["indexdef"] for row in await owner_connection.fetch("SELECT * FROM pg_indexes")}
    declared = 0
    for model in Tortoise.apps["crm"].values():  # type: ignore[index]
        for constraint in model._meta.constraints:
            declared += 1
            if isinstance(constraint, CheckConstraint):
                assert constraint.name in checks
            else:
                definition = indexes[constraint.name]
                assert definition.startswith("CREATE UNIQUE INDEX")
                assert f"({', '.join(constraint.fields)})" in definition
                assert ("WHERE" in definition) == bool(constraint.condition)
    assert declared > 40


async def test_unique_keys_begin_with_the_workspace(orm: None, owner_connection: asyncpg.Connection) -> None:
    """Uniqueness looks through row-level security: another key would tell whether a foreign row exists."""
    found = await owner_connection.fetch(
        """
        SELECT c.relname AS table, a.attname AS first FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
        WHERE i.indisunique AND NOT i.indisprimary AND c.relnamespace = 'public'::regnamespace
        AND c.relname <> 'tortoise_migrations'
        """
    )
    loose = {(row["table"], row["first"]) for row in found if row["first"] != "workspace_id"}
    assert loose == {(table, column) for table, columns in GLOBALLY_UNIQUE.items() for column in columns}


async def test_columns_that_order_lists_compare_byte_by_byte(orm: None, owner_connection: asyncpg.Connection) -> None:
    found = await owner_connection.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE collation_name = 'C'"
        " AND table_schema = 'public'"
    )
    assert {tuple(row) for row in found} == {
        ("deal", "rank"),
        ("contact", "name"),
        ("contact", "name_folded"),
        ("organization", "name"),
        ("organization", "name_folded"),
    }


async def test_the_application_can_neither_change_nor_delete_what_is_append_only(
    orm: None, owner_connection: asyncpg.Connection
) -> None:
    found = await rows(
        owner_connection,
        "SELECT table_name FROM information_schema.role_table_grants"
        " WHERE grantee = 'anbahn_app' AND privilege_type = 'UPDATE'",
    )
    assert not {"outbox_event", "idempotency_key", "inbound_raw", "stage_delta", "stage_tally", "deal_history"} & set(
        found
    )
    assert "lead" in found


async def test_the_application_has_no_schema_to_bend_a_door_with(
    orm: None, owner_connection: asyncpg.Connection
) -> None:
    """A type in pg_temp would be found before the real one, and its CHECK would run as the owner."""
    sql = "SELECT has_database_privilege('anbahn_app', current_database(), 'TEMPORARY')"
    assert await rows(owner_connection, sql) == [False]
    assert await rows(owner_connection, "SELECT has_schema_privilege('anbahn_app', 'public', 'CREATE')") == [False]


DELETABLE = {
    "contact_email", "contact_phone", "organization_email", "organization_phone", "postal_address",
    "tag", "tagging", "distinct_pair",
}  # fmt: skip
"""Parts of a record that are replaced as a whole, and what is no record: nothing that anybody could miss."""


async def test_no_record_can_be_deleted(orm: None, owner_connection: asyncpg.Connection) -> None:
    sql = (
        "SELECT DISTINCT table_name FROM information_schema.role_table_grants"
        " WHERE grantee = 'anbahn_app' AND privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE')"
    )
    assert set(await rows(owner_connection, sql)) == DELETABLE


async def test_the_application_knows_that_its_schema_is_there(orm: None) -> None:
    assert await is_migrated()
