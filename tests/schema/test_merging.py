"""Merging through the API: what a person sees of it, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crm.db import scoped
from crm.ids import new_id
from crm.merging.models import Distinct, Merge
from schema import ids
from tests.conftest import Company, GraphQLClient
from tests.factories import make_contact, make_deal, make_lead, make_merge, make_organization
from tests.schema.conftest import Unchanged, ask, do, gid, refused

RECEIPT = "id mergedAt undoneAt mergedBy { name } undoneBy { name } filled moved { kind count }"


async def test_a_merge_is_shown_with_its_receipt_and_undone(company: Company, alice: GraphQLClient) -> None:
    anna = await make_contact(company.bob, "Anna")
    twin = await make_contact(company.bob, "Anna B.", emails=("b@b.example",), job_title="CTO")
    await make_lead(company.bob, contact_id=twin.id)
    await make_deal(company.bob, contact_id=twin.id)
    shown = f"contact {{ emails jobTitle leads {{ totalCount }} merges {{ {RECEIPT} mergedContact {{ name }} }} }}"
    selection = f"{shown} merges {{ {RECEIPT} contact {{ name }} organization {{ id }} }}"
    done = await do(alice, "mergeContacts", {"intoId": gid(anna), "fromIds": [gid(twin)]}, selection)
    (merge,) = done["merges"]
    (same,) = done["contact"].pop("merges")
    assert done["contact"] == {"emails": ["b@b.example"], "jobTitle": "CTO", "leads": {"totalCount": 1}}
    assert same.pop("mergedContact") == {"name": "Anna B."}
    assert (merge.pop("contact"), merge.pop("organization")) == ({"name": "Anna"}, None)
    assert same == merge
    kinds = [{"kind": kind, "count": 1} for kind in ("EMAIL", "LEAD", "DEAL")]
    assert (merge["moved"], merge["filled"]) == (kinds, ["jobTitle"])
    assert merge["mergedBy"] == {"name": "Alice"}
    data = await alice("query ($id: ID!) { node(id: $id) { ... on Contact { mergedInto { name } } } }", id=gid(twin))
    assert data["node"] == {"mergedInto": {"name": "Anna"}}
    undone = await do(alice, "undoMerge", {"id": merge["id"]}, f"merge {{ {RECEIPT} }} effects {{ code recordId }}")
    assert undone["merge"]["undoneBy"] == {"name": "Alice"}
    assert undone["merge"]["undoneAt"] is not None
    assert {"code": "RESTORES", "recordId": gid(twin)} in undone["effects"]
    data = await alice(
        "query ($id: ID!) { node(id: $id) { ... on Contact { emails mergedInto { id } } } }", id=gid(twin)
    )
    assert data["node"] == {"emails": ["b@b.example"], "mergedInto": None}


@pytest.mark.parametrize("verb", ["mergeContacts", "mergeOrganizations", "undoMerge"])
async def test_a_dry_run_shows_effects_and_nothing_else(
    company: Company, alice: GraphQLClient, unchanged: Unchanged, verb: str
) -> None:
    make: Any = make_organization if verb == "mergeOrganizations" else make_contact
    rows = [await make(company.bob, name) for name in ("A", "B")]
    input: dict[str, Any] = {"intoId": gid(rows[0]), "fromIds": [gid(rows[1])]}
    if verb == "undoMerge":
        input = {"id": gid(await make_merge(company.bob, *rows))}
    async with unchanged():
        payload = await do(alice, verb, {**input, "dryRun": True})
    effects = payload.pop("effects")
    assert [effect["code"] for effect in effects] == ["RESTORES" if verb == "undoMerge" else "ARCHIVES"]
    assert not any(payload.values())


@pytest.mark.parametrize("kind", ["contact", "organization"])
class TestEitherKind:
    async def pair(self, company: Company, kind: str) -> tuple[str, Any, Any]:
        make: Any = make_contact if kind == "contact" else make_organization
        return f"merge{kind.capitalize()}s", await make(company.bob, "A"), await make(company.bob, "B")

    async def test_a_stale_version_is_refused_with_the_record_as_it_is(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged, kind: str
    ) -> None:
        verb, a, b = await self.pair(company, kind)
        async with unchanged():
            payload = await ask(alice, verb, {"intoId": gid(a), "fromIds": [gid(b)], "expectedVersion": 9})
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == ("STALE_VERSION", ["expectedVersion"])
        assert (payload[kind]["id"], payload[kind]["version"]) == (gid(a), 1)

    async def test_wrong_ids_are_refused(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged, kind: str
    ) -> None:
        verb, a, b = await self.pair(company, kind)
        nothing = ids.encode(kind.capitalize(), new_id())
        async with unchanged():
            for into, others, expected in (
                (nothing, [gid(b)], ("NOT_FOUND", "intoId")),
                (gid(a), [gid(b), nothing], ("NOT_FOUND", "fromIds.1")),
                (gid(a), ["nonsense"], ("INVALID", "fromIds.0")),
                ("Lead_" + "0" * 32, [gid(b)], ("INVALID", "intoId")),
                (gid(a), [], ("INVALID", "fromIds")),
                (gid(a), [gid(b), gid(a)], ("INVALID", "fromIds.1")),
            ):
                assert await refused(alice, verb, {"intoId": into, "fromIds": others}) == expected

    async def test_what_was_merged_is_refused_with_who_holds_it(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged, kind: str
    ) -> None:
        verb, a, b = await self.pair(company, kind)
        await make_merge(company.bob, a, b)
        async with unchanged():
            payload = await ask(alice, verb, {"intoId": gid(b), "fromIds": [gid(a)]})
        (error,) = payload["userErrors"]
        assert (error["code"], error["conflictingId"]) == ("ALREADY_MERGED", gid(a))

    async def test_the_same_request_merges_once_and_is_answered_each_time(
        self, company: Company, alice: GraphQLClient, kind: str
    ) -> None:
        verb, a, b = await self.pair(company, kind)
        input = {"intoId": gid(a), "fromIds": [gid(b)], "idempotencyKey": "1"}
        shown = f"{kind} {{ id version }} merges {{ id }}"
        payloads = await asyncio.gather(*(do(alice, verb, input, shown) for _ in range(10)))
        assert all(payload == payloads[0] for payload in payloads)
        assert await scoped(Merge, company.alice).count() == 1
        assert await refused(alice, verb, {**input, "fromIds": [gid(a)]}) == ("INVALID", "fromIds.0")
        third = (await self.pair(company, kind))[1]
        other = {**input, "fromIds": [gid(third)]}
        assert await refused(alice, verb, other) == ("INVALID", "idempotencyKey")

    async def test_two_are_told_apart_and_taken_back(self, company: Company, alice: GraphQLClient, kind: str) -> None:
        _, a, b = await self.pair(company, kind)
        for given in ([gid(a), gid(b)], [gid(b), gid(a)]):
            payload = await do(alice, "markDistinct", {"ids": given})
            assert payload["records"] == [{"id": id} for id in given]
        assert await scoped(Distinct, company.alice).count() == 1
        for _ in range(2):
            await do(alice, "unmarkDistinct", {"ids": [gid(b), gid(a)]})
        assert await scoped(Distinct, company.alice).count() == 0

    @pytest.mark.parametrize("verb", ["markDistinct", "unmarkDistinct"])
    async def test_what_cannot_be_told_apart_is_refused(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged, kind: str, verb: str
    ) -> None:
        _, a, b = await self.pair(company, kind)
        make: Any = make_organization if kind == "contact" else make_contact
        other = gid(await make(company.bob, "C"))
        async with unchanged():
            for given, expected in (
                ([], ("INVALID", "ids")),
                ([gid(a), gid(a)], ("INVALID", "ids")),
                ([gid(a), other], ("INVALID", "ids.1")),
                ([gid(a), "nonsense"], ("INVALID", "ids.1")),
                ([gid(a), gid(b), ids.encode(kind.capitalize(), new_id())], ("NOT_FOUND", "ids.2")),
                ([ids.encode(kind.capitalize(), new_id()) for _ in range(21)], ("INVALID", "ids")),
            ):
                assert await refused(alice, verb, {"ids": given}) == expected


async def test_an_unknown_merge_is_not_found(company: Company, alice: GraphQLClient, unchanged: Unchanged) -> None:
    async with unchanged():
        assert await refused(alice, "undoMerge", {"id": ids.encode("Merge", new_id())}) == ("NOT_FOUND", "id")
        assert await refused(alice, "undoMerge", {"id": "Contact_" + "0" * 32}) == ("INVALID", "id")
