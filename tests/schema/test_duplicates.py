"""Duplicates through the API: at a record, before it is made, and of a whole workspace, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Company, GraphQLClient
from tests.factories import make_contact, make_organization
from tests.schema.conftest import do, gid


async def test_a_contact_shows_who_may_be_the_same_and_why(company: Company, alice: GraphQLClient) -> None:
    anna = await make_contact(company.bob, "Anna Beispiel", emails=("a.b@gmail.com",), phones=("+493012345",))
    twin = await make_contact(company.bob, "Anna Beispiel", emails=("ab+news@gmail.com",), job_title="CTO")
    colleague = await make_contact(company.bob, "Bernd", phones=("+493012345",))
    shown = "{ node(id: $id) { ... on Contact { duplicates { contact { id jobTitle } score reasons } } } }"
    data = await alice(f"query ($id: ID!) {shown}", id=gid(anna))
    assert data["node"]["duplicates"] == [
        {"contact": {"id": gid(twin), "jobTitle": "CTO"}, "score": 98, "reasons": ["SAME_EMAIL", "SAME_NAME"]},
        {"contact": {"id": gid(colleague), "jobTitle": None}, "score": 45, "reasons": ["SAME_PHONE"]},
    ]
    await do(alice, "markDistinct", {"ids": [gid(anna), gid(twin)]})
    data = await alice(f"query ($id: ID!) {shown}", id=gid(anna))
    assert [one["contact"]["id"] for one in data["node"]["duplicates"]] == [gid(colleague)]


async def test_an_organization_does_so_as_well(company: Company, alice: GraphQLClient) -> None:
    acme = await make_organization(company.bob, "Acme GmbH", "acme.example")
    twin = await make_organization(company.bob, "ACME AG")
    shown = "{ node(id: $id) { ... on Organization { duplicates { organization { id } score reasons } } } }"
    data = await alice(f"query ($id: ID!) {shown}", id=gid(acme))
    assert data["node"]["duplicates"] == [{"organization": {"id": gid(twin)}, "score": 70, "reasons": ["SAME_NAME"]}]


async def test_whoever_is_about_to_be_entered_is_looked_for_while_somebody_types(
    company: Company, alice: GraphQLClient
) -> None:
    acme = await make_organization(company.bob, "Acme GmbH", "acme.example")
    anna = await make_contact(company.bob, "Anna Beispiel", phones=("+493012345",), organization_id=acme.id)
    people = "contactsLike({}) {{ contact {{ id }} reasons }}"
    for arguments, reasons in (
        ('name: "anna BEISPIEL", emails: ["anna@"], phones: ["0"]', ["SAME_NAME"]),
        ('phones: ["030 12345"]', ["SAME_PHONE"]),
        (f'name: "Ana Beispiel", organizationId: "{gid(acme)}"', ["SIMILAR_NAME", "SAME_ORGANIZATION"]),
    ):
        data = await alice(f"{{ {people.format(arguments)} }}")
        (found,) = data["contactsLike"]
        assert found["contact"]["id"] == gid(anna)
        assert sorted(found["reasons"]) == sorted(reasons)
    for arguments in ('name: ""', "name: null", 'organizationId: "nonsense"', 'emails: ["x@y.example"]'):
        assert (await alice(f"{{ {people.format(arguments)} }}"))["contactsLike"] == []
    data = await alice(
        '{ organizationsLike(name: "acme inc.", domain: "https://www.acme.example/x") { score reasons } }'
    )
    assert data["organizationsLike"] == [{"score": 96, "reasons": ["SAME_DOMAIN", "SAME_NAME"]}]


@pytest.mark.parametrize("kind", ["contact", "organization"])
async def test_the_pairs_of_a_workspace_are_paged_from_either_end(
    company: Company, alice: GraphQLClient, kind: str
) -> None:
    make: Any = make_contact if kind == "contact" else make_organization
    for number in range(5):
        for _ in range(2):
            await make(company.bob, f"Twin {number}", phones=("+493012345",) if number == 3 else ())
    lists = f"{kind}Duplicates"
    page = "totalCount edges { cursor node { first { name } second { name } score reasons } } pageInfo { %s }"
    page %= "hasNextPage hasPreviousPage startCursor endCursor"
    whole = (await alice(f"{{ {lists} {{ {page} }} }}"))[lists]
    assert whole["totalCount"] == 5
    assert whole["edges"][0]["node"]["first"] == {"name": "Twin 3"}
    assert whole["edges"][0]["node"]["reasons"] == ["SAME_NAME", "SAME_PHONE"]
    forward, after = [], None
    while True:
        given = "first: 2" + (f', after: "{after}"' if after else "")
        part = (await alice(f"{{ {lists}({given}) {{ {page} }} }}"))[lists]
        forward += part["edges"]
        assert part["pageInfo"]["hasPreviousPage"] == (after is not None)
        after = part["pageInfo"]["endCursor"]
        if not part["pageInfo"]["hasNextPage"]:
            break
    assert forward == whole["edges"]
    last = (await alice(f'{{ {lists}(last: 2, before: "{after}") {{ {page} }} }}'))[lists]
    assert last["edges"] == whole["edges"][2:4]
    assert last["pageInfo"]["hasPreviousPage"]
    assert last["pageInfo"]["hasNextPage"]
    (error,) = await alice.errors(f'{{ {lists}(after: "nonsense") {{ totalCount }} }}')
    assert error["extensions"]["code"] == "INVALID_CURSOR"


async def test_another_workspace_sees_none_of_them(
    company: Company, alice: GraphQLClient, mallory: GraphQLClient
) -> None:
    for _ in range(2):
        await make_contact(company.bob, "Anna Beispiel")
    query = '{ contactDuplicates { totalCount } contactsLike(name: "Anna Beispiel") { score } }'
    assert await mallory(query) == {"contactDuplicates": {"totalCount": 0}, "contactsLike": []}
    data = await alice(query)
    assert (data["contactDuplicates"]["totalCount"], len(data["contactsLike"])) == (1, 2)
