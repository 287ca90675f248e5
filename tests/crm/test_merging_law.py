"""The law of merging: a merge that is undone has changed nothing, whatever the two records had."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crm.activities.models import Activity
from crm.contacts.models import (
    Contact,
    ContactEmail,
    ContactPhone,
    Organization,
    OrganizationEmail,
    OrganizationPhone,
    PostalAddress,
)
from crm.db import execute
from crm.engine import bound
from crm.ids import new_id
from crm.leads.facts import SuggestionState
from crm.leads.models import CriterionAnswer, Lead, Suggestion
from crm.merging.models import Distinct
from crm.merging.operations import merge_contacts, merge_organizations, undo_merge
from crm.tags.models import Tag, Tagging
from crm.text import name_key
from tests.conftest import NOW, Company, dump, later
from tests.factories import make_deal

UNSEEN = {"merge", "outbox_event", "idempotency_key"}
"""What tells of merges and nothing of the records."""
LATER = later(3600)


async def visible(connection: asyncpg.Connection, workspace_id: UUID) -> dict[str, list[Any]]:
    """Every row of a workspace but for versions, the times of changes and what a merge writes on the timeline."""
    shown = {}
    for table, rows in (await dump(connection, workspace_id)).items():
        if table not in UNSEEN:
            read = [json.loads(row) for row in rows]
            shown[table] = sorted(
                (
                    {name: value for name, value in row.items() if name not in ("version", "updated_at")}
                    for row in read
                    if not (table == "activity" and row["kind"] == "change")
                ),
                key=lambda row: str(row["id"]),
            )
    return shown


# What a world is made of: who has what, by the numbers of three people (or organizations)

WHO = st.integers(0, 2)
SOME = st.lists(st.tuples(WHO, st.integers(0, 3)), max_size=8, unique=True)
FIELDS = st.lists(st.fixed_dictionaries({"first": st.booleans(), "second": st.booleans()}), min_size=3, max_size=3)
CUSTOM = st.lists(
    st.dictionaries(st.sampled_from(["size", "color", "since"]), st.sampled_from([None, 1, "x", ["a", "b"], True])),
    min_size=3,
    max_size=3,
)
WORLDS = st.fixed_dictionaries(
    {
        "emails": st.lists(WHO, max_size=6),
        "phones": SOME,
        "postal": SOME,
        "tags": SOME,
        "leads": st.lists(st.tuples(WHO, WHO, WHO), max_size=4),
        "deals": st.lists(WHO, max_size=3),
        "notes": st.lists(WHO, max_size=3),
        "apart": st.lists(st.tuples(WHO, st.integers(0, 3)), max_size=3),
        "people": st.lists(WHO, max_size=3),
        "parents": st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=4, max_size=4),
        "fields": FIELDS,
        "custom": CUSTOM,
        "steps": st.lists(st.tuples(WHO, WHO), min_size=1, max_size=3),
    }
)


class World:
    """Rows of one workspace, made directly."""

    def __init__(self, company: Company, kind: str) -> None:
        self.actor = company.alice
        self.workspace = {"workspace_id": company.alice.workspace_id}
        self.kind = kind
        self.column = f"{kind}_id"
        self.records: list[Any] = []

    async def fill(self, given: dict[str, Any]) -> None:
        model: Any = Contact if self.kind == "contact" else Organization
        others = [await self._add(Organization, name=f"Above {n}", name_folded=f"above {n}") for n in range(2)]
        for number in range(4):
            name = f"Person {number} {new_id()}"
            fields = given["fields"][number] if number < 3 else {"first": False, "second": False}
            filled: dict[str, Any] = {"description": f"about {number}"} if fields["first"] else {}
            if fields["second"] and self.kind == "contact":
                filled |= {"job_title": f"job {number}", "organization_id": others[number % 2].id}
            if fields["second"] and self.kind == "organization":
                filled["domain"] = f"d{new_id().hex}.example"
            if fields["first"]:
                filled["owner_id"] = self.actor.member_id
            custom = given["custom"][number] if number < 3 else {}
            self.records.append(await self._add(model, name=name, name_folded=name_key(name), custom=custom, **filled))
        if self.kind == "organization":
            await self._parents(given["parents"])
            for who in given["people"]:
                await self._add(Contact, name="Someone", name_folded="someone", organization_id=self.records[who].id)
        await self._addresses(given)
        await self._tags(given)
        await self._business(given)
        await self._apart(given)

    async def _add(self, model: Any, **fields: Any) -> Any:
        versioned = {"created_at": NOW, "updated_at": NOW} if "version" in model._meta.fields_map else {}
        return await model.create(**self.workspace, **versioned, **fields)

    async def _parents(self, parents: list[int | None]) -> None:
        for number, parent in enumerate(parents):
            above, seen = parent, {number}
            while above is not None and above not in seen:
                seen.add(above)
                above = parents[above]
            if parent is not None and above is None:  # no circle
                await execute(
                    "UPDATE organization SET parent_id = $1 WHERE id = $2",
                    self.records[parent].id,
                    self.records[number].id,
                )
                self.records[number].parent_id = self.records[parent].id
            else:
                parents[number] = None

    async def _addresses(self, given: dict[str, Any]) -> None:
        of_contact = self.kind == "contact"
        email, phone = (ContactEmail, ContactPhone) if of_contact else (OrganizationEmail, OrganizationPhone)
        places = dict.fromkeys(range(3), 0)
        for who in given["emails"]:
            address = f"{new_id().hex}@x.example"
            await self._add(email, address=address, address_normalized=address, position=places[who], **self._of(who))
            places[who] += 2  # with gaps
        for model, entries, fields in (
            (phone, given["phones"], lambda n: {"number": f"+493012345{n}"}),
            (PostalAddress, given["postal"], lambda n: {"city": f"City {n}", "label": "x" if n % 2 else None}),
        ):
            for place, (who, number) in enumerate(entries):
                await self._add(model, position=place, **self._of(who), **fields(number))

    async def _tags(self, given: dict[str, Any]) -> None:
        tags = [await self._add(Tag, name=f"{new_id()}", name_folded=f"{new_id()}") for _ in range(4)]
        for who, number in given["tags"]:
            await self._add(Tagging, tag_id=tags[number].id, **self._of(who))

    async def _business(self, given: dict[str, Any]) -> None:
        holder = await self._add(Contact, name="Holder", name_folded="holder")
        for who, decides, holds in given["leads"]:
            lead = await self._add(Lead, title="Pumps", state="NEW", **self._of(who))
            people = {"decision_maker_id": holder.id, "budget_holder_id": holder.id}
            if self.kind == "contact":
                people = {"decision_maker_id": self.records[decides].id, "budget_holder_id": self.records[holds].id}
            answer = {"criterion": "AUTHORITY", "lead_id": lead.id}
            await self._add(CriterionAnswer, state="MET", answered_at=NOW, **answer, **people)
            await self._add(
                Suggestion, answer_state="MET", quote="she decides", rule="r", state=SuggestionState.PROPOSED.value,
                decision_maker_id=people["decision_maker_id"], **answer,
            )  # fmt: skip
        for who in given["deals"]:
            await make_deal(self.actor, **self._of(who))
        for who in given["notes"]:
            await self._add(Activity, kind="note", at=NOW, summary="Called", **self._of(who))

    async def _apart(self, given: dict[str, Any]) -> None:
        pairs = {tuple(sorted((self.records[a].id, self.records[b].id))) for a, b in given["apart"] if a != b}
        for first, second in pairs:
            await self._add(Distinct, created_at=NOW, **{self.column: first, f"other_{self.column}": second})

    def _of(self, who: int) -> dict[str, Any]:
        return {self.column: self.records[who].id}


async def merge_and_undo(company: Company, connection: asyncpg.Connection, kind: str, given: dict[str, Any]) -> None:
    """Merge along the steps that can be gone, and undo them backwards: after each, all is as it was before it."""
    world = World(company, kind)
    await world.fill(given)
    merge = merge_contacts if kind == "contact" else merge_organizations
    model = type(world.records[0])
    done = []
    for into, other in given["steps"]:
        rows = {row.id: row for row in await model.filter(id__in=[world.records[n].id for n in (into, other)])}
        if into == other or any(row.archived_at is not None for row in rows.values()):
            continue
        before = await visible(connection, company.alice.workspace_id)
        ids = {"into_id": world.records[into].id, "from_ids": [world.records[other].id]}
        merged = await merge(actor=world.actor, **ids, expected_version=None, idempotency_key=None, now=LATER)
        assert await visible(connection, company.alice.workspace_id) != before
        done.append((before, merged.merges[0]))
    for before, row in reversed(done):
        await undo_merge(actor=world.actor, merge_id=row.id, now=LATER)
        after = await visible(connection, company.alice.workspace_id)
        for table, rows in before.items():
            assert after[table] == rows, table


@pytest.mark.parametrize("kind", ["contact", "organization"])
async def test_merges_that_are_undone_have_changed_nothing(
    company: Company, owner_connection: asyncpg.Connection, kind: str
) -> None:
    loop = asyncio.get_running_loop()

    async def one(given: dict[str, Any]) -> None:
        with bound(company.alice.workspace_id):
            try:
                await merge_and_undo(company, owner_connection, kind, given)
            finally:
                await clear(owner_connection, company.alice.workspace_id)

    @settings(
        max_examples=20, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    @given(WORLDS)
    def every(given: dict[str, Any]) -> None:
        asyncio.run_coroutine_threadsafe(one(given), loop).result(60)

    await asyncio.to_thread(every)


async def clear(connection: asyncpg.Connection, workspace_id: UUID) -> None:
    """Empty the workspace of what an example has made."""
    for table in ("merge", "distinct_pair", "suggestion", "criterion_answer", "activity", "stage_change", "tagging"):
        await connection.execute(f"DELETE FROM {table} WHERE workspace_id = $1", workspace_id)  # noqa: S608
    for table in ("tag", "lead", "deal", "contact", "organization", "stage_delta", "outbox_event"):
        await connection.execute(f"DELETE FROM {table} WHERE workspace_id = $1", workspace_id)  # noqa: S608
