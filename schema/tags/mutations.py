"""Mutations of tags."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.errors import Invalid
from crm.tags import operations
from schema import ids, inputs
from schema.context import Info
from schema.effects import Effect
from schema.errors import UserError, refusable
from schema.node import Node
from schema.tags.inputs import tag_ids
from schema.tags.types import Tag

TAGGED = ("Contact", "Organization", "Lead", "Deal")
"""What tags are put on."""


@strawberry.input(description="A tag to be made.")
class CreateTagInput(inputs.Lenient):
    name: str = strawberry.field(
        description="The word, 1 to 100 characters; no other tag may differ in case, umlauts or accents only."
    )
    color: str | None = inputs.optional("As CSS writes it, such as #1e90ff.")
    description: str | None = inputs.optional("When it is to be used, at most 1000 characters.")
    idempotency_key: str | None = inputs.idempotency_key()


@strawberry.input(description="Changes of a tag; what is left out stays.")
class UpdateTagInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The tag.")
    name: strawberry.Maybe[str | None] = inputs.change("Another word; it cannot be emptied.")
    color: strawberry.Maybe[str | None] = inputs.change("Another color; null: none.")
    description: strawberry.Maybe[str | None] = inputs.change("When it is to be used; null: nothing is said.")
    expected_version: int | None = inputs.expected_version()


@strawberry.input(description="A tag to be deleted, and taken off all records.")
class DeleteTagInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The tag.")
    expected_version: int | None = inputs.expected_version()
    dry_run: bool | None = inputs.dry_run()


@strawberry.input(description="Tags for records.")
class AddTagsInput:
    ids: list[strawberry.ID] = strawberry.field(
        description="Contacts, organizations, leads and deals, at most 100 of them."
    )
    tag_ids: list[strawberry.ID] = strawberry.field(description="The tags; each is put on each record.")


@strawberry.input(description="Tags to be taken off records.")
class RemoveTagsInput:
    ids: list[strawberry.ID] = strawberry.field(
        description="Contacts, organizations, leads and deals, at most 100 of them."
    )
    tag_ids: list[strawberry.ID] = strawberry.field(description="The tags; each is taken off each record.")


@strawberry.type(description="What createTag did.")
class CreateTagPayload:
    tag: Tag | None = strawberry.field(description="The new tag.", default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What updateTag did.")
class UpdateTagPayload:
    tag: Tag | None = strawberry.field(description="The tag; on STALE_VERSION as it is now.", default=None)
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What deleteTag did, or would do.")
class DeleteTagPayload:
    tag: Tag | None = strawberry.field(description="On STALE_VERSION the tag as it is now, else null.", default=None)
    deleted_id: strawberry.ID | None = strawberry.field(
        description="The id of the tag that is gone; null with `dryRun`.", default=None
    )
    records: int | None = strawberry.field(description="How many records had it.", default=None)
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What addTags did.")
class AddTagsPayload:
    records: list[Node] | None = strawberry.field(
        description="The records as they are now, in the order of `ids`.", default=None
    )
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What removeTags did.")
class RemoveTagsPayload:
    records: list[Node] | None = strawberry.field(
        description="The records as they are now, in the order of `ids`.", default=None
    )
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type
class TagMutations:
    @strawberry.mutation(description="Makes a tag.")
    @refusable(CreateTagPayload)
    async def create_tag(self, info: Info, input: CreateTagInput) -> CreateTagPayload:
        tag = await operations.create_tag(
            actor=info.context.actor,
            new=operations.NewTag(name=input.name, color=input.color, description=input.description),
            idempotency_key=input.idempotency_key,
            now=info.context.now,
        )
        return CreateTagPayload(tag=Tag.of(tag))

    @strawberry.mutation(description="Changes what is given of a tag.")
    @refusable(UpdateTagPayload, tag=Tag.of)
    async def update_tag(self, info: Info, input: UpdateTagInput) -> UpdateTagPayload:
        tag = await operations.update_tag(
            actor=info.context.actor,
            tag_id=ids.decode("Tag", input.id, "id"),
            name=inputs.changed(input.name),
            color=inputs.changed(input.color),
            description=inputs.changed(input.description),
            expected_version=input.expected_version,
            now=info.context.now,
        )
        return UpdateTagPayload(tag=Tag.of(tag))

    @strawberry.mutation(description="Deletes a tag and takes it off all records; these keep their versions.")
    @refusable(DeleteTagPayload, tag=Tag.of)
    async def delete_tag(self, info: Info, input: DeleteTagInput) -> DeleteTagPayload:
        deleted = await operations.delete_tag(
            actor=info.context.actor,
            tag_id=ids.decode("Tag", input.id, "id"),
            expected_version=input.expected_version,
            dry_run=bool(input.dry_run),
            now=info.context.now,
        )
        return DeleteTagPayload(
            deleted_id=None if input.dry_run else input.id,
            records=deleted.records,
            effects=Effect.of_all(deleted.effects),
        )

    @strawberry.mutation(description="Puts tags on records, of whatever kinds; one that is there already stays.")
    @refusable(AddTagsPayload)
    async def add_tags(self, info: Info, input: AddTagsInput) -> AddTagsPayload:
        rows = await operations.add_tags(
            actor=info.context.actor,
            records=_records(input.ids),
            tag_ids=tag_ids(input.tag_ids),
            now=info.context.now,
        )
        return AddTagsPayload(records=[Node.kinds[type(row).__name__].of(row) for row in rows])

    @strawberry.mutation(description="Takes tags off records; one that is not there is no error.")
    @refusable(RemoveTagsPayload)
    async def remove_tags(self, info: Info, input: RemoveTagsInput) -> RemoveTagsPayload:
        rows = await operations.remove_tags(
            actor=info.context.actor,
            records=_records(input.ids),
            tag_ids=tag_ids(input.tag_ids),
            now=info.context.now,
        )
        return RemoveTagsPayload(records=[Node.kinds[type(row).__name__].of(row) for row in rows])


def _records(given: list[strawberry.ID]) -> list[tuple[str, UUID]]:
    found = []
    for index, id in enumerate(given):
        parts = ids.split(id)
        if parts is None or parts[0] not in TAGGED:
            message = f"{id[:60]!r} is not the id of a contact, an organization, a lead or a deal."
            raise Invalid(message, field=("ids", str(index)))
        found.append(parts)
    return found
