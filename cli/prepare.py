"""``anbahn migrate`` and ``anbahn prepare``: the database, the first workspace and, for a first look, demo data."""

from __future__ import annotations

from datetime import UTC, datetime

import click

import settings
from cli import demo, faults
from crm import db
from crm.accounts.facts import Actor
from crm.ids import new_id
from crm.intake.secrets import SecretBox
from crm.migrate import alone, first_workspace, prepare_database
from crm.onboarding.operations import open_workspace, set_owner_key
from settings import Settings, SettingsError


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
    # Two first runs at once look one after the other, so that they find one workspace.
    async with alone(url), db.connected(config.app_database_url(), maximum=4):
        now = datetime.now(UTC)
        found = await first_workspace(url)
        if found is not None:
            if config.admin_key:
                await set_owner_key(actor=Actor.system(found), owner_key=config.admin_key, now=now)
            return "the workspace is there"
        if not config.admin_key:
            raise SettingsError(
                "ANBAHN_ADMIN_KEY is missing: set it to a random string of at least 32 characters; "
                "it will be the bearer key of the first workspace's owner"
            )
        await _first(
            actor=Actor.system(new_id()),
            key=config.admin_key,
            box=SecretBox(config.required_secret()),
            with_demo=config.demo,
            now=now,
        )
        return "made the first workspace, with demo data" if config.demo else "made the first workspace"


@db.atomic()
async def _first(*, actor: Actor, key: str, box: SecretBox, with_demo: bool, now: datetime) -> None:
    """The first workspace, whole or not at all."""
    await open_workspace(
        actor=actor,
        name="My company",
        owner_name="Owner",
        owner_email="owner@example.com",
        owner_key=key,
        box=box,
        now=now,
    )
    if with_demo:
        await demo.fill(actor, now)
