"""Whatever a person writes is seen by whoever works on the lead."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from crm.activities.models import Activity
from crm.contacts.models import Contact, ContactEmail, ContactPhone
from crm.db import scoped
from crm.intake.facts import ChannelKind
from crm.intake.models import InboundMessage
from crm.leads.models import Lead
from crm.outbox.models import OutboxEvent
from tests.conftest import Company
from tests.factories import archive, deliver, make_organization, process


async def post(at: Company, **fields: str) -> tuple[Lead, str, list[str]]:
    """(the lead, the body on its timeline, the decision trace) of a posted form."""
    received = await deliver(at, ChannelKind.FORM, urlencode(fields).encode())
    lead_id = await process(at, received)
    message = await scoped(InboundMessage, at.bob).get(id=received.message_id)
    entry = await scoped(Activity, at.bob).get(lead_id=lead_id, kind="form")
    return await scoped(Lead, at.bob).get(id=lead_id), entry.body or "", list(message.trace)


async def test_another_person_at_a_known_address_is_not_overheard(company: Company) -> None:
    await post(company, name="Anna Erste", email="info@acme-pumps.de", phone="+49 30 1234567", message="Hello")
    lead, body, trace = await post(
        company, name="Berta Zweite", email="info@acme-pumps.de", phone="+49 171 9876543", message="Call me back please"
    )
    contact = await scoped(Contact, company.bob).get(id=lead.contact_id)
    numbers = [row.number for row in await scoped(ContactPhone, company.bob).filter(contact_id=contact.id)]
    assert contact.name == "Anna Erste"
    assert numbers == ["+49301234567", "+491719876543"]
    assert body == "Call me back please\n\nName: Berta Zweite"
    assert any("found, phone filled" in line for line in trace)
    assert any("kept on the timeline" in line and "Name" in line for line in trace)


async def test_a_phone_number_that_cannot_be_read_is_still_shown(company: Company) -> None:
    _, body, _ = await post(
        company, name="Anna", email="anna@acme-pumps.de", phone="ask at the desk 4", message="Hello"
    )
    assert "phone: ask at the desk 4" in body


async def test_mail_from_an_organizations_own_address_belongs_to_it(company: Company) -> None:
    shop = await make_organization(company.bob, "Shop", emails=("shop.berlin@gmail.com", "info@acme-pumps.de"))
    await make_organization(company.bob, "Acme Pumps GmbH", "acme-pumps.de")
    for address in ("Shop.Berlin@gmail.com", "INFO@acme-pumps.de"):
        lead, _, trace = await post(company, name="Berta", email=address, company="Somebody else", message="Hello")
        contact = await scoped(Contact, company.bob).get(id=lead.contact_id)
        assert lead.organization_id == contact.organization_id == shop.id
        assert "organization found by address: Shop" in trace
    lead, _, _ = await post(company, name="Anna", email="anna@acme-pumps.de", message="Hello")
    assert lead.organization_id != shop.id
    await archive(company.bob, shop)
    lead, _, trace = await post(company, name="Carla", email="shop.berlin@gmail.com", message="Hello")
    assert not any("by address: Shop" in line for line in trace)


async def test_an_archived_person_is_not_found_and_not_changed(company: Company) -> None:
    first, _, _ = await post(company, name="Anna", email="anna@acme-pumps.de", message="One")
    old = await scoped(Contact, company.bob).get(id=first.contact_id)
    await archive(company.bob, old)
    lead, _, trace = await post(company, name="Anna", email="anna@acme-pumps.de", phone="030 123456", message="Two")
    assert lead.contact_id != old.id
    assert any(line.startswith("contact made") for line in trace)
    assert (await scoped(Contact, company.bob).get(id=old.id)).version == 2
    assert not await scoped(ContactPhone, company.bob).filter(contact_id=old.id).exists()


async def test_mail_of_a_person_who_is_put_away_at_that_moment_is_filed(company: Company) -> None:
    for number in range(4):
        fields = {"name": "Anna", "email": f"anna{number}@acme-pumps.de"}
        first, _, _ = await post(company, **fields, message="One")
        person = await scoped(Contact, company.bob).get(id=first.contact_id)
        (lead, _, _), _ = await asyncio.gather(post(company, **fields, message="Two"), archive(company.bob, person))
        assert lead.contact_id is not None
        active = await scoped(ContactEmail, company.bob).filter(address=fields["email"], active=True)
        assert [row.contact_id for row in active] == ([] if lead.contact_id == person.id else [lead.contact_id])


async def test_another_company_name_is_shown_and_does_not_rename(company: Company) -> None:
    await post(company, name="Anna", email="anna@acme-pumps.de", company="Acme Pumps GmbH", message="One")
    lead, body, _ = await post(company, name="Anna", email="anna@acme-pumps.de", company="Evil Corp", message="Two")
    assert "Company: Evil Corp" in body
    assert lead.organization_id is not None


async def test_a_name_told_later_is_filled_in_with_a_trace_and_an_event(company: Company) -> None:
    await post(company, name="Anna", email="anna@acme-pumps.de", message="One")
    _, body, trace = await post(
        company, name="Anna", email="anna@acme-pumps.de", company="Acme Pumps GmbH", message="Two"
    )
    assert body == "Two"
    assert any("organization found, name filled by domain: Acme Pumps GmbH" in line for line in trace)
    assert await scoped(OutboxEvent, company.bob).filter(name="organization.changed").count() == 1


async def test_attachments_of_a_mail_are_named_on_the_timeline(company: Company) -> None:
    raw = (
        b"From: Anna <anna@acme-pumps.de>\r\nSubject: Request\r\nMessage-ID: <1@acme-pumps.de>\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: application/pdf\r\n"
        b'Content-Disposition: attachment; filename="rfq.pdf"\r\n\r\n%PDF\r\n--b--\r\n'
    )
    lead_id = await process(company, await deliver(company, ChannelKind.MAIL, raw))
    entry = await scoped(Activity, company.bob).get(lead_id=lead_id, kind="email")
    assert entry.body == "Attachments: rfq.pdf"


async def test_two_first_messages_of_one_company_at_once_make_one_organization(company: Company) -> None:
    forms = [urlencode({"name": f"P{n}", "email": f"p{n}@acme-pumps.de", "message": "x"}).encode() for n in range(8)]
    received = [await deliver(company, ChannelKind.FORM, form) for form in forms]
    leads = await asyncio.gather(*(process(company, one) for one in received))
    found = await scoped(Lead, company.bob).filter(id__in=leads)
    assert len(found) == 8
    assert len({lead.organization_id for lead in found}) == 1
