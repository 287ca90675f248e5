"""People and the organizations they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from crm import exact
from crm.records import VersionedRecord, WorkspaceRecord

if TYPE_CHECKING:
    from crm.accounts.models import Member


class Organization(VersionedRecord):
    """A company, association or authority."""

    name = fields.CharField(max_length=200)
    name_folded = fields.CharField(max_length=600)
    """``crm.text.name_key`` of the name: what lists are ordered by and names compared with."""
    domain = fields.CharField(max_length=253, null=True)
    """Registrable domain in lower case (IDN as punycode)."""
    parent: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    parent_id: UUID | None
    """The organization that it is a branch of."""
    description: str | None = fields.TextField(null=True)
    owner: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    owner_id: UUID | None
    custom: fields.Field[dict[str, object]] = fields.JSONField(default=dict, encoder=exact.dumps, decoder=exact.loads)
    """Values of the workspace's own fields, by their keys: ``crm.customfields``."""
    merged_into: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    merged_into_id: UUID | None
    """The one that holds what was its own; it is archived then."""
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "organization"
        unique_together = (("workspace", "id"),)
        indexes = (
            ("workspace_id", "name_folded", "name", "id"),
            ("workspace_id", "parent_id", "name_folded", "name", "id"),
            ("workspace_id", "owner_id", "name_folded", "name", "id"),
        )
        constraints = (
            UniqueConstraint(
                fields=("workspace_id", "domain"), name="organization_domain_once", condition="archived_at IS NULL"
            ),
            CheckConstraint(check="name <> ''", name="organization_name_present"),
            CheckConstraint(check="domain = lower(domain)", name="organization_domain_lower"),
            CheckConstraint(check="parent_id <> id", name="organization_parent_is_another"),
            CheckConstraint(
                check="merged_into_id IS NULL OR (archived_at IS NOT NULL AND merged_into_id <> id)",
                name="organization_merged_is_archived",
            ),
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
    description: str | None = fields.TextField(null=True)
    owner: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "crm.Member", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    owner_id: UUID | None
    custom: fields.Field[dict[str, object]] = fields.JSONField(default=dict, encoder=exact.dumps, decoder=exact.loads)
    """Values of the workspace's own fields, by their keys: ``crm.customfields``."""
    merged_into: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    merged_into_id: UUID | None
    """The one that holds what was the person's own; archived then."""
    archived_at = fields.DatetimeField(null=True)

    class Meta:
        table = "contact"
        unique_together = (("workspace", "id"),)
        indexes = (
            ("workspace_id", "name_folded", "name", "id"),
            ("workspace_id", "organization_id", "name_folded", "name", "id"),
            ("workspace_id", "owner_id", "name_folded", "name", "id"),
        )
        constraints = (
            CheckConstraint(check="name <> ''", name="contact_name_present"),
            CheckConstraint(
                check="merged_into_id IS NULL OR (archived_at IS NOT NULL AND merged_into_id <> id)",
                name="contact_merged_is_archived",
            ),
        )


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


class OrganizationEmail(WorkspaceRecord):
    """One of an organization's e-mail addresses, such as info@ or sales@."""

    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.CASCADE, related_name=False
    )
    organization_id: UUID
    position = fields.SmallIntField()
    """0 is the main address."""
    address = fields.CharField(max_length=254)
    address_normalized = fields.CharField(max_length=254)
    active = fields.BooleanField(default=True)
    """False while its organization is archived."""

    class Meta:
        table = "organization_email"
        unique_together = (("workspace", "id"), ("workspace", "organization", "position"))
        constraints = (
            UniqueConstraint(
                fields=("workspace_id", "address_normalized"), name="organization_email_once", condition="active"
            ),
            CheckConstraint(check="position >= 0", name="organization_email_position_valid"),
        )


class OrganizationPhone(WorkspaceRecord):
    """One of an organization's phone numbers."""

    organization: fields.ForeignKeyRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.CASCADE, related_name=False
    )
    organization_id: UUID
    position = fields.SmallIntField()
    number = fields.CharField(max_length=16)
    """E.164, such as +4930123456."""

    class Meta:
        table = "organization_phone"
        unique_together = (("workspace", "id"), ("workspace", "organization", "position"))
        indexes = (("workspace_id", "number"),)
        constraints = (
            CheckConstraint(check="number ~ '^[+][1-9][0-9]{1,14}$'", name="organization_phone_e164"),
            CheckConstraint(check="position >= 0", name="organization_phone_position_valid"),
        )


class PostalAddress(WorkspaceRecord):
    """One of the postal addresses of a contact or an organization."""

    contact: fields.ForeignKeyNullableRelation[Contact] = fields.ForeignKeyField(
        "crm.Contact", on_delete=fields.CASCADE, null=True, related_name=False
    )
    contact_id: UUID | None
    organization: fields.ForeignKeyNullableRelation[Organization] = fields.ForeignKeyField(
        "crm.Organization", on_delete=fields.CASCADE, null=True, related_name=False
    )
    organization_id: UUID | None
    position = fields.SmallIntField()
    """0 is the main address."""
    label = fields.CharField(max_length=50, null=True)
    """What it is for, such as "billing"."""
    street = fields.CharField(max_length=500, null=True)
    """Street and number, on as many lines as it takes."""
    postal_code = fields.CharField(max_length=20, null=True)
    city = fields.CharField(max_length=200, null=True)
    region = fields.CharField(max_length=200, null=True)
    """State, province or canton."""
    country = fields.CharField(max_length=2, null=True)
    """ISO 3166-1 alpha-2, such as DE."""

    class Meta:
        table = "postal_address"
        unique_together = (
            ("workspace", "id"),
            ("workspace", "contact", "position"),
            ("workspace", "organization", "position"),
        )
        constraints = (
            CheckConstraint(check="num_nonnulls(contact_id, organization_id) = 1", name="postal_address_of_one"),
            CheckConstraint(
                check="num_nonnulls(street, postal_code, city, region, country) > 0", name="postal_address_present"
            ),
            CheckConstraint(check="country ~ '^[A-Z]{2}$'", name="postal_address_country_valid"),
            CheckConstraint(check="position >= 0", name="postal_address_position_valid"),
        )
