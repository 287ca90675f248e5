"""Mutations of the definitions of custom fields."""

from __future__ import annotations

import strawberry

from crm.changes import UNCHANGED
from crm.customfields import operations
from schema import ids, inputs
from schema.context import Info
from schema.customfields.enums import CustomFieldEntity, CustomFieldKind
from schema.customfields.types import CustomField
from schema.effects import Effect
from schema.errors import UserError, refusable


@strawberry.input(description="A field to be defined; it comes last.")
class CreateCustomFieldInput(inputs.Lenient):
    entity: CustomFieldEntity = strawberry.field(description="Which records are to have it.")  # type: ignore[valid-type]
    name: str = strawberry.field(description="Its name for people, 1 to 100 characters.")
    kind: CustomFieldKind = strawberry.field(description="What it holds; never changes.")  # type: ignore[valid-type]
    key: str | None = inputs.optional(
        "Its name for programs: 1 to 50 of a-z, 0-9 and _, a letter first; it never changes, and no other field of"
        " the entity may have it. Left out: made of the name."
    )
    choices: list[str] | None = inputs.optional(
        "CHOICE and CHOICES: what can be chosen, in this order; 1 to 200 of 1 to 200 characters. Others have none."
    )
    description: str | None = inputs.optional("What it is for, at most 1000 characters.")
    idempotency_key: str | None = inputs.idempotency_key()

    def to_domain(self) -> operations.NewField:
        return operations.NewField(
            entity=self.entity,
            name=self.name,
            kind=self.kind,
            key=self.key,
            choices=tuple(self.choices or ()),
            description=self.description,
        )


@strawberry.input(description="What is to be otherwise of a field. What is left out stays; key and kind never change.")
class UpdateCustomFieldInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The field.")
    name: strawberry.Maybe[str | None] = inputs.change("Its name for people, 1 to 100 characters; cannot be null.")
    description: strawberry.Maybe[str | None] = inputs.change("What it is for, at most 1000 characters; null: nothing.")
    position: strawberry.Maybe[int | None] = inputs.change(
        "Its place among the fields of its entity that are in use, from 0; beyond the last: the last. Cannot be null."
    )
    choices: strawberry.Maybe[list[str] | None] = inputs.change(
        "CHOICE and CHOICES: all that can be chosen from now on, in this order. One that records have chosen goes only"
        " with `dropUsed`."
    )
    drop_used: bool | None = inputs.optional("true: choices that go are taken off the records that have chosen them.")
    expected_version: int | None = inputs.expected_version()
    dry_run: bool | None = inputs.dry_run()

    def to_domain(self) -> operations.FieldChange:
        return operations.FieldChange(
            name=inputs.changed(self.name),
            description=inputs.changed(self.description),
            position=inputs.changed(self.position),
            choices=UNCHANGED if self.choices is None else tuple(self.choices.value or ()),
            drops_used=bool(self.drop_used),
        )


@strawberry.input(description="A field that is to be offered no longer.")
class ArchiveCustomFieldInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The field.")
    expected_version: int | None = inputs.expected_version()


@strawberry.input(description="An archived field that is to be offered again.")
class RestoreCustomFieldInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The field.")
    expected_version: int | None = inputs.expected_version()


@strawberry.type(description="What createCustomField did.")
class CreateCustomFieldPayload:
    custom_field: CustomField | None = strawberry.field(description="The new field.", default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What updateCustomField did, or would do.")
class UpdateCustomFieldPayload:
    custom_field: CustomField | None = strawberry.field(
        description="The field; on STALE_VERSION as it is now. Other fields may have another `position`, too.",
        default=None,
    )
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What archiveCustomField did.")
class ArchiveCustomFieldPayload:
    custom_field: CustomField | None = strawberry.field(
        description="The field; on STALE_VERSION as it is now.", default=None
    )
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What restoreCustomField did.")
class RestoreCustomFieldPayload:
    custom_field: CustomField | None = strawberry.field(
        description="The field; on STALE_VERSION as it is now.", default=None
    )
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type
class CustomFieldMutations:
    @strawberry.mutation(description="Defines a field of the workspace's own.")
    @refusable(CreateCustomFieldPayload)
    async def create_custom_field(self, info: Info, input: CreateCustomFieldInput) -> CreateCustomFieldPayload:
        field = await operations.create_custom_field(
            actor=info.context.actor,
            new=input.to_domain(),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return CreateCustomFieldPayload(custom_field=CustomField.of(field))

    @strawberry.mutation(description="Changes what is given of a custom field.")
    @refusable(UpdateCustomFieldPayload, custom_field=CustomField.of)
    async def update_custom_field(self, info: Info, input: UpdateCustomFieldInput) -> UpdateCustomFieldPayload:
        updated = await operations.update_custom_field(
            actor=info.context.actor,
            field_id=ids.decode("CustomField", input.id, "id"),
            change=input.to_domain(),
            expected_version=input.expected_version,
            dry_run=bool(input.dry_run),
            now=info.context.now,
        )
        return UpdateCustomFieldPayload(
            custom_field=None if input.dry_run else CustomField.of(updated.field),
            effects=Effect.of_all(updated.effects),
        )

    @strawberry.mutation(
        description="Offers a custom field no longer. Records keep its values, filters find them, its key stays taken."
    )
    @refusable(ArchiveCustomFieldPayload, custom_field=CustomField.of)
    async def archive_custom_field(self, info: Info, input: ArchiveCustomFieldInput) -> ArchiveCustomFieldPayload:
        field = await operations.archive_custom_field(
            actor=info.context.actor,
            field_id=ids.decode("CustomField", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return ArchiveCustomFieldPayload(custom_field=CustomField.of(field))

    @strawberry.mutation(description="Offers an archived custom field again, as the last one, with its values.")
    @refusable(RestoreCustomFieldPayload, custom_field=CustomField.of)
    async def restore_custom_field(self, info: Info, input: RestoreCustomFieldInput) -> RestoreCustomFieldPayload:
        field = await operations.restore_custom_field(
            actor=info.context.actor,
            field_id=ids.decode("CustomField", input.id, "id"),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return RestoreCustomFieldPayload(custom_field=CustomField.of(field))
