"""``anbahn migrate`` and ``anbahn prepare``: the database, the first workspace and, for a first look, demo data."""

from __future__ import annotations

import click

import settings
from cli import faults
from crm.migrate import prepare_database
from settings import Settings


@click.command()
def migrate() -> None:
    """Bring the database of DATABASE_URL (its owner's login) to this version's schema."""
    config = settings.read()
    url, password = config.required_database_url(), config.app_role_password()
    faults.run(prepare_database(url, password), url)
    click.echo("the database is up to date")


@click.command()
def prepare() -> None:
    """Migrate, and make the first workspace where there is none; ANBAHN_ADMIN_KEY opens it."""
    config = settings.read()
    url = config.required_database_url()
    click.echo(faults.run(_prepare(config, url), url))


async def _prepare(config: Settings, url: str) -> str:
    await prepare_database(url, config.app_role_password())
    from cli.first import found_or_made  # most of the domain: imported once there is a database to work in

    return await found_or_made(config, url)
