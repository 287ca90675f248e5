"""Who acts: roles and actors, without the database."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Role(StrEnum):
    """What a member may do, from most to least."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    MEMBER = "MEMBER"
    VIEWER = "VIEWER"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks for something: a member of a workspace, or Anbahn itself."""

    workspace_id: UUID
    member_id: UUID | None
    """None: Anbahn itself (intake, timers)."""
    role: Role | None
    """None: Anbahn itself."""

    @classmethod
    def system(cls, workspace_id: UUID) -> Actor:
        """Anbahn acting by itself in one workspace."""
        return cls(workspace_id=workspace_id, member_id=None, role=None)
