"""What is said of leads, who works on them, and putting them away."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from crm.activities.models import Activity
from crm.changes import UNCHANGED, Change
from crm.contacts.models import Contact
from crm.db import scoped
from crm.errors import Code, DomainError, Invalid, NotFound, StaleVersion
from crm.ids import new_id
from crm.leads.facts import Answer, Criterion, CriterionState
from crm.leads.keeping import LeadChange, archive_lead, assign_lead, restore_lead, update_lead
from crm.leads.models import Lead
from crm.leads.operations import answer_qualification, disqualify_lead, qualify_lead, reopen_lead
from crm.leads.rules import AlreadyConverted
from crm.outbox.models import OutboxEvent
from tests.conftest import NOW, Company, later
from tests.crm.test_conversion import convert
from tests.factories import ALL_MET, make_contact, make_lead, make_organization, make_qualified_lead


async def update(company: Company, lead: Lead, version: int | None = None, **fields: object) -> Lead:
    return await update_lead(
        actor=company.bob,
        lead_id=lead.id,
        change=LeadChange(**fields),  # type: ignore[arg-type]
        expected_version=version,
        now=later(60),
    )


async def archive(company: Company, lead: Lead) -> Lead:
    return await archive_lead(actor=company.bob, lead_id=lead.id, expected_version=None, now=later(60))


async def restore(company: Company, lead: Lead) -> Lead:
    return await restore_lead(actor=company.bob, lead_id=lead.id, expected_version=None, now=later(90))


async def names_of_events(company: Company, lead: Lead) -> list[str]:
    rows = await scoped(OutboxEvent, company.bob).filter(subject_id=lead.id).order_by("at", "id")
    return [row.name for row in rows]


async def test_only_what_is_given_changes(company: Company) -> None:
    organization = await make_organization(company.bob)
    lead = await make_lead(company.bob, source="fair", description="Old")
    changed = await update(
        company, lead, title=" Four\npumps ", description=None, organization_id=organization.id, version=1
    )
    assert (changed.title, changed.description, changed.source) == ("Four pumps", None, "fair")
    assert (changed.contact_id, changed.organization_id) == (lead.contact_id, organization.id)
    assert (changed.version, changed.updated_at) == (2, later(60))
    (event,) = await scoped(OutboxEvent, company.bob).filter(name="lead.changed")
    assert event.payload == {"fields": ["title", "description", "organizationId"]}
    (entry,) = await scoped(Activity, company.bob).filter(lead_id=lead.id)
    assert (entry.summary, entry.kind) == ("Changed: title, description, organization", "change")


async def test_where_nothing_changes_nothing_is_written(company: Company) -> None:
    lead = await make_lead(company.bob, source="fair")
    before = await names_of_events(company, lead)
    assert (await update(company, lead)).version == 1
    assert (await update(company, lead, title=lead.title, source="fair", owner_id=lead.owner_id)).version == 1
    assert await names_of_events(company, lead) == before
    assert await scoped(Activity, company.bob).filter(lead_id=lead.id).count() == 0


async def test_a_lead_keeps_somebody_whose_interest_it_is(company: Company) -> None:
    organization = await make_organization(company.bob)
    lead = await make_lead(company.bob)
    with pytest.raises(Invalid) as refusal:
        await update(company, lead, contact_id=None)
    assert refusal.value.field == ("contactId",)
    assert (await Lead.get(id=lead.id)).version == 1
    found = await update(company, lead, contact_id=None, organization_id=organization.id)
    assert (found.contact_id, found.organization_id) == (None, organization.id)


@pytest.mark.parametrize(
    ("fields", "refusal", "field"),
    [
        ({"title": None}, Invalid, "title"),
        ({"title": "  "}, Invalid, "title"),
        ({"title": "x" * 501}, Invalid, "title"),
        ({"description": "x" * 10_001}, Invalid, "description"),
        ({"source": "x" * 201}, Invalid, "source"),
        ({"contact_id": new_id()}, NotFound, "contactId"),
        ({"organization_id": new_id()}, NotFound, "organizationId"),
        ({"owner_id": new_id()}, NotFound, "ownerId"),
        ({"version": 7, "title": "A"}, StaleVersion, "expectedVersion"),
    ],
)
async def test_a_change_that_is_refused_changes_nothing(
    company: Company, fields: dict[str, object], refusal: type[DomainError], field: str
) -> None:
    lead = await make_lead(company.bob)
    before = await names_of_events(company, lead)
    with pytest.raises(refusal) as raised:
        await update(company, lead, **{"description": "New", **fields})  # type: ignore[arg-type]
    assert raised.value.field == (field,)
    found = await Lead.get(id=lead.id)
    assert (found.version, found.description) == (1, None)
    assert await names_of_events(company, lead) == before


async def test_an_archived_contact_or_organization_takes_no_further_leads(company: Company) -> None:
    from crm.contacts.archiving import archive_contact

    lead, contact = await make_lead(company.bob), await make_contact(company.bob, "Gone")
    await archive_contact(actor=company.bob, contact_id=contact.id, expected_version=None, now=NOW)
    with pytest.raises(Invalid, match="archived") as refusal:
        await update(company, lead, contact_id=contact.id)
    assert refusal.value.field == ("contactId",)
    assert (await Lead.get(id=lead.id)).contact_id == lead.contact_id


async def test_whose_interest_a_converted_lead_was_is_settled(company: Company) -> None:
    lead = await make_qualified_lead(company.bob)
    await convert(company, lead)
    contact = await make_contact(company.bob, "Another")
    for fields, field in (({"contact_id": contact.id}, "contactId"), ({"source": "fair"}, "source")):
        with pytest.raises(AlreadyConverted) as refusal:
            await update(company, lead, **fields)  # type: ignore[arg-type]
        assert refusal.value.field == (field,)
    found = await update(company, lead, title="New", description="More", owner_id=company.ada.member_id)
    assert (found.title, found.description, found.owner_id) == ("New", "More", company.ada.member_id)


async def assign(company: Company, lead: Lead, owner_id: Change[UUID | None]) -> Lead:
    return await assign_lead(
        actor=company.bob, lead_id=lead.id, owner_id=owner_id, expected_version=None, now=later(60)
    )


async def test_assigning_tells_who_had_it_and_who_has_it_now(company: Company) -> None:
    lead = await make_lead(company.bob)
    ada = company.ada.member_id
    assert (await assign(company, lead, ada)).owner_id == ada
    assert (await assign(company, lead, ada)).version == 2
    assert (await assign(company, lead, None)).owner_id is None
    rows = await scoped(OutboxEvent, company.bob).filter(name="lead.assigned").order_by("id")
    assert [(row.payload["from_owner_id"], row.payload["owner_id"]) for row in rows] == [
        (str(company.bob.member_id), str(ada)),
        (str(ada), None),
    ]
    entries = await scoped(Activity, company.bob).filter(lead_id=lead.id).order_by("id")
    assert [entry.summary for entry in entries] == ["Assigned to Ada", "Assigned to nobody"]
    with pytest.raises(Invalid, match="left out"):
        await assign(company, lead, UNCHANGED)
    assert (await Lead.get(id=lead.id)).version == 3


async def test_nothing_is_asked_of_an_archived_lead_and_restoring_asks_again(company: Company) -> None:
    lead = await make_lead(company.bob)
    away = await archive(company, lead)
    assert (away.archived_at, away.state, away.next_criterion, away.next_weight) == (later(60), "NEW", None, 0)
    back = await restore(company, lead)
    assert (back.archived_at, back.state, back.next_criterion, back.version) == (None, "NEW", "NEED", 3)
    assert (await names_of_events(company, lead))[-2:] == ["lead.archived", "lead.restored"]


async def test_an_archived_lead_takes_no_other_verb(company: Company) -> None:
    lead, aside = await make_lead(company.bob), await make_lead(company.bob)
    given = {"actor": company.bob, "expected_version": None, "now": NOW}
    set_aside = {"reason": "X", "note": None, "nurture_until": None}
    await disqualify_lead(lead_id=aside.id, **set_aside, **given)  # type: ignore[arg-type]
    for one in (lead, aside):
        await archive(company, one)
    before = {row.id: row.version for row in await scoped(Lead, company.bob)}
    contact = await Contact.get(id=lead.contact_id)
    refused = [
        archive(company, lead),
        update(company, lead, title="New"),
        assign(company, lead, None),
        answer_qualification(lead_id=lead.id, answers=ALL_MET, **given),  # type: ignore[arg-type]
        qualify_lead(lead_id=lead.id, note=None, **given),  # type: ignore[arg-type]
        disqualify_lead(lead_id=lead.id, **set_aside, **given),  # type: ignore[arg-type]
        reopen_lead(lead_id=aside.id, **given),  # type: ignore[arg-type]
        convert(company, lead),
    ]
    for verb in refused:
        with pytest.raises(Invalid, match="archived"):
            await verb
    assert {row.id: row.version for row in await scoped(Lead, company.bob)} == before
    assert contact.archived_at is None
    with pytest.raises(Invalid, match="Only an archived lead"):
        await restore(company, await make_lead(company.bob))


async def test_a_converted_lead_stays_visible(company: Company) -> None:
    lead = await make_qualified_lead(company.bob)
    await convert(company, lead)
    with pytest.raises(AlreadyConverted, match="unconvert") as refusal:
        await archive(company, lead)
    assert refusal.value.code is Code.ALREADY_CONVERTED
    assert (await Lead.get(id=lead.id)).archived_at is None


async def test_fifty_answers_and_archivings_at_once_leave_a_lead_in_one_piece(company: Company) -> None:
    lead = await make_lead(company.bob)

    async def answer(number: int) -> object:
        answers = (Answer(list(Criterion)[number % 4], CriterionState.MET),)
        return await answer_qualification(
            actor=company.bob, lead_id=lead.id, answers=answers, expected_version=None, now=NOW
        )

    verbs = [answer(number) if number % 10 else archive(company, lead) for number in range(50)]
    done = await asyncio.gather(*verbs, return_exceptions=True)
    assert not [one for one in done if isinstance(one, BaseException) and not isinstance(one, Invalid)]
    carried_out = sum(not isinstance(one, BaseException) for one in done)
    found = await Lead.get(id=lead.id)
    assert found.version == 1 + carried_out
    assert (found.archived_at is not None, found.next_criterion) == (True, None)
