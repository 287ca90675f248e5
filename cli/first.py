"""The first workspace of a database that is up to date, and demo data in it."""

from __future__ import annotations

from datetime import UTC, datetime

from cli import demo
from crm import db
from crm.accounts.facts import Actor
from crm.ids import new_id
from crm.intake.secrets import SecretBox
from crm.migrate import alone, first_workspace
from crm.onboarding.operations import open_workspace, set_owner_key
from settings import Settings, SettingsError


async def found_or_made(config: Settings, url: str) -> str:
    """See that there is a first workspace and its owner gets in; what was done, in words."""
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
        await open_first(
            actor=Actor.system(new_id()),
            key=config.admin_key,
            box=SecretBox(config.required_secret()),
            with_demo=config.demo,
            now=now,
        )
        return "made the first workspace, with demo data" if config.demo else "made the first workspace"


@db.atomic()
async def open_first(*, actor: Actor, key: str, box: SecretBox, with_demo: bool, now: datetime) -> None:
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
