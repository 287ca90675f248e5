"""``anbahn workspace …``"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import click

import settings
from cli import faults
from cli.running import with_running
from crm import db
from crm.accounts.facts import Actor
from crm.ids import new_id
from crm.intake.secrets import SecretBox
from crm.onboarding.operations import open_workspace
from settings import Settings


@click.group()
def workspace() -> None:
    """Workspaces: each is a company's own sealed room."""


@workspace.command()
@click.argument("name")
@click.option("--owner-name", default="Owner", show_default=True, help="The owner's name.")
@click.option("--owner-email", default="owner@example.com", show_default=True, help="The owner's address.")
def create(name: str, owner_name: str, owner_email: str) -> None:
    """Make a workspace called NAME and print its owner's bearer key, which is shown only now."""
    config = with_running(settings.read())
    key = secrets.token_urlsafe(32)
    url = config.app_database_url()
    workspace_id = faults.run(_create(config, url, name, owner_name, owner_email, key), url)
    click.echo(f"workspace {workspace_id} is open; its owner's bearer key, shown only now:", err=True)
    click.echo(key)


async def _create(config: Settings, url: str, name: str, owner_name: str, owner_email: str, key: str) -> str:
    actor = Actor.system(new_id())
    async with db.connected(url, maximum=2):
        await open_workspace(
            actor=actor,
            name=name,
            owner_name=owner_name,
            owner_email=owner_email,
            owner_key=key,
            box=SecretBox(config.required_secret()),
            now=datetime.now(UTC),
        )
    return str(actor.workspace_id)
