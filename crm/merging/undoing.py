"""The steps by which a merge is undone, out of its receipt: what somebody has changed since stays as it is now."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.accounts.facts import Actor
from crm.contacts.models import Organization
from crm.db import execute, scoped
from crm.effects import Effect, EffectCode
from crm.errors import Duplicate
from crm.merging.facts import Part, counted
from crm.merging.holding import above
from crm.merging.models import Distinct
from crm.merging.receipts import Receipt
from crm.merging.references import ORGANIZATIONS, Mergeable, Reference, api_name
from crm.tags.models import Tagging


class Undoing:
    """One merge being undone; both records are locked. The caller saves the one that had stayed."""

    def __init__(
        self, mergeable: Mergeable, survivor: Any, merged: Any, receipt: Receipt, *, actor: Actor, now: datetime
    ) -> None:
        self.effects: list[Effect] = []
        self._mergeable = mergeable
        self._survivor = survivor
        self._merged = merged
        self._receipt = receipt
        self._actor = actor
        self._now = now
        self._column = f"{mergeable.noun}_id"
        self._returned: Counter[Part] = Counter()
        self._kept: Counter[Part] = Counter()

    async def run(self) -> None:
        """Do it all.

        Raises: Duplicate when an address or the domain belongs to another record by now.
        """
        self._empty()
        await self._survivor.save()  # two may not have one domain, not even for a moment
        await self._restore()
        for addresses in self._mergeable.addresses:
            await self._give_addresses(addresses)
        await self._give_tags()
        for reference in self._mergeable.references:
            await self._give_references(reference)
        if self._mergeable is ORGANIZATIONS:
            await self._give_up_place()  # when the branches are where they were, so that no circle seems to come of it
        await self._touch_answered_leads()
        await scoped(Distinct, self._actor).filter(id__in=self._receipt.distinct).delete()
        for part in Part:
            if count := self._returned[part]:
                self._tell(
                    EffectCode.MOVES, f"Back to {self._merged.name}: {counted(part, count)}", record=self._merged
                )
        for part in Part:
            if count := self._kept[part]:
                name = self._survivor.name
                self._tell(EffectCode.KEEPS, f"{counted(part, count)} not given back by {name}: changed since")

    def _tell(self, code: EffectCode, message: str, *, field: str | None = None, record: Any = None) -> None:
        whose = record or self._survivor
        kind = (type(whose).__name__, whose.id)
        self.effects.append(Effect(code, f"{message}.", field=tuple(field.split(".")) if field else (), record=kind))

    # Fields

    def _empty(self) -> None:
        """Empty what was filled and still has that value."""
        receipt, survivor = self._receipt, self._survivor
        for column, value in receipt.filled.items():
            now, name = getattr(survivor, column), api_name(column)
            if now is not None and str(now) == value:
                setattr(survivor, column, None)
                self._tell(EffectCode.CHANGES, f"{name} is emptied again", field=name)
            else:
                self._tell(EffectCode.KEEPS, f"{name} stays: changed since", field=name)
        custom = dict(survivor.custom)
        for key, value in receipt.custom.items():
            name = f"custom.{key}"
            if key not in custom or custom[key] != value:
                self._tell(EffectCode.KEEPS, f"{name} stays: changed since", field=name)
                continue
            if key in receipt.nulls:
                custom[key] = None
            else:
                del custom[key]
            self._tell(EffectCode.CHANGES, f"{name} is emptied again", field=name)
        survivor.custom = custom

    async def _restore(self) -> None:
        merged = self._merged
        if self._mergeable is ORGANIZATIONS and merged.domain is not None:
            other = await scoped(Organization, self._actor).get_or_none(domain=merged.domain, archived_at=None)
            if other is not None:
                raise Duplicate(
                    f"The domain {merged.domain} belongs to the organization {other.name} by now.",
                    field=("id",),
                    current=other,
                )
        merged.merged_into_id = None
        merged.archived_at = None
        merged.touch(self._now)
        await merged.save()
        self._tell(EffectCode.RESTORES, f"{merged.name} is there again", record=merged)

    async def _give_up_place(self) -> None:
        """Give an organization the parent that it had, unless that is below it by now."""
        if self._receipt.parent is None:
            return
        before, after = [None if id is None else UUID(id) for id in self._receipt.parent]
        survivor = self._survivor
        if survivor.parent_id != after or survivor.id in await above(before, self._actor):
            self._tell(EffectCode.KEEPS, "parent stays: changed since", field="parent")
            return
        survivor.parent_id = before
        await survivor.save()
        self._tell(EffectCode.CHANGES, "parent is again as it was", field="parent")

    # Lists

    async def _give_addresses(self, addresses: Any) -> None:
        """Give back the addresses that are still there: by their rows, or by what they say."""
        mine, theirs = [
            await scoped(addresses.model, self._actor).filter(**{self._column: row.id}).order_by("position")
            for row in (self._survivor, self._merged)
        ]
        by_id, by_key = {str(row.id): row for row in mine}, {addresses.key(row): row for row in mine}
        entries = self._receipt.addresses.get(addresses.table, [])
        found = [(entry, by_id.get(entry["id"]) or by_key.get(entry["key"])) for entry in entries]
        returning = [(entry["position"], row) for entry, row in found if row is not None]
        self._returned[addresses.part] += len(returning)
        self._kept[addresses.part] += len(entries) - len(returning)
        if addresses.part is Part.EMAIL:
            await self._wake(addresses, [row for _, row in returning], theirs)
        taken = {row.position for row in theirs}
        for position, row in returning:
            place = position if position not in taken else max(taken) + 1
            taken.add(place)
            setattr(row, self._column, self._merged.id)
            row.position = place
            await row.save()
        left = [row for row in mine if row.id not in {row.id for _, row in returning}]
        if left and left[0].position > 0 and mine[0].position == 0:
            left[0].position = 0  # the main address has gone
            await left[0].save()

    async def _wake(self, addresses: Any, returning: list[Any], theirs: list[Any]) -> None:
        """Switch on the e-mail addresses that the merged record has again.

        Raises: Duplicate when one belongs to another record by now.
        """
        asleep = [row for row in theirs if str(row.id) in self._receipt.asleep]
        waking = [*returning, *asleep]
        wanted = {row.address_normalized: row for row in waking if not row.active}
        others = scoped(addresses.model, self._actor).filter(address_normalized__in=list(wanted), active=True)
        for other in await others if wanted else []:
            holder = await scoped(self._mergeable.model, self._actor).get(id=getattr(other, self._column))
            address = wanted[other.address_normalized].address
            raise Duplicate(
                f"{address} belongs to the {self._mergeable.noun} {holder.name} by now.", field=("id",), current=holder
            )
        for row in waking:
            row.active = True
        for row in asleep:
            await row.save()

    async def _give_tags(self) -> None:
        there = {row.tag_id for row in await scoped(Tagging, self._actor).filter(**{self._column: self._merged.id})}
        rows = scoped(Tagging, self._actor).filter(id__in=self._receipt.tags, **{self._column: self._survivor.id})
        returned = 0
        for row in await rows.order_by("id"):
            if row.tag_id not in there:
                setattr(row, self._column, self._merged.id)
                await row.save()
                returned += 1
        self._returned[Part.TAG] += returned
        self._kept[Part.TAG] += len(self._receipt.tags) - returned

    async def _give_references(self, reference: Reference) -> None:
        ids = self._receipt.moved.get(reference.name, [])
        if not ids:
            return
        if reference.part is Part.BRANCH:
            # What stands above the merged one by now cannot stand below it as well.
            over = {str(id) for id in await above(self._merged.id, self._actor)}
            ids = [id for id in ids if id not in over]
        touched = ", version = version + 1, updated_at = $5" if reference.versioned else ""
        values: list[Any] = [self._actor.workspace_id, self._survivor.id, self._merged.id, ids]
        if reference.versioned:
            values.append(self._now)
        found = await execute(
            f"UPDATE {reference.table} SET {reference.column} = $3{touched}"
            f" WHERE workspace_id = $1 AND {reference.column} = $2 AND id = ANY($4::uuid[]) RETURNING id",
            *values,
        )
        self._returned[reference.part] += len(found)
        self._kept[reference.part] += len(self._receipt.moved[reference.name]) - len(found)

    async def _touch_answered_leads(self) -> None:
        moved = self._receipt.moved
        answers = [id for name, ids in moved.items() if name.startswith("criterion_answer.") for id in ids]
        if answers:
            await execute(
                "UPDATE lead SET version = version + 1, updated_at = $3 WHERE workspace_id = $1"
                " AND id IN (SELECT a.lead_id FROM criterion_answer a WHERE a.workspace_id = $1 AND a.id = ANY($2))"
                " AND NOT (id = ANY($4) AND contact_id = $5)",
                self._actor.workspace_id,
                sorted(set(answers)),
                self._now,
                moved.get("lead.contact_id", []),
                self._merged.id,
            )
