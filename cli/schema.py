"""Commands for people who change the model or the API: the SDL and the migrations, written and checked."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import tempfile
from pathlib import Path

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


@click.command("check-migrations")
def check_migrations() -> None:
    """Fail when the models have changed and no migration says so."""
    folder = ROOT / "crm" / "migrations"
    before = set(folder.glob("*.py"))
    said = _autodetect(None)
    for written in set(folder.glob("*.py")) - before:
        written.unlink()
    if "No changes detected" not in said:
        raise click.ClickException("models and migrations disagree: run make migrations and commit what it writes")
    click.echo("models and migrations agree")


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
