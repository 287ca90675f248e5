"""Contacts and organizations change, are put away and come back; an address is always one record's."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.accounts.facts import Actor
from crm.contacts import rules
from crm.contacts.countries import COUNTRIES
from crm.contacts.facts import Address
from crm.contacts.finding import find_or_add_contact, find_or_add_organization
from crm.contacts.models import Contact, ContactEmail, ContactPhone, Organization, OrganizationEmail
from crm.db import atomic, scoped
from crm.errors import DomainError, Duplicate, Invalid
from crm.leads.conversion import Conversion, Converted, convert_lead
from crm.leads.models import Lead
from crm.outbox.models import OutboxEvent
from tests.conftest import NOW, Company
from tests.factories import (
    archive,
    change_contact,
    change_organization,
    make_contact,
    make_organization,
    make_qualified_lead,
    restore,
)


async def emails_of(company: Company, contact: Contact) -> list[str]:
    rows = await scoped(ContactEmail, company.bob).filter(contact_id=contact.id).order_by("position")
    assert [row.position for row in rows] == list(range(len(rows)))
    return [row.address for row in rows]


async def outcomes(*acts: Awaitable[Any]) -> list[str]:
    """What became of acts that all began at once: "done", or the name of the refusal; anything else is a fault."""
    results = await asyncio.gather(*acts, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, DomainError):
            raise result
    return sorted(type(result).__name__ if isinstance(result, DomainError) else "done" for result in results)


class TestPostalAddresses:
    def test_countries_are_two_capitals(self) -> None:
        assert len(COUNTRIES) == 250
        assert all(len(code) == 2 and code.isascii() and code.isupper() for code in COUNTRIES)

    def test_one_is_cleaned_and_its_street_may_have_lines(self) -> None:
        given_address = Address(label=" billing\t", street=" Hof 3\r\nc/o Beispiel ", city="Köln", country=" de ")
        read = rules.parse_address(given_address, field=("postalAddresses", "0"))
        assert read == Address(label="billing", street="Hof 3\nc/o Beispiel", city="Köln", country="DE")

    @pytest.mark.parametrize(
        ("wrong", "part"),
        [
            (Address(), None),
            (Address(label="billing"), None),
            (Address(street=" \n", country=" "), None),
            (Address(country="D"), "country"),
            (Address(country="XX"), "country"),
            (Address(country="Germany"), "country"),
            (Address(country="ＤＥ"), "country"),
            (Address(label="x" * 51, city="A"), "label"),
            (Address(street="x" * 501), "street"),
            (Address(postal_code="1" * 21), "postalCode"),
            (Address(city="x" * 201), "city"),
            (Address(region="x" * 201), "region"),
        ],
    )
    def test_what_is_wrong_is_named(self, wrong: Address, part: str | None) -> None:
        with pytest.raises(Invalid) as refusal:
            rules.parse_address(wrong, field=("postalAddresses", "0"))
        assert refusal.value.field == ("postalAddresses", "0", *([part] if part else []))

    @given(
        st.builds(
            Address, *[st.none() | st.text(max_size=30)] * 5, country=st.none() | st.sampled_from("de CH".split())
        )
    )
    def test_what_was_read_reads_the_same(self, anything: Address) -> None:
        try:
            read = rules.parse_address(anything, field=())
        except Invalid:
            return
        assert rules.parse_address(read, field=()) == read


class TestChanging:
    async def test_lists_are_replaced_as_wholes_and_what_stays_keeps_its_row(self, company: Company) -> None:
        contact = await make_contact(company.bob, emails=("a@x.example", "b@x.example", "c@x.example"))
        before = {row.address: row.id for row in await scoped(ContactEmail, company.bob)}
        changed = await change_contact(company.bob, contact, emails=("C@x.example", "d@x.example", "a@x.example"))
        assert await emails_of(company, contact) == ["C@x.example", "d@x.example", "a@x.example"]
        after = {row.address: row.id for row in await scoped(ContactEmail, company.bob)}
        assert (after["C@x.example"], after["a@x.example"]) == (before["c@x.example"], before["a@x.example"])
        assert (changed.version, changed.name) == (2, contact.name)

    async def test_an_address_that_is_taken_away_is_free(self, company: Company) -> None:
        contact = await make_contact(company.bob, emails=("a@x.example", "b@x.example"))
        await change_contact(company.bob, contact, emails=("b@x.example",))
        other = await make_contact(company.bob, "Other", emails=("a@x.example",))
        assert await emails_of(company, other) == ["a@x.example"]
        assert await emails_of(company, contact) == ["b@x.example"]

    async def test_what_changes_nothing_makes_no_version_and_no_event(self, company: Company) -> None:
        whole: dict[str, Any] = {
            "name": "Anna", "emails": ("a@x.example",), "phones": ("030 123456",), "job_title": "CEO",
            "description": "Likes pumps", "owner_id": company.bob.member_id,
            "postal_addresses": (Address(city="Köln", country="DE"),),
        }  # fmt: skip
        contact = await make_contact(company.bob, **whole)
        events = await scoped(OutboxEvent, company.bob).count()
        same = await change_contact(
            company.bob, contact, **{**whole, "name": " Anna ", "emails": ("a@x.example", "A@x.example")}
        )
        assert (same.version, same.updated_at) == (1, contact.updated_at)
        assert (await change_contact(company.bob, contact)).version == 1
        assert await scoped(OutboxEvent, company.bob).count() == events

    async def test_an_event_names_what_was_changed(self, company: Company) -> None:
        contact = await make_contact(company.bob, phones=("030 123456",))
        organization, parent = await make_organization(company.bob), await make_organization(company.bob, "Parent")
        await change_contact(
            company.bob, contact, name=contact.name, phones=(), job_title="CEO", organization_id=organization.id,
            postal_addresses=(Address(city="Köln"),),
        )  # fmt: skip
        await change_organization(
            company.bob, organization, domain="x.example", emails=("info@x.example",), parent_id=parent.id,
            owner_id=company.ada.member_id, description="Big",
        )  # fmt: skip
        events = scoped(OutboxEvent, company.bob)
        (of_contact,) = await events.filter(name="contact.changed")
        (of_organization,) = await events.filter(name="organization.changed")
        assert of_contact.payload == {"fields": ["jobTitle", "organization", "phones", "postalAddresses"]}
        assert sorted(of_organization.payload["fields"]) == ["description", "domain", "emails", "owner", "parent"]

    async def test_a_name_that_is_changed_is_found_by_its_new_key(self, company: Company) -> None:
        contact = await change_contact(company.bob, await make_contact(company.bob), name="Änne Über")
        assert (await scoped(Contact, company.bob).get(id=contact.id)).name_folded == "anne uber"

    async def test_an_archived_organization_takes_nobody_in_but_keeps_who_is_there(self, company: Company) -> None:
        organization = await make_organization(company.bob)
        contact = await make_contact(company.bob, organization_id=organization.id)
        await archive(company.bob, organization)
        for act in (
            make_contact(company.bob, "Other", organization_id=organization.id),
            make_organization(company.bob, "Other", parent_id=organization.id),
        ):
            with pytest.raises(Invalid, match="restore it first"):
                await act
        kept = await change_contact(company.bob, contact, organization_id=organization.id, job_title="CEO")
        assert kept.organization_id == organization.id

    async def test_an_organizations_address_is_its_own_and_may_be_a_contacts_too(self, company: Company) -> None:
        holder = await make_organization(company.bob, "Holder", emails=("info@x.example",))
        await make_contact(company.bob, emails=("info@x.example",))
        other = await make_organization(company.bob, "Other")
        with pytest.raises(Duplicate, match="Holder") as refusal:
            await change_organization(company.bob, other, emails=("new@x.example", "INFO@x.example"))
        assert (refusal.value.field, refusal.value.current.id) == (("emails", "1"), holder.id)
        assert not await scoped(OrganizationEmail, company.bob).filter(organization_id=other.id).exists()

    async def test_numbers_that_were_doubled_by_others_are_put_in_order(self, company: Company) -> None:
        contact = await make_contact(company.bob, phones=("030 123456", "030 123457"))
        # As a merge of two people may leave it, who shared one.
        await scoped(ContactPhone, company.bob).filter(contact_id=contact.id).update(number="+4930123456")
        await change_contact(company.bob, contact, phones=("030 123456", "040 654321"))
        rows = await scoped(ContactPhone, company.bob).filter(contact_id=contact.id).order_by("position")
        assert [(row.position, row.number) for row in rows] == [(0, "+4930123456"), (1, "+4940654321")]


class TestArchiving:
    async def test_an_archived_record_frees_what_it_claims_and_claims_it_again(self, company: Company) -> None:
        contact = await make_contact(company.bob, "First", emails=("a@x.example",))
        organization = await make_organization(company.bob, "First", "x.example", emails=("info@x.example",))
        assert (await archive(company.bob, contact)).version == (await archive(company.bob, organization)).version == 2
        second = await make_contact(company.bob, "Second", emails=("a@x.example",))
        branch = await make_organization(company.bob, "Second", "x.example")
        other = await make_organization(company.bob, "Third", emails=("info@x.example",))
        for record, holder, claimed in (
            (contact, second, "a@x.example"),
            (organization, other, "info@x.example"),
        ):
            with pytest.raises(Duplicate, match=f"{claimed} .*{holder.name}") as refusal:
                await restore(company.bob, record)
            assert (refusal.value.field, refusal.value.current.id) == (("id",), holder.id)
        await archive(company.bob, other)
        with pytest.raises(Duplicate, match=r"x\.example .*Second") as refusal:
            await restore(company.bob, organization)
        assert refusal.value.current.id == branch.id
        await change_contact(company.bob, second, emails=())
        await change_organization(company.bob, branch, domain=None)
        assert (await restore(company.bob, contact)).archived_at is None
        assert (await restore(company.bob, organization)).archived_at is None
        with pytest.raises(Duplicate, match="First"):
            await change_contact(company.bob, second, emails=("a@x.example",))
        with pytest.raises(Duplicate, match="First"):
            await restore(company.bob, other)

    async def test_what_is_put_away_is_not_changed_and_not_put_away_twice(self, company: Company) -> None:
        for record, change in (
            (await make_contact(company.bob), change_contact),
            (await make_organization(company.bob), change_organization),
        ):
            with pytest.raises(Invalid, match="not archived"):
                await restore(company.bob, record)
            await archive(company.bob, record)
            with pytest.raises(Invalid, match="restore it first"):
                await change(company.bob, record, name="Other")
            with pytest.raises(Invalid, match="archived already"):
                await archive(company.bob, record)
            assert (await type(record).get(id=record.id)).version == 2

    async def test_what_was_merged_comes_back_by_undoing_that_only(self, company: Company) -> None:
        for record, other in (
            (await make_contact(company.bob), await make_contact(company.bob, "Kept")),
            (await make_organization(company.bob), await make_organization(company.bob, "Kept")),
        ):
            await archive(company.bob, record)
            await scoped(type(record), company.bob).filter(id=record.id).update(merged_into_id=other.id)
            with pytest.raises(Invalid, match="Kept: undo the merge"):
                await restore(company.bob, record)

    async def test_a_lead_of_somebody_who_is_put_away_is_converted_with_somebody_else_or_after_restoring(
        self, company: Company
    ) -> None:
        contact, other = await make_contact(company.bob), await make_contact(company.bob, "Other")
        organization = await make_organization(company.bob)

        leads = [await make_qualified_lead(company.bob, contact_id=contact.id) for _ in range(3)]

        async def convert(lead: Lead, contact_id: UUID | None = None) -> Converted:
            how = Conversion(organization_id=organization.id, contact_id=contact_id)
            return await convert_lead(actor=company.bob, lead_id=lead.id, how=how, expected_version=None, now=NOW)

        await archive(company.bob, contact)
        with pytest.raises(Invalid, match="restore it first, or choose another") as refusal:
            await convert(leads[0])
        assert refusal.value.field == ("contact",)
        kept = await scoped(Contact, company.bob).get(id=contact.id)
        assert (kept.version, kept.organization_id) == (2, None)
        assert (await convert(leads[1], other.id)).deal.contact_id == other.id
        await restore(company.bob, contact)
        assert (await convert(leads[2])).deal.contact_id == contact.id

    async def test_archiving_against_changing_leaves_no_address_of_it_in_use(self, company: Company) -> None:
        for number in range(5):
            contact = await make_contact(company.bob, emails=(f"a{number}@x.example",))
            changing = change_contact(company.bob, contact, emails=(f"b{number}@x.example",))
            assert await outcomes(changing, archive(company.bob, contact)) in (["done", "done"], ["Invalid", "done"])
            rows = await scoped(ContactEmail, company.bob).filter(contact_id=contact.id)
            assert [row.active for row in rows] == [False]
            await make_contact(company.bob, "Next", emails=(f"a{number}@x.example", f"b{number}@x.example"))


class TestAtOnce:
    async def test_two_who_are_given_one_address_at_once_one_gets_it(self, company: Company) -> None:
        for number in range(5):
            address = f"a{number}@x.example"
            people = [await make_contact(company.bob, f"P{n}", emails=(f"p{number}.{n}@x.example",)) for n in range(2)]
            given_each = [change_contact(company.bob, person, emails=(address,)) for person in people]
            assert await outcomes(*given_each) == ["Duplicate", "done"]
            assert await scoped(ContactEmail, company.bob).filter(address=address).count() == 1

    async def test_addresses_that_are_exchanged_crosswise_end_without_a_deadlock(self, company: Company) -> None:
        one = await make_contact(company.bob, "One", emails=("1@x.example",))
        two = await make_contact(company.bob, "Two", emails=("2@x.example",))
        changes = [
            change_contact(company.bob, person, emails=emails)
            for person, emails in ((one, ("3@x.example", "4@x.example")), (two, ("4@x.example", "3@x.example"))) * 5
        ]
        found = await outcomes(*changes)
        assert found.count("done") == found.count("Duplicate") == 5

    async def test_a_restored_address_and_a_new_one_are_never_both(self, company: Company) -> None:
        for number in range(5):
            old = await archive(company.bob, await make_contact(company.bob, emails=(f"a{number}@x.example",)))
            new = make_contact(company.bob, "New", emails=(f"a{number}@x.example",))
            assert await outcomes(restore(company.bob, old), new) == ["Duplicate", "done"]

    async def test_a_domain_that_several_are_given_at_once_is_ones(self, company: Company) -> None:
        companies = [await make_organization(company.bob, f"C{n}") for n in range(6)]
        changes = [change_organization(company.bob, one, domain="x.example") for one in companies]
        assert await outcomes(*changes) == ["Duplicate"] * 5 + ["done"]


class TestBranches:
    async def chain(self, company: Company, length: int) -> list[Organization]:
        made: list[Organization] = []
        for number in range(length):
            parent_id = made[-1].id if made else None
            made.append(await make_organization(company.bob, f"Level {number + 1}", parent_id=parent_id))
        return made

    async def test_a_circle_is_refused(self, company: Company) -> None:
        levels = await self.chain(company, 3)
        for below in levels:
            with pytest.raises(Invalid, match="branch of") as refusal:
                await change_organization(company.bob, levels[0], parent_id=below.id)
            assert refusal.value.field == ("parentId",)
        assert (await scoped(Organization, company.bob).get(id=levels[0].id)).parent_id is None

    async def test_branches_stand_ten_deep_and_no_deeper(self, company: Company) -> None:
        levels = await self.chain(company, 10)
        with pytest.raises(Invalid, match="11 deep") as refusal:
            await make_organization(company.bob, "Level 11", parent_id=levels[-1].id)
        assert refusal.value.field == ("parentId",)
        below = await make_organization(company.bob, "Below")
        top = await make_organization(company.bob, "Top")
        await change_organization(company.bob, below, parent_id=top.id)
        with pytest.raises(Invalid, match="11 deep"):
            await change_organization(company.bob, top, parent_id=levels[8].id)
        await change_organization(company.bob, top, parent_id=levels[7].id)
        with pytest.raises(Invalid, match="11 deep"):
            await change_organization(company.bob, levels[0], parent_id=(await make_organization(company.bob)).id)

    async def test_a_branch_may_go_elsewhere_and_stand_alone(self, company: Company) -> None:
        top, middle, bottom = await self.chain(company, 3)
        moved = await change_organization(company.bob, bottom, parent_id=top.id)
        assert moved.parent_id == top.id
        assert (await change_organization(company.bob, middle, parent_id=bottom.id)).parent_id == bottom.id
        assert (await change_organization(company.bob, bottom, parent_id=None)).parent_id is None

    async def test_a_circle_that_several_would_close_at_once_stays_open(self, company: Company) -> None:
        for _ in range(3):
            ring = [await make_organization(company.bob, f"R{n}") for n in range(4)]
            turns = zip(ring, [*ring[1:], ring[0]], strict=True)
            changes = [change_organization(company.bob, one, parent_id=other.id) for one, other in turns]
            assert await outcomes(*changes) == ["Invalid", "done", "done", "done"]

    async def test_what_several_would_make_too_deep_at_once_is_not(self, company: Company) -> None:
        upper, lower = await self.chain(company, 5), await self.chain(company, 5)
        changes = [
            change_organization(company.bob, lower[0], parent_id=upper[4].id),
            make_organization(company.bob, "New", parent_id=lower[4].id),
        ]
        assert await outcomes(*changes) == ["Invalid", "done"]

    async def test_whatever_several_do_at_once_nobody_stands_above_himself_or_too_deep(self, company: Company) -> None:
        chance = Random(7)
        companies = [await make_organization(company.bob, f"C{n}") for n in range(14)]
        for _ in range(3):
            pairs = [chance.sample(companies, 2) for _ in range(30)]
            await outcomes(*(change_organization(company.bob, one, parent_id=other.id) for one, other in pairs))
            rows = await scoped(Organization, company.bob).all()
            parents = {row.id: row.parent_id for row in rows}
            for row in rows:
                above, at = 0, row.parent_id
                while at is not None:
                    above, at = above + 1, parents[at]
                    assert above < 10
            assert any(parents.values())


class TestIntakeMeanwhile:
    async def test_fifty_who_change_archive_restore_and_write_at_once_end_without_a_fault(
        self, company: Company
    ) -> None:
        """Every address in use is one record's then, and what was put away uses none."""
        chance = Random(11)
        addresses = [f"p{n}@x.example" for n in range(5)]
        people = [await make_contact(company.bob, f"P{n}", emails=(addresses[n],)) for n in range(4)]
        companies = [await make_organization(company.bob, f"C{n}", emails=(addresses[n],)) for n in range(3)]

        @atomic()
        async def receive(*, actor: Actor, email: str) -> None:
            found = await find_or_add_organization(actor=actor, name="X AG", domain="x.example", email=email, now=NOW)
            id = found.record.id if found else None
            whose: dict[str, Any] = {"name": None, "phone": "+4930123456", "job_title": "CEO", "organization_id": id}
            await find_or_add_contact(actor=actor, email=email, now=NOW, **whose)

        def act() -> Awaitable[Any]:
            some, person, one = tuple(chance.sample(addresses, 2)), chance.choice(people), chance.choice(companies)
            return chance.choice(
                [
                    lambda: change_contact(company.bob, person, emails=some),
                    lambda: change_contact(company.bob, person, organization_id=one.id),
                    lambda: change_organization(company.bob, one, emails=some, domain="x.example"),
                    lambda: archive(company.bob, chance.choice([person, one])),
                    lambda: restore(company.bob, chance.choice([person, one])),
                    lambda: receive(actor=company.system, email=some[0]),
                ]
            )()

        found = await outcomes(*(act() for _ in range(50)))
        assert found.count("done") > 10
        for model, emails in ((Contact, ContactEmail), (Organization, OrganizationEmail)):
            noun = model.__name__.lower()
            rows = await scoped(emails, company.bob).all()
            in_use = [row.address_normalized for row in rows if row.active]
            assert len(in_use) == len(set(in_use))
            for record in await scoped(model, company.bob).all():
                own = sorted((r for r in rows if getattr(r, f"{noun}_id") == record.id), key=lambda r: r.position)
                assert [row.position for row in own] == list(range(len(own)))
                assert {row.active for row in own} <= {record.archived_at is None}


# The law of addresses

ADDRESSES = ("a@x.example", "B@x.example", "ü@x.example")
PEOPLE = 3
Claims = dict[int, tuple[str, ...]]
people = st.integers(0, PEOPLE - 1)
some = st.lists(st.sampled_from([*ADDRESSES, "A@X.EXAMPLE", "Ü@x.example"]), max_size=3).map(tuple)
Step = tuple[str, int, tuple[str, ...]]
steps = st.one_of(
    st.tuples(st.just("update"), people, some),
    st.tuples(st.sampled_from(["archive", "restore"]), people, st.just(())),
)


def compared(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(unicodedata.normalize("NFC", address).casefold() for address in addresses))


class Model:
    """What addresses do, in memory."""

    def __init__(self) -> None:
        self.claims: Claims = dict.fromkeys(range(PEOPLE), ())
        self.active = dict.fromkeys(range(PEOPLE), True)

    def expected(self, verb: str, who: int, addresses: tuple[str, ...]) -> str:
        """ "done", or the name of the refusal; what is done is remembered."""
        wanted = compared(addresses) if verb == "update" else self.claims[who]
        if self.active[who] is (verb == "restore"):
            return "Invalid"
        others = {one for other in range(PEOPLE) if other != who and self.active[other] for one in self.claims[other]}
        if verb != "archive" and others & set(wanted):
            return "Duplicate"
        self.active[who] = verb != "archive"
        self.claims[who] = wanted
        return "done"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=1, max_size=10))
async def test_after_any_history_each_address_in_use_is_one_records(company: Company, history: list[Step]) -> None:
    model = Model()
    contacts = [await make_contact(company.bob, f"P{n}") for n in range(PEOPLE)]
    acts: dict[str, Callable[..., Awaitable[Any]]] = {
        "update": change_contact,
        "archive": archive,
        "restore": restore,
    }
    for verb, who, addresses in history:
        contact = contacts[who]
        act = (
            change_contact(company.bob, contact, emails=addresses)
            if verb == "update"
            else acts[verb](company.bob, contact)
        )
        assert await outcomes(act) == [model.expected(verb, who, addresses)], (verb, who, addresses)
    rows = await scoped(ContactEmail, company.bob).filter(contact_id__in=[one.id for one in contacts])
    for who, contact in enumerate(contacts):
        own = sorted((row for row in rows if row.contact_id == contact.id), key=lambda row: row.position)
        assert tuple(row.address_normalized for row in own) == model.claims[who]
        assert {row.active for row in own} <= {model.active[who]}
    in_use = [row.address_normalized for row in rows if row.active]
    assert len(in_use) == len(set(in_use))
    for contact in contacts:
        if (await scoped(Contact, company.bob).get(id=contact.id)).archived_at is None:
            await archive(company.bob, contact)
