"""The fields that a workspace defines for its own records. The values are the column ``custom`` of each record."""

from __future__ import annotations

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

from crm.customfields.facts import Entity, FieldFacts, FieldKind
from crm.records import VersionedRecord, one_of


class CustomField(VersionedRecord):
    """The definition of one field. Values are kept by its key, as JSON: text, number, boolean, ISO day, or texts."""

    entity = fields.CharField(max_length=16)
    key = fields.CharField(max_length=50)
    """For programs: never changes."""
    name = fields.CharField(max_length=100)
    """For people."""
    kind = fields.CharField(max_length=16)
    choices: fields.Field[list[str]] = fields.JSONField(default=list)
    """CHOICE and CHOICES: what can be chosen, in this order."""
    description: str | None = fields.TextField(null=True)
    position = fields.IntField()
    archived_at = fields.DatetimeField(null=True)
    """No longer offered; values are kept, and its key is not given away."""

    class Meta:
        table = "custom_field"
        unique_together = (("workspace", "id"), ("workspace", "entity", "key"))
        constraints = (
            one_of("custom_field", "entity", Entity),
            one_of("custom_field", "kind", FieldKind),
            CheckConstraint(check="name <> ''", name="custom_field_name_present"),
            CheckConstraint(check="key ~ '^[a-z][a-z0-9_]{0,49}$'", name="custom_field_key_valid"),
            CheckConstraint(
                check="jsonb_typeof(choices) = 'array' AND (kind IN ('CHOICE', 'CHOICES')) = (choices <> '[]'::jsonb)",
                name="custom_field_choices_fit_kind",
            ),
        )

    def facts(self) -> FieldFacts:
        return FieldFacts(
            id=self.id,
            entity=Entity(self.entity),
            key=self.key,
            name=self.name,
            kind=FieldKind(self.kind),
            choices=tuple(self.choices),
            archived=self.archived_at is not None,
        )
