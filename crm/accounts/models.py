"""Workspaces, their members, and the keys members come in with."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from crm.accounts.facts import Role
from crm.ids import new_id
from crm.records import VersionedRecord, WorkspaceRecord, one_of


class Workspace(Model):
    """One company's sealed room: every other row belongs to exactly one."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    name = fields.CharField(max_length=200)
    region = fields.CharField(max_length=2, default="DE")
    """ISO 3166 code of the country whose phone numbers are written without a country code."""
    created_at = fields.DatetimeField()

    class Meta:
        table = "workspace"


class Member(VersionedRecord):
    """A person who works in the workspace."""

    name = fields.CharField(max_length=200)
    email = fields.CharField(max_length=254)
    email_normalized = fields.CharField(max_length=254)
    role = fields.CharField(max_length=16)

    class Meta:
        table = "member"
        unique_together = (("workspace", "id"), ("workspace", "email_normalized"))
        constraints = (one_of("member", "role", Role),)


class ApiKey(WorkspaceRecord):
    """A bearer key; only its SHA-256 is kept. The hash is unique over all workspaces, for it is what finds one."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.CASCADE, related_name=False
    )
    member_id: UUID
    name = fields.CharField(max_length=200)
    key_hash = fields.BinaryField()
    created_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_key"
        unique_together = (("workspace", "id"), ("key_hash",))


class IdempotencyKey(WorkspaceRecord):
    """A creating request that was carried out, so that its repetition finds what it made."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.CASCADE, related_name=False
    )
    member_id: UUID
    """Whose request it was: two people may well use the same key."""
    operation = fields.CharField(max_length=40)
    key = fields.CharField(max_length=200)
    request_hash = fields.BinaryField()
    """SHA-256 of the request: the same key with other input is refused."""
    result_id = fields.UUIDField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "idempotency_key"
        unique_together = (("workspace", "id"), ("workspace", "member", "operation", "key"))
