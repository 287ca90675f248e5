"""What a migration adds to the tables it creates: constraints, composite keys, and the wall around each workspace.

Tortoise 1.1.9 keeps ``Meta.constraints`` of a new table in its own state and never sends them to the database, and it
knows neither composite foreign keys nor row-level security. ``seal`` writes all of that as SQL, out of the very
``CreateModel`` operations of the migration, so that a table cannot be created and forgotten. A test on the catalog
(tests/crm/test_catalog.py) holds the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

APP_ROLE = "anbahn_app"
SETTING = "(SELECT nullif(current_setting('app.workspace_id', true), '')::uuid)"


def seal(operations: Sequence[Any], *, append_only: Iterable[str] = ()) -> list[Any]:
    """The operations that seal every table created by the given ones; they go after them, in the same migration.

    ``append_only`` names the tables whose rows the application may add and read, but not change.
    """
    created = [operation.options or {} for operation in operations if isinstance(operation, ops.CreateModel)]
    statements = []
    for options in created:
        statements += _constraints(options["table"], options.get("constraints", ()))
    for options in created:
        table = options["table"]
        statements += _composite_keys(table)
        statements += _row_level_security(table, "id" if table == "workspace" else "workspace_id")
        # No DELETE: nothing in the application deletes. An operation that must is granted it with its migration.
        rights = "SELECT, INSERT" if table in set(append_only) else "SELECT, INSERT, UPDATE"
        statements.append(f"GRANT {rights} ON {table} TO {APP_ROLE}")
    return [ops.RunSQL(statements, ops.RunSQL.noop)]  # one operation: Tortoise copies its whole state before each


def compose(*tables: str) -> list[str]:
    """The statements that make the foreign keys that were added to existing tables composite, as ``seal`` does."""
    return [statement for table in tables for statement in _composite_keys(table)]


def _constraints(table: str, constraints: Iterable[CheckConstraint | UniqueConstraint]) -> list[str]:
    statements = []
    for constraint in constraints:
        if isinstance(constraint, CheckConstraint):
            statements.append(f"ALTER TABLE {table} ADD CONSTRAINT {constraint.name} CHECK ({constraint.check})")
        else:
            condition = f" WHERE {constraint.condition}" if constraint.condition else ""
            columns = ", ".join(constraint.fields)
            statements.append(f"CREATE UNIQUE INDEX {constraint.name} ON {table} ({columns}){condition}")
    return statements


def _composite_keys(table: str) -> list[str]:
    """Replace each foreign key to another table of the workspace by one over (workspace_id, column), and index it."""
    return [
        f"""
DO $seal$
DECLARE
    key record;
BEGIN
    FOR key IN
        SELECT k.conname, k.confrelid::regclass AS parent, c.attname AS col,
               CASE k.confdeltype
                   WHEN 'c' THEN 'CASCADE'
                   WHEN 'n' THEN format('SET NULL (%I)', c.attname)
                   ELSE 'RESTRICT'
               END AS on_delete
        FROM pg_constraint k
        JOIN pg_attribute c ON c.attrelid = k.conrelid AND c.attnum = k.conkey[1]
        WHERE k.conrelid = '{table}'::regclass AND k.contype = 'f' AND array_length(k.conkey, 1) = 1
          AND EXISTS (
              SELECT 1 FROM pg_attribute w
              WHERE w.attrelid = k.confrelid AND w.attname = 'workspace_id' AND NOT w.attisdropped
          )
    LOOP
        EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %I', key.conname);
        EXECUTE format(
            'ALTER TABLE {table} ADD CONSTRAINT %I FOREIGN KEY (workspace_id, %I)'
            ' REFERENCES %s (workspace_id, id) ON DELETE %s',
            '{table}_' || key.col || '_fkey', key.col, key.parent, key.on_delete);
        EXECUTE format('CREATE INDEX %I ON {table} (workspace_id, %I)', '{table}_' || key.col || '_idx', key.col);
    END LOOP;
END
$seal$"""  # noqa: S608  (tables are named by our own migrations)
    ]


def _row_level_security(table: str, column: str) -> list[str]:
    # Not FORCE: the owner migrates data, and validates new foreign keys, over all workspaces.
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"CREATE POLICY tenant ON {table} FOR ALL TO {APP_ROLE}"
        f" USING ({column} = {SETTING}) WITH CHECK ({column} = {SETTING})",
    ]
