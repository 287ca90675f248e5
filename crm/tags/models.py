"""Tags that a workspace puts on its records."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from crm.records import VersionedRecord, WorkspaceRecord

if TYPE_CHECKING:
    from crm.contacts.models import Contact, Organization
    from crm.deals.models import Deal
    from crm.leads.models import Lead


class Tag(VersionedRecord):
    """A word that records are sorted by. One set of them serves all kinds of records."""

    name = fields.CharField(max_length=100)
    name_folded = fields.CharField(max_length=300)
    """``crm.text.name_key`` of the name: no two tags differ in case or accents only."""
    color = fields.CharField(max_length=7, null=True)
    """As in CSS: ``#1e90ff``."""
    description: str | None = fields.TextField(null=True)

    class Meta:
        table = "tag"
        unique_together = (("workspace", "id"), ("workspace", "name_folded"))
        constraints = (
            CheckConstraint(check="name <> ''", name="tag_name_present"),
            CheckConstraint(check="color ~ '^#[0-9a-f]{6}$'", name="tag_color_valid"),
        )


class Tagging(WorkspaceRecord):
    """One tag on one record."""

    tag: fields.ForeignKeyRelation[Tag] = fields.ForeignKeyField(
        "crm.Tag", on_delete=fields.CASCADE, related_name=False
    )
    tag_id: UUID
    contact: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.CASCADE, null=True, related_name=False
    )
    contact_id: UUID | None
    organization: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.CASCADE, null=True, related_name=False
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

    class Meta:
        table = "tagging"
        unique_together = (("workspace", "id"),)
        constraints = (
            CheckConstraint(
                check="num_nonnulls(contact_id, organization_id, lead_id, deal_id) = 1", name="tagging_of_one"
            ),
            *(
                UniqueConstraint(
                    fields=("workspace_id", f"{record}_id", "tag_id"),
                    name=f"tagging_{record}_once",
                    condition=f"{record}_id IS NOT NULL",
                )
                for record in ("contact", "organization", "lead", "deal")
            ),
        )
