"""The one question every operation asks: may this actor do this to that record?"""

from __future__ import annotations

from typing import Any

from crm.accounts.facts import Actor, Role
from crm.errors import Forbidden

_BUILD = frozenset(
    {
        *(f"pipeline.{verb}" for verb in ("create", "update", "reorder", "archive", "restore")),
        *(f"stage.{verb}" for verb in ("create", "update", "reorder", "delete")),
    }
)
"""Verbs that change boards; to work on them is for everybody who works."""
_WORK = frozenset(
    {
        "contact.create",
        "contact.update",
        "contact.archive",
        "contact.restore",
        "organization.create",
        "organization.update",
        "organization.archive",
        "organization.restore",
        "contact.merge",
        "organization.merge",
        "merge.undo",
        "duplicate.decide",
        "lead.create",
        "lead.answer",
        "lead.suggest",
        "suggestion.accept",
        "suggestion.refuse",
        "lead.qualify",
        "lead.disqualify",
        "lead.reopen",
        "lead.update",
        "lead.assign",
        "lead.archive",
        "lead.restore",
        "lead.convert",
        "lead.unconvert",
        "deal.create",
        "deal.move",
        "deal.win",
        "deal.lose",
        "deal.reopen",
        "tag.create",
        "tag.update",
        "tag.apply",
        "deal.update",
        "deal.archive",
        "deal.restore",
    }
)
_RUN = frozenset(
    {"channel.create", "channel.read_secret", "lead.force_convert", "qualification_policy.set", "tag.delete"}
) | frozenset({"custom_field.create", "custom_field.update", "custom_field.archive", "custom_field.restore"})

GRANTS: dict[Role | None, frozenset[str]] = {
    Role.OWNER: _WORK | _RUN | _BUILD,
    Role.ADMIN: _WORK | _RUN | _BUILD,
    Role.MEMBER: _WORK,
    Role.VIEWER: frozenset(),
    None: _WORK | _RUN | frozenset({"intake.receive", "intake.claim", "intake.file", "lead.review", "pipeline.create"}),
}
"""Which verbs each role may use; None is Anbahn itself."""


def may(actor: Actor, verb: str) -> bool:
    """Whether the actor's role has the verb."""
    return verb in GRANTS[actor.role]


def permit(actor: Actor, verb: str, row: Any = None) -> None:
    """Let the actor pass, or refuse.

    Raises: Forbidden. A row of another workspace is a bug, not a refusal: scoped reads never return one.
    """
    if row is not None and row.workspace_id != actor.workspace_id:
        raise RuntimeError(f"{verb}: the {type(row).__name__} belongs to another workspace than the actor")
    if not may(actor, verb):
        who = actor.role.value.lower() if actor.role else "system"
        raise Forbidden(f"The role {who} may not do this ({verb}): ask an owner or admin of the workspace.")
