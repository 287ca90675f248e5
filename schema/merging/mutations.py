"""Mutations of duplicates: merging them, undoing that, and saying that two are not the same."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from crm.errors import Invalid
from crm.merging import operations
from schema import ids, inputs
from schema.contacts.types import Contact, Organization
from schema.context import Info
from schema.effects import Effect
from schema.errors import UserError, refusable
from schema.merging.types import Merge


@strawberry.input(description="Contacts to be merged into one.")
class MergeContactsInput(inputs.Lenient):
    into_id: strawberry.ID = strawberry.field(description="The contact that stays: it keeps what it has.")
    from_ids: list[strawberry.ID] = strawberry.field(
        description="1 to 10 contacts to be merged into it, one after the other; they are archived."
    )
    expected_version: int | None = inputs.expected_version()
    dry_run: bool | None = inputs.dry_run()
    idempotency_key: str | None = inputs.idempotency_key()


@strawberry.input(description="Organizations to be merged into one.")
class MergeOrganizationsInput(inputs.Lenient):
    into_id: strawberry.ID = strawberry.field(description="The organization that stays: it keeps what it has.")
    from_ids: list[strawberry.ID] = strawberry.field(
        description="1 to 10 organizations to be merged into it, one after the other; they are archived."
    )
    expected_version: int | None = inputs.expected_version()
    dry_run: bool | None = inputs.dry_run()
    idempotency_key: str | None = inputs.idempotency_key()


@strawberry.input(description="A merge to be undone.")
class UndoMergeInput(inputs.Lenient):
    id: strawberry.ID = strawberry.field(description="The merge.")
    dry_run: bool | None = inputs.dry_run()


@strawberry.input(description="Records that are not the same.")
class MarkDistinctInput(inputs.Lenient):
    ids: list[strawberry.ID] = strawberry.field(
        description="2 to 20 contacts, or as many organizations: each of them is another than each."
    )


@strawberry.input(description="Records that may be the same after all.")
class UnmarkDistinctInput(inputs.Lenient):
    ids: list[strawberry.ID] = strawberry.field(description="2 to 20 contacts, or as many organizations.")


@strawberry.type(description="What mergeContacts did.")
class MergeContactsPayload:
    contact: Contact | None = strawberry.field(description="The contact that stayed, with all it has.", default=None)
    merges: list[Merge] = strawberry.field(
        description="The receipts: one for each contact that was merged, as they were given.",
        default_factory=list[Merge],
    )
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What mergeOrganizations did.")
class MergeOrganizationsPayload:
    organization: Organization | None = strawberry.field(
        description="The organization that stayed, with all it has.", default=None
    )
    merges: list[Merge] = strawberry.field(
        description="The receipts: one for each organization that was merged, as they were given.",
        default_factory=list[Merge],
    )
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What undoMerge did.")
class UndoMergePayload:
    merge: Merge | None = strawberry.field(description="The merge, undone; both records are found in it.", default=None)
    effects: list[Effect] = inputs.effects()
    user_errors: list[UserError] = inputs.user_errors()


DistinctRecord = Annotated[
    Contact | Organization,
    strawberry.union("DistinctRecord", description="What can be a duplicate of another of its kind."),
]


@strawberry.type(description="What markDistinct did.")
class MarkDistinctPayload:
    records: list[DistinctRecord] | None = strawberry.field(
        description="The records, as they were given.", default=None
    )
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type(description="What unmarkDistinct did.")
class UnmarkDistinctPayload:
    records: list[DistinctRecord] | None = strawberry.field(
        description="The records, as they were given.", default=None
    )
    user_errors: list[UserError] = inputs.user_errors()


@strawberry.type
class MergingMutations:
    @strawberry.mutation(
        description="Merges contacts into one: it keeps what it has, its empty fields are filled, and every lead, deal,"
        " address, tag and timeline entry of theirs is its own. Leads, deals and answers that name it now have a new"
        " `version`. Can be undone: `undoMerge`."
    )
    @refusable(MergeContactsPayload, contact=Contact.of)
    async def merge_contacts(self, info: Info, input: MergeContactsInput) -> MergeContactsPayload:
        merged = await operations.merge_contacts(
            actor=info.context.actor,
            into_id=ids.decode("Contact", input.into_id, "intoId"),
            from_ids=[ids.decode("Contact", id, "fromIds", str(index)) for index, id in enumerate(input.from_ids)],
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            dry_run=bool(input.dry_run),
            now=info.context.now,
        )
        if input.dry_run:
            return MergeContactsPayload(effects=Effect.of_all(merged.effects))
        return MergeContactsPayload(
            contact=Contact.of(merged.record),
            merges=[Merge.of(row) for row in merged.merges],
            effects=Effect.of_all(merged.effects),
        )

    @strawberry.mutation(
        description="Merges organizations into one, as mergeContacts does; their people and branches are its own, too."
    )
    @refusable(MergeOrganizationsPayload, organization=Organization.of)
    async def merge_organizations(self, info: Info, input: MergeOrganizationsInput) -> MergeOrganizationsPayload:
        merged = await operations.merge_organizations(
            actor=info.context.actor,
            into_id=ids.decode("Organization", input.into_id, "intoId"),
            from_ids=[ids.decode("Organization", id, "fromIds", str(index)) for index, id in enumerate(input.from_ids)],
            expected_version=input.expected_version,
            idempotency_key=input.idempotency_key,
            dry_run=bool(input.dry_run),
            now=info.context.now,
        )
        if input.dry_run:
            return MergeOrganizationsPayload(effects=Effect.of_all(merged.effects))
        return MergeOrganizationsPayload(
            organization=Organization.of(merged.record),
            merges=[Merge.of(row) for row in merged.merges],
            effects=Effect.of_all(merged.effects),
        )

    @strawberry.mutation(
        description="Undoes a merge: all that was moved and still belongs to the one that stayed goes back, what was"
        " filled and has not changed is emptied, and the merged record is there again. What was changed since stays,"
        " and `effects` says so. Where a later merge rests on this one, that must be undone first."
    )
    @refusable(UndoMergePayload)
    async def undo_merge(self, info: Info, input: UndoMergeInput) -> UndoMergePayload:
        undone = await operations.undo_merge(
            actor=info.context.actor,
            merge_id=ids.decode("Merge", input.id, "id"),
            dry_run=bool(input.dry_run),
            now=info.context.now,
        )
        effects = Effect.of_all(undone.effects)
        return UndoMergePayload(merge=None if input.dry_run else Merge.of(undone.merge), effects=effects)

    @strawberry.mutation(
        description="Says that contacts, or organizations, are not the same: they are not proposed as duplicates of"
        " each other any more."
    )
    @refusable(MarkDistinctPayload)
    async def mark_distinct(self, info: Info, input: MarkDistinctInput) -> MarkDistinctPayload:
        kind, decoded = _kind_of(input.ids)
        rows = await operations.mark_distinct(actor=info.context.actor, kind=kind, ids=decoded, now=info.context.now)
        return MarkDistinctPayload(records=[KINDS[kind].of(row) for row in rows])

    @strawberry.mutation(description="Takes back what markDistinct said.")
    @refusable(UnmarkDistinctPayload)
    async def unmark_distinct(self, info: Info, input: UnmarkDistinctInput) -> UnmarkDistinctPayload:
        kind, decoded = _kind_of(input.ids)
        rows = await operations.unmark_distinct(actor=info.context.actor, kind=kind, ids=decoded, now=info.context.now)
        return UnmarkDistinctPayload(records=[KINDS[kind].of(row) for row in rows])


KINDS: dict[str, type[Contact | Organization]] = {"Contact": Contact, "Organization": Organization}


def _kind_of(given: list[strawberry.ID]) -> tuple[str, list[UUID]]:
    """Of which kind the ids are, and the rows' own.

    Raises: Invalid for what is no id of either, or of both.
    """
    parts = [ids.split(id) for id in given]
    kind = next((part[0] for part in parts if part and part[0] in KINDS), "Contact")
    for index, id in enumerate(given):
        part = parts[index]
        if part is not None and part[0] in KINDS and part[0] != kind:
            raise Invalid("Contacts and organizations cannot be compared: give one kind.", field=("ids", str(index)))
        ids.decode(kind, id, "ids", str(index))
    return kind, [ids.decode(kind, id) for id in given]
