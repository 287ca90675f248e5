"""Merging contacts and organizations, undoing it, and what happens to both at the same time."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import asyncpg
import pytest

from crm.activities.models import Activity
from crm.contacts.models import Contact, ContactEmail, ContactPhone, Organization
from crm.db import execute, scoped
from crm.deals.models import Deal
from crm.effects import EffectCode
from crm.errors import AlreadyMerged, Code, DomainError, Duplicate, Invalid, NotFound, StaleVersion
from crm.ids import new_id
from crm.intake.facts import ChannelKind
from crm.leads.conversion import Conversion, convert_lead
from crm.leads.models import Lead
from crm.merging.models import Merge
from crm.merging.operations import merge_contacts, merge_organizations, undo_merge
from crm.merging.references import APART, CONTACTS, ORGANIZATIONS
from crm.outbox.models import OutboxEvent
from tests.conftest import NOW, Company, Unchanged, later
from tests.factories import (
    deliver,
    make_contact,
    make_deal,
    make_lead,
    make_merge,
    make_organization,
    make_qualified_lead,
    process,
)

REFERRING = """
SELECT k.conrelid::regclass::text || '.' || a.attname FROM pg_constraint k
JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[array_length(k.conkey, 1)]
WHERE k.contype = 'f' AND k.confrelid = $1::regclass"""
"""Every column by which a table refers to another one."""
UNIQUE = """
SELECT DISTINCT i.indrelid::regclass::text || '.' || a.attname FROM pg_index i
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[]) WHERE i.indisunique"""
FOLLOWING = """
SELECT t.tgrelid::regclass::text || '.' || a.attname FROM pg_trigger t
JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = ANY (t.tgattr::int2[])
WHERE t.tgname LIKE '%_follows_merges'"""


class TestTheCatalog:
    @pytest.mark.parametrize("mergeable", [CONTACTS, ORGANIZATIONS], ids=lambda one: one.noun)
    async def test_all_that_refers_to_a_record_is_seen_to_by_a_merge(
        self, orm: None, owner_connection: asyncpg.Connection, mergeable: Any
    ) -> None:
        found = {row[0] for row in await owner_connection.fetch(REFERRING, mergeable.noun)}
        handed_over = {reference.name for reference in mergeable.references}
        assert found - handed_over <= APART
        assert handed_over <= found
        assert len(found) > 12

    async def test_what_is_simply_replaced_can_be_there_any_number_of_times(
        self, orm: None, owner_connection: asyncpg.Connection
    ) -> None:
        unique = {row[0] for row in await owner_connection.fetch(UNIQUE)}
        replaced = {one.name for mergeable in (CONTACTS, ORGANIZATIONS) for one in mergeable.references}
        assert replaced & unique == set()
        assert "tagging.contact_id" in unique

    async def test_whatever_is_replaced_follows_later_references_too(
        self, orm: None, owner_connection: asyncpg.Connection
    ) -> None:
        following = {row[0] for row in await owner_connection.fetch(FOLLOWING)}
        assert following == {one.name for mergeable in (CONTACTS, ORGANIZATIONS) for one in mergeable.references}

    def test_every_column_that_may_be_empty_is_filled(self) -> None:
        assert set(CONTACTS.fillable) == {"job_title", "organization_id", "description", "owner_id"}
        assert set(ORGANIZATIONS.fillable) == {"domain", "description", "owner_id"}


async def merge(company: Company, into: Any, *others: Any, **options: Any) -> Any:
    operation = merge_contacts if isinstance(into, Contact) else merge_organizations
    given: dict[str, Any] = {"expected_version": None, "idempotency_key": None, "now": later(60), **options}
    ids = [other.id for other in others]
    return await operation(actor=company.alice, into_id=into.id, from_ids=ids, **given)


async def again(row: Any) -> Any:
    return await type(row).get(id=row.id)


class TestMerging:
    async def test_the_survivor_has_all_leads_deals_addresses_and_what_it_lacked(self, company: Company) -> None:
        acme = await make_organization(company.alice, "Acme")
        anna = await make_contact(company.alice, "Anna", emails=("anna@a.example",), phones=("+493012345",))
        twin = await make_contact(
            company.alice,
            "Anna B.",
            emails=("anna@b.example", "b@b.example"),
            phones=("+493012345", "+493099999"),
            job_title="CTO",
            organization_id=acme.id,
        )
        lead = await make_lead(company.alice, contact_id=twin.id)
        deal = await make_deal(company.alice, contact_id=twin.id)
        done = await merge(company, anna, twin)
        assert (await again(lead)).contact_id == (await again(deal)).contact_id == anna.id
        survivor = await again(anna)
        assert (survivor.name, survivor.job_title, survivor.organization_id) == ("Anna", "CTO", acme.id)
        emails = await scoped(ContactEmail, company.alice).filter(contact_id=anna.id).order_by("position")
        assert [(row.position, row.address, row.active) for row in emails] == [
            (0, "anna@a.example", True),
            (1, "anna@b.example", True),
            (2, "b@b.example", True),
        ]
        phones = await scoped(ContactPhone, company.alice).filter(contact_id=anna.id).order_by("position")
        assert [row.number for row in phones] == ["+493012345", "+493099999"]
        gone = await again(twin)
        assert (gone.merged_into_id, gone.archived_at) == (anna.id, later(60))
        counts = {entry["kind"]: entry["count"] for entry in done.merges[0].receipt["counts"]}
        assert counts == {"EMAIL": 2, "PHONE": 1, "LEAD": 1, "DEAL": 1}
        assert done.merges[0].receipt["names"] == ["jobTitle", "organization"]

    async def test_it_keeps_what_it_has_and_says_so(self, company: Company) -> None:
        anna = await make_contact(company.alice, "Anna", job_title="CEO")
        twin = await make_contact(company.alice, "Anna B.", job_title="CTO")
        done = await merge(company, anna, twin)
        assert (await again(anna)).job_title == "CEO"
        assert [(e.code, e.message) for e in done.effects if e.code is EffectCode.KEEPS] == [
            (EffectCode.KEEPS, "jobTitle stays as it is, not CTO.")
        ]

    async def test_every_record_that_changed_has_a_new_version_and_the_survivor_one_only(
        self, company: Company
    ) -> None:
        anna, *twins = [await make_contact(company.alice, name) for name in ("Anna", "Anna B.", "A. B.")]
        lead = await make_lead(company.alice, contact_id=twins[0].id)
        await merge(company, anna, *twins)
        for row in (anna, *twins, lead):
            assert (await again(row)).version == row.version + 1
            assert (await again(row)).updated_at == later(60)

    async def test_the_first_of_several_fills(self, company: Company) -> None:
        anna, *twins = [
            await make_contact(company.alice, "Anna", job_title=title) for title in (None, None, "CTO", "CEO")
        ]
        done = await merge(company, anna, *twins)
        assert (await again(anna)).job_title == "CTO"
        assert [row.merged_contact_id for row in done.merges] == [twin.id for twin in twins]

    async def test_it_is_on_the_timeline_and_in_the_outbox(self, company: Company) -> None:
        anna, twin = [await make_contact(company.alice, name) for name in ("Anna", "Anna B.")]
        done = await merge(company, anna, twin)
        entry = await scoped(Activity, company.alice).get(kind="change")
        assert (entry.summary, entry.contact_id) == ("Anna B. was merged into Anna", anna.id)
        event = await scoped(OutboxEvent, company.alice).get(name="contact.merged")
        assert event.subject_id == anna.id
        assert event.payload == {
            "merged_id": str(twin.id), "merge_id": str(done.merges[0].id), "moved": {}, "filled": [],
        }  # fmt: skip

    async def test_more_addresses_than_one_may_have_are_refused(
        self,
        company: Company,
        unchanged: Unchanged,
    ) -> None:
        anna, twin = [
            await make_contact(company.alice, name, phones=tuple(f"+49301234{n:02}" for n in range(start, start + 11)))
            for name, start in (("Anna", 0), ("Anna B.", 11))
        ]
        async with unchanged():
            with pytest.raises(Invalid, match="22 phone numbers") as refused:
                await merge(company, anna, twin)
        assert refused.value.field == ("fromIds", "0")

    async def test_a_rehearsal_changes_nothing_and_tells_all(
        self,
        company: Company,
        unchanged: Unchanged,
    ) -> None:
        anna = await make_contact(company.alice, "Anna")
        twin = await make_contact(company.alice, "Anna B.", job_title="CTO", emails=("b@b.example",))
        await make_lead(company.alice, contact_id=twin.id)
        async with unchanged():
            done = await merge(company, anna, twin, dry_run=True)
        assert [(e.code.value, e.message) for e in done.effects] == [
            ("FILLS", "jobTitle is filled with CTO."),
            ("MOVES", "From Anna B.: 1 e-mail address."),
            ("MOVES", "From Anna B.: 1 lead."),
            ("ARCHIVES", "Anna B. is archived."),
        ]

    async def test_organizations_bring_their_people_and_branches(self, company: Company) -> None:
        acme, twin, branch = [await make_organization(company.alice, name) for name in ("Acme", "ACME", "Acme Ost")]
        await execute("UPDATE organization SET parent_id = $1 WHERE id = $2", twin.id, branch.id)
        anna = await make_contact(company.alice, "Anna", organization_id=twin.id)
        await merge(company, acme, twin)
        assert (await again(anna)).organization_id == acme.id
        assert (await again(branch)).parent_id == acme.id

    async def test_a_branch_into_which_the_organization_above_is_merged_takes_its_place(self, company: Company) -> None:
        names = ("Holding", "Acme", "Acme Ost", "Acme Ost 1")
        rows = [await make_organization(company.alice, name) for name in names]
        for above, below in pairwise(rows):
            await execute("UPDATE organization SET parent_id = $1 WHERE id = $2", above.id, below.id)
        holding, acme, middle, lowest = rows
        await merge(company, lowest, acme)
        assert (await again(lowest)).parent_id == holding.id
        assert (await again(middle)).parent_id == lowest.id

    async def test_the_domain_goes_over_where_there_is_none(self, company: Company) -> None:
        acme, twin = await make_organization(company.alice), await make_organization(company.alice, "A", "acme.example")
        done = await merge(company, acme, twin)
        assert (await again(acme)).domain == "acme.example"
        await undo_merge(actor=company.alice, merge_id=done.merges[0].id, now=later(90))
        assert (await again(acme)).domain is None
        assert (await again(twin)).archived_at is None


class TestRefusals:
    async def test_what_was_merged_is_refused_with_the_record_that_holds_it(
        self,
        company: Company,
        unchanged: Unchanged,
    ) -> None:
        a, b, c, d = [await make_contact(company.alice, name) for name in "ABCD"]
        await merge(company, b, a)
        await merge(company, c, b)
        async with unchanged():
            for into, other, field in ((d, a, ("fromIds", "0")), (a, d, ("intoId",))):
                with pytest.raises(AlreadyMerged, match="A has been merged into C") as refused:
                    await merge(company, into, other)
                assert (refused.value.code, refused.value.current.id) == (Code.ALREADY_MERGED, c.id)
                assert refused.value.field == field

    async def test_itself_none_or_too_many_are_refused(
        self,
        company: Company,
        unchanged: Unchanged,
    ) -> None:
        anna, twin = [await make_contact(company.alice, name) for name in ("Anna", "Anna B.")]
        nobody = Contact(id=new_id())
        async with unchanged():
            for others in ((), (anna,), (twin, anna), [Contact(id=new_id()) for _ in range(11)]):
                with pytest.raises(Invalid):
                    await merge(company, anna, *others)
            with pytest.raises(NotFound) as refused:
                await merge(company, anna, twin, nobody)
            assert refused.value.field == ("fromIds", "1")
            with pytest.raises(StaleVersion):
                await merge(company, anna, twin, expected_version=anna.version + 1)

    async def test_an_archived_record_is_refused(self, company: Company, unchanged: Unchanged) -> None:
        anna, twin = [await make_contact(company.alice, name) for name in ("Anna", "Anna B.")]
        await scoped(Contact, company.alice).filter(id=twin.id).update(archived_at=NOW)
        async with unchanged():
            with pytest.raises(Invalid, match="is archived"):
                await merge(company, anna, twin)

    async def test_an_undone_merge_cannot_be_undone_again(
        self,
        company: Company,
        unchanged: Unchanged,
    ) -> None:
        row = await make_merge(company.alice, *[await make_contact(company.alice, name) for name in "AB"])
        await undo_merge(actor=company.alice, merge_id=row.id, now=NOW)
        async with unchanged():
            with pytest.raises(Invalid, match="undone already"):
                await undo_merge(actor=company.alice, merge_id=row.id, now=NOW)

    async def test_a_merge_into_what_was_merged_since_waits_for_that_to_be_undone(
        self,
        company: Company,
        unchanged: Unchanged,
    ) -> None:
        a, b, c = [await make_contact(company.alice, name) for name in "ABC"]
        first, second = await make_merge(company.alice, b, a), await make_merge(company.alice, c, b)
        async with unchanged():
            with pytest.raises(AlreadyMerged, match="undo that first") as refused:
                await undo_merge(actor=company.alice, merge_id=first.id, now=NOW)
        assert refused.value.current.id == c.id
        for row in (second, first):
            await undo_merge(actor=company.alice, merge_id=row.id, now=NOW)

    async def test_of_two_merges_with_something_in_common_the_later_is_undone_first(
        self,
        company: Company,
        unchanged: Unchanged,
    ) -> None:
        anna = await make_contact(company.alice, "Anna")
        twins = [await make_contact(company.alice, n, phones=("+493012345",)) for n in ("Anna B.", "A. B.")]
        first, second = [await make_merge(company.alice, anna, twin) for twin in twins]
        async with unchanged():
            with pytest.raises(Invalid, match=r"A\. B\. was merged into Anna later"):
                await undo_merge(actor=company.alice, merge_id=first.id, now=NOW)
        for row in (second, first):
            await undo_merge(actor=company.alice, merge_id=row.id, now=NOW)
        for twin in twins:
            assert await scoped(ContactPhone, company.alice).filter(contact_id=twin.id).count() == 1

    async def test_of_two_with_nothing_in_common_either_is_undone(self, company: Company) -> None:
        anna = await make_contact(company.alice, "Anna")
        twins = [await make_contact(company.alice, f"{n}", phones=(f"+49301234{n}",)) for n in (5, 6)]
        first, _ = [await make_merge(company.alice, anna, twin) for twin in twins]
        await undo_merge(actor=company.alice, merge_id=first.id, now=NOW)
        (phone,) = await scoped(ContactPhone, company.alice).filter(contact_id=twins[0].id)
        assert phone.number == "+493012345"

    async def test_a_domain_that_was_taken_since_is_refused(
        self,
        company: Company,
        unchanged: Unchanged,
    ) -> None:
        acme = await make_organization(company.alice, "Acme", "acme.example")
        twin = await make_organization(company.alice, "ACME", "acme2.example")
        row = await make_merge(company.alice, acme, twin)
        thief = await make_organization(company.alice, "Thief", "acme2.example")
        async with unchanged():
            with pytest.raises(Duplicate, match="Thief") as refused:
                await undo_merge(actor=company.alice, merge_id=row.id, now=NOW)
        assert refused.value.current.id == thief.id


class TestUndoing:
    async def test_what_was_changed_since_stays_and_is_told(self, company: Company) -> None:
        anna, other = [await make_contact(company.alice, name) for name in ("Anna", "Other")]
        twin = await make_contact(company.alice, "Anna B.", job_title="CTO", emails=("b@b.example", "c@b.example"))
        leads = [await make_lead(company.alice, contact_id=twin.id) for _ in range(2)]
        row = await make_merge(company.alice, anna, twin)
        await scoped(Contact, company.alice).filter(id=anna.id).update(job_title="CEO")
        await scoped(Lead, company.alice).filter(id=leads[0].id).update(contact_id=other.id)
        await scoped(ContactEmail, company.alice).filter(address="b@b.example").delete()
        done = await undo_merge(actor=company.alice, merge_id=row.id, now=NOW)
        assert sorted(e.message for e in done.effects if e.code is EffectCode.KEEPS) == [
            "1 e-mail address not given back by Anna: changed since.",
            "1 lead not given back by Anna: changed since.",
            "jobTitle stays: changed since.",
        ]
        assert (await again(anna)).job_title == "CEO"
        assert [(await again(lead)).contact_id for lead in leads] == [other.id, twin.id]
        (email,) = await scoped(ContactEmail, company.alice).filter(contact_id=twin.id)
        assert (email.address, email.active) == ("c@b.example", True)

    async def test_what_came_since_stays_with_the_survivor(self, company: Company) -> None:
        anna, twin = [await make_contact(company.alice, name) for name in ("Anna", "Anna B.")]
        row = await make_merge(company.alice, anna, twin)
        with pytest.raises(AlreadyMerged, match="take that one") as refused:
            await make_lead(company.alice, contact_id=twin.id)
        assert refused.value.current.id == anna.id
        # As by somebody who looked before the merge was there.
        lead = await make_lead(company.alice, contact_id=anna.id)
        await scoped(Lead, company.alice).filter(id=lead.id).update(contact_id=twin.id)
        assert (await again(lead)).contact_id == anna.id
        await undo_merge(actor=company.alice, merge_id=row.id, now=NOW)
        assert (await again(lead)).contact_id == anna.id
        assert (await again(await make_lead(company.alice, contact_id=twin.id))).contact_id == twin.id

    async def test_a_rehearsal_changes_nothing(self, company: Company, unchanged: Unchanged) -> None:
        anna, twin = [await make_contact(company.alice, name) for name in ("Anna", "Anna B.")]
        await make_lead(company.alice, contact_id=twin.id)
        row = await make_merge(company.alice, anna, twin)
        async with unchanged():
            done = await undo_merge(actor=company.alice, merge_id=row.id, dry_run=True, now=NOW)
        codes = [effect.code.value for effect in done.effects]
        assert codes == ["RESTORES", "MOVES"]

    async def test_it_is_on_both_timelines(self, company: Company) -> None:
        anna, twin = [await make_contact(company.alice, name) for name in ("Anna", "Anna B.")]
        row = await make_merge(company.alice, anna, twin)
        await undo_merge(actor=company.alice, merge_id=row.id, now=later(5))
        entries = await scoped(Activity, company.alice).filter(kind="change", at=later(5))
        assert {entry.contact_id for entry in entries} == {anna.id, twin.id}
        assert await scoped(OutboxEvent, company.alice).filter(name="contact.merge_undone").exists()


async def test_mail_from_an_address_of_a_merged_contact_finds_the_survivor(company: Company) -> None:
    anna = await make_contact(company.alice, "Anna", emails=("anna@web.de",))
    twin = await make_contact(company.alice, "Anna B.", emails=("anna.b@gmx.de",))
    await merge(company, anna, twin)
    raw = b"From: Anna B. <anna.b@gmx.de>\r\nSubject: Pumps\r\n\r\nThree pumps, please.\r\n"
    lead_id = await process(company, await deliver(company, ChannelKind.MAIL, raw))
    assert (await Lead.get(id=lead_id)).contact_id == anna.id
    assert await scoped(Contact, company.alice).count() == 2


async def test_mail_from_the_domain_of_a_merged_organization_finds_the_survivor(company: Company) -> None:
    acme, twin, last = [await make_organization(company.alice, n, f"{n}.example") for n in ("acme", "acme2", "acme3")]
    await merge(company, acme, twin)
    await merge(company, last, acme)
    raw = b"From: Anna <anna@acme2.example>\r\nSubject: Pumps\r\n\r\nThree pumps, please.\r\n"
    lead_id = await process(company, await deliver(company, ChannelKind.MAIL, raw))
    assert (await Lead.get(id=lead_id)).organization_id == last.id
    assert await scoped(Organization, company.alice).count() == 3


async def test_a_form_with_the_phone_and_the_name_of_a_merged_contact_finds_the_survivor(company: Company) -> None:
    anna = await make_contact(company.alice, "Anna")
    twin = await make_contact(company.alice, "Anna B.", phones=("+493012345",))
    await merge(company, anna, twin)
    lead_id = await process(company, await deliver(company, ChannelKind.FORM, b"name=Anna+B.&phone=%2B493012345"))
    assert (await Lead.get(id=lead_id)).contact_id == anna.id
    assert await scoped(Contact, company.alice).count() == 2


async def settle(*operations: Any) -> list[Any]:
    """Run them at once; what was refused. Anything but a refusal fails."""
    done = await asyncio.gather(*operations, return_exceptions=True)
    refused: list[Any] = [result for result in done if isinstance(result, BaseException)]
    assert all(isinstance(error, DomainError) for error in refused), refused
    return refused


class TestAtOnce:
    async def test_fifty_merges_of_the_same_records_lose_nothing(self, company: Company) -> None:
        people = [
            await make_contact(company.alice, f"Anna {n}", emails=(f"{n}@a.example",), phones=(f"+4930123{n:02}",))
            for n in range(6)
        ]
        leads = [await make_lead(company.alice, contact_id=person.id) for person in people]
        deals = [await make_deal(company.alice, contact_id=person.id) for person in people]
        pairs = [(people[n % 6], people[(n * 5 + 1 + n // 6) % 6]) for n in range(50)]
        await settle(*(merge(company, into, other) for into, other in pairs))
        left = await scoped(Contact, company.alice).filter(archived_at=None)
        merges = await scoped(Merge, company.alice)
        assert len(left) + len(merges) == 6
        assert len({row.merged_contact_id for row in merges}) == len(merges)
        holders = {row.id for row in left}
        assert {(await again(lead)).contact_id for lead in leads} <= holders
        assert {(await again(deal)).contact_id for deal in deals} <= holders
        emails = await scoped(ContactEmail, company.alice)
        assert {row.address for row in emails} == {f"{n}@a.example" for n in range(6)}
        assert {row.contact_id for row in emails} <= holders
        assert all(row.active for row in emails)

    async def test_merges_conversions_new_leads_and_mail_at_once_lose_nothing(self, company: Company) -> None:
        people = [await make_contact(company.alice, f"Anna {n}", emails=(f"{n}@web.de",)) for n in range(4)]
        leads = [await make_qualified_lead(company.alice, contact_id=people[n % 4].id) for n in range(16)]
        mails = [
            await deliver(
                company, ChannelKind.MAIL, f"From: {n % 4}@web.de\r\nSubject: Mail {n}\r\n\r\nHello\r\n".encode()
            )
            for n in range(8)
        ]
        converts = [
            convert_lead(actor=company.alice, lead_id=lead.id, how=Conversion(), expected_version=None, now=NOW)
            for lead in leads
        ]
        merges = [merge(company, people[0], people[n % 3 + 1]) for n in range(14)]
        captured = [make_lead(company.alice, contact_id=people[n % 4].id) for n in range(12)]
        work = [job for jobs in zip(converts, [*merges, *merges[:0]], strict=False) for job in jobs]
        rest = [*converts[len(merges) :], *captured, *(process(company, mail) for mail in mails)]
        refused = await settle(*work, *rest)
        assert all(isinstance(error, AlreadyMerged) for error in refused)
        late = [error for error in refused if error.field == ("contactId",)]  # leads of who was merged by then
        assert len(refused) - len(late) == 11
        made = 16 + 12 + 8 - len(late)
        assert await scoped(Lead, company.alice).count() == made
        assert await scoped(Lead, company.alice).filter(contact_id=people[0].id).count() == made
        assert await scoped(Deal, company.alice).filter(contact_id=people[0].id).count() == 16
        assert await scoped(Contact, company.alice).count() == 4

    async def test_merges_and_their_undoing_at_once_leave_each_record_whole(self, company: Company) -> None:
        anna, *twins = [await make_contact(company.alice, f"Anna {n}", emails=(f"{n}@web.de",)) for n in range(4)]
        done = await merge(company, anna, *twins)
        undone = [
            undo_merge(actor=company.alice, merge_id=row.id, now=later(90)) for row in done.merges for _ in range(8)
        ]
        created = [make_lead(company.alice, contact_id=twins[n % 3].id) for n in range(26)]
        refused = await settle(*(job for jobs in zip(undone, created, strict=False) for job in jobs), *created[24:])
        late = [error for error in refused if error.field == ("contactId",)]  # leads of who was still merged
        assert len(refused) - len(late) == 21
        for number, twin in enumerate(twins):
            (email,) = await scoped(ContactEmail, company.alice).filter(contact_id=twin.id)
            assert (email.address, email.active, email.position) == (f"{number + 1}@web.de", True, 0)
        owners = {row.contact_id for row in await scoped(Lead, company.alice)}
        assert owners <= {row.id for row in (anna, *twins)}
        assert await scoped(Lead, company.alice).count() == 26 - len(late)

    async def test_organizations_merge_while_their_people_do(self, company: Company) -> None:
        firms = [await make_organization(company.alice, f"Acme {n}") for n in range(3)]
        people = [await make_contact(company.alice, f"Anna {n}", organization_id=firms[n % 3].id) for n in range(12)]
        leads = [
            await make_lead(company.alice, contact_id=person.id, organization_id=firms[n % 3].id)
            for n, person in enumerate(people)
        ]
        jobs = [merge(company, firms[n % 3], firms[(n + 1) % 3]) for n in range(25)]
        jobs += [merge(company, people[n % 12], people[(n + 5) % 12]) for n in range(25)]
        await settle(*jobs)
        (firm,) = await scoped(Organization, company.alice).filter(archived_at=None)
        assert {(await again(lead)).organization_id for lead in leads} == {firm.id}
        left = {row.id for row in await scoped(Contact, company.alice).filter(archived_at=None)}
        assert {(await again(lead)).contact_id for lead in leads} <= left
        assert {row.organization_id for row in await scoped(Contact, company.alice)} == {firm.id}
