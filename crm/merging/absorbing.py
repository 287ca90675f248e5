"""The steps by which one record takes over what is another's. Each writes down in the receipt what it has changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from crm.accounts.facts import Actor
from crm.contacts.addresses import MOST_ADDRESSES
from crm.db import execute, scoped
from crm.effects import Effect, EffectCode
from crm.errors import Invalid
from crm.ids import new_id
from crm.merging.facts import NOUNS, Part, counted
from crm.merging.holding import above
from crm.merging.models import Distinct
from crm.merging.receipts import Receipt
from crm.merging.references import ORGANIZATIONS, Mergeable, api_name
from crm.tags.models import Tagging

SHOWN = 120
"""Characters of a text that an effect shows."""


class Absorption:
    """One record, both of them locked, being merged into another. The caller saves the one that stays."""

    def __init__(self, mergeable: Mergeable, survivor: Any, merged: Any, *, actor: Actor, now: datetime) -> None:
        self.receipt = Receipt()
        self.effects: list[Effect] = []
        self._mergeable = mergeable
        self._survivor = survivor
        self._merged = merged
        self._actor = actor
        self._now = now
        self._column = f"{mergeable.noun}_id"

    async def run(self, field: tuple[str, ...]) -> None:
        """Do it all. ``field`` is where the merged record stands in the input.

        Raises: Invalid when the two have more addresses than one may have.
        """
        for addresses in self._mergeable.addresses:
            await self._take_addresses(addresses, field)
        if self._mergeable is ORGANIZATIONS:
            await self._take_place()
        # Archived before anything else is filled: two may not have one domain.
        self._merged.merged_into_id = self._survivor.id
        self._merged.archived_at = self._now
        self._merged.touch(self._now)
        await self._merged.save()
        await self._take_tags()
        for reference in self._mergeable.references:
            await self._take_references(reference)
        await self._touch_answered_leads()
        self._fill()
        self._fill_custom()
        await self._take_distinctions()
        for entry in self.receipt.counts:
            self._tell(EffectCode.MOVES, f"From {self._merged.name}: {counted(Part(entry['kind']), entry['count'])}")
        self._tell(EffectCode.ARCHIVES, f"{self._merged.name} is archived", record=self._merged)

    def _tell(self, code: EffectCode, message: str, *, field: str | None = None, record: Any = None) -> None:
        whose = record or self._survivor
        kind = (type(whose).__name__, whose.id)
        self.effects.append(Effect(code, f"{message}.", field=tuple(field.split(".")) if field else (), record=kind))

    # Lists

    async def _take_addresses(self, addresses: Any, field: tuple[str, ...]) -> None:
        """Append the addresses that the survivor has not; the others stay where they are."""
        mine, theirs = [
            await scoped(addresses.model, self._actor).filter(**{self._column: row.id}).order_by("position")
            for row in (self._survivor, self._merged)
        ]
        known = {addresses.key(row) for row in mine}
        stay = [row for row in theirs if addresses.key(row) in known]
        moved = [row for row in theirs if addresses.key(row) not in known]
        if len(mine) + len(moved) > MOST_ADDRESSES and moved:
            raise Invalid(
                f"With those of {self._merged.name} there would be {len(mine) + len(moved)}"
                f" {NOUNS[addresses.part][1]}: at most {MOST_ADDRESSES} are kept, so remove some first.",
                field=field,
            )
        position = mine[-1].position + 1 if mine else 0
        for row in stay:
            self.receipt.spared.append(f"{addresses.part.value} {addresses.key(row)}")
            self._tell(EffectCode.KEEPS, f"{NOUNS[addresses.part][0].capitalize()} that both have is kept once")
        for offset, row in enumerate(moved):
            kept = {"id": str(row.id), "position": row.position, "key": addresses.key(row)}
            self.receipt.addresses.setdefault(addresses.table, []).append(kept)
            self.receipt.brought.append(f"{addresses.part.value} {addresses.key(row)}")
            setattr(row, self._column, self._survivor.id)
            row.position = position + offset
            await row.save()
        self.receipt.count(addresses.part, len(moved))
        if addresses.part is Part.EMAIL:
            awake = [row.id for row in stay if row.active]
            await scoped(addresses.model, self._actor).filter(id__in=awake).update(active=False)
            self.receipt.asleep = [str(id) for id in awake]

    async def _take_tags(self) -> None:
        mine, theirs = [
            await scoped(Tagging, self._actor).filter(**{self._column: row.id}).order_by("id")
            for row in (self._survivor, self._merged)
        ]
        known = {row.tag_id for row in mine}
        for row in theirs:
            if row.tag_id in known:
                self.receipt.spared.append(f"TAG {row.tag_id}")
                continue
            setattr(row, self._column, self._survivor.id)
            await row.save()
            self.receipt.tags.append(str(row.id))
            self.receipt.brought.append(f"TAG {row.tag_id}")
        self.receipt.count(Part.TAG, len(self.receipt.tags))

    async def _take_references(self, reference: Any) -> None:
        touched = ", version = version + 1, updated_at = $4" if reference.versioned else ""
        values: list[Any] = [self._actor.workspace_id, self._merged.id, self._survivor.id]
        if reference.versioned:
            values.append(self._now)
        found = await execute(
            f"UPDATE {reference.table} SET {reference.column} = $3{touched}"
            f" WHERE workspace_id = $1 AND {reference.column} = $2 RETURNING id",
            *values,
        )
        ids = sorted(str(row["id"]) for row in found)
        if ids:
            self.receipt.moved[reference.name] = ids
        # An answer may name a person twice.
        before = {id for name, known in self.receipt.moved.items() if name != reference.name for id in known}
        is_answer = reference.part is Part.ANSWER
        self.receipt.count(reference.part, len([id for id in ids if not is_answer or id not in before]))

    async def _touch_answered_leads(self) -> None:
        answers = [id for name, ids in self.receipt.moved.items() if name.startswith("criterion_answer.") for id in ids]
        if answers:
            await execute(
                "UPDATE lead SET version = version + 1, updated_at = $3 WHERE workspace_id = $1"
                " AND id IN (SELECT a.lead_id FROM criterion_answer a WHERE a.workspace_id = $1 AND a.id = ANY($2))"
                " AND id <> ALL($4)",
                self._actor.workspace_id,
                sorted(set(answers)),
                self._now,
                self.receipt.moved.get("lead.contact_id", []),
            )

    # Fields

    def _fill(self) -> None:
        for column in self._mergeable.fillable:
            mine, theirs = getattr(self._survivor, column), getattr(self._merged, column)
            if theirs is None:
                continue
            name = api_name(column)
            if mine is None:
                setattr(self._survivor, column, theirs)
                self.receipt.filled[column] = str(theirs)
                self._filled(name, theirs if column in _SHOWN else None)
            else:
                self.receipt.spared.append(f"FIELD {name}")
                if mine != theirs:
                    told = f", not {_short(theirs)}" if column in _SHOWN else ""
                    self._tell(EffectCode.KEEPS, f"{name} stays as it is{told}", field=name)

    def _fill_custom(self) -> None:
        mine, theirs = dict(self._survivor.custom), self._merged.custom
        for key, value in theirs.items():
            if value is None:
                continue
            name = f"custom.{key}"
            if mine.get(key) is None:
                if key in mine:
                    self.receipt.nulls.append(key)
                mine[key] = value
                self.receipt.custom[key] = value
                self._filled(name, value)
            else:
                self.receipt.spared.append(f"FIELD {name}")
                if mine[key] != value:
                    self._tell(EffectCode.KEEPS, f"{name} stays as it is, not {_short(value)}", field=name)
        self._survivor.custom = mine

    def _filled(self, name: str, value: object) -> None:
        self.receipt.names.append(name)
        self.receipt.brought.append(f"FIELD {name}")
        told = "" if value is None else f" with {_short(value)}"
        self._tell(EffectCode.FILLS, f"{name} is filled{told}", field=name)

    async def _take_place(self) -> None:
        """Settle the parent of an organization, so that no circle comes of it.

        Where the merged one stands above the survivor, the survivor takes its place. Else only an empty parent is
        filled, with one that is not itself below the survivor.
        """
        survivor, merged = self._survivor, self._merged
        before = survivor.parent_id
        if merged.id in await above(before, self._actor):
            survivor.parent_id = merged.parent_id
        elif before is None and merged.parent_id and survivor.id not in await above(merged.parent_id, self._actor):
            survivor.parent_id = merged.parent_id
            self._filled("parent", None)
        if before is not None or merged.parent_id is not None:
            # Whatever came of it rests on what both had.
            self.receipt.spared.append("FIELD parent")
        if survivor.parent_id == before:
            return
        self.receipt.parent = [None if id is None else str(id) for id in (before, survivor.parent_id)]
        self.receipt.brought.append("FIELD parent")
        await scoped(type(survivor), self._actor).filter(id=survivor.id).update(parent_id=survivor.parent_id)
        if before is not None:
            self._tell(EffectCode.CHANGES, f"It takes the place of {merged.name} among the branches", field="parent")

    # What is not to be proposed

    async def _take_distinctions(self) -> None:
        """Whoever is not the same as the merged record is not the same as the survivor either."""
        noun = self._mergeable.noun
        one, other = f"{noun}_id", f"other_{noun}_id"
        pairs: set[tuple[UUID, UUID]] = set()
        for row in await scoped(Distinct, self._actor).filter(**{one: self._merged.id}):
            pairs.add(_pair(self._survivor.id, getattr(row, other)))
        for row in await scoped(Distinct, self._actor).filter(**{other: self._merged.id}):
            pairs.add(_pair(self._survivor.id, getattr(row, one)))
        for first, second in sorted(pair for pair in pairs if pair[0] != pair[1]):
            made = await execute(
                f"INSERT INTO distinct_pair (id, workspace_id, {one}, {other}, created_at) VALUES ($1, $2, $3, $4, $5)"
                " ON CONFLICT DO NOTHING RETURNING id",
                new_id(),
                self._actor.workspace_id,
                first,
                second,
                self._now,
            )
            self.receipt.distinct += [str(row["id"]) for row in made]
            (self.receipt.brought if made else self.receipt.spared).append(f"APART {first} {second}")


_SHOWN = frozenset({"job_title", "domain", "description"})
"""Columns whose values mean something to people; others are ids."""


def _pair(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    return (one, other) if one < other else (other, one)


def _short(value: object) -> str:
    line = " ".join(str(value).split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"
