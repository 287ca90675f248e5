"""Converting leads, rehearsing it, undoing it and doing it by the dozen, through the API."""

from __future__ import annotations

from typing import Any

from crm.db import scoped
from crm.deals.models import Deal
from tests.conftest import Company, GraphQLClient, Unchanged
from tests.factories import (
    make_contact,
    make_converted_lead,
    make_deal,
    make_lead,
    make_organization,
    make_qualified_lead,
)
from tests.schema.conftest import ask, do, gid, refused

EFFECTS = "effects { code message field recordId }"
BOTH = f"lead {{ id state deal {{ id }} }} deal {{ id title }} {EFFECTS}"
RESULTS = f"results {{ alreadyConverted neighbourGone {BOTH} userErrors {{ code field conflictingId }} }}"


def codes(payload: dict[str, Any]) -> list[tuple[str, str]]:
    return [(effect["code"], ".".join(effect["field"] or ())) for effect in payload["effects"]]


class TestConverting:
    async def test_what_is_given_stands_before_what_the_lead_has(self, company: Company, bob: GraphQLClient) -> None:
        lead = await make_qualified_lead(company.bob)
        pipeline = company.stages[0].pipeline_id
        input = {
            "id": gid(lead),
            "title": "Five pumps",
            "pipelineId": f"Pipeline_{pipeline.hex}",
            "ownerId": f"Member_{company.carol.member_id.hex}",
            "amount": {"amount": "7.50", "currency": "USD"},
            "expectedCloseDate": "2027-01-02",
        }
        shown = "deal { title owner { name } amount { amount currency } expectedCloseDate stage { name } }"
        assert (await do(bob, "convertLead", input, shown))["deal"] == {
            "title": "Five pumps",
            "owner": {"name": "Carol"},
            "amount": {"amount": "7.50", "currency": "USD"},
            "expectedCloseDate": "2027-01-02",
            "stage": {"name": "Qualified"},
        }

    async def test_what_is_wrong_is_named(self, company: Company, bob: GraphQLClient, unchanged: Unchanged) -> None:
        lead, deal = gid(await make_qualified_lead(company.bob)), gid(await make_deal(company.bob))
        no_member = f"Member_{'0' * 32}"
        cases: list[tuple[dict[str, Any], tuple[str, str]]] = [
            ({"title": "  "}, ("INVALID", "title")),
            ({"title": "x" * 501}, ("INVALID", "title")),
            ({"ownerId": no_member}, ("NOT_FOUND", "ownerId")),
            ({"pipelineId": f"Pipeline_{'0' * 32}"}, ("NOT_FOUND", "pipelineId")),
            ({"pipelineId": lead}, ("INVALID", "pipelineId")),
            ({"amount": {"amount": "-1", "currency": "EUR"}}, ("INVALID", "amount.amount")),
            ({"dealId": deal, "title": "New"}, ("INVALID", "title")),
            ({"dealId": deal, "ownerId": f"Member_{company.carol.member_id.hex}"}, ("INVALID", "ownerId")),
            ({"idempotencyKey": " "}, ("INVALID", "idempotencyKey")),
            ({"organization": {"create": {"name": " "}}}, ("INVALID", "organization.create.name")),
            ({"contact": {"create": {"name": "A", "emails": ["x"]}}}, ("INVALID", "contact.create.emails.0")),
        ]
        async with unchanged():
            for input, refusal in cases:
                assert await refused(bob, "convertLead", {"id": lead, **input}) == refusal, input

    async def test_by_the_policy_a_duplicate_is_refused_taken_or_made_anyway(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        holder = await make_contact(company.bob, "Holder", emails=("a@x.example",))
        input: dict[str, Any] = {"contact": {"create": {"name": "New", "emails": ["a@x.example"]}}}
        input["id"] = gid(await make_qualified_lead(company.bob))
        async with unchanged():
            for policy in ({}, {"duplicatePolicy": None}, {"duplicatePolicy": "REFUSE"}):
                payload = await ask(bob, "convertLead", {**input, **policy})
                (error,) = payload["userErrors"]
                assert (error["code"], error["conflictingId"]) == ("DUPLICATE", gid(holder))
                assert error["field"] == ["contact", "create", "emails", "0"]
        shown = "deal { contact { id name emails } }"
        taken = (await do(bob, "convertLead", {**input, "duplicatePolicy": "USE_EXISTING"}, shown))["deal"]["contact"]
        assert taken["id"] == gid(holder)
        input["id"] = gid(await make_qualified_lead(company.bob))
        made = (await do(bob, "convertLead", {**input, "duplicatePolicy": "CREATE_ANYWAY"}, shown))["deal"]["contact"]
        assert (made["name"], made["emails"]) == ("New", [])


class TestRehearsing:
    async def test_nothing_is_shown_but_what_would_be(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead = await make_qualified_lead(company.bob)
        input = {"id": gid(lead), "contact": {"create": {"name": "Nina"}}, "dryRun": True}
        async with unchanged():
            payload = await do(bob, "convertLead", input, BOTH)
        assert (payload["lead"], payload["deal"]) == (None, None)
        assert codes(payload)[:2] == [("CREATES", "contact"), ("CREATES", "deal")]
        assert [effect["recordId"] for effect in payload["effects"][:2]] == [None, None]
        assert codes(payload)[-1] == ("CHANGES", "state")
        done = await do(bob, "convertLead", {**input, "dryRun": False}, BOTH)
        assert codes(done) == codes(payload)
        assert done["effects"][1]["recordId"] == done["deal"]["id"]

    async def test_every_reason_that_it_would_be_refused_for_is_told(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        await make_contact(company.bob, "Holder", emails=("a@x.example",))
        lead = await make_lead(company.bob)
        contact = {"create": {"name": "New", "emails": ["a@x.example"]}}
        async with unchanged():
            payload = await ask(bob, "convertLead", {"id": gid(lead), "dryRun": True, "contact": contact}, BOTH)
        assert [error["code"] for error in payload["userErrors"]] == ["NOT_QUALIFIED", "DUPLICATE"]
        assert ("DUPLICATE", "contact.create.emails.0") in codes(payload)

    async def test_of_what_is_converted_the_deal_is_shown(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead = await make_converted_lead(company.bob)
        async with unchanged():
            payload = await do(bob, "convertLead", {"id": gid(lead), "dryRun": True}, f"alreadyConverted {BOTH}")
        assert (payload["alreadyConverted"], payload["lead"]["deal"]) == (True, {"id": payload["deal"]["id"]})

    async def test_undoing_is_rehearsed_too(self, company: Company, bob: GraphQLClient, unchanged: Unchanged) -> None:
        lead = await make_converted_lead(company.bob)
        async with unchanged():
            payload = await do(bob, "unconvertLead", {"id": gid(lead), "dryRun": True}, BOTH)
        assert (payload["lead"], payload["deal"]) == (None, None)
        assert codes(payload) == [("CHANGES", "state"), ("ARCHIVES", "")]


class TestUndoing:
    async def test_the_payload_and_the_lead_show_how_it_is_now(
        self, company: Company, bob: GraphQLClient, alice: GraphQLClient
    ) -> None:
        lead = await make_converted_lead(company.bob)
        shown = (
            "convertedAt undoneAt convertedBy { name } undoneBy { name } lead { id } deal { id title }"
            " ... on Node { __typename }"
        )
        history = f"conversions {{ totalCount nodes {{ {shown} }} }}"
        payload = await do(
            alice,
            "unconvertLead",
            {"id": gid(lead)},
            f"lead {{ state deal {{ id }} convertedAt {history} }} deal {{ id {history} leads {{ totalCount }} }}",
        )
        assert (payload["lead"]["state"], payload["lead"]["deal"], payload["lead"]["convertedAt"]) == (
            "QUALIFIED",
            None,
            None,
        )
        (conversion,) = payload["lead"]["conversions"]["nodes"]
        assert (conversion["convertedBy"], conversion["undoneBy"]) == ({"name": "Bob"}, {"name": "Alice"})
        assert conversion["undoneAt"] is not None
        assert payload["deal"]["conversions"]["nodes"] == [conversion]
        assert payload["deal"]["leads"]["totalCount"] == 0
        again = await do(bob, "convertLead", {"id": gid(lead)}, f"lead {{ {history} }} deal {{ id }}")
        assert again["deal"]["id"] != payload["deal"]["id"]
        newest = again["lead"]["conversions"]
        assert (newest["totalCount"], newest["nodes"][0]["undoneAt"]) == (2, None)

    async def test_not_what_is_no_conversion_or_has_a_closed_deal(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        raw, converted = await make_lead(company.bob), await make_converted_lead(company.bob)
        deal = await scoped(Deal, company.bob).get()
        await do(bob, "moveDeal", {"id": gid(deal), "stageId": gid(company.stage("Won"))})
        async with unchanged():
            assert await refused(bob, "unconvertLead", {"id": gid(raw)}) == ("INVALID", "id")
            assert await refused(bob, "unconvertLead", {"id": gid(converted)}) == ("INVALID", "id")


class TestSeveral:
    async def test_each_has_a_result_in_its_place(self, company: Company, bob: GraphQLClient) -> None:
        good, raw = await make_qualified_lead(company.bob, "Good"), await make_lead(company.bob, "Raw")
        await make_organization(company.bob, "X", domain="x.example")
        taken = {"create": {"name": "Y", "domain": "x.example"}}
        leads = [
            {"id": gid(good)},
            {"id": gid(raw)},
            {"id": "nonsense"},
            {"id": gid(good)},
            {"id": gid(await make_qualified_lead(company.bob)), "organization": taken},
            {"id": gid(await make_qualified_lead(company.bob, "Dry")), "dryRun": True},
        ]
        payload = await ask(bob, "convertLeads", {"leads": leads}, RESULTS)
        errors = [[(e["code"], ".".join(e["field"])) for e in result["userErrors"]] for result in payload["results"]]
        assert errors == [
            [],
            [("NOT_QUALIFIED", "leads.1.id")],
            [("INVALID", "leads.2.id")],
            [],
            [("DUPLICATE", "leads.4.organization.create.domain")],
            [],
        ]
        assert [(e["code"], ".".join(e["field"])) for e in payload["userErrors"]] == [
            e for each in errors for e in each
        ]
        first, *_, dry = payload["results"]
        assert (first["lead"]["state"], first["deal"]["title"]) == ("CONVERTED", "Good")
        assert [result["alreadyConverted"] for result in payload["results"]] == [False] * 3 + [True] + [False] * 2
        assert payload["results"][3]["deal"] == first["deal"]
        assert dry["deal"] is None
        assert ("CREATES", "deal") in codes(dry)
        assert await scoped(Deal, company.bob).count() == 1

    async def test_a_stale_one_shows_the_lead_as_it_is(self, company: Company, bob: GraphQLClient) -> None:
        lead, other = await make_qualified_lead(company.bob), await make_qualified_lead(company.bob)
        leads = [{"id": gid(lead), "expectedVersion": 99}, {"id": gid(other)}]
        payload = await ask(bob, "convertLeads", {"leads": leads}, RESULTS)
        stale, done = payload["results"]
        assert (stale["lead"]["state"], stale["userErrors"][0]["field"]) == (
            "QUALIFIED",
            ["leads", "0", "expectedVersion"],
        )
        assert done["lead"]["state"] == "CONVERTED"

    async def test_all_may_be_rehearsed_and_undone(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        leads = [{"id": gid(await make_qualified_lead(company.bob))} for _ in range(3)]
        async with unchanged():
            payload = await do(bob, "convertLeads", {"leads": leads, "dryRun": True}, RESULTS)
        assert [result["deal"] for result in payload["results"]] == [None] * 3
        await do(bob, "convertLeads", {"leads": leads}, RESULTS)
        async with unchanged():
            await do(bob, "unconvertLeads", {"leads": leads, "dryRun": True})
        payload = await do(bob, "unconvertLeads", {"leads": leads})
        assert [result["lead"]["state"] for result in payload["results"]] == ["QUALIFIED"] * 3
        refused_now = await ask(bob, "unconvertLeads", {"leads": leads[:1]})
        assert refused_now["results"][0]["userErrors"] == [{"code": "INVALID", "field": ["leads", "0", "id"]}]

    async def test_none_and_too_many_are_refused_as_a_whole(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead = {"id": gid(await make_qualified_lead(company.bob))}
        async with unchanged():
            for verb in ("convertLeads", "unconvertLeads"):
                for leads in ([], [lead] * 101):
                    assert await refused(bob, verb, {"leads": leads}) == ("INVALID", "leads")

    async def test_compiled_and_plain_reads_show_the_same(
        self, company: Company, alice: GraphQLClient, stock: GraphQLClient
    ) -> None:
        shown = (
            "results { lead { state contact { name emails } conversions { totalCount } qualification { met } }"
            " deal { title probability stage { name totals { count } } leads { nodes { title } } } }"
        )
        answers = []
        for client in (alice, stock):
            deal = await make_deal(company.bob, "Grand")
            leads = [
                {"id": gid(await make_qualified_lead(company.bob)), "dealId": gid(deal), "contact": None}
                for _ in range(2)
            ]
            payload = await do(client, "convertLeads", {"leads": leads}, shown)
            answers.append([result["deal"] for result in payload["results"]])
            assert all(result["lead"]["state"] == "CONVERTED" for result in payload["results"])
            assert all(result["lead"]["conversions"] == {"totalCount": 1} for result in payload["results"])
        for compiled, plain in zip(*answers, strict=True):
            assert plain["stage"]["totals"].pop("count") == compiled["stage"]["totals"].pop("count") + 1
            assert compiled == plain
