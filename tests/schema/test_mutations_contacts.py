"""Making contacts, organizations and channels through the API."""

from __future__ import annotations

from typing import Any

from crm.contacts.models import Contact, ContactEmail
from crm.db import scoped
from crm.deals.models import Deal
from crm.intake.models import Channel
from tests.conftest import NOW, Company, GraphQLClient
from tests.factories import make_contact, make_lead, make_organization, make_qualified_lead
from tests.schema.conftest import Unchanged, ask, do, gid, refused


class TestContacts:
    async def test_one_is_made_as_given(self, company: Company, bob: GraphQLClient) -> None:
        organization = await make_organization(company.bob, "Beispiel GmbH")
        payload = await do(
            bob,
            "createContact",
            {
                "name": "  Änne\tBeispiel ",
                "emails": ["Anne@Beispiel.example", "anne@beispiel.example", "ae@Bücher.example"],
                "phones": ["030 123456", "+49 30 123456", "+43 1 234567"],
                "jobTitle": "Head of pumps",
                "organizationId": gid(organization),
            },
        )
        contact = payload["contact"]
        assert contact.pop("id").startswith("Contact_")
        assert contact == {
            "version": 1,
            "name": "Änne Beispiel",
            "emails": ["Anne@Beispiel.example", "ae@Bücher.example"],
            "phones": ["+4930123456", "+431234567"],
            "jobTitle": "Head of pumps",
            "organization": {"name": "Beispiel GmbH"},
        }

    async def test_null_and_left_out_mean_the_same(self, bob: GraphQLClient) -> None:
        empty = {"emails": None, "phones": None, "jobTitle": None, "organizationId": None, "idempotencyKey": None}
        payload = await do(bob, "createContact", {"name": "A", **empty})
        assert payload["contact"]["emails"] == payload["contact"]["phones"] == []

    async def test_what_is_wrong_is_named(self, bob: GraphQLClient, unchanged: Unchanged) -> None:
        cases: list[tuple[dict[str, Any], str]] = [
            ({"emails": ["nobody"]}, "emails.0"),
            ({"emails": ["a@b.example", "a@b"]}, "emails.1"),
            ({"emails": [""]}, "emails.0"),
            ({"emails": ["\x00"]}, "emails.0"),
            ({"emails": ["a@" + "b" * 250 + ".example"]}, "emails.0"),
            ({"emails": ["ΐ" * 64 + "@" + ".".join(["b" * 60] * 2) + ".example"]}, "emails.0"),
            ({"emails": [f"a{i}@b.example" for i in range(21)]}, "emails"),
            ({"phones": ["call me"]}, "phones.0"),
            ({"phones": ["+49 30 123456", "1"]}, "phones.1"),
            ({"phones": ["+49 123456789012345"]}, "phones.0"),
            ({"phones": ["+" + "9" * 200]}, "phones.0"),
            ({"phones": ["030 123456"] * 21}, "phones"),
            ({"jobTitle": "x" * 201}, "jobTitle"),
            ({"organizationId": "Organization_1"}, "organizationId"),
        ]
        async with unchanged():
            for wrong, field in cases:
                assert await refused(bob, "createContact", {"name": "A", **wrong}) == ("INVALID", field), wrong

    async def test_a_taken_address_names_who_has_it(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        holder = await make_contact(company.bob, "Holder", emails=("taken@b.example",))
        async with unchanged():
            payload = await ask(bob, "createContact", {"name": "B", "emails": ["new@b.example", " TAKEN@B.example "]})
        assert payload["contact"] is None
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == ("DUPLICATE", ["emails", "1"])
        assert "Holder" in error["message"]
        assert error["conflictingId"] == gid(holder)

    async def test_an_archived_contact_blocks_nothing(self, company: Company, bob: GraphQLClient) -> None:
        holder = await make_contact(company.bob, "Holder", emails=("taken@b.example",))
        await scoped(Contact, company.bob).filter(id=holder.id).update(archived_at=NOW)
        await scoped(ContactEmail, company.bob).filter(contact_id=holder.id).update(active=False)
        await do(bob, "createContact", {"name": "B", "emails": ["taken@b.example"]})

    async def test_several_people_may_share_a_phone(self, company: Company, bob: GraphQLClient) -> None:
        for name in ("A", "B"):
            assert (await do(bob, "createContact", {"name": name, "phones": ["030 123456"]}))["contact"]["phones"]

    async def test_a_name_whose_letters_unfold_is_taken(self, bob: GraphQLClient) -> None:
        await do(bob, "createContact", {"name": "㍿" * 200})


class TestOrganizations:
    async def test_a_domain_may_be_given_as_people_copy_it(self, bob: GraphQLClient) -> None:
        for given, domain in [
            ("example.com", "example.com"),
            (" https://www.Example.org/about?x=1#y ", "example.org"),
            ("http://user:pw@shop.example.co.uk:8080/", "example.co.uk"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("", None),
            (None, None),
        ]:
            payload = await do(bob, "createOrganization", {"name": "Example", "domain": given})
            assert payload["organization"]["domain"] == domain

    async def test_what_is_no_domain_is_refused(self, bob: GraphQLClient, unchanged: Unchanged) -> None:
        async with unchanged():
            for wrong in ["nonsense", "co.uk", "http://", "[::1]", "192.0.2.1", "a\x00.com", "x" * 64 + ".de"]:
                refusal = await refused(bob, "createOrganization", {"name": "Example", "domain": wrong})
                assert refusal == ("INVALID", "domain"), wrong

    async def test_a_taken_domain_names_who_has_it(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        holder = await make_organization(company.bob, "Holder", "example.com")
        async with unchanged():
            payload = await ask(bob, "createOrganization", {"name": "B", "domain": "https://mail.EXAMPLE.com"})
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"], error["conflictingId"]) == ("DUPLICATE", ["domain"], gid(holder))
        assert "Holder" in error["message"]


class TestChannels:
    async def test_a_member_may_open_none(self, bob: GraphQLClient, unchanged: Unchanged) -> None:
        for kind in ("FORM", "MAIL"):
            async with unchanged():
                assert await refused(bob, "createChannel", {"kind": kind, "name": "Door"}) == ("FORBIDDEN", None)

    async def test_a_form_has_an_address_of_its_own_and_no_secret(self, alice: GraphQLClient, company: Company) -> None:
        channel = (await do(alice, "createChannel", {"kind": "FORM", "name": "Fair"}))["channel"]
        key = channel["ingressUrl"].removeprefix("http://anbahn.test/ingress/forms/")
        assert await scoped(Channel, company.alice).filter(key=key, name="Fair").count() == 1
        assert channel["secret"] is None

    async def test_a_mailbox_has_a_secret_that_opens_it(self, alice: GraphQLClient) -> None:
        channel = (await do(alice, "createChannel", {"kind": "MAIL", "name": "Sales"}))["channel"]
        assert channel["ingressUrl"] == "http://anbahn.test/ingress/mail/raw"
        answer = await alice.http.post(
            channel["ingressUrl"],
            content=b"From: a@b.example\r\n\r\nhello",
            headers={"Authorization": f"Bearer {channel['secret']}", "Content-Type": "message/rfc822"},
        )
        assert answer.status_code == 202

    async def test_secrets_are_shown_to_those_who_run_the_workspace_only(
        self, company: Company, alice: GraphQLClient, bob: GraphQLClient, carol: GraphQLClient
    ) -> None:
        query = "{ channels { kind secret } }"
        ada = GraphQLClient(alice.http, company.keys["ada"])
        for who in (alice, ada):
            secrets = {c["kind"]: c["secret"] for c in (await who(query))["channels"]}
            assert secrets == {"FORM": None, "MAIL": company.mail_secret}
        for who in (bob, carol):
            assert {c["secret"] for c in (await who(query))["channels"]} == {None}
            assert company.mail_secret not in (await who.raw(query)).text

    async def test_an_unknown_kind_is_no_request(self, alice: GraphQLClient, unchanged: Unchanged) -> None:
        async with unchanged():
            errors = await alice.errors('mutation { createChannel(input: {kind: FAX, name: "A"}) { channel { id } } }')
        assert errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


class TestPeopleOfAConversion:
    """The contact and the organization that convertLead makes obey the same rules, and refusals name their place."""

    async def test_what_is_wrong_is_named_and_nothing_is_converted(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        taken = {"create": {"name": "A", "emails": ["taken@b.example"]}}
        cases: list[tuple[dict[str, Any], str, str]] = [
            ({"contact": {"create": {"name": " "}}}, "INVALID", "contact.create.name"),
            ({"contact": {"create": {"name": "A", "emails": ["x"]}}}, "INVALID", "contact.create.emails.0"),
            ({"contact": {"create": {"name": "A", "phones": ["x"]}}}, "INVALID", "contact.create.phones.0"),
            ({"contact": {"create": {"name": "A", "jobTitle": "x" * 201}}}, "INVALID", "contact.create.jobTitle"),
            ({"contact": {"create": {"name": "A", "organizationId": "x"}}}, "INVALID", "contact.create.organizationId"),
            (
                {"contact": taken},
                "DUPLICATE",
                "contact.create.emails.0",
            ),
            ({"contact": {"existingId": "x"}}, "INVALID", "contact.existingId"),
            ({"organization": {"create": {"name": ""}}}, "INVALID", "organization.create.name"),
            ({"organization": {"create": {"name": "A", "domain": "x"}}}, "INVALID", "organization.create.domain"),
            (
                {"organization": {"create": {"name": "A", "domain": "taken.example"}}},
                "DUPLICATE",
                "organization.create.domain",
            ),
            ({"organization": {"existingId": "x"}}, "INVALID", "organization.existingId"),
            ({"stageId": "x"}, "INVALID", "stageId"),
            ({"dealId": "x"}, "INVALID", "dealId"),
            ({"place": {"before": "x"}}, "INVALID", "place.before"),
            ({"place": {"first": False}}, "INVALID", "place"),
        ]
        await make_contact(company.bob, "Holder", emails=("taken@b.example",))
        await make_organization(company.bob, "Holder", "taken.example")
        lead = await make_qualified_lead(company.bob)
        async with unchanged():
            for how, code, field in cases:
                assert await refused(bob, "convertLead", {"id": gid(lead), **how}) == (code, field), how

    async def test_choices_are_taken(self, company: Company, bob: GraphQLClient) -> None:
        lead = await make_qualified_lead(company.bob)
        contact, organization = await make_contact(company.bob, "Other"), await make_organization(company.bob)
        people = (
            "lead { state } deal { contact { name organization { name } } organization { name } leads { totalCount } }"
        )
        payload = await do(
            bob,
            "convertLead",
            {
                "id": gid(lead),
                "contact": {"existingId": gid(contact)},
                "organization": {"existingId": gid(organization)},
                "force": None,
            },
            people,
        )
        belongs = {"name": organization.name}
        assert payload["deal"]["contact"] == {"name": "Other", "organization": belongs}
        assert payload["deal"]["organization"] == belongs
        assert payload["deal"]["leads"]["totalCount"] == 1
        assert payload["lead"]["state"] == "CONVERTED"

    async def test_two_choices_at_once_are_no_request(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead = await make_lead(company.bob)
        choices: list[dict[str, Any]] = [{"existingId": "x", "create": {"name": "A"}}, {}, {"existingId": None}]
        async with unchanged():
            for choice in choices:
                errors = await bob.errors(
                    "mutation ($input: ConvertLeadInput!) { convertLead(input: $input) { deal { id } } }",
                    input={"id": gid(lead), "contact": choice},
                )
                assert errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert not await scoped(Deal, company.bob).exists()
