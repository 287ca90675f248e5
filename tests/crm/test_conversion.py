"""Leads become deals: once, whole, and where they were dropped."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from crm.activities.models import Activity
from crm.contacts.facts import NewContact, NewOrganization
from crm.contacts.models import Contact
from crm.db import scoped
from crm.deals.facts import Place
from crm.deals.models import Deal, StageChange
from crm.errors import Duplicate, Forbidden, Invalid, NotFound, StaleVersion
from crm.ids import new_id
from crm.leads.conversion import Conversion, Converted, convert_lead
from crm.leads.facts import LeadState
from crm.leads.models import Lead
from crm.leads.operations import disqualify_lead
from crm.leads.rules import AlreadyConverted, NotQualified
from crm.outbox.models import OutboxEvent
from tests.conftest import NOW, Company, later
from tests.factories import make_contact, make_deal, make_lead, make_organization, make_qualified_lead


async def convert(company: Company, lead: Lead, how: Conversion | None = None, **more: object) -> Converted:
    arguments = {"actor": company.bob, "expected_version": None, "now": later(60), **more}
    return await convert_lead(lead_id=lead.id, how=how or Conversion(), **arguments)  # type: ignore[arg-type]


async def deals_of(company: Company) -> int:
    return await scoped(Deal, company.bob).count()


async def test_a_converted_lead_carries_what_is_known_into_its_deal(company: Company) -> None:
    organization = await make_organization(company.bob)
    contact = await make_contact(company.bob, organization_id=organization.id)
    lead = await make_qualified_lead(company.bob, contact_id=contact.id, source="fair")
    deal = (await convert(company, lead)).deal
    stored = await scoped(Deal, company.bob).get(id=deal.id)
    assert (stored.title, stored.amount_minor, stored.currency) == ("Three pumps", 1_250_000, "EUR")
    assert stored.expected_close_date is not None
    assert stored.expected_close_date.isoformat() == "2026-06-30"
    assert (stored.contact_id, stored.organization_id) == (contact.id, organization.id)
    assert (stored.source, stored.owner_id) == ("fair", company.bob.member_id)
    assert stored.qualification_snapshot is not None
    assert stored.qualification_snapshot["BUDGET"] == {
        "state": "MET",
        "amount": {"minor": 1_250_000, "currency": "EUR"},
    }


async def test_it_lands_between_the_cards_where_it_was_dropped(company: Company) -> None:
    offer = company.stage("Offer sent")
    left = await make_deal(company.bob, "left", stage_id=offer.id)
    right = await make_deal(company.bob, "right", stage_id=offer.id)
    lead = await make_qualified_lead(company.bob)
    deal = (await convert(company, lead, Conversion(stage_id=offer.id, place=Place.before(right.id)))).deal
    column = await scoped(Deal, company.bob).filter(stage_id=offer.id).order_by("rank")
    assert [card.id for card in column] == [left.id, deal.id, right.id]


async def test_a_neighbour_that_has_gone_puts_it_at_the_end_and_says_so(company: Company) -> None:
    offer = company.stage("Offer sent")
    stays = await make_deal(company.bob, "stays", stage_id=offer.id)
    elsewhere = await make_deal(company.bob, "elsewhere")
    lead = await make_qualified_lead(company.bob)
    converted = await convert(company, lead, Conversion(stage_id=offer.id, place=Place.before(elsewhere.id)))
    assert converted.neighbour_gone
    column = await scoped(Deal, company.bob).filter(stage_id=offer.id).order_by("rank")
    assert [card.id for card in column] == [stays.id, converted.deal.id]


async def test_repeating_it_returns_the_same_deal_and_changes_nothing(company: Company) -> None:
    lead = await make_qualified_lead(company.bob)
    first = await convert(company, lead, expected_version=lead.version)
    events = await scoped(OutboxEvent, company.bob).count()
    again = await convert(company, lead, expected_version=lead.version)
    assert again.already
    assert again.deal.id == first.deal.id
    assert await deals_of(company) == 1
    assert await scoped(OutboxEvent, company.bob).count() == events


async def test_twenty_at_once_make_one_deal(company: Company) -> None:
    lead = await make_qualified_lead(company.bob)
    results = await asyncio.gather(*(convert(company, lead) for _ in range(20)))
    assert len({result.deal.id for result in results}) == 1
    assert sorted(result.already for result in results) == [False] + [True] * 19
    assert await deals_of(company) == 1
    assert await scoped(StageChange, company.bob).count() == 1


async def test_a_lead_that_is_not_qualified_is_refused_and_nothing_changes(company: Company) -> None:
    lead = await make_lead(company.bob)
    with pytest.raises(NotQualified):
        await convert(company, lead, Conversion(new_contact=NewContact(name="New")))
    stored = await scoped(Lead, company.bob).get(id=lead.id)
    assert (stored.state, stored.version) == (LeadState.NEW.value, 1)
    assert await deals_of(company) == 0
    assert not await scoped(Contact, company.bob).filter(name="New").exists()


async def test_only_a_privileged_person_may_force_it(company: Company) -> None:
    lead = await make_lead(company.bob)
    with pytest.raises(Forbidden):
        await convert(company, lead, Conversion(force=True))
    assert await deals_of(company) == 0
    converted = await convert(company, lead, Conversion(force=True), actor=company.ada)
    assert converted.lead.state == LeadState.CONVERTED.value


async def test_a_disqualified_lead_can_be_forced_and_loses_its_reason(company: Company) -> None:
    lead = await make_lead(company.bob)
    await disqualify_lead(
        actor=company.bob,
        lead_id=lead.id,
        reason="NO_NEED",
        note=None,
        nurture_until=None,
        expected_version=None,
        now=NOW,
    )
    converted = await convert(company, lead, Conversion(force=True), actor=company.alice)
    assert (converted.lead.state, converted.lead.disqualify_reason) == (LeadState.CONVERTED.value, None)


async def test_a_stale_version_is_refused_with_the_lead_as_it_is(company: Company) -> None:
    lead = await make_qualified_lead(company.bob)
    with pytest.raises(StaleVersion) as refusal:
        await convert(company, lead, expected_version=lead.version - 1)
    assert refusal.value.current.id == lead.id
    assert refusal.value.current.version == lead.version
    assert await deals_of(company) == 0


async def test_several_leads_feed_one_deal_and_fill_only_what_is_empty(company: Company) -> None:
    deal = await make_deal(company.bob, "Grand deal")
    first = await make_qualified_lead(company.bob, "First")
    second = await make_qualified_lead(company.bob, "Second")
    await convert(company, first, Conversion(deal_id=deal.id))
    filled = await scoped(Deal, company.bob).get(id=deal.id)
    assert (filled.title, filled.amount_minor, filled.contact_id) == ("Grand deal", 1_250_000, first.contact_id)
    await convert(company, second, Conversion(deal_id=deal.id))
    kept = await scoped(Deal, company.bob).get(id=deal.id)
    assert kept.contact_id == first.contact_id
    assert await scoped(Lead, company.bob).filter(deal_id=deal.id).count() == 2


async def test_converting_again_into_another_deal_is_refused(company: Company) -> None:
    lead = await make_qualified_lead(company.bob)
    await convert(company, lead)
    elsewhere = await make_deal(company.bob, "Other")
    with pytest.raises(AlreadyConverted):
        await convert(company, lead, Conversion(deal_id=elsewhere.id))
    assert (await scoped(Deal, company.bob).get(id=elsewhere.id)).version == elsewhere.version


async def test_a_new_contact_and_organization_are_made_with_the_deal(company: Company) -> None:
    lead = await make_qualified_lead(company.bob)
    how = Conversion(
        new_contact=NewContact(name="Nina Neu", emails=("nina@neu.example",)),
        new_organization=NewOrganization(name="Neu AG", domain="neu.example"),
    )
    deal = (await convert(company, lead, how)).deal
    contact = await scoped(Contact, company.bob).get(id=deal.contact_id)
    assert contact.name == "Nina Neu"
    assert contact.organization_id == deal.organization_id
    assert (await scoped(Lead, company.bob).get(id=lead.id)).contact_id == lead.contact_id


@pytest.mark.parametrize("what", ["contact", "organization", "deal", "stage"])
async def test_a_choice_that_is_not_there_is_refused_whole(company: Company, what: str) -> None:
    lead = await make_qualified_lead(company.bob)
    how = replace(Conversion(), **{f"{what}_id": new_id()})
    with pytest.raises(NotFound):
        await convert(company, lead, how)
    assert await deals_of(company) == 0
    assert (await scoped(Lead, company.bob).get(id=lead.id)).state == LeadState.QUALIFIED.value


async def test_a_taken_address_is_refused_and_names_who_has_it(company: Company) -> None:
    holder = await make_contact(company.bob, "Holder", emails=("taken@x.example",))
    lead = await make_qualified_lead(company.bob)
    with pytest.raises(Duplicate) as refusal:
        await convert(company, lead, Conversion(new_contact=NewContact(name="Other", emails=("Taken@X.example",))))
    assert refusal.value.current.id == holder.id
    assert refusal.value.field == ("contact", "create", "emails", "0")
    assert await deals_of(company) == 0


async def test_a_closed_deal_takes_no_lead(company: Company) -> None:
    won = await make_deal(company.bob, "Won", stage_id=company.stage("Won").id)
    lead = await make_qualified_lead(company.bob)
    with pytest.raises(Invalid) as refusal:
        await convert(company, lead, Conversion(deal_id=won.id))
    assert refusal.value.field == ("dealId",)


async def test_the_conversion_stands_on_the_timeline_of_the_lead(company: Company) -> None:
    lead = await make_qualified_lead(company.bob)
    deal = (await convert(company, lead)).deal
    entries = await scoped(Activity, company.bob).filter(lead_id=lead.id).order_by("at", "id")
    assert [entry.summary for entry in entries] == [
        "Answered: budget MET, authority MET, need MET, timeframe MET",
        "Qualified: all criteria are met",
        "Converted into the deal Three pumps",
    ]
    assert entries[-1].deal_id == deal.id
