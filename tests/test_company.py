"""Whoever tests with a copied company tests with what the operations make."""

from __future__ import annotations

import json
import re
from typing import Any

import asyncpg

from crm.db import scoped
from crm.doors import actor_of, form_of, mailbox_of
from crm.engine import bound
from crm.intake.models import Channel
from crm.pipelines.models import Stage
from tests.company import Company, open_company, opened
from tests.conftest import dump

OF_ITS_OWN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SECRETS = ("key_hash", "key", "secret_hash", "secret_sealed")


async def test_a_copy_is_what_the_operations_open_with_ids_and_secrets_of_its_own(
    orm: None, owner_connection: asyncpg.Connection
) -> None:
    companies = [await opened("Acme"), await open_company("Acme"), await open_company("Acme")]
    rows = [await dump(owner_connection, company.alice.workspace_id) for company in companies]
    shown = [{table: sorted(map(shape, found)) for table, found in tables.items()} for tables in rows]
    assert shown[0] == shown[1] == shown[2]
    ids = [set(OF_ITS_OWN.findall(str(tables))) for tables in rows]
    assert len(set.union(*ids)) == sum(map(len, ids)) > 60
    for company in companies:
        await opens(company)


def shape(row: str) -> str:
    """A row without what is of one workspace alone."""
    values: dict[str, Any] = json.loads(row)
    return json.dumps({name: OF_ITS_OWN.sub("", str(value)) for name, value in values.items() if name not in SECRETS})


async def opens(company: Company) -> None:
    """Its keys are its people's, its channels lead to it, and what was read of it is what is stored."""
    for person, key in company.keys.items():
        assert await actor_of(key) == company.actors[person]
    form, mailbox = await form_of(company.form.key or ""), await mailbox_of(company.mail_secret)
    assert form is not None
    assert mailbox is not None
    assert {form.workspace_id, mailbox.workspace_id} == {company.alice.workspace_id}
    assert (form.channel_id, mailbox.channel_id) == (company.form.id, company.mailbox.id)
    with bound(company.alice.workspace_id):
        stages = await scoped(Stage, company.alice).order_by("position")
        channels = await scoped(Channel, company.alice).order_by("kind")
    for kept, read in zip((*company.stages, company.form, company.mailbox), (*stages, *channels), strict=True):
        assert dict(kept) == dict(read)
