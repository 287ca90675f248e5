"""The law of conversions: converting and undoing it restores what people see, whatever was chosen."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.contacts.facts import NewContact, NewOrganization
from crm.contacts.models import Contact, Organization
from crm.db import scoped
from crm.deals.models import Deal
from crm.deals.queries import stage_totals
from crm.ids import new_id
from crm.leads.conversion import Conversion, convert_lead
from crm.leads.facts import DuplicatePolicy, LeadState
from crm.leads.models import Lead
from crm.leads.operations import answer_qualification, disqualify_lead, qualify_lead
from crm.leads.unconversion import unconvert_lead
from crm.money import Money
from crm.tags.models import Tag, Tagging
from tests.conftest import NOW, Company, later
from tests.factories import ALL_MET, make_contact, make_deal, make_lead, make_organization

SEEN = (
    "contact",
    "organization",
    "contact_email",
    "contact_phone",
    "organization_email",
    "organization_phone",
    "postal_address",
    "lead",
    "criterion_answer",
    "deal",
    "tagging",
)
COUNTING = {"version", "updated_at"}


@dataclass(frozen=True)
class Plan:
    """One lead, and how it is converted."""

    state: LeadState
    answers: int
    """How many of the four questions are answered."""
    has_organization: bool
    described: bool
    tagged: bool
    of_person: bool
    contact: str
    organization: str
    policy: DuplicatePolicy
    into: str
    """A new deal, one that is there, or the deal of the lead before."""


plans = st.builds(
    Plan,
    state=st.sampled_from([LeadState.NEW, LeadState.QUALIFIED, LeadState.DISQUALIFIED]),
    answers=st.integers(0, 4),
    has_organization=st.booleans(),
    described=st.booleans(),
    tagged=st.booleans(),
    of_person=st.booleans(),
    contact=st.sampled_from(["own", "existing", "new", "taken"]),
    organization=st.sampled_from(["own", "existing", "new", "taken"]),
    policy=st.sampled_from([DuplicatePolicy.USE_EXISTING, DuplicatePolicy.CREATE_ANYWAY]),
    into=st.sampled_from(["new", "there", "before"]),
)


class Scene:
    """Records that were there before, and leads to be converted."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.leads: list[Lead] = []
        self.hows: list[Conversion] = []

    async def set(self, plans: list[Plan], filled: int) -> None:
        actor = self.company.bob
        mark = new_id().hex
        self.organization = await make_organization(actor, f"{mark}.example", domain=f"{mark}.example")
        self.contact = await make_contact(actor, "Holder", emails=(f"a@{mark}.example",))
        values: list[dict[str, Any]] = [
            {"amount": Money(5, "JPY"), "expected_close_date": date(2027, 1, 1)},
            {"amount": Money(5, "JPY")},
            {},
        ]
        self.deal = await make_deal(actor, "There", **values[filled])
        times = {"created_at": NOW, "updated_at": NOW}
        self.tag = await Tag.create(workspace_id=actor.workspace_id, name=mark, name_folded=mark, **times)
        for number, plan in enumerate(plans):
            self.leads.append(await self._lead(plan))
            self.hows.append(self._how(plan, f"{mark}{number}", f"{mark}.example"))
        self.into = [plan.into for plan in plans]

    async def _lead(self, plan: Plan) -> Lead:
        actor = self.company.bob
        people: dict[str, UUID] = {}
        if plan.of_person or not plan.has_organization:
            people["contact_id"] = (await make_contact(actor, "Own person")).id
        if plan.has_organization:
            people["organization_id"] = (await make_organization(actor, "Own organization")).id
        lead = await make_lead(actor, source="fair" if plan.described else None, **people)
        common: dict[str, Any] = {"actor": actor, "lead_id": lead.id, "expected_version": None, "now": NOW}
        if plan.answers:
            lead = await answer_qualification(answers=ALL_MET[: plan.answers], **common)
        if plan.state is LeadState.QUALIFIED:
            lead = await qualify_lead(note="by hand", **common)
        if plan.state is LeadState.DISQUALIFIED:
            lead = await disqualify_lead(reason="OTHER", note="later", nurture_until=date(2027, 1, 1), **common)
        if plan.described:
            lead.description, lead.utm = "What they wrote", {"utm_source": "fair"}
            await lead.save()
        if plan.tagged:
            await Tagging.create(workspace_id=lead.workspace_id, tag_id=self.tag.id, lead_id=lead.id)
        return lead

    def _how(self, plan: Plan, mark: str, taken: str) -> Conversion:
        contact: dict[str, Any] = {
            "own": {},
            "existing": {"contact_id": self.contact.id},
            "new": {"new_contact": NewContact("New", emails=(f"new@{mark}.example",))},
            "taken": {
                "new_contact": NewContact(
                    "Taken", emails=(f"A@{taken}",), phones=("+4930123456",), job_title="Boss", description="Met twice"
                )
            },
        }[plan.contact]
        organization: dict[str, Any] = {
            "own": {},
            "existing": {"organization_id": self.organization.id},
            "new": {"new_organization": NewOrganization("New", domain=f"new-{mark}.example")},
            "taken": {"new_organization": NewOrganization("Taken", domain=taken, phones=("+4930123456",))},
        }[plan.organization]
        return Conversion(force=True, duplicates=plan.policy, **contact, **organization)

    async def convert(self, number: int) -> Deal:
        """Convert the lead; by force, as somebody who may."""
        lead, how = self.leads[number], self.hows[number]
        deal_id = {"new": None, "there": self.deal.id, "before": getattr(self, "last", None)}[self.into[number]]
        target = await Deal.get(id=deal_id) if deal_id else None
        parties: dict[str, Any] = {}
        if target is not None:
            # What a deal has it keeps: nothing else may be chosen for it.
            if target.contact_id is not None:
                parties |= {"contact_id": None, "new_contact": None}
            if target.organization_id is not None:
                parties |= {"organization_id": None, "new_organization": None}
        given = {name: getattr(how, name) for name in Conversion.__slots__} | parties | {"deal_id": deal_id}
        converted = await convert_lead(
            actor=self.company.alice,
            lead_id=lead.id,
            how=Conversion(**given),
            expected_version=None,
            now=later(60 + number),
        )
        self.last = converted.deal.id
        return converted.deal

    async def undo(self, number: int) -> None:
        await unconvert_lead(
            actor=self.company.alice, lead_id=self.leads[number].id, expected_version=None, now=later(120 + number)
        )


async def seen(connection: asyncpg.Connection, company: Company) -> tuple[dict[tuple[str, str], Any], Any]:
    """Every row that people see but those put away, without what counts changes; and the totals of the board."""
    workspace_id = company.bob.workspace_id
    found = {}
    for table in SEEN:
        for record in await connection.fetch(
            f"SELECT to_jsonb(t)::text AS row FROM {table} t WHERE workspace_id = $1",  # noqa: S608  (our own words)
            workspace_id,
        ):
            row = json.loads(record["row"])
            found[table, row["id"]] = {name: value for name, value in row.items() if name not in COUNTING}
    away = {id for (table, id), row in found.items() if row.get("archived_at")}
    owners = ("contact_id", "organization_id", "deal_id")
    of_those_away = {key for key, row in found.items() if key[0] not in ("lead", "deal", "contact")} & {
        key for key, row in found.items() if any(row.get(owner) in away for owner in owners)
    }
    totals = await stage_totals(actor=company.bob, stage_ids=[stage.id for stage in company.stages])
    shown = {key: row for key, row in found.items() if key[1] not in away and key not in of_those_away}
    return shown, totals


@settings(
    max_examples=14, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(some=st.lists(plans, min_size=1, max_size=3), filled=st.integers(0, 2), data=st.data())
async def test_converting_and_undoing_restores_what_people_see(
    company: Company, owner_connection: asyncpg.Connection, some: list[Plan], filled: int, data: st.DataObject
) -> None:
    scene = Scene(company)
    await scene.set(some, filled)
    before = await seen(owner_connection, company)
    numbers = range(len(some))
    deals = [await scene.convert(number) for number in numbers]
    assert await seen(owner_connection, company) != before
    for number in data.draw(st.permutations(numbers)):
        await scene.undo(number)
    assert await seen(owner_connection, company) == before
    # And all of it can be done again.
    scene.into[0] = "new" if scene.into[0] == "before" else scene.into[0]
    again = await scene.convert(0)
    assert again.archived_at is None
    assert (again.id == deals[0].id) is (scene.into[0] == "there")
    await scene.undo(0)
    assert await seen(owner_connection, company) == before
    for model in (Contact, Organization):
        assert await scoped(model, company.bob).filter(id__in=[scene.contact.id, scene.organization.id]).count() == 1
