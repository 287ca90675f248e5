"""The whole schema in one file, for a database that has nothing yet: ``crm/migrations/baseline.sql``.

Tortoise copies all it knows of every table before each operation of a migration, so going through all of them takes
ten seconds and more, which a newcomer would wait at the first start, and each test that makes a database. The file is
what PostgreSQL's own ``pg_dump`` says of a database that went through them; ``make baseline`` writes it anew, and
``make check`` fails when it is not what they lead to (docs/adr/0018-baseline.md).
"""

from __future__ import annotations

import re
from pathlib import Path

import asyncpg

MIGRATIONS = Path(__file__).parent / "migrations"
FILE = MIGRATIONS / "baseline.sql"
NAMES = tuple(sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.py")))
"""The migrations there are, oldest first, such as ``0002_doors``."""

_HEADER = """\
-- The schema of a new database, as all migrations leave it. Written by `make baseline`, and never by hand.

-- As 0002_doors has it: rights on the database itself are in no dump of what it holds.
DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;

"""


async def lay(connection: asyncpg.Connection, schema: str | None = None) -> bool:
    """Make the schema (the file's) in a database that has no table yet, whole or not at all; whether it was such a one.

    The connection's settings are what they were before. The application's role must exist.
    """
    if await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p'))"
    ):
        return False
    async with connection.transaction():
        # Functions may name tables that are made only further down.
        await connection.execute("SET LOCAL check_function_bodies = off")
        await connection.execute(FILE.read_text() if schema is None else schema)
    return True


async def written(connection: asyncpg.Connection, dump: str) -> str:
    """The file's text, of ``pg_dump --schema-only --no-owner`` over the connection's database.

    What depends on the version of PostgreSQL or on the moment is left out: the settings at the beginning, the lines
    that fence the dump, comments.
    """
    body = dump[dump.index("\nCREATE ") :]
    dropped = re.compile(r"^(--.*|\\(un)?restrict .*|SET default_\w+ = .*;|COMMENT ON EXTENSION .*;)$", re.MULTILINE)
    body = re.sub(r"\n{3,}", "\n\n", dropped.sub("", body)).strip()
    applied = await connection.fetch("SELECT app, name FROM tortoise_migrations ORDER BY id")
    rows = ",\n".join(f"    ('{row['app']}', '{row['name']}', now())" for row in applied)
    return f"{_HEADER}{body}\n\nINSERT INTO public.tortoise_migrations (app, name, applied_at) VALUES\n{rows};\n"
