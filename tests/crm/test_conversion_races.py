"""Many people convert, undo and move at once: no deal is doubled, no lead is lost, and nobody is told of a deadlock."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from crm.contacts.facts import NewContact, NewOrganization
from crm.db import scoped
from crm.deals.facts import Place
from crm.deals.models import Deal
from crm.deals.operations import move_deal
from crm.errors import DomainError, Invalid
from crm.leads.conversion import Conversion, Converted, convert_lead
from crm.leads.facts import DuplicatePolicy, LeadState
from crm.leads.models import Conversion as ConversionRow
from crm.leads.models import Lead
from crm.leads.unconversion import unconvert_lead
from crm.merging.operations import merge_contacts
from tests.conftest import Company, later
from tests.factories import make_contact, make_deal, make_qualified_lead

MANY = 50


def convert(company: Company, lead: Lead, how: Conversion | None = None) -> Coroutine[Any, Any, Converted]:
    how = how or Conversion()
    return convert_lead(actor=company.bob, lead_id=lead.id, how=how, expected_version=None, now=later(60))


async def qualified_leads(company: Company, number: int) -> list[Lead]:
    """Leads of one contact."""
    contact = await make_contact(company.bob)
    return [await make_qualified_lead(company.bob, f"Lead {n}", contact_id=contact.id) for n in range(number)]


async def test_fifty_conversions_of_one_lead_make_one_deal(company: Company) -> None:
    (lead,) = await qualified_leads(company, 1)
    how = Conversion(new_contact=NewContact("Nina", emails=("nina@x.example",)))
    results = await asyncio.gather(*(convert(company, lead, how) for _ in range(MANY)))
    assert len({result.deal.id for result in results}) == 1
    assert [result.already for result in results].count(False) == 1
    assert await scoped(Deal, company.bob).count() == await scoped(ConversionRow, company.bob).count() == 1


async def test_fifty_leads_feed_one_deal_and_fill_it_once(company: Company) -> None:
    leads = await qualified_leads(company, MANY)
    deal = await make_deal(company.bob)
    await asyncio.gather(*(convert(company, lead, Conversion(deal_id=deal.id)) for lead in leads))
    assert await scoped(Lead, company.bob).filter(deal_id=deal.id).count() == MANY
    stored = await Deal.get(id=deal.id)
    assert (stored.amount_minor, stored.version) == (1_250_000, deal.version + MANY)
    receipts = [row.receipt["filled"] for row in await scoped(ConversionRow, company.bob)]
    filled = [one["name"] for receipt in receipts for one in receipt if one["kind"] == "Deal"]  # type: ignore[attr-defined]
    assert sorted(filled) == ["amount", "contact_id", "expected_close_date", "qualification_snapshot"]


async def test_leads_feed_a_deal_that_is_dragged_about_meanwhile(company: Company) -> None:
    leads = await qualified_leads(company, 25)
    deal = await make_deal(company.bob)
    stages = [company.stage(name) for name in ("Qualified", "Offer sent", "In negotiation")]
    moves = (
        move_deal(
            actor=company.bob,
            deal_id=deal.id,
            stage_id=stages[number % 3].id,
            place=Place.first(),
            expected_version=None,
            lost_reason=None,
            now=later(60 + number),
        )
        for number in range(25)
    )
    converts = (convert(company, lead, Conversion(deal_id=deal.id)) for lead in leads)
    await asyncio.gather(*(work for pair in zip(converts, moves, strict=True) for work in pair))
    stored = await Deal.get(id=deal.id)
    assert stored.version == deal.version + 50
    assert stored.amount_minor == 1_250_000
    assert await scoped(Lead, company.bob).filter(deal_id=deal.id).count() == 25


async def test_new_people_of_one_address_are_one_person(company: Company) -> None:
    leads = await qualified_leads(company, 25)
    how = Conversion(
        new_contact=NewContact("Nina", emails=("nina@x.example",)),
        new_organization=NewOrganization("X", domain="x.example"),
        duplicates=DuplicatePolicy.USE_EXISTING,
    )
    results = await asyncio.gather(*(convert(company, lead, how) for lead in leads))
    assert len({result.deal.contact_id for result in results}) == 1
    assert len({result.deal.organization_id for result in results}) == 1
    assert len({result.deal.id for result in results}) == 25


async def test_converting_and_undoing_at_once_ends_in_one_of_both(company: Company) -> None:
    (lead,) = await qualified_leads(company, 1)

    async def undo() -> None:
        await unconvert_lead(actor=company.bob, lead_id=lead.id, expected_version=None, now=later(120))

    work = [convert(company, lead) if number % 2 else undo() for number in range(MANY)]
    results = await asyncio.gather(*work, return_exceptions=True)
    refused = [result for result in results if isinstance(result, BaseException)]
    # Who comes when there is nothing to undo is told so; nothing else goes wrong.
    assert {type(result) for result in refused} <= {Invalid}, refused
    stored = await Lead.get(id=lead.id)
    on_board = await scoped(Deal, company.bob).filter(archived_at=None)
    if stored.state == LeadState.CONVERTED.value:
        assert [deal.id for deal in on_board] == [stored.deal_id]
    else:
        assert (stored.state, stored.deal_id, on_board) == (LeadState.QUALIFIED.value, None, [])
    done = [result for result in results if isinstance(result, Converted) and not result.already]
    assert await scoped(ConversionRow, company.bob).count() == len(done) >= 1
    assert await scoped(Deal, company.bob).count() == len(done)


async def test_all_leads_leave_a_deal_at_once_and_the_last_one_takes_it_along(company: Company) -> None:
    leads = await qualified_leads(company, 25)
    deal = (await convert(company, leads[0])).deal
    await asyncio.gather(*(convert(company, lead, Conversion(deal_id=deal.id)) for lead in leads[1:]))
    outcomes: list[Any] = await asyncio.gather(
        *(unconvert_lead(actor=company.bob, lead_id=lead.id, expected_version=None, now=later(120)) for lead in leads),
        return_exceptions=True,
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, DomainError | BaseException)]
    assert (await Deal.get(id=deal.id)).archived_at is not None
    states = await scoped(Lead, company.bob).values_list("state", flat=True)
    assert set(states) == {LeadState.QUALIFIED.value}


async def test_the_contact_is_merged_into_another_while_leads_are_converted(company: Company) -> None:
    leads = await qualified_leads(company, 20)
    gone_id = leads[0].contact_id
    assert gone_id is not None
    stays = await make_contact(company.bob, "Stays")

    async def merge() -> None:
        await merge_contacts(
            actor=company.alice,
            into_id=stays.id,
            from_ids=(gone_id,),
            expected_version=None,
            idempotency_key=None,
            now=later(61),
        )

    work: list[Coroutine[Any, Any, Any]] = [convert(company, lead) for lead in leads]
    work.insert(10, merge())
    await asyncio.gather(*work)
    for model in (Lead, Deal):
        assert set(await scoped(model, company.bob).values_list("contact_id", flat=True)) == {stays.id}
    assert await scoped(Deal, company.bob).count() == 20
