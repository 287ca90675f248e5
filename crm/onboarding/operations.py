"""Opening a workspace: everything a company needs on its first day."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor, Role
from crm.accounts.models import ApiKey, Member, Workspace
from crm.contacts.rules import parse_email
from crm.db import atomic, scoped
from crm.doors import actor_of, hashed
from crm.errors import Duplicate
from crm.intake.facts import ChannelKind
from crm.intake.operations import create_channel
from crm.intake.secrets import SecretBox
from crm.leads.policies import add_policy
from crm.pipelines.facts import StageKind
from crm.pipelines.operations import NewStage, create_pipeline

FIRST_STAGES = (
    NewStage("Qualified", StageKind.OPEN, 10),
    NewStage("Offer sent", StageKind.OPEN, 40),
    NewStage("In negotiation", StageKind.OPEN, 70),
    NewStage("Won", StageKind.WON, 100),
    NewStage("Lost", StageKind.LOST, 0),
)
OWNER_KEY = "owner"
"""Name of the bearer key that a workspace is opened with."""


@atomic()
async def open_workspace(
    *, actor: Actor, name: str, owner_name: str, owner_email: str, owner_key: str, box: SecretBox, now: datetime
) -> Workspace:
    """Make a workspace with its owner, the owner's bearer key, one pipeline, its policy, one form channel and one
    mail channel.

    ``actor`` is ``Actor.system`` of the new workspace's id.

    Raises: Invalid.
    """
    workspace = await Workspace.create(id=actor.workspace_id, name=text.required(name, field=("name",)), created_at=now)
    address, normalized = parse_email(owner_email, field=("ownerEmail",))
    owner = await Member.create(
        workspace_id=workspace.id,
        name=text.required(owner_name, field=("ownerName",)),
        email=address,
        email_normalized=normalized,
        role=Role.OWNER.value,
        created_at=now,
        updated_at=now,
    )
    await _add_owner_key(workspace.id, owner.id, owner_key, now)
    await create_pipeline(actor=actor, name="Sales", stages=FIRST_STAGES, now=now)
    await add_policy(actor=actor, now=now)
    await create_channel(actor=actor, kind=ChannelKind.FORM, name="Contact form", box=box, now=now)
    await create_channel(actor=actor, kind=ChannelKind.MAIL, name="Mailbox", box=box, now=now)
    return workspace


@atomic()
async def set_owner_key(*, actor: Actor, owner_key: str, now: datetime) -> None:
    """Let the first owner in with this bearer key and no earlier one of that name any more.

    Raises: Duplicate when the key opens something else already.
    """
    holder = await actor_of(owner_key)
    if holder is not None and (holder.workspace_id, holder.role) != (actor.workspace_id, Role.OWNER):
        raise Duplicate("The key given for the first workspace's owner is somebody else's already: choose another one.")
    (owner, *_) = await scoped(Member, actor).filter(role=Role.OWNER.value).order_by("created_at", "id")
    keys = scoped(ApiKey, actor).filter(name=OWNER_KEY)
    current = await keys.filter(key_hash=hashed(owner_key)).first()
    others = keys.exclude(id=current.id) if current else keys
    await others.filter(revoked_at=None).update(revoked_at=now)
    if current is None:
        await _add_owner_key(actor.workspace_id, owner.id, owner_key, now)
    elif current.revoked_at is not None:
        current.revoked_at = None
        await current.save()


async def _add_owner_key(workspace_id: UUID, owner_id: UUID, key: str, now: datetime) -> None:
    await ApiKey.create(
        workspace_id=workspace_id, member_id=owner_id, name=OWNER_KEY, key_hash=hashed(key), created_at=now
    )
