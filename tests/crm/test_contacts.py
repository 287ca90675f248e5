"""Addresses, numbers, domains and names: how they are read, compared and found again."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import text
from crm.accounts.facts import Actor
from crm.contacts import rules
from crm.contacts.facts import NewContact, NewOrganization
from crm.contacts.finding import find_or_add_organization
from crm.contacts.models import Contact, ContactEmail, ContactPhone
from crm.contacts.operations import create_contact, create_organization
from crm.db import atomic, scoped
from crm.errors import Duplicate, Invalid
from crm.money import Money
from tests.conftest import NOW, Company
from tests.factories import make_contact, make_organization


@pytest.mark.parametrize(
    ("given_text", "normalized"),
    [
        (" Anna.Beispiel@Example.COM ", "anna.beispiel@example.com"),
        ("jürgen@müller.de", "jürgen@xn--mller-kva.de"),
        ("a+b@sub.example.co.uk", "a+b@sub.example.co.uk"),
    ],
)
def test_an_address_is_kept_as_written_and_compared_normalised(given_text: str, normalized: str) -> None:
    assert rules.parse_email(given_text) == (given_text.strip(), normalized)


@pytest.mark.parametrize(
    "wrong",
    ["", "anna", "anna@", "@example.com", "a b@example.com", "a@b", "a@b@c.de", "a@-x.de", "a@1.2.3.4", "a\n@x.de"],
)
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(Invalid):
        rules.parse_email(wrong)


@given(st.text())
def test_no_text_makes_the_address_reader_fail_otherwise(anything: str) -> None:
    try:
        _, normalized = rules.parse_email(anything)
    except Invalid:
        return
    assert rules.parse_email(normalized)[1] == normalized


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("a@mail.acme.co.uk", "acme.co.uk"),
        ("a@acme.de", "acme.de"),
        ("a@gmail.com", None),
        ("a@web.de", None),
        ("a@t-online.de", None),
    ],
)
def test_an_organization_is_told_by_its_domain_but_not_by_a_free_mail_providers(
    address: str, domain: str | None
) -> None:
    assert rules.company_domain(address) == domain


@pytest.mark.parametrize(
    ("given_text", "number"),
    [("030 123456", "+4930123456"), ("+44 20 7946 0104", "+442079460104"), ("0049 (0)30-123456", "+4930123456")],
)
def test_phone_numbers_become_e164(given_text: str, number: str) -> None:
    assert rules.parse_phone(given_text, region="DE") == number


@pytest.mark.parametrize("given_text", ["https://www.Example.com/de?x=1", "example.com", "shop.example.com:443"])
def test_a_domain_may_be_given_as_people_copy_it(given_text: str) -> None:
    assert rules.parse_domain(given_text) == "example.com"


def test_names_are_ordered_without_regard_to_case_umlauts_and_accents() -> None:
    names = ["Zorn", "Ärzte", "éclair", "Øre", "ach", "Straße", "Strasse"]
    assert sorted(names, key=text.fold) == ["ach", "Ärzte", "éclair", "Øre", "Straße", "Strasse", "Zorn"]


@given(st.text(), st.text())
def test_folding_is_stable_and_cleaning_leaves_nothing_that_postgresql_refuses(one: str, two: str) -> None:
    assert text.fold(text.fold(one)) == text.fold(one)
    assert text.fold(one + " " + two) == text.fold(text.fold(one) + " " + text.fold(two))
    text.clean(one + "\ud800\x00" + two).encode("utf-8")
    assert "\x00" not in text.clean(one + "\x00")


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("19.99", "eur", 1999), ("500", "JPY", 500), ("1.234", "KWD", 1234), ("0", "USD", 0)],
)
def test_money_is_whole_minor_units(amount: str, currency: str, minor: int) -> None:
    money = Money.of(Decimal(amount), currency)
    assert (money.minor, money.currency) == (minor, currency.upper())
    assert money.amount == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency", "field"),
    [
        ("1.999", "EUR", "amount"),
        ("0.5", "JPY", "amount"),
        ("-1", "EUR", "amount"),
        ("NaN", "EUR", "amount"),
        ("Infinity", "EUR", "amount"),
        ("1E+40", "EUR", "amount"),
        ("1E+999999", "EUR", "amount"),
        ("1." + "0" * 40 + "1", "EUR", "amount"),
        ("999999999999999999", "EUR", "amount"),
        ("1E-999999", "EUR", "amount"),
        ("1", "XXX", "currency"),
        ("1", "EURO", "currency"),
        ("1", "", "currency"),
    ],
)
def test_what_is_no_money_is_refused(amount: str, currency: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Money.of(Decimal(amount), currency, field=("amount",))
    assert refusal.value.field == ("amount", field)


async def test_several_addresses_and_numbers_are_kept_in_order_and_once(company: Company) -> None:
    contact = await make_contact(
        company.bob,
        emails=("b@x.example", "a@x.example", "B@X.example"),
        phones=("030 123456", "+49 30 123456", "040 654321"),
    )
    emails = await scoped(ContactEmail, company.bob).filter(contact_id=contact.id).order_by("position")
    phones = await scoped(ContactPhone, company.bob).filter(contact_id=contact.id).order_by("position")
    assert [row.address for row in emails] == ["b@x.example", "a@x.example"]
    assert [row.number for row in phones] == ["+4930123456", "+4940654321"]


async def test_a_taken_address_names_who_has_it(company: Company) -> None:
    holder = await make_contact(company.bob, "Holder", emails=("taken@x.example",))
    with pytest.raises(Duplicate, match="Holder") as refusal:
        await make_contact(company.bob, "Other", emails=("free@x.example", "TAKEN@x.example"))
    assert refusal.value.field == ("emails", "1")
    assert refusal.value.current.id == holder.id
    assert [contact.name for contact in await scoped(Contact, company.bob)] == ["Holder"]


async def test_an_archived_contact_blocks_no_address(company: Company) -> None:
    first = await make_contact(company.bob, "First", emails=("a@x.example",))
    await scoped(Contact, company.bob).filter(id=first.id).update(archived_at=NOW)
    await scoped(ContactEmail, company.bob).filter(contact_id=first.id).update(active=False)
    second = await make_contact(company.bob, "Second", emails=("a@x.example",))
    assert second.id != first.id


async def test_twenty_who_want_one_address_at_once_make_one_contact(company: Company) -> None:
    results = await asyncio.gather(
        *(make_contact(company.bob, f"Person {n}", emails=("a@x.example",)) for n in range(20)), return_exceptions=True
    )
    assert sum(isinstance(result, Contact) for result in results) == 1
    assert sum(isinstance(result, Duplicate) for result in results) == 19


async def test_a_domain_belongs_to_one_organization(company: Company) -> None:
    await make_organization(company.bob, "Acme", "acme.example")
    with pytest.raises(Duplicate, match="Acme"):
        await make_organization(company.bob, "Acme again", "https://www.acme.example/")


async def test_the_same_request_with_one_key_makes_one_contact(company: Company) -> None:
    async def make(name: str = "Anna") -> Contact:
        return await create_contact(actor=company.bob, new=NewContact(name=name), idempotency_key="k1", now=NOW)

    made = await asyncio.gather(*(make() for _ in range(10)))
    assert len({contact.id for contact in made}) == 1
    assert await scoped(Contact, company.bob).count() == 1
    with pytest.raises(Invalid) as refusal:
        await make("Berta")
    assert refusal.value.field == ("idempotencyKey",)
    assert await scoped(Contact, company.bob).count() == 1


async def test_a_key_is_used_up_by_success_only(company: Company) -> None:
    await make_organization(company.bob, "Acme", "acme.example")
    new = NewOrganization(name="Acme 2", domain="acme.example")
    with pytest.raises(Duplicate):
        await create_organization(actor=company.bob, new=new, idempotency_key="k", now=NOW)
    other = NewOrganization(name="Acme 2", domain="acme-two.example")
    assert (await create_organization(actor=company.bob, new=other, idempotency_key="k", now=NOW)).name == "Acme 2"


async def test_an_organization_made_from_an_address_takes_its_name_when_somebody_tells_it(company: Company) -> None:
    @atomic()
    async def find(*, actor: Actor, name: str | None) -> tuple[str, bool, int]:
        found = await find_or_add_organization(actor=actor, name=name, domain="acme.example", now=NOW)
        assert found is not None
        return found.record.name, found.made, found.record.version

    assert await find(actor=company.system, name=None) == ("acme.example", True, 1)
    assert await find(actor=company.system, name="Acme GmbH") == ("Acme GmbH", False, 2)
    assert await find(actor=company.system, name="Somebody's joke") == ("Acme GmbH", False, 2)
