"""A workspace with the standing cast: Alice owns, Ada administrates, Bob is a member, Carol views.

It is opened by the operations once in a session; every other one is a copy of its rows, in one statement instead of
some thirty: two thousand tests begin with one.
"""

from __future__ import annotations

import copy
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from crm import db
from crm.accounts.facts import Actor, Role
from crm.accounts.models import ApiKey, Member
from crm.doors import hashed
from crm.engine import bound
from crm.ids import new_id
from crm.intake.facts import ChannelKind
from crm.intake.models import Channel
from crm.intake.secrets import SecretBox, new_form_key, new_secret
from crm.onboarding.operations import open_workspace
from crm.pipelines.models import Stage
from tests.serving import SECRET

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROLES = {"alice": Role.OWNER, "ada": Role.ADMIN, "bob": Role.MEMBER, "carol": Role.VIEWER}
TABLES = (
    "SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
    " WHERE a.attname = 'workspace_id' AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
)
"""Every table with rows of workspaces."""
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Company:
    """A workspace and its people."""

    actors: dict[str, Actor]
    keys: dict[str, str]
    stages: list[Stage]
    """Qualified, Offer sent, In negotiation, Won, Lost."""
    form: Channel
    mailbox: Channel
    mail_secret: str

    @property
    def system(self) -> Actor:
        return Actor.system(self.stages[0].workspace_id)

    def __getattr__(self, name: str) -> Any:
        if name in {"alice", "ada", "bob", "carol"}:
            return self.actors[name]
        raise AttributeError(name)

    def stage(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)


async def open_company(name: str = "Acme") -> Company:
    """A new workspace with the standing cast."""
    if not _first:
        _first.append(await First.open())
    return await _first[0].copied(name)


class First:
    """The workspace that the others are copies of. Nobody works in it."""

    def __init__(self, company: Company, rows: dict[str, list[Any]]) -> None:
        self.company = company
        self.text = json.dumps(rows)
        self.ids = sorted(set(_ID.findall(self.text)))
        inserts = (
            f"t{number} AS (INSERT INTO {table}"  # noqa: S608
            f" SELECT made.* FROM given, jsonb_populate_recordset(NULL::{table}, rows -> '{table}') made)"
            for number, table in enumerate(rows)
        )
        self.insert = f"WITH given AS (SELECT $1::jsonb AS rows), {', '.join(inserts)} SELECT 1"

    @classmethod
    async def open(cls) -> First:
        company = await opened("Acme")
        with bound(company.alice.workspace_id):
            tables = [("workspace", "id"), *((row["name"], "workspace_id") for row in await db.execute(TABLES))]
            found = {
                table: await db.execute(
                    f"SELECT to_jsonb(t) AS row FROM {table} t WHERE {column} = $1",  # noqa: S608
                    company.alice.workspace_id,
                )
                for table, column in tables
            }
        return cls(company, {table: [_plain(row["row"]) for row in rows] for table, rows in found.items() if rows})

    async def copied(self, name: str) -> Company:
        """The same with ids, keys and secrets of its own; ids stand in the same order."""
        new = dict(zip(self.ids, sorted(str(new_id()) for _ in self.ids), strict=True))
        made = copy.deepcopy(self.company)
        made.keys = {person: secrets.token_urlsafe(32) for person in made.keys}
        made.mail_secret = new_secret()
        made.form.key = new_form_key()
        made.mailbox.secret_hash = hashed(made.mail_secret)
        made.mailbox.secret_sealed = SecretBox(SECRET).seal(made.mail_secret)
        workspace_id = UUID(new[str(self.company.alice.workspace_id)])
        for row in (*made.stages, made.form, made.mailbox):
            row.id, row.workspace_id = UUID(new[str(row.id)]), workspace_id
        for stage in made.stages:
            stage.pipeline_id = UUID(new[str(stage.pipeline_id)])
        made.actors = {
            person: Actor(workspace_id, UUID(new[str(actor.member_id)]), actor.role)
            for person, actor in self.company.actors.items()
        }
        text = _ID.sub(lambda found: new[found[0]], self.text)
        for was, now in self._secrets(made):
            assert was in text
            text = text.replace(was, now)
        with bound(workspace_id):
            await db.execute(self.insert, text)
            if name != "Acme":
                await db.execute("UPDATE workspace SET name = $1 WHERE id = $2", name, workspace_id)
        return made

    def _secrets(self, made: Company) -> list[tuple[str, str]]:
        """What opens something, of the first and of the copy, as it stands in the rows."""
        pairs: list[Any] = [(hashed(self.company.keys[person]), hashed(key)) for person, key in made.keys.items()]
        pairs.append((self.company.mailbox.secret_hash, made.mailbox.secret_hash))
        pairs.append((self.company.mailbox.secret_sealed, made.mailbox.secret_sealed))
        return [(self.company.form.key, made.form.key), *((was.hex(), now.hex()) for was, now in pairs)]


_first: list[First] = []


def _plain(row: Any) -> Any:
    return json.loads(row) if isinstance(row, str) else row


async def opened(name: str) -> Company:
    """A new workspace, opened as ``anbahn workspace create`` does, and joined by the rest of the cast."""
    box = SecretBox(SECRET)
    actor = Actor.system(new_id())
    keys = {person: secrets.token_urlsafe(32) for person in ROLES}
    await open_workspace(
        actor=actor,
        name=name,
        owner_name="Alice",
        owner_email="alice@acme.example",
        owner_key=keys["alice"],
        box=box,
        now=NOW,
    )
    with bound(actor.workspace_id):
        alice = await db.scoped(Member, actor).get()
        actors = {"alice": Actor(actor.workspace_id, alice.id, Role.OWNER)}
        for person in ("ada", "bob", "carol"):
            actors[person] = await _join(actor.workspace_id, person, ROLES[person], keys[person])
        channels = {channel.kind: channel for channel in await db.scoped(Channel, actor)}
        stages = await db.scoped(Stage, actor).order_by("position")
    mailbox = channels[ChannelKind.MAIL.value]
    assert mailbox.secret_sealed is not None
    secret = box.open(mailbox.secret_sealed)
    assert secret is not None
    return Company(actors, keys, list(stages), channels[ChannelKind.FORM.value], mailbox, secret)


async def _join(workspace_id: UUID, person: str, role: Role, key: str) -> Actor:
    address = f"{person}@acme.example"
    member = await Member.create(
        workspace_id=workspace_id,
        name=person.capitalize(),
        email=address,
        email_normalized=address,
        role=role.value,
        created_at=NOW,
        updated_at=NOW,
    )
    await ApiKey.create(
        workspace_id=workspace_id, member_id=member.id, name="test", key_hash=hashed(key), created_at=NOW
    )
    return Actor(workspace_id, member.id, role)
