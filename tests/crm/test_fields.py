"""Tags and custom fields: what is written is what is read, and nothing is lost by a change of what may be written."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm import exact
from crm.contacts.models import Contact
from crm.customfields import rules
from crm.customfields.facts import Entity, FieldFacts, FieldKind
from crm.customfields.operations import FieldChange, archive_custom_field, update_custom_field
from crm.customfields.rules import Given
from crm.db import scoped
from crm.errors import Duplicate, Invalid, NotFound
from crm.ids import new_id
from crm.outbox.models import OutboxEvent
from crm.tags.models import Tag, Tagging
from crm.tags.operations import add_tags, delete_tag, remove_tags
from tests.conftest import NOW, Company, Database, GraphQLClient
from tests.factories import make_contact, make_custom_field, make_deal, make_lead, make_organization, make_tag
from tests.schema.conftest import Unchanged, ask, do, gid

EXPLAINED = "EXPLAIN SELECT 1 FROM contact c WHERE"
CHOICES = ("red", "green", "blue")


def field(kind: FieldKind, key: str | None = None, **given: Any) -> FieldFacts:
    choices = CHOICES if kind in (FieldKind.CHOICE, FieldKind.CHOICES) else ()
    entity = given.pop("entity", Entity.DEAL)
    made = {"id": new_id(), "name": kind.value.title(), "choices": choices, "archived": False, **given}
    return FieldFacts(entity=entity, key=key or kind.value.lower(), kind=kind, **made)


FIELDS = {one.key: one for one in map(field, FieldKind)}
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(lambda t: t.strip())
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False).filter(rules.is_number)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "number": NUMBERS,
    "boolean": st.booleans(),
    "date": st.dates(),
    "choice": st.sampled_from(CHOICES),
    "choices": st.lists(st.sampled_from(CHOICES), min_size=1),
}
ONE = st.sampled_from(sorted(VALUES)).flatmap(
    lambda key: st.tuples(st.just(key), st.none() | VALUES[key].map(lambda value: value))
)


def expected(key: str, value: Any) -> Any:
    """What is shown of a value that was written."""
    if key == "text":
        return value.strip()
    if key == "date":
        return value.isoformat()
    return [choice for choice in CHOICES if choice in value] if key == "choices" else value


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(st.lists(ONE, max_size=4, unique_by=lambda step: step[0]), max_size=6))
def test_what_any_inputs_write_is_read_back_after_the_way_through_json(steps: list[list[tuple[str, Any]]]) -> None:
    stored, known = "{}", dict[str, Any]()
    for step in steps:
        inputs = [Given(key, () if value is None else ((key, value),)) for key, value in step]
        values = rules.merged(exact.loads(stored), rules.changes(inputs, FIELDS, at=("customFields",)))
        stored = exact.dumps(values)
        known |= dict(step)
    shown = {key: rules.shown(exact.loads(stored), FIELDS[key]) for key in VALUES}
    assert shown == {
        key: None if known.get(key) is None else expected(key, known[key]) for key in VALUES
    }  # a Decimal is equal to one with other zeros at its end


@given(number=NUMBERS)
def test_a_number_is_written_plainly_and_keeps_its_value(number: Decimal) -> None:
    text = rules.written(number)
    assert "E" not in text.upper()
    assert Decimal(text) == number
    assert rules.is_number(Decimal(text))


@pytest.mark.parametrize(
    ("value", "fits"),
    [("9" * 30, True), ("1" + "0" * 29, True), ("1e29", True), ("1e30", False), ("1e-29", True), ("1e-30", False),
     ("0." + "1" * 29, True), ("1." + "1" * 30, False), ("0e9999", True), ("NaN", False), ("Infinity", False),
     ("5." + "0" * 99, True), ("1e999999", False)],
)  # fmt: skip
def test_a_number_has_at_most_thirty_digits(value: str, fits: bool) -> None:
    assert rules.is_number(Decimal(value)) is fits


@pytest.mark.parametrize(
    ("value", "at"),
    [
        (Given("nothing"), "key"),
        (Given("number", (("text", "5"),)), "text"),
        (Given("number", (("number", Decimal("NaN")),)), "number"),
        (Given("text", (("text", "x" * 10_001),)), "text"),
        (Given("choice", (("choice", "Red"),)), "choice"),
        (Given("choices", (("choices", ["red", "pink"]),)), "choices.1"),
        (Given("number", (("number", Decimal(1)), ("text", "1"))), "text"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_where_it_stands(value: Given, at: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.changes([Given("boolean", (("boolean", True),)), value], FIELDS, at=("customFields",))
    assert ".".join(refused.value.field) == f"customFields.1.{at}"


def test_values_are_carried_to_fields_of_the_same_key_and_kind() -> None:
    ours = [field(FieldKind.TEXT, "a"), field(FieldKind.NUMBER, "b"), field(FieldKind.CHOICES, "c")]
    ours += [field(FieldKind.DATE, "d"), field(FieldKind.CHOICE, "e"), field(FieldKind.TEXT, "f", archived=True)]
    theirs = [field(FieldKind.TEXT, "a"), field(FieldKind.TEXT, "b"), field(FieldKind.CHOICES, "c", choices=("blue",))]
    theirs += [field(FieldKind.DATE, "d", archived=True), field(FieldKind.CHOICE, "e", choices=("pink",))]
    theirs += [field(FieldKind.TEXT, "f"), field(FieldKind.TEXT, "g")]
    values = {"a": "x", "b": Decimal(5), "c": ["red", "blue"], "d": "2026-03-02", "e": "red", "f": "y", "g": "z"}
    assert rules.carry(values, ours, theirs) == {"a": "x", "c": ["blue"]}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Größe", "grosse"),
        ("Size (m²)", "size_m2"),
        ("2. Wahl", "field_2_wahl"),
        ("名前", "field"),
        ("x" * 99, "x" * 45),
    ],
)
def test_a_key_is_made_of_the_name_and_given_once(name: str, key: str) -> None:
    assert rules.key_for(name, ()) == key
    assert rules.key_for(name, {key, f"{key}_2"}) == f"{key}_3"


class TestValues:
    async def test_numbers_keep_their_digits_whatever_else_is_changed(
        self, company: Company, alice: GraphQLClient
    ) -> None:
        await make_custom_field(company.alice, "Value", entity=Entity.CONTACT, kind=FieldKind.NUMBER)
        number = "12345678901234567890.1234567891"
        contact = await make_contact(company.bob, custom=(Given("value", (("number", Decimal(number)),)),))
        values = "contact { customFields { field { key name } number text } }"
        payload = await do(alice, "updateContact", {"id": gid(contact), "jobTitle": "Engineer"}, values)
        shown = [{"field": {"key": "value", "name": "Value"}, "number": number, "text": None}]
        assert payload["contact"]["customFields"] == shown
        query = '{ contacts(filter: {customFields: [{key: "value", number: {eq: "%s"}}]}) { totalCount } }'
        assert await alice(query % number) == {"contacts": {"totalCount": 1}}
        assert await alice(query % f"{number[:-1]}2") == {"contacts": {"totalCount": 0}}

    async def test_a_deal_shows_every_field_in_use_and_its_change_is_an_event(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged
    ) -> None:
        for kind in FieldKind:
            choices = CHOICES if kind in (FieldKind.CHOICE, FieldKind.CHOICES) else ()
            await make_custom_field(company.alice, kind.value.title(), kind=kind, choices=choices)
        deal = await make_deal(company.bob, custom=(Given("date", (("date", date(2026, 3, 2)),)),))
        input = {"id": gid(deal), "customFields": [{"key": "boolean", "boolean": False}, {"key": "date"}]}
        values = "deal { version customFields { field { kind } text number boolean date choice choices } }"
        payload = await do(alice, "updateDeal", input, values)
        empty = dict.fromkeys(("text", "number", "boolean", "date", "choice", "choices"))
        assert payload["deal"]["customFields"] == [
            {"field": {"kind": kind.value}, **empty, **({"boolean": False} if kind is FieldKind.BOOLEAN else {})}
            for kind in FieldKind
        ]
        event = await scoped(OutboxEvent, company.alice).filter(name="deal.changed").get()
        assert event.payload == {"fields": ["customFields"]}
        async with unchanged():
            await do(alice, "updateDeal", input, values)
            wrong = {"id": gid(deal), "customFields": [{"key": "choice", "choice": "pink"}]}
            (error,) = (await ask(alice, "updateDeal", wrong))["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID", ["customFields", "0", "choice"])

    async def test_a_lead_gets_values_and_tags_by_its_update(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged
    ) -> None:
        await make_custom_field(company.alice, "Size", entity=Entity.LEAD)
        tag, lead = await make_tag(company.bob), await make_lead(company.bob)
        given_values = [{"key": "size", "text": "large"}]
        input = {"id": gid(lead), "customFields": given_values, "tagIds": [gid(tag)]}
        values = "lead { version tags { name } customFields { text } }"
        payload = await do(alice, "updateLead", input, values)
        assert payload["lead"] == {
            "version": lead.version + 1, "tags": [{"name": "Fair"}], "customFields": [{"text": "large"}],
        }  # fmt: skip
        async with unchanged():
            await do(alice, "updateLead", input, values)


class TestDefinitions:
    async def test_a_choice_in_use_goes_only_when_it_is_meant(self, company: Company, unchanged: Unchanged) -> None:
        of = {"entity": Entity.CONTACT, "choices": CHOICES}
        one = await make_custom_field(company.alice, "One", kind=FieldKind.CHOICE, **of)
        many = await make_custom_field(company.alice, "Many", kind=FieldKind.CHOICES, **of)
        both = (Given("one", (("choice", "red"),)), Given("many", (("choices", ["red", "blue"]),)))
        contact, other = await make_contact(company.bob, custom=both), await make_contact(company.bob, "Other")

        async def update(field_id: Any, **change: Any) -> Any:
            asked = FieldChange(choices=("green", "blue"), **change)
            return await update_custom_field(
                actor=company.alice, field_id=field_id, change=asked, expected_version=None, now=NOW
            )

        for defined in (one, many):
            async with unchanged():
                with pytest.raises(Invalid, match="1 records have chosen 'red'"):
                    await update(defined.id)
            done = await update(defined.id, drops_used=True)
            assert len(done.effects) == 1
        after = await Contact.get(id=contact.id)
        assert (after.custom, after.version) == ({"many": ["blue"]}, contact.version + 2)
        assert (await Contact.get(id=other.id)).version == other.version

    async def test_a_field_takes_its_place_and_the_others_close_up(self, company: Company) -> None:
        fields = [await make_custom_field(company.alice, name) for name in "abcd"]
        change = FieldChange(position=1)
        await update_custom_field(
            actor=company.alice, field_id=fields[3].id, change=change, expected_version=None, now=NOW
        )
        rows = await scoped(type(fields[0]), company.alice).order_by("position")
        assert [(row.name, row.position) for row in rows] == [("a", 0), ("d", 1), ("b", 2), ("c", 3)]

    async def test_the_key_of_an_archived_field_stays_taken_and_takes_no_values(
        self, company: Company, unchanged: Unchanged
    ) -> None:
        known = await make_custom_field(company.alice, "Size")
        await archive_custom_field(actor=company.alice, field_id=known.id, expected_version=None, now=NOW)
        async with unchanged():
            with pytest.raises(Duplicate) as refused:
                await make_custom_field(company.alice, "Another", key="size")
            with pytest.raises(Invalid, match="restore the field first"):
                await make_deal(company.bob, custom=(Given("size", (("text", "x"),)),))
        assert refused.value.current.id == known.id
        assert (await make_custom_field(company.alice, "Size")).key == "size_2"


class TestTags:
    async def test_no_two_differ_in_case_or_accents_only(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged
    ) -> None:
        tag = await make_tag(company.bob, "Ärzte")
        async with unchanged():
            (error,) = (await ask(alice, "createTag", {"name": " arzte"}))["userErrors"]
        assert (error["code"], error["conflictingId"]) == ("DUPLICATE", gid(tag))
        made = await asyncio.gather(
            *(ask(alice, "createTag", {"name": name}) for name in ("Messe", "MESSE", "messe") * 4)
        )
        assert sum(payload["tag"] is not None for payload in made) == 1

    async def test_records_of_all_kinds_are_tagged_at_once_and_only_what_changes_is_touched(
        self, company: Company, unchanged: Unchanged
    ) -> None:
        tag, other = await make_tag(company.bob, "Fair"), await make_tag(company.bob, "VIP")
        rows = [
            await make_contact(company.bob, tag_ids=(tag.id,)), await make_organization(company.bob),
            await make_lead(company.bob), await make_deal(company.bob),
        ]  # fmt: skip
        records = [(type(row).__name__, row.id) for row in rows]
        done = await add_tags(actor=company.bob, records=records, tag_ids=(tag.id,), now=NOW)
        assert [row.version - before.version for row, before in zip(done, rows, strict=True)] == [0, 1, 1, 1]
        async with unchanged():
            await add_tags(actor=company.bob, records=records, tag_ids=(tag.id,), now=NOW)
            with pytest.raises(NotFound):
                await add_tags(actor=company.bob, records=[*records, ("Deal", new_id())], tag_ids=(other.id,), now=NOW)
        await remove_tags(actor=company.bob, records=records, tag_ids=(tag.id, other.id), now=NOW)
        assert not await scoped(Tagging, company.bob).exists()

    async def test_a_rehearsed_deletion_says_what_would_go_and_a_real_one_takes_it(
        self, company: Company, unchanged: Unchanged
    ) -> None:
        tag = await make_tag(company.bob)
        for number in range(3):
            await make_contact(company.bob, f"Person {number}", tag_ids=(tag.id,))
        how: dict[str, Any] = {"actor": company.alice, "tag_id": tag.id, "expected_version": None, "now": NOW}
        async with unchanged():
            told = await delete_tag(**how, dry_run=True)
        assert (told.records, [effect.message for effect in told.effects]) == (3, ["3 contacts no longer have it."])
        await delete_tag(**how, dry_run=False)
        assert not await scoped(Tag, company.bob).exists()
        assert not await scoped(Tagging, company.bob).exists()

    async def test_fifty_at_once_leave_each_tag_once(self, company: Company) -> None:
        tags = [await make_tag(company.bob, name) for name in "abc"]
        rows: list[Any] = [await make_contact(company.bob), await make_deal(company.bob), await make_lead(company.bob)]
        records = [(type(row).__name__, row.id) for row in rows]
        ids = [tag.id for tag in tags]
        ways = [1, -1] * 25
        await asyncio.gather(
            *(add_tags(actor=company.bob, records=records[::way], tag_ids=ids[::way], now=NOW) for way in ways)
        )
        assert await scoped(Tagging, company.bob).count() == 9


async def test_a_tag_is_found_by_an_index_and_a_value_under_the_policy_is_not(
    orm: None, company: Company, database: Database
) -> None:
    """docs/adr/0017: why no index over custom values is kept."""
    connection = await asyncpg.connect(database.superuser_url)
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("CREATE INDEX trial ON contact USING gin (custom jsonb_path_ops)")
        await connection.execute("SET LOCAL enable_seqscan = off")

        async def plan(where: str) -> str:
            return "\n".join(row[0] for row in await connection.fetch(f"{EXPLAINED} {where}"))

        contains = """custom @> '{"size": "L"}'"""
        assert "trial" in await plan(contains)
        await connection.execute(f"SET LOCAL app.workspace_id = '{company.alice.workspace_id}'")
        await connection.execute("SET LOCAL ROLE anbahn_app")
        assert "trial" not in await plan(contains)
        tagged = "EXISTS (SELECT 1 FROM tagging t WHERE t.contact_id = c.id AND t.tag_id = gen_random_uuid())"
        assert "Index Cond" in await plan(tagged)
    finally:
        await transaction.rollback()
        await connection.close()
