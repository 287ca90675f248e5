"""Duplicates: the rules by themselves, what the doors find held against plain Python, and what it costs."""

from __future__ import annotations

import random
from itertools import combinations
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.contacts.freemail import FREEMAIL_DOMAINS
from crm.contacts.models import Contact, Organization
from crm.db import scoped
from crm.errors import Duplicate
from crm.merging import rules
from crm.merging.facts import DuplicateReason, Evidence, Likeness
from crm.merging.operations import mark_distinct, unmark_distinct
from crm.merging.queries import (
    contact_pairs,
    contacts_like,
    duplicates_of_contact,
    duplicates_of_organization,
    organization_pairs,
    organizations_like,
)
from crm.text import name_key
from tests.conftest import NOW, Company, Database
from tests.factories import make_contact, make_merge, make_organization

EVIDENCE = st.builds(
    Evidence,
    same_email=st.booleans(),
    same_phone=st.booleans(),
    same_name=st.booleans(),
    similarity=st.floats(0, 1),
    same_domain=st.booleans(),
    same_organization=st.booleans(),
)
LIKENESSES = (rules.likeness_of_contacts, rules.likeness_of_organizations)


class TestRules:
    @pytest.mark.parametrize("judge", LIKENESSES)
    @given(evidence=EVIDENCE)
    def test_a_score_is_between_the_least_and_100_and_has_reasons(self, judge: Any, evidence: Evidence) -> None:
        found = judge(evidence)
        assert found is None or (rules.LEAST <= found.score <= 100 and found.reasons)

    @pytest.mark.parametrize("judge", LIKENESSES)
    @given(evidence=EVIDENCE, name=st.sampled_from(["same_email", "same_phone", "same_domain", "same_organization"]))
    def test_more_evidence_never_lowers_it(self, judge: Any, evidence: Evidence, name: str) -> None:
        more = {field: getattr(evidence, field) for field in Evidence.__slots__} | {name: True}
        before, after = judge(evidence), judge(Evidence(**more))
        assert (before.score if before else 0) <= (after.score if after else 0)

    @pytest.mark.parametrize(
        ("evidence", "score", "reasons"),
        [
            (Evidence(), None, ""),
            (Evidence(same_domain=True, same_organization=True, similarity=0.4), None, ""),
            (Evidence(similarity=0.7), None, ""),
            (Evidence(similarity=0.8), 44, "SIMILAR_NAME"),
            (Evidence(similarity=0.6, same_organization=True), 60, "SAME_ORGANIZATION SIMILAR_NAME"),
            (Evidence(same_phone=True, similarity=0.1), 45, "SAME_PHONE"),
            (Evidence(same_name=True, similarity=1.0), 60, "SAME_NAME"),
            (Evidence(same_name=True, similarity=1.0, same_phone=True), 78, "SAME_NAME SAME_PHONE"),
            (Evidence(same_email=True, same_name=True, similarity=1.0), 98, "SAME_EMAIL SAME_NAME"),
        ],
    )
    def test_contacts_are_judged_by_all_they_have_in_common(
        self, evidence: Evidence, score: int | None, reasons: str
    ) -> None:
        found = rules.likeness_of_contacts(evidence)
        told = Likeness(score, tuple(map(DuplicateReason, reasons.split()))) if score else None
        assert found == told

    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            ("a.b.c+news@gmail.com", "abc@gmail.com"),
            ("abc@googlemail.com", "abc@gmail.com"),
            ("a.b+x@outlook.com", "a.b@outlook.com"),
            ("a.b+x@acme.example", "a.b+x@acme.example"),
            ("a.b@web.de", "a.b@web.de"),
        ],
    )
    def test_addresses_lead_to_one_mailbox_only_where_their_provider_says_so(self, address: str, expected: str) -> None:
        assert rules.mailbox(address) == expected

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("Acme GmbH & Co. KG", "acme"),
            ("ACME, Inc.", "acme,"),
            ("Acme S.A.", "acme"),
            ("Müller und Söhne e.V.", "muller und sohne"),
            ("AG", "ag"),
            ("Costa Coffee Ltd", "costa coffee"),
        ],
    )
    def test_legal_forms_are_left_out_of_names(self, name: str, expected: str) -> None:
        assert rules.core_name(name_key(name)) == expected

    def test_every_provider_with_tags_is_a_free_mail_provider(self) -> None:
        assert rules.PLUS_TAGS <= FREEMAIL_DOMAINS


async def test_the_database_has_the_same_keys_as_the_rules(orm: None, owner_connection: asyncpg.Connection) -> None:
    chance = random.Random(1)
    words = [*rules.LEGAL_FORMS, "acme", "co.", "s.a.", "(gmbh)", "e.v.", "Größe", "名前", ",", "..", "&"]
    names = [name_key(" ".join(chance.choices(words, k=chance.randrange(1, 5)))) for _ in range(400)]
    locals_ = ("a", "a.b", "a+b", "a.b+c+d", "+x", "..", "ä.ö+ü")
    domains = (*rules.PLUS_TAGS, "acme.example", "web.de", "mail.gmail.com")
    addresses = [f"{local}@{domain}" for local in locals_ for domain in domains]
    sql = "SELECT name_core(n) AS core FROM unnest($1::text[]) WITH ORDINALITY AS u (n, i) ORDER BY i"
    cores = [row["core"] for row in await owner_connection.fetch(sql, names)]
    assert cores == [rules.core_name(name) for name in names]
    sql = "SELECT mailbox_of(a) AS box FROM unnest($1::text[]) WITH ORDINALITY AS u (a, i) ORDER BY i"
    boxes = [row["box"] for row in await owner_connection.fetch(sql, addresses)]
    assert boxes == [rules.mailbox(address) for address in addresses]


# Held against plain Python


def trigrams(name: str) -> set[str]:
    """As pg_trgm has them: of each word, with two blanks before it and one behind."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in name).split()
    return {padded[i : i + 3] for word in words for padded in [f"  {word} "] for i in range(len(padded) - 2)}


def similarity(one: str, other: str) -> float:
    a, b = trigrams(one), trigrams(other)
    return len(a & b) / len(a | b) if a | b else 0.0


NAMES = ("Anna Beispiel", "Anna Beispil", "anna  BEISPIEL", "A. Beispiel", "Bernd Muster", "Bernd Mustermann", "Zoë X")
FIRMS = ("Acme GmbH", "ACME AG", "Acme Pumpen", "Akme Pumpen", "Beispiel & Söhne KG", "Beispiel Söhne", "Zoo Ltd")
HOSTS = ("gmail.com", "googlemail.com", "web.de", "acme.example", "beta.example")


async def people(company: Company) -> dict[Any, dict[str, Any]]:
    """Contacts with all kinds of things in common: what they were made with, by their ids."""
    chance = random.Random(3)
    firms = [(await make_organization(company.alice, f"Firm {n}")).id for n in range(3)]
    made = {}
    for number in range(45):
        local = f"a{number // 4}" + chance.choice(("", ".", "+tag"))
        fields: dict[str, Any] = {
            "name": chance.choice(NAMES),
            "emails": (f"{local}{number % 2}@{chance.choice(HOSTS)}",) if chance.random() < 0.6 else (),
            "phones": (f"+493012{chance.randrange(200, 212)}",) if chance.random() < 0.4 else (),
            "organization_id": chance.choice([None, *firms]),
        }
        try:
            made[(await make_contact(company.alice, **fields)).id] = fields
        except Duplicate:
            fields["emails"] = ()
            made[(await make_contact(company.alice, **fields)).id] = fields
    return made


def in_common(one: dict[str, Any], other: dict[str, Any]) -> Evidence:
    def hosts(person: dict[str, Any]) -> set[str]:
        return {email.rpartition("@")[2] for email in person["emails"]} - FREEMAIL_DOMAINS

    def boxes(person: dict[str, Any]) -> set[str]:
        return {rules.mailbox(email) for email in person["emails"]}

    names = name_key(one["name"]), name_key(other["name"])
    return Evidence(
        same_email=bool(boxes(one) & boxes(other)),
        same_phone=bool(set(one["phones"]) & set(other["phones"])),
        same_name=names[0] == names[1],
        similarity=similarity(*names),
        same_domain=bool(hosts(one) & hosts(other)),
        same_organization=one["organization_id"] is not None and one["organization_id"] == other["organization_id"],
    )


async def test_the_duplicates_of_each_contact_are_those_that_plain_python_finds(company: Company) -> None:
    made = await people(company)
    told = 0
    for id, fields in made.items():
        judged = {
            other: rules.likeness_of_contacts(in_common(fields, theirs))
            for other, theirs in made.items()
            if other != id
        }
        expected = sorted(
            ((-likeness.score, other, likeness.reasons) for other, likeness in judged.items() if likeness)
        )[:20]
        found = await duplicates_of_contact(actor=company.alice, contact_id=id)
        assert [(-one.score, one.id, one.reasons) for one in found] == expected
        told += len(expected)
    assert told > 200


async def test_the_pairs_of_a_workspace_are_those_that_plain_python_finds(company: Company) -> None:
    made = await people(company)
    expected = []
    for (one, mine), (other, theirs) in combinations(sorted(made.items()), 2):
        evidence = in_common(mine, theirs)
        likeness = rules.likeness_of_contacts(evidence)
        if likeness and (evidence.same_email or evidence.same_phone or evidence.same_name):
            expected.append((-likeness.score, one, other, likeness.reasons))
    found = await contact_pairs(actor=company.alice)
    assert [(-pair.score, pair.first, pair.second, pair.reasons) for pair in found] == sorted(expected)
    assert len(found) > 50


async def test_organizations_are_the_same_by_domain_address_phone_and_name(company: Company) -> None:
    acme = await make_organization(company.alice, "Acme GmbH", "acme.example")
    same_name = await make_organization(company.alice, "ACME AG")
    same_domain = await make_organization(company.alice, "Something else", emails=("info@acme.example",))
    similar = await make_organization(company.alice, "Acmee Inc.")
    await make_organization(company.alice, "Beta GmbH", emails=("beta@web.de",))
    found = await duplicates_of_organization(actor=company.alice, organization_id=acme.id)
    assert [(one.id, one.score, " ".join(one.reasons)) for one in found][:2] == [
        (same_domain.id, 85, "SAME_DOMAIN"),
        (same_name.id, 70, "SAME_NAME"),
    ]
    assert similar.id not in [one.id for one in found]  # 3 of 7 trigrams
    pairs = await organization_pairs(actor=company.alice)
    assert [(pair.first, pair.second) for pair in pairs] == [(acme.id, same_domain.id), (acme.id, same_name.id)]


async def test_whoever_is_about_to_be_entered_is_found(company: Company) -> None:
    anna = await make_contact(company.alice, "Anna Beispiel", emails=("anna.b@gmail.com",), phones=("+493012345",))
    given = {"name": None, "emails": [], "phones": [], "organization_id": None}
    for known in ({"emails": ["annab+crm@gmail.com"]}, {"phones": ["+493012345"]}, {"name": "ANNA Beispiel"}):
        (found,) = await contacts_like(actor=company.alice, **{**given, **known})
        assert found.id == anna.id
    assert await contacts_like(actor=company.alice, **given) == []
    acme = await make_organization(company.alice, "Acme GmbH", "acme.example")
    nothing = {"name": None, "domain": None, "emails": [], "phones": []}
    for known in ({"name": "acme ltd."}, {"domain": "acme.example"}, {"emails": ["info@acme.example"]}):
        (organization,) = await organizations_like(actor=company.alice, **{**nothing, **known})
        assert organization.id == acme.id


@pytest.mark.parametrize("kind", ["Contact", "Organization"])
class TestWhoIsNone:
    async def twins(self, company: Company, kind: str) -> tuple[Any, Any, Any, Any]:
        make: Any = make_contact if kind == "Contact" else make_organization
        of: Any = duplicates_of_contact if kind == "Contact" else duplicates_of_organization
        pairs: Any = contact_pairs if kind == "Contact" else organization_pairs
        one, other = [await make(company.alice, "Anna Beispiel") for _ in range(2)]

        async def found() -> tuple[list[Any], list[Any], int]:
            name = {"contact_id" if kind == "Contact" else "organization_id": one.id}
            back = {"contact_id" if kind == "Contact" else "organization_id": other.id}
            mine, theirs = await of(actor=company.alice, **name), await of(actor=company.alice, **back)
            return [x.id for x in mine], [x.id for x in theirs], len(await pairs(actor=company.alice))

        return one, other, found, make

    async def test_twins_are_each_others(self, company: Company, kind: str) -> None:
        one, other, found, _ = await self.twins(company, kind)
        assert await found() == ([other.id], [one.id], 1)

    async def test_what_is_archived_is_none(self, company: Company, kind: str) -> None:
        _, other, found, _ = await self.twins(company, kind)
        model: Any = Contact if kind == "Contact" else Organization
        await scoped(model, company.alice).filter(id=other.id).update(archived_at=NOW)
        assert await found() == ([], [], 0)

    async def test_what_was_merged_is_none(self, company: Company, kind: str) -> None:
        one, other, found, _ = await self.twins(company, kind)
        await make_merge(company.alice, one, other)
        assert await found() == ([], [], 0)

    async def test_who_was_told_apart_is_none_until_that_is_taken_back(self, company: Company, kind: str) -> None:
        one, other, found, _ = await self.twins(company, kind)
        ids = [one.id, other.id]
        await mark_distinct(actor=company.alice, kind=kind, ids=ids, now=NOW)
        assert await found() == ([], [], 0)
        await unmark_distinct(actor=company.alice, kind=kind, ids=ids, now=NOW)
        assert await found() == ([other.id], [one.id], 1)

    async def test_who_was_told_apart_from_a_merged_one_is_apart_from_the_survivor(
        self, company: Company, kind: str
    ) -> None:
        one, other, found, make = await self.twins(company, kind)
        third = await make(company.alice, "Anna Beispiel")
        await mark_distinct(actor=company.alice, kind=kind, ids=[third.id, one.id], now=NOW)
        await make_merge(company.alice, other, third)
        assert await found() == ([], [], 0)

    async def test_what_another_workspace_has_is_none(self, company: Company, other: Company, kind: str) -> None:
        _, _, found, make = await self.twins(company, kind)
        await make(other.alice, "Anna Beispiel")
        assert [len(ids) for ids in (await found())[:2]] == [1, 1]


async def test_a_crowd_of_one_name_is_paired_with_its_oldest(company: Company) -> None:
    made = [await make_contact(company.alice, "Info") for _ in range(25)]
    pairs = await contact_pairs(actor=company.alice)
    assert {pair.first for pair in pairs} == {min(row.id for row in made)}
    assert len(pairs) == 24


async def test_a_door_shows_nothing_without_a_workspace(database: Database, company: Company) -> None:
    await make_contact(company.alice, "Anna Beispiel")
    connection = await asyncpg.connect(database.app_url)
    try:
        for door in (
            "door_contacts_like('anna beispiel', '{}', '{}', '{}', NULL, NULL)",
            "door_organizations_like('anna beispiel', '{}', '{}', '{}', NULL)",
            "door_contact_pairs('{}', 10)",
            "door_organization_pairs('{}', 10)",
        ):
            assert await connection.fetch(f"SELECT * FROM {door}") == []  # noqa: S608
    finally:
        await connection.close()
