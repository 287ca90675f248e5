"""The world in which the law holds: one small workspace full of trouble, and a second one that must never be seen.

Everything is made by plain rows, so the constraints of the tables hold and nothing else. Ids and values are the same in
every run: what fails today fails tomorrow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from crm.accounts.facts import Actor, Role
from crm.doors import hashed
from crm.engine import bound
from tests.schema.law.filling import FOREIGN, MODELS, REVOKED, Filling, key_of


@dataclass
class World:
    """The first workspace as it is, and what there is to know of the second."""

    workspace_id: UUID
    actors: dict[Role, Actor]
    keys: dict[Role, bytes]
    """The hash of each actor's bearer key."""
    wrong_keys: dict[Role, list[bytes]]
    """Hashes of keys that open nothing for the actor: the revoked one, everybody else's, one of the other workspace."""
    rows: dict[str, list[Any]] = field(default_factory=dict)
    """All rows of the first workspace by kind, as the ORM reads them."""
    foreign: dict[str, list[Any]] = field(default_factory=dict)
    """All rows of the second."""


async def make_world() -> World:
    """Fill both workspaces of an empty database, and read them."""
    first, second = Filling(1, ""), Filling(2, FOREIGN)
    for filling in (second, first):
        with bound(filling.workspace_id):
            await filling.fill()
    world = World(first.workspace_id, *_people(first, second))
    for filling, rows in ((first, world.rows), (second, world.foreign)):
        with bound(filling.workspace_id):
            for model in MODELS:
                rows[model.__name__] = [
                    row for row in await model.all() if getattr(row, "workspace_id", None) == filling.workspace_id
                ]
                assert len(rows[model.__name__]) == len(filling.made[model.__name__]), model
    return world


def _people(first: Filling, second: Filling) -> tuple[dict[Role, Actor], dict[Role, bytes], dict[Role, list[bytes]]]:
    members, stranger = first.made["Member"], second.made["Member"][0]
    of_role = {Role(member.role): member for member in reversed(members)}
    actors = {role: first.actor(member) for role, member in of_role.items()}
    keys = {role: hashed(key_of(member)) for role, member in of_role.items()}
    no_keys = [hashed(REVOKED + key_of(members[0])), hashed(key_of(stranger)), hashed("a key of nobody")]
    wrong = {
        role: [*no_keys, *(hashed(key_of(other)) for other in members if other is not member)]
        for role, member in of_role.items()
    }
    return actors, keys, wrong
