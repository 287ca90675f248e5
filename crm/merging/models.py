"""What was merged, so that it can be undone; and which records people have said are not the same."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from crm import exact
from crm.records import WorkspaceRecord

if TYPE_CHECKING:
    from crm.accounts.models import Member
    from crm.contacts.models import Contact, Organization


class Merge(WorkspaceRecord):
    """One record that was merged into another of its kind: contacts, or organizations."""

    contact: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.CASCADE, null=True, related_name=False
    )
    contact_id: UUID | None
    """The one that stayed."""
    merged_contact: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.CASCADE, null=True, related_name=False
    )
    merged_contact_id: UUID | None
    organization: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.CASCADE, null=True, related_name=False
    )
    organization_id: UUID | None
    merged_organization: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.CASCADE, null=True, related_name=False
    )
    merged_organization_id: UUID | None
    receipt: fields.Field[dict[str, object]] = fields.JSONField(encoder=exact.dumps, decoder=exact.loads)
    """What was changed: which rows were given to the one that stayed, and what was filled, before and after."""
    merged_at = fields.DatetimeField()
    merged_by: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    merged_by_id: UUID | None
    undone_at = fields.DatetimeField(null=True)
    undone_by: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    undone_by_id: UUID | None

    class Meta:
        table = "merge"
        unique_together = (("workspace", "id"),)
        indexes = (("workspace_id", "merged_at", "id"),)
        constraints = (
            CheckConstraint(
                check="(contact_id IS NULL) = (merged_contact_id IS NULL)"
                " AND (organization_id IS NULL) = (merged_organization_id IS NULL)"
                " AND num_nonnulls(contact_id, organization_id) = 1",
                name="merge_of_one_kind",
            ),
            CheckConstraint(
                check="contact_id <> merged_contact_id AND organization_id <> merged_organization_id",
                name="merge_of_two",
            ),
            *(
                UniqueConstraint(
                    fields=("workspace_id", f"merged_{record}_id"),
                    name=f"merge_{record}_once",
                    condition=f"undone_at IS NULL AND merged_{record}_id IS NOT NULL",
                )
                for record in ("contact", "organization")
            ),
        )


class Distinct(WorkspaceRecord):
    """Two records that a person has said are not the same; the smaller id first."""

    contact: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.CASCADE, null=True, related_name=False
    )
    contact_id: UUID | None
    other_contact: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.CASCADE, null=True, related_name=False
    )
    other_contact_id: UUID | None
    organization: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.CASCADE, null=True, related_name=False
    )
    organization_id: UUID | None
    other_organization: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.CASCADE, null=True, related_name=False
    )
    other_organization_id: UUID | None
    created_at = fields.DatetimeField()

    class Meta:
        table = "distinct_pair"
        unique_together = (("workspace", "id"),)
        constraints = (
            CheckConstraint(
                check="(contact_id IS NULL) = (other_contact_id IS NULL)"
                " AND (organization_id IS NULL) = (other_organization_id IS NULL)"
                " AND num_nonnulls(contact_id, organization_id) = 1",
                name="distinct_pair_of_one_kind",
            ),
            CheckConstraint(
                check="contact_id < other_contact_id AND organization_id < other_organization_id",
                name="distinct_pair_in_order",
            ),
            *(
                UniqueConstraint(
                    fields=("workspace_id", f"{record}_id", f"other_{record}_id"),
                    name=f"distinct_pair_{record}_once",
                    condition=f"{record}_id IS NOT NULL",
                )
                for record in ("contact", "organization")
            ),
        )
