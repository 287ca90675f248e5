"""The workspaces that are filled."""

from __future__ import annotations

from uuid import UUID

import asyncpg

from bench.data.fill import NOW
from crm import db
from crm.accounts.facts import Actor
from crm.ids import new_id
from crm.intake.secrets import SecretBox
from crm.onboarding.operations import open_workspace
from settings import Settings

COLLEAGUES = ("Björn Vogt", "Sabine Krüger", "Ayşe Öztürk", "Oliver Brown", "Petra Łaski", "Henry Jones")


async def opened(config: Settings, name: str, key: str) -> UUID:
    """A workspace as the product opens it, with colleagues and a sixth stage; returns its id."""
    actor = Actor.system(new_id())
    async with db.connected(config.app_database_url()):
        await open_workspace(
            actor=actor,
            name=name,
            owner_name="Käthe Müller",
            owner_email="kaethe@beispiel.example",
            owner_key=key,
            box=SecretBox(config.required_secret()),
            now=NOW,
        )
    connection = await asyncpg.connect(config.required_database_url())
    try:
        await connection.executemany(
            "INSERT INTO member (id, workspace_id, version, created_at, updated_at, name, email, email_normalized,"
            " role) VALUES ($1, $2, 1, $3, $3, $4, $5, $5, 'MEMBER')",
            [
                (new_id(), actor.workspace_id, NOW, name, f"colleague-{number}@beispiel.example")
                for number, name in enumerate(COLLEAGUES)
            ],
        )
        await connection.execute(
            "UPDATE stage SET position = position + 1 WHERE workspace_id = $1 AND kind <> 'OPEN'", actor.workspace_id
        )
        await connection.execute(
            "INSERT INTO stage (id, workspace_id, version, created_at, updated_at, pipeline_id, name, kind,"
            " probability, position)"
            " SELECT $1, $2, 1, $3, $3, id, 'Contract review', 'OPEN', 90, 3 FROM pipeline WHERE workspace_id = $2",
            new_id(),
            actor.workspace_id,
            NOW,
        )
    finally:
        await connection.close()
    return actor.workspace_id
