"""People and the organizations they belong to."""

from __future__ import annotations

from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from crm.records import VersionedRecord, WorkspaceRecord


class Organization(VersionedRecord):
    """A company, association or authority."""

    name = fields.CharField(max_length=200)
    name_folded = fields.CharField(max_length=600)
    """``crm.text.name_key`` of the name: what lists are ordered by and names compared with."""
    domain = fields.CharField(max_length=253, null=True)
    """Registrable domain in lower case (IDN as punycode)."""
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "organization"
        unique_together = (("workspace", "id"),)
        indexes = (("workspace_id", "name_folded", "name", "id"),)
        constraints = (
            UniqueConstraint(
                fields=("workspace_id", "domain"), name="organization_domain_once", condition="archived_at IS NULL"
            ),
            CheckConstraint(check="name <> ''", name="organization_name_present"),
            CheckConstraint(check="domain = lower(domain)", name="organization_domain_lower"),
        )


class Contact(VersionedRecord):
    """A person."""

    name = fields.CharField(max_length=200)
    name_folded = fields.CharField(max_length=600)
    job_title = fields.CharField(max_length=200, null=True)
    organization: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    organization_id: UUID | None
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "contact"
        unique_together = (("workspace", "id"),)
        indexes = (
            ("workspace_id", "name_folded", "name", "id"),
            ("workspace_id", "organization_id", "name_folded", "name", "id"),
        )
        constraints = (CheckConstraint(check="name <> ''", name="contact_name_present"),)


class ContactEmail(WorkspaceRecord):
    """One of a contact's e-mail addresses."""

    contact: fields.ForeignKeyRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.CASCADE, related_name=False
    )
    contact_id: UUID
    position = fields.SmallIntField()
    """0 is the main address."""
    address = fields.CharField(max_length=254)
    """As the person writes it."""
    address_normalized = fields.CharField(max_length=254)
    """As addresses are compared: ``crm.contacts.rules.normalize_email``."""
    active = fields.BooleanField(default=True)
    """False while its contact is archived: an archived record never blocks an address."""

    class Meta:
        table = "contact_email"
        unique_together = (("workspace", "id"), ("workspace", "contact", "position"))
        constraints = (
            UniqueConstraint(
                fields=("workspace_id", "address_normalized"), name="contact_email_once", condition="active"
            ),
            CheckConstraint(check="position >= 0", name="contact_email_position_valid"),
        )


class ContactPhone(WorkspaceRecord):
    """One of a contact's phone numbers. Several people may share one."""

    contact: fields.ForeignKeyRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.CASCADE, related_name=False
    )
    contact_id: UUID
    position = fields.SmallIntField()
    number = fields.CharField(max_length=16)
    """E.164, such as +4930123456."""

    class Meta:
        table = "contact_phone"
        unique_together = (("workspace", "id"), ("workspace", "contact", "position"))
        indexes = (("workspace_id", "number"),)
        constraints = (
            CheckConstraint(check="number ~ '^[+][1-9][0-9]{1,14}$'", name="contact_phone_e164"),
            CheckConstraint(check="position >= 0", name="contact_phone_position_valid"),
        )
