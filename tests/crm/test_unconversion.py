"""A conversion can be undone while its deal is open: the lead is as it was, and nothing that people did is lost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm.accounts.facts import Actor
from crm.activities import operations as activities
from crm.activities.models import Activity, ActivityKind
from crm.contacts.facts import NewContact, NewOrganization
from crm.contacts.models import Contact, ContactEmail, Organization
from crm.db import scoped
from crm.deals.models import Deal
from crm.deals.queries import stage_totals
from crm.effects import EffectCode
from crm.errors import Forbidden, Invalid, StaleVersion
from crm.leads.conversion import Conversion, Converted, convert_lead
from crm.leads.facts import DuplicatePolicy, LeadState
from crm.leads.models import Conversion as ConversionRow
from crm.leads.models import Lead
from crm.leads.operations import disqualify_lead
from crm.leads.unconversion import Request, Unconverted, unconvert_lead, unconvert_leads
from crm.money import Money
from crm.outbox.models import OutboxEvent
from tests.conftest import NOW, Company, Unchanged, later
from tests.factories import make_contact, make_deal, make_lead, make_organization, make_qualified_lead


async def convert(company: Company, lead: Lead, how: Conversion | None = None, **more: Any) -> Converted:
    arguments: dict[str, Any] = {"actor": company.bob, "expected_version": None, "now": later(60), **more}
    return await convert_lead(lead_id=lead.id, how=how or Conversion(), **arguments)


async def undo(company: Company, lead: Lead, **more: Any) -> Unconverted:
    arguments: dict[str, Any] = {"actor": company.bob, "expected_version": None, "now": later(120), **more}
    return await unconvert_lead(lead_id=lead.id, **arguments)


def told(done: Unconverted, code: EffectCode) -> list[tuple[str, str]]:
    """(kind of record, field) of each effect of that code."""
    return [
        (effect.record[0] if effect.record else "", ".".join(effect.field))
        for effect in done.effects
        if effect.code is code
    ]


async def fresh(row: Any) -> Any:
    return await type(row).get(id=row.id)


async def test_the_lead_is_as_it_was_and_its_deal_is_off_the_board(company: Company) -> None:
    lead = await make_qualified_lead(company.bob)
    stage_ids = [stage.id for stage in company.stages]
    empty = await stage_totals(actor=company.bob, stage_ids=stage_ids)
    deal = (await convert(company, lead)).deal
    assert await stage_totals(actor=company.bob, stage_ids=stage_ids) != empty
    undone = await undo(company, lead)
    stored = await fresh(lead)
    assert (stored.state, stored.deal_id, stored.converted_at) == (LeadState.QUALIFIED.value, None, None)
    assert stored.qualified_at == lead.qualified_at
    assert stored.version == lead.version + 2
    assert (await fresh(deal)).archived_at == later(120)
    assert await stage_totals(actor=company.bob, stage_ids=stage_ids) == empty
    assert told(undone, EffectCode.CHANGES) == [("Lead", "state")]
    assert told(undone, EffectCode.ARCHIVES) == [("Deal", "")]
    events = scoped(OutboxEvent, company.bob).filter(subject_id=lead.id).order_by("at", "id")
    assert (await events)[-1].name == "lead.unconverted"
    entry = await scoped(Activity, company.bob).filter(lead_id=lead.id).order_by("-at", "-id").first()
    assert entry is not None
    assert entry.summary == "The conversion into the deal Three pumps was undone"


async def test_one_that_was_put_aside_and_forced_is_put_aside_again(company: Company) -> None:
    lead = await make_lead(company.bob)
    until = date(2027, 5, 1)
    await disqualify_lead(
        actor=company.bob,
        lead_id=lead.id,
        reason="OTHER",
        note="moved away",
        nurture_until=until,
        expected_version=None,
        now=NOW,
    )
    await convert(company, lead, Conversion(force=True), actor=company.alice)
    undone = (await undo(company, lead)).lead
    for found in (undone, await fresh(lead)):
        assert (found.state, found.disqualify_reason) == (LeadState.DISQUALIFIED.value, "OTHER")
        assert (found.disqualify_note, found.nurture_until) == ("moved away", until)


async def test_it_can_be_converted_again_into_another_deal(company: Company) -> None:
    lead = await make_qualified_lead(company.bob)
    how = Conversion(
        new_contact=NewContact("Nina Neu", emails=("nina@neu.example",)),
        new_organization=NewOrganization("Neu AG", domain="neu.example"),
    )
    deals = []
    for _ in range(3):
        deals.append((await convert(company, lead, how)).deal)
        undone = await undo(company, lead)
        assert told(undone, EffectCode.ARCHIVES) == [("Deal", ""), ("Contact", ""), ("Organization", "")]
    assert len({deal.id for deal in deals}) == len({deal.contact_id for deal in deals}) == 3
    assert await scoped(Deal, company.bob).filter(archived_at=None).count() == 0
    assert await scoped(ContactEmail, company.bob).filter(active=True).count() == 0
    rows = await scoped(ConversionRow, company.bob).filter(lead_id=lead.id)
    assert {(row.converted_by_id, row.undone_by_id) for row in rows} == {(company.bob.member_id,) * 2}


@pytest.mark.parametrize("stage", ["Won", "Lost"])
async def test_not_when_its_deal_is_closed(company: Company, unchanged: Unchanged, stage: str) -> None:
    lead = await make_qualified_lead(company.bob)
    deal = (await convert(company, lead)).deal
    to = company.stage(stage)
    closed = {"status": to.kind, "stage_id": to.id, "closed_at": NOW, "lost_reason": "x" if stage == "Lost" else None}
    await scoped(Deal, company.bob).filter(id=deal.id).update(**closed)
    async with unchanged():
        with pytest.raises(Invalid, match="reopen it first"):
            await undo(company, lead)


async def test_refusals_change_nothing(company: Company, unchanged: Unchanged) -> None:
    lead, open_one = await make_qualified_lead(company.bob), await make_qualified_lead(company.bob)
    converted = (await convert(company, lead)).lead
    async with unchanged():
        with pytest.raises(Invalid, match="only a conversion"):
            await undo(company, open_one)
        with pytest.raises(StaleVersion):
            await undo(company, lead, expected_version=converted.version - 1)
        with pytest.raises(Forbidden):
            await undo(company, lead, actor=company.carol)


async def test_a_rehearsal_says_the_same_and_changes_nothing(company: Company, unchanged: Unchanged) -> None:
    lead = await make_qualified_lead(company.bob)
    await convert(company, lead, Conversion(new_contact=NewContact("Nina Neu")))
    async with unchanged():
        rehearsed = await undo(company, lead, dry_run=True)
    assert list(rehearsed.effects) == list((await undo(company, lead)).effects)
    assert len(rehearsed.effects) == 3


async def note(actor: Actor, **about: Any) -> Activity:
    return await activities.log(actor=actor, kind=ActivityKind.NOTE, summary="They called", now=later(90), **about)


async def test_what_was_logged_on_the_deal_since_goes_on_with_the_lead(company: Company) -> None:
    lead = await make_qualified_lead(company.bob)
    deal = (await convert(company, lead)).deal
    logged = await note(company.bob, deal_id=deal.id)
    undone = await undo(company, lead)
    assert told(undone, EffectCode.MOVES) == [("Lead", "timeline")]
    stored = await fresh(logged)
    assert (stored.lead_id, stored.deal_id) == (lead.id, deal.id)


class TestDealsThatWereThere:
    async def test_only_what_the_lead_filled_is_taken_out(self, company: Company) -> None:
        deal = await make_deal(company.bob, "Grand", amount=Money(5, "EUR"))
        organization = await make_organization(company.bob)
        lead = await make_qualified_lead(company.bob, organization_id=organization.id, source="fair")
        await convert(company, lead, Conversion(deal_id=deal.id))
        filled = await fresh(deal)
        assert (filled.source, filled.organization_id) == ("fair", organization.id)
        undone = await undo(company, lead)
        stored = await fresh(deal)
        assert (stored.archived_at, stored.amount, stored.owner_id) == (None, Money(5, "EUR"), company.bob.member_id)
        assert (stored.source, stored.organization_id, stored.expected_close_date) == (None, None, None)
        assert stored.qualification_snapshot is None
        assert stored.version == deal.version + 2
        assert ("Deal", "source") in told(undone, EffectCode.CHANGES)
        assert await scoped(Activity, company.bob).filter(deal_id=deal.id).count() == 2

    async def test_what_somebody_has_changed_since_stays(self, company: Company) -> None:
        deal = await make_deal(company.bob, "Grand")
        lead = await make_qualified_lead(company.bob, source="fair")
        await convert(company, lead, Conversion(deal_id=deal.id))
        await scoped(Deal, company.bob).filter(id=deal.id).update(amount_minor=7, source="web")
        undone = await undo(company, lead)
        stored = await fresh(deal)
        assert (stored.amount, stored.source, stored.expected_close_date) == (Money(7, "EUR"), "web", None)
        assert told(undone, EffectCode.KEEPS) == [("Deal", "amount"), ("Deal", "source")]

    async def test_a_deal_that_another_lead_feeds_stays_until_the_last_one_leaves(self, company: Company) -> None:
        first, second = await make_qualified_lead(company.bob, "First"), await make_qualified_lead(company.bob, "2nd")
        how = Conversion(new_contact=NewContact("Nina Neu"))
        deal = (await convert(company, first, how)).deal
        await convert(company, second, Conversion(deal_id=deal.id))
        undone = await undo(company, first)
        assert told(undone, EffectCode.KEEPS) == [("Deal", ""), ("Contact", "")]
        stored = await fresh(deal)
        assert (stored.archived_at, stored.amount, stored.version) == (None, deal.amount, 2)
        assert (await fresh(second)).deal_id == deal.id
        undone = await undo(company, second)
        assert told(undone, EffectCode.ARCHIVES) == [("Deal", ""), ("Contact", "")]
        assert (await fresh(deal)).archived_at is not None


class TestPeople:
    async def test_who_was_made_stays_when_there_is_more_to_them_by_now(self, company: Company) -> None:
        lead = await make_qualified_lead(company.bob)
        how = Conversion(
            new_contact=NewContact("Nina Neu"), new_organization=NewOrganization("Neu AG", domain="neu.example")
        )
        deal = (await convert(company, lead, how)).deal
        await make_lead(company.bob, "Another interest", contact_id=deal.contact_id)
        undone = await undo(company, lead)
        # The organization is that of the contact, and of the other lead.
        assert told(undone, EffectCode.KEEPS) == [("Contact", ""), ("Organization", "")]
        assert (await Contact.get(id=deal.contact_id)).archived_at is None
        assert (await Organization.get(id=deal.organization_id)).archived_at is None

    @pytest.mark.parametrize("what", ["note", "deal", "answer", "merged"])
    async def test_any_of_these_is_more_to_them(self, company: Company, what: str) -> None:
        lead, other = await make_qualified_lead(company.bob), await make_qualified_lead(company.bob)
        deal = (await convert(company, lead, Conversion(new_contact=NewContact("Nina Neu")))).deal
        match what:
            case "note":
                await note(company.bob, contact_id=deal.contact_id)
            case "deal":
                await make_deal(company.bob, contact_id=deal.contact_id)
            case "answer":
                await company_answers(company, other, deal)
            case "merged":
                gone = await make_contact(company.bob, "Twin")
                gone.archived_at, gone.merged_into_id = NOW, deal.contact_id
                await gone.save()
        undone = await undo(company, lead)
        assert told(undone, EffectCode.KEEPS) == [("Contact", "")]
        assert (await Contact.get(id=deal.contact_id)).archived_at is None

    async def test_what_was_filled_of_those_who_were_there_is_empty_again(self, company: Company) -> None:
        contact = await make_contact(company.bob, "Holder", emails=("a@x.example",))
        nameless = await make_organization(company.bob, "x.example", domain="x.example")
        lead = await make_qualified_lead(company.bob)
        how = Conversion(
            new_contact=NewContact("Holder", ("a@x.example",), phones=("+4930123456",), job_title="Boss"),
            new_organization=NewOrganization("Iks", domain="x.example"),
            duplicates=DuplicatePolicy.USE_EXISTING,
        )
        await convert(company, lead, how)
        filled = await fresh(contact)
        assert (filled.organization_id, filled.job_title) == (nameless.id, "Boss")
        await undo(company, lead)
        stored = await fresh(contact)
        assert (stored.organization_id, stored.job_title, stored.archived_at) == (None, None, None)
        assert (await fresh(nameless)).name == (await fresh(nameless)).name_folded == "x.example"

    async def test_the_leads_own_organization_goes_where_the_conversion_found_it(self, company: Company) -> None:
        lead = await make_qualified_lead(company.bob)
        converted = await convert(company, lead, Conversion(new_organization=NewOrganization("Neu AG")))
        assert converted.lead.organization_id == converted.deal.organization_id is not None
        assert (await undo(company, lead)).lead.organization_id is None
        assert (await fresh(lead)).organization_id is None


async def company_answers(company: Company, lead: Lead, deal: Deal) -> None:
    """Let the deal's contact be who decides about a lead."""
    from crm.leads.models import CriterionAnswer

    await (
        scoped(CriterionAnswer, company.bob)
        .filter(lead_id=lead.id, criterion="AUTHORITY")
        .update(decision_maker_id=deal.contact_id)
    )


async def test_a_conversion_from_before_receipts_is_undone_as_well_as_can_be(company: Company) -> None:
    made, fed = await make_qualified_lead(company.bob, "Made"), await make_qualified_lead(company.bob, "Fed")
    deal = await make_deal(company.bob, "There")
    await convert(company, made)
    await convert(company, fed, Conversion(deal_id=deal.id))
    await scoped(ConversionRow, company.bob).update(undone_at=NOW, receipt={"lead": {}, "made": [], "filled": []})
    for lead in (made, fed):
        assert (await undo(company, lead)).lead.state == LeadState.QUALIFIED.value
    assert await scoped(Deal, company.bob).filter(archived_at=None).values_list("title", flat=True) == ["There"]


async def test_of_several_each_is_undone_or_refused_by_itself(company: Company) -> None:
    leads = [await make_qualified_lead(company.bob) for _ in range(3)]
    for lead in leads[1:]:
        await convert(company, lead)
    results = await unconvert_leads(actor=company.bob, requests=[Request(lead.id) for lead in leads], now=later(120))
    assert [type(result) for result in results] == [Invalid, Unconverted, Unconverted]
    assert await scoped(Deal, company.bob).filter(archived_at=None).count() == 0
