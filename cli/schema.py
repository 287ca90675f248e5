"""Commands for people who change the model or the API: the SDL and the migrations, written and checked."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import click

ROOT = Path(__file__).resolve().parent.parent
SDL = ROOT / "schema" / "schema.graphql"


def current_sdl() -> str:
    """The schema as SDL, as it is committed."""
    from schema.build import build_schema

    return build_schema().as_str() + "\n"


@click.command()
def sdl() -> None:
    """Print the GraphQL schema."""
    click.echo(current_sdl(), nl=False)


@click.command("check-sdl")
def check_sdl() -> None:
    """Fail when schema/schema.graphql is not the schema of the code."""
    if SDL.read_text() != current_sdl():
        raise click.ClickException("schema/schema.graphql is not what the code says: run make sdl and commit it")
    click.echo("the SDL agrees")


@click.command()
@click.option("--name", help="What the migration does, in a few words.")
def makemigrations(name: str | None) -> None:
    """Write a migration for what has changed in the models. Seal new tables by hand (crm/sealing.py)."""
    click.echo(_autodetect(name), nl=False)
    click.echo("Look at it, seal it, then write what new databases are made from: make baseline")


@click.command("baseline")
def write_baseline() -> None:
    """Write crm/migrations/baseline.sql, which new databases are made from, as the migrations have it."""
    from crm import baseline

    baseline.FILE.write_text(_migrated())


@click.command("check-migrations")
def check_migrations() -> None:
    """Fail when the models have changed and no migration says so, or when new databases would be others."""
    from crm import baseline

    folder = ROOT / "crm" / "migrations"
    before = set(folder.glob("*.py"))
    said = _autodetect(None)
    for written in set(folder.glob("*.py")) - before:
        written.unlink()
    if "No changes detected" not in said:
        raise click.ClickException("models and migrations disagree: run make migrations and commit what it writes")
    if baseline.FILE.read_text() != _migrated():
        raise click.ClickException("crm/migrations/baseline.sql is not what the migrations say: run make baseline")
    click.echo("models, migrations and baseline agree")


def _migrated() -> str:
    """The baseline, of a database that goes through all migrations, on a server of its own.

    pg_dump writes some conditions in another way when they were read from a dump, and then always in that: so what it
    says of the migrated database is laid into a second one, and what it says of that is the baseline.
    """
    from crm import baseline
    from crm.migrate import prepare_database
    from embedded.postgres import DATABASE, OWNER, Postgres

    async def written(server: Postgres, database: str, schema: str | None = None) -> str:
        async with connected(server.url_of(database)) as connection:
            if schema is not None:
                await baseline.lay(connection, schema)
            return await baseline.written(connection, server.dump_schema(database))

    async def migrate(server: Postgres) -> str:
        await prepare_database(server.url, "nobody logs in here", from_baseline=False)
        schema = await written(server, DATABASE)
        async with connected(server.superuser_url) as connection:
            await connection.execute(f"CREATE DATABASE second OWNER {OWNER}")
        return await written(server, "second", schema)

    with tempfile.TemporaryDirectory(prefix="anbahn-") as state, Postgres(Path(state), fast=True) as server:
        return asyncio.run(migrate(server))


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection for a while."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def _autodetect(name: str | None) -> str:
    from tortoise.cli.cli import CLIContext
    from tortoise.cli.cli import makemigrations as detect

    from crm.db import tortoise_config

    # Tortoise takes its configuration from a file only; nothing of the address in it is ever contacted.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        json.dump(tortoise_config("postgres://nobody@127.0.0.1:1/nothing"), config)
        config.flush()
        with contextlib.redirect_stdout(io.StringIO()) as said:
            asyncio.run(detect(CLIContext(None, config.name), (), False, name))
    return said.getvalue()
