"""Changing contacts and organizations through the API, putting them away, and what is shown of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Company, GraphQLClient
from tests.factories import archive, make_contact, make_deal, make_lead, make_organization, make_qualified_lead
from tests.schema.conftest import Unchanged, ask, do, gid, refused

PARTS = "label street postalCode city region country"
CONTACT = f"""id version name emails phones jobTitle description archivedAt organization {{ name }} owner {{ name }}
    mergedInto {{ id }} postalAddresses {{ {PARTS} }}"""
ORGANIZATION = f"""id version name domain emails phones description archivedAt parent {{ name }} owner {{ name }}
    mergedInto {{ id }} branches {{ totalCount nodes {{ name }} }} postalAddresses {{ {PARTS} }}"""
OFFICE = {"label": "office", "street": "Hof 3\nStairs B", "postalCode": "10115", "city": "Berlin", "country": "de"}
BILLING = {"label": "billing", "region": "Zug", "country": "CH"}
SHOWN = [
    {**OFFICE, "region": None, "country": "DE"},
    {**dict.fromkeys(PARTS.split()), **BILLING},
]


async def shown(client: GraphQLClient, id: str) -> dict[str, Any]:
    """A contact or an organization as it is found by its id."""
    kind, selection = id.partition("_")[0], CONTACT if id.startswith("Contact_") else ORGANIZATION
    found: dict[str, Any] = (await client(f'{{ node(id: "{id}") {{ ... on {kind} {{ {selection} }} }} }}'))["node"]
    return found


class TestContacts:
    async def test_one_is_made_with_all_that_it_has(
        self, company: Company, bob: GraphQLClient, stock: GraphQLClient
    ) -> None:
        owner = {"ownerId": f"Member_{company.ada.member_id.hex}"}
        given = {"name": "Anna", "description": " Two\r\nlines ", "postalAddresses": [OFFICE, BILLING, OFFICE], **owner}
        contact = (await do(bob, "createContact", given, f"contact {{ {CONTACT} }}"))["contact"]
        assert contact["description"] == "Two\nlines"
        assert contact["owner"] == {"name": "Ada"}
        assert contact["postalAddresses"] == SHOWN
        assert await shown(bob, contact["id"]) == await shown(stock, contact["id"]) == contact

    async def test_what_is_left_out_stays_and_null_empties(self, company: Company, bob: GraphQLClient) -> None:
        organization = await make_organization(company.bob)
        made = await make_contact(
            company.bob, "Anna", emails=("a@x.example",), phones=("030 123456",), job_title="CEO", description="x",
            organization_id=organization.id, owner_id=company.bob.member_id,
        )  # fmt: skip
        before = await shown(bob, gid(made))
        all_of_it = f"contact {{ {CONTACT} }}"
        for field, value, after in [
            ("name", " Änne ", "Änne"),
            ("emails", ["b@x.example", "A@x.example"], ["b@x.example", "A@x.example"]),
            ("phones", ["040 654321"], ["+4940654321"]),
            ("jobTitle", None, None),
            ("description", None, None),
            ("organizationId", None, None),
            ("ownerId", f"Member_{company.alice.member_id.hex}", {"name": "Alice"}),
            ("ownerId", None, None),
            ("postalAddresses", [OFFICE, BILLING], SHOWN),
            ("postalAddresses", [BILLING], SHOWN[1:]),
            ("postalAddresses", None, []),
            ("emails", None, []),
            ("phones", [], []),
        ]:
            payload = await do(bob, "updateContact", {"id": gid(made), field: value}, all_of_it)
            expected = {**before, field.removesuffix("Id"): after, "version": before["version"] + 1}
            assert payload["contact"] == expected, field
            assert await shown(bob, gid(made)) == expected
            before = expected
        assert (await do(bob, "updateContact", {"id": gid(made)}, all_of_it))["contact"] == before

    async def test_what_is_wrong_is_named(self, company: Company, bob: GraphQLClient, unchanged: Unchanged) -> None:
        contact = gid(await make_contact(company.bob))
        archived = await archive(company.bob, await make_organization(company.bob))
        cases: list[tuple[dict[str, Any], str]] = [
            ({"name": None}, "name"),
            ({"name": " "}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"emails": ["a@b.example", "a@b"]}, "emails.1"),
            ({"emails": [f"a{i}@b.example" for i in range(21)]}, "emails"),
            ({"phones": ["1"]}, "phones.0"),
            ({"jobTitle": "x" * 201}, "jobTitle"),
            ({"description": "x" * 10_001}, "description"),
            ({"organizationId": "x"}, "organizationId"),
            ({"organizationId": gid(archived)}, "organizationId"),
            ({"ownerId": contact}, "ownerId"),
            ({"postalAddresses": [OFFICE, {"label": "x"}]}, "postalAddresses.1"),
            ({"postalAddresses": [OFFICE, {}]}, "postalAddresses.1"),
            ({"postalAddresses": [{"country": "XX"}]}, "postalAddresses.0.country"),
            ({"postalAddresses": [{"city": "x" * 201}]}, "postalAddresses.0.city"),
            ({"postalAddresses": [{"city": f"{n}"} for n in range(21)]}, "postalAddresses"),
        ]
        async with unchanged():
            for wrong, field in cases:
                assert await refused(bob, "updateContact", {"id": contact, **wrong}) == ("INVALID", field), wrong
                if wrong != {"name": None}:
                    assert await refused(bob, "createContact", {"name": "A", **wrong}) == ("INVALID", field), wrong

    async def test_a_taken_address_names_who_has_it(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        holder = await make_contact(company.bob, "Holder", emails=("taken@b.example",))
        contact = await make_contact(company.bob, "Other", emails=("own@b.example",))
        async with unchanged():
            given = {"id": gid(contact), "name": "New", "emails": ["own@b.example", " TAKEN@B.example "]}
            payload = await ask(bob, "updateContact", given)
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == ("DUPLICATE", ["emails", "1"])
        assert "Holder" in error["message"]
        assert error["conflictingId"] == gid(holder)

    async def test_one_that_is_put_away_is_left_out_and_still_shown(self, company: Company, bob: GraphQLClient) -> None:
        organization = await make_organization(company.bob)
        contact = await make_contact(company.bob, "Anna", organization_id=organization.id, emails=("a@x.example",))
        lead = await make_lead(company.bob, contact_id=contact.id)
        await make_deal(company.bob, contact_id=contact.id)
        payload = await do(bob, "archiveContact", {"id": gid(contact)}, f"contact {{ {CONTACT} }}")
        assert payload["contact"]["archivedAt"] is not None
        assert payload["contact"]["emails"] == ["a@x.example"]
        assert await shown(bob, gid(contact)) == payload["contact"]
        data = await bob(
            f'{{ contacts {{ totalCount }} deals {{ nodes {{ contact {{ name }} }} }} node(id: "{gid(lead)}")'
            " { ... on Lead { contact { name leads { totalCount } } organization { contacts { totalCount } } } } }"
        )
        assert data["contacts"]["totalCount"] == data["node"]["organization"]["contacts"]["totalCount"] == 0
        assert data["node"]["contact"] == {"name": "Anna", "leads": {"totalCount": 1}}
        assert data["deals"]["nodes"] == [{"contact": {"name": "Anna"}}]
        restored = await do(bob, "restoreContact", {"id": gid(contact)}, f"contact {{ {CONTACT} }}")
        assert restored["contact"] == {**payload["contact"], "archivedAt": None, "version": 3}

    async def test_one_that_is_put_away_is_not_changed(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        contact = await archive(company.bob, await make_contact(company.bob, emails=("a@x.example",)))
        holder = await make_contact(company.bob, "Holder", emails=("A@x.example",))
        async with unchanged():
            assert await refused(bob, "updateContact", {"id": gid(contact), "name": "New"}) == ("INVALID", "id")
            assert await refused(bob, "archiveContact", {"id": gid(contact)}) == ("INVALID", "id")
            payload = await ask(bob, "restoreContact", {"id": gid(contact)})
        (error,) = payload["userErrors"]
        assert (error["code"], error["conflictingId"]) == ("DUPLICATE", gid(holder))
        assert "Holder" in error["message"]


class TestOrganizations:
    async def test_one_is_made_with_all_that_it_has(
        self, company: Company, bob: GraphQLClient, stock: GraphQLClient
    ) -> None:
        parent = await make_organization(company.bob, "Parent")
        given = {
            "name": "Branch", "domain": "b.example", "emails": ["Info@b.example", "info@B.example"],
            "phones": ["030 123456"], "parentId": gid(parent), "ownerId": f"Member_{company.bob.member_id.hex}",
            "description": "Pumps", "postalAddresses": [OFFICE, BILLING],
        }  # fmt: skip
        made = (await do(bob, "createOrganization", given, f"organization {{ {ORGANIZATION} }}"))["organization"]
        id = made.pop("id")
        assert made == {
            "version": 1, "name": "Branch", "domain": "b.example", "emails": ["Info@b.example"],
            "phones": ["+4930123456"], "description": "Pumps", "archivedAt": None, "parent": {"name": "Parent"},
            "owner": {"name": "Bob"}, "mergedInto": None, "branches": {"totalCount": 0, "nodes": []},
            "postalAddresses": SHOWN,
        }  # fmt: skip
        assert await shown(bob, id) == await shown(stock, id) == {"id": id, **made}
        assert (await shown(bob, gid(parent)))["branches"] == {"totalCount": 1, "nodes": [{"name": "Branch"}]}

    async def test_what_is_left_out_stays_and_null_empties(self, company: Company, bob: GraphQLClient) -> None:
        parent = await make_organization(company.bob, "Parent")
        made = await make_organization(company.bob, "Acme", "a.example", emails=("info@a.example",), description="x")
        before = await shown(bob, gid(made))
        all_of_it = f"organization {{ {ORGANIZATION} }}"
        for field, value, after in [
            ("name", "Acme AG", "Acme AG"),
            ("domain", "https://www.B.example/x", "b.example"),
            ("domain", None, None),
            ("emails", ["sales@a.example"], ["sales@a.example"]),
            ("emails", None, []),
            ("phones", ["030 123456"], ["+4930123456"]),
            ("parentId", gid(parent), {"name": "Parent"}),
            ("parentId", None, None),
            ("ownerId", f"Member_{company.bob.member_id.hex}", {"name": "Bob"}),
            ("description", "", None),
            ("postalAddresses", [OFFICE], SHOWN[:1]),
        ]:
            payload = await do(bob, "updateOrganization", {"id": gid(made), field: value}, all_of_it)
            expected = {**before, field.removesuffix("Id"): after, "version": before["version"] + 1}
            assert payload["organization"] == expected, field
            before = expected
        assert await shown(bob, gid(made)) == before

    async def test_what_is_wrong_is_named(self, company: Company, bob: GraphQLClient, unchanged: Unchanged) -> None:
        made = await make_organization(company.bob, "Acme")
        branch = await make_organization(company.bob, "Branch", parent_id=made.id)
        holder = await make_organization(company.bob, "Holder", "taken.example", emails=("taken@b.example",))
        cases: list[tuple[dict[str, Any], str, str]] = [
            ({"name": None}, "INVALID", "name"),
            ({"domain": "nonsense"}, "INVALID", "domain"),
            ({"emails": ["a@b"]}, "INVALID", "emails.0"),
            ({"phones": ["x"]}, "INVALID", "phones.0"),
            ({"description": "x" * 10_001}, "INVALID", "description"),
            ({"parentId": "x"}, "INVALID", "parentId"),
            ({"parentId": gid(made)}, "INVALID", "parentId"),
            ({"parentId": gid(branch)}, "INVALID", "parentId"),
            ({"ownerId": "x"}, "INVALID", "ownerId"),
            ({"postalAddresses": [{"country": "DEU"}]}, "INVALID", "postalAddresses.0.country"),
            ({"domain": "www.taken.example"}, "DUPLICATE", "domain"),
            ({"emails": ["new@b.example", "Taken@b.example"]}, "DUPLICATE", "emails.1"),
        ]
        async with unchanged():
            for wrong, code, field in cases:
                given = {"id": gid(made), **wrong}
                assert await refused(bob, "updateOrganization", given) == (code, field), wrong
                if code == "DUPLICATE":
                    payload = await ask(bob, "updateOrganization", given)
                    assert payload["userErrors"][0]["conflictingId"] == gid(holder)

    async def test_one_that_is_put_away_keeps_its_branches_and_people(
        self, company: Company, bob: GraphQLClient
    ) -> None:
        top = await make_organization(company.bob, "Top", "top.example")
        branch = await make_organization(company.bob, "Branch", parent_id=top.id)
        contact = await make_contact(company.bob, organization_id=top.id)
        await do(bob, "archiveOrganization", {"id": gid(top)})
        assert (await shown(bob, gid(branch)))["parent"] == {"name": "Top"}
        assert (await shown(bob, gid(contact)))["organization"] == {"name": "Top"}
        names = "{ organizations { nodes { name } } }"
        assert (await bob(names))["organizations"]["nodes"] == [{"name": "Branch"}]
        await do(bob, "archiveOrganization", {"id": gid(branch)})
        assert (await shown(bob, gid(top)))["branches"] == {"totalCount": 0, "nodes": []}
        holder = await make_organization(company.bob, "Holder", "top.example")
        payload = await ask(bob, "restoreOrganization", {"id": gid(top)})
        (error,) = payload["userErrors"]
        assert (error["code"], error["conflictingId"]) == ("DUPLICATE", gid(holder))

    async def test_a_conversion_makes_one_by_the_same_rules(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        await make_organization(company.bob, "Holder", emails=("taken@b.example",))
        lead = gid(await make_qualified_lead(company.bob))
        cases: list[tuple[dict[str, Any], str, str]] = [
            ({"organization": {"create": {"name": "A", "emails": ["taken@b.example"]}}}, "DUPLICATE", "emails.0"),
            ({"organization": {"create": {"name": "A", "phones": ["x"]}}}, "INVALID", "phones.0"),
            ({"organization": {"create": {"name": "A", "parentId": "x"}}}, "INVALID", "parentId"),
            ({"contact": {"create": {"name": "A", "ownerId": "x"}}}, "INVALID", "ownerId"),
            ({"contact": {"create": {"name": "A", "postalAddresses": [{}]}}}, "INVALID", "postalAddresses.0"),
        ]
        async with unchanged():
            for how, code, field in cases:
                (whose,) = how
                assert await refused(bob, "convertLead", {"id": lead, **how}) == (code, f"{whose}.create.{field}"), how


@pytest.mark.parametrize("kind", ["contacts", "organizations"])
async def test_lists_are_filtered_by_who_looks_after_them(company: Company, bob: GraphQLClient, kind: str) -> None:
    make = make_contact if kind == "contacts" else make_organization
    await make(company.bob, "Bob's", owner_id=company.bob.member_id)
    await make(company.bob, "Nobody's")
    query = f"query ($id: ID) {{ {kind}(filter: {{ownerId: {{eq: $id}}}}) {{ nodes {{ name }} }} }}"
    found = await bob(query, id=f"Member_{company.bob.member_id.hex}")
    assert found[kind]["nodes"] == [{"name": "Bob's"}]
    assert (await bob(query, id=None))[kind]["nodes"] == [{"name": "Nobody's"}]
