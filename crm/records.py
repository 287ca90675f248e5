"""What every table of a workspace has in common."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from crm.ids import new_id

if TYPE_CHECKING:
    from crm.accounts.models import Workspace


class WorkspaceRecord(Model):
    """A row that belongs to one workspace; composite keys and row-level security rest on these two columns."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    workspace: fields.ForeignKeyRelation[Workspace] = fields.ForeignKeyField(
        "crm.Workspace", on_delete=fields.CASCADE, related_name=False
    )
    workspace_id: UUID

    class Meta:
        abstract = True


class VersionedRecord(WorkspaceRecord):
    """A record people change: its version counts the changes, from 1."""

    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        abstract = True

    def touch(self, now: datetime) -> None:
        """Count a change; every operation that changes the record calls it once before saving."""
        self.version += 1
        self.updated_at = now


def one_of(table: str, column: str, values: type[StrEnum]) -> CheckConstraint:
    """The column holds one of the enum's values. Text with a check, for native enums defeat indexes under RLS."""
    listed = ", ".join(f"'{value.value}'" for value in values)
    return CheckConstraint(check=f"{column} IN ({listed})", name=f"{table}_{column}_known")
