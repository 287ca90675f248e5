"""What happened around a contact, an organization, a lead or a deal: the rows of every timeline."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

from crm.records import WorkspaceRecord, one_of

if TYPE_CHECKING:
    from crm.accounts.models import Member
    from crm.contacts.models import Contact, Organization
    from crm.deals.models import Deal
    from crm.intake.models import InboundMessage
    from crm.leads.models import Lead


class ActivityKind(StrEnum):
    """What kind of thing happened."""

    NOTE = "note"
    CALL = "call"
    MEETING = "meeting"
    EMAIL = "email"
    FORM = "form"
    TASK = "task"
    CHANGE = "change"


class Activity(WorkspaceRecord):
    """One entry of a timeline. A deal's timeline is its own entries and those of its leads."""

    kind = fields.CharField(max_length=16)
    at = fields.DatetimeField()
    summary = fields.CharField(max_length=500)
    body: str | None = fields.TextField(null=True)
    member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    member_id: UUID | None
    """Who did it; None: Anbahn itself."""
    contact: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    contact_id: UUID | None
    organization: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    organization_id: UUID | None
    lead: fields.ForeignKeyNullableRelation[Lead] = fields.ForeignKeyField(
        "crm.Lead", on_delete=fields.CASCADE, null=True, related_name=False
    )
    lead_id: UUID | None
    deal: fields.ForeignKeyNullableRelation[Deal] = fields.ForeignKeyField(
        "crm.Deal", on_delete=fields.CASCADE, null=True, related_name=False
    )
    deal_id: UUID | None
    inbound_message: fields.ForeignKeyNullableRelation[InboundMessage] = fields.ForeignKeyField(
        "crm.InboundMessage", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    inbound_message_id: UUID | None

    class Meta:
        table = "activity"
        unique_together = (("workspace", "id"),)
        indexes = (("workspace_id", "lead_id", "at", "id"), ("workspace_id", "deal_id", "at", "id"))
        constraints = (
            one_of("activity", "kind", ActivityKind),
            CheckConstraint(
                check="num_nonnulls(contact_id, organization_id, lead_id, deal_id) > 0", name="activity_has_subject"
            ),
        )
