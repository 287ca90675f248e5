"""Suggestions through the API: read, accepted, refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crm.db import scoped
from crm.leads.models import CriterionAnswer, Lead, Suggestion
from schema import ids
from tests.conftest import Company, GraphQLClient
from tests.factories import make_contact, make_lead, make_qualified_lead, make_suggestion
from tests.schema.conftest import Unchanged, ask, do, gid, refused

NOTE = "We need three pumps by the end of May 2040. Our budget is €10k. I make the decisions."
ALL = """suggestions { id version criterion state answerState pendingUntil text notBefore notAfter quote rule
    amount { amount currency } decisionMaker { id } activity { id kind body } lead { id } decidedAt }"""
OF_LEAD = "query ($id: ID!, $filter: SuggestionFilter) { node(id: $id) { ... on Lead { suggestions(filter: $filter) { totalCount nodes { criterion state } } } } }"  # noqa: E501
QUALIFICATION = """lead { id qualification {
    budget { state amount { amount currency } } authority { state decisionMaker { id } note }
    need { state text } timeframe { state notBefore notAfter } } }"""


async def states(client: GraphQLClient, lead: Lead) -> dict[str, list[str]]:
    nodes = (await client(OF_LEAD, id=gid(lead)))["node"]["suggestions"]["nodes"]
    found: dict[str, list[str]] = {}
    for node in nodes:
        found.setdefault(node["criterion"], []).append(node["state"])
    return found


class TestSuggestAnswers:
    async def test_a_note_is_kept_and_what_it_says_is_suggested_with_its_words(
        self, company: Company, bob: GraphQLClient
    ) -> None:
        contact = await make_contact(company.bob)
        lead = await make_lead(company.bob, contact_id=contact.id)
        payload = await do(bob, "suggestAnswers", {"leadId": gid(lead), "text": NOTE}, ALL)
        found = {one["criterion"]: one for one in payload["suggestions"]}
        assert set(found) == {"BUDGET", "AUTHORITY", "NEED", "TIMEFRAME"}
        assert found["BUDGET"]["amount"] == {"amount": "10000.00", "currency": "EUR"}
        assert found["BUDGET"]["quote"] == "Our budget is €10k."
        assert found["AUTHORITY"]["decisionMaker"] == {"id": gid(contact)}
        assert found["NEED"]["text"] == "We need three pumps by the end of May 2040."
        assert (found["TIMEFRAME"]["notBefore"], found["TIMEFRAME"]["notAfter"]) == (None, "2040-05-31")
        for one in found.values():
            assert (one["state"], one["version"], one["lead"]["id"]) == ("PROPOSED", 1, gid(lead))
            assert (one["activity"]["kind"], one["activity"]["body"]) == ("note", NOTE)
            assert one["quote"] in NOTE

    async def test_a_rehearsal_says_what_would_be_proposed_and_changes_nothing(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead = await make_lead(company.bob)
        input = {"leadId": gid(lead), "text": NOTE, "dryRun": True}
        selection = "lead { id } activity { id } suggestions { id } proposed { criterion quote } effects { code }"
        async with unchanged():
            payload = await do(bob, "suggestAnswers", input, selection)
        assert (payload["lead"], payload["activity"], payload["suggestions"]) == (None, None, [])
        assert {one["criterion"] for one in payload["proposed"]} == {"BUDGET", "AUTHORITY", "NEED", "TIMEFRAME"}
        assert [one["code"] for one in payload["effects"]] == ["CREATES"] * 5

    async def test_the_same_text_again_is_kept_as_a_note_and_suggests_nothing_more(
        self, company: Company, bob: GraphQLClient
    ) -> None:
        lead = await make_lead(company.bob)
        input = {"leadId": gid(lead), "text": NOTE}
        await do(bob, "suggestAnswers", input)
        again = await do(bob, "suggestAnswers", {**input, "text": NOTE.replace(" ", "\n").upper()})
        assert again["suggestions"] == again["proposed"] == []
        assert again["activity"]["body"]
        assert await scoped(Suggestion, company.bob).count() == 4

    async def test_the_same_request_makes_one_note_and_answers_it_each_time(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        input = {"leadId": gid(await make_lead(company.bob)), "text": NOTE, "idempotencyKey": "call 7"}
        payloads = await asyncio.gather(*(do(bob, "suggestAnswers", input, "activity { id }") for _ in range(5)))
        assert len({payload["activity"]["id"] for payload in payloads}) == 1
        assert await scoped(Suggestion, company.bob).count() == 4
        async with unchanged():
            assert await refused(bob, "suggestAnswers", {**input, "text": "x"}) == ("INVALID", "idempotencyKey")

    async def test_what_cannot_be_read_is_refused(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead = await make_lead(company.bob)
        input = {"leadId": gid(lead), "text": NOTE}
        async with unchanged():
            for wrong in ("", " \n\t", "\x00", "x" * 10_001):
                assert await refused(bob, "suggestAnswers", {**input, "text": wrong}) == ("INVALID", "text")
            for wrong in ("", "nonsense", gid(company.stages[0])):
                assert await refused(bob, "suggestAnswers", {**input, "leadId": wrong}) == ("INVALID", "leadId")
            stale = {**input, "expectedVersion": lead.version + 1}
            assert await refused(bob, "suggestAnswers", stale) == ("STALE_VERSION", "expectedVersion")

    async def test_a_converted_lead_is_left_alone(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead = await make_qualified_lead(company.bob)
        await do(bob, "convertLead", {"id": gid(lead)})
        async with unchanged():
            refusal = await refused(bob, "suggestAnswers", {"leadId": gid(lead), "text": NOTE})
        assert refusal == ("ALREADY_CONVERTED", "leadId")

    async def test_a_newer_statement_supersedes_what_nobody_has_decided_on(
        self, company: Company, bob: GraphQLClient
    ) -> None:
        lead = await make_lead(company.bob)
        await make_suggestion(company.bob, "Our budget is 10k EUR.", lead_id=lead.id)
        newer = await make_suggestion(company.bob, "Our budget is 12k EUR after all.", lead_id=lead.id)
        assert newer.amount_minor == 1_200_000
        assert await states(bob, lead) == {"BUDGET": ["PROPOSED", "SUPERSEDED"]}
        data = await bob(OF_LEAD, id=gid(lead), filter={"state": {"eq": "PROPOSED"}})
        assert data["node"]["suggestions"]["totalCount"] == 1


class TestAcceptSuggestion:
    async def test_it_answers_the_question_with_the_words_as_evidence(
        self, company: Company, bob: GraphQLClient
    ) -> None:
        suggestion = await make_suggestion(company.bob, "Our budget is €10k.")
        payload = await do(
            bob,
            "acceptSuggestion",
            {"id": gid(suggestion)},
            f"{QUALIFICATION} suggestion {{ state decidedBy {{ name }} version }}",
        )
        budget = payload["lead"]["qualification"]["budget"]
        assert budget == {"state": "MET", "amount": {"amount": "10000.00", "currency": "EUR"}}
        assert payload["suggestion"] == {"state": "ACCEPTED", "decidedBy": {"name": "Bob"}, "version": 2}
        answer = await scoped(CriterionAnswer, company.bob).get(lead_id=suggestion.lead_id)
        assert (answer.quote, answer.activity_id) == ("Our budget is €10k.", suggestion.activity_id)
        assert answer.member_id == company.bob.member_id

    async def test_the_role_becomes_the_note_and_the_writer_the_decision_maker(
        self, company: Company, bob: GraphQLClient
    ) -> None:
        contact = await make_contact(company.bob)
        text = "Call with Ms Beispiel. She is the managing director."
        suggestion = await make_suggestion(company.bob, text, contact_id=contact.id)
        payload = await do(bob, "acceptSuggestion", {"id": gid(suggestion)}, QUALIFICATION)
        authority = payload["lead"]["qualification"]["authority"]
        assert authority == {"state": "MET", "decisionMaker": {"id": gid(contact)}, "note": "managing director"}

    async def test_what_is_given_beside_it_is_answered_instead(self, company: Company, bob: GraphQLClient) -> None:
        suggestion = await make_suggestion(company.bob, "We should go live in May or June, that is the project plan.")
        changed = {"id": gid(suggestion), "notBefore": None, "notAfter": "2026-07-15", "note": "said on the phone"}
        payload = await do(bob, "acceptSuggestion", changed, QUALIFICATION)
        timeframe = payload["lead"]["qualification"]["timeframe"]
        assert timeframe == {"state": "MET", "notBefore": None, "notAfter": "2026-07-15"}

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"text": "Pumps"}, "text"),
            ({"state": "PENDING"}, "pendingUntil"),
            ({"decisionMakerId": "Contact_" + "0" * 32}, "decisionMakerId"),
            ({"amount": {"amount": "-1", "currency": "EUR"}}, "amount.amount"),
        ],
    )
    async def test_an_answer_that_is_none_is_refused_and_names_the_field(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged, wrong: dict[str, Any], field: str
    ) -> None:
        suggestion = await make_suggestion(company.bob, "Our budget is €10k.")
        async with unchanged():
            refusal = await refused(bob, "acceptSuggestion", {"id": gid(suggestion), **wrong})
        assert refusal == ("INVALID", field)

    async def test_a_disqualified_lead_is_to_be_reopened_first(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        suggestion = await make_suggestion(company.bob, "Our budget is €10k.")
        await do(bob, "disqualifyLead", {"id": ids.encode("Lead", suggestion.lead_id), "reason": "NO_NEED"})
        async with unchanged():
            assert await refused(bob, "acceptSuggestion", {"id": gid(suggestion)}) == ("INVALID", "id")


class TestRefuseSuggestion:
    async def test_it_answers_nothing_and_the_words_are_not_read_again(
        self, company: Company, bob: GraphQLClient
    ) -> None:
        suggestion = await make_suggestion(company.bob, "Our budget is €10k.")
        payload = await do(bob, "refuseSuggestion", {"id": gid(suggestion)})
        assert payload["suggestion"]["state"] == "REFUSED"
        assert payload["lead"]["state"] == "NEW"
        assert not await scoped(CriterionAnswer, company.bob).exists()
        lead = await scoped(Lead, company.bob).get(id=suggestion.lead_id)
        await do(bob, "suggestAnswers", {"leadId": gid(lead), "text": "As I said:\nour budget  is €10K. Thanks"})
        assert await states(bob, lead) == {"BUDGET": ["REFUSED"]}

    async def test_other_words_are_read(self, company: Company, bob: GraphQLClient) -> None:
        suggestion = await make_suggestion(company.bob, "Our budget is €10k.")
        await do(bob, "refuseSuggestion", {"id": gid(suggestion)})
        other = await make_suggestion(company.bob, "We have set aside €11k for it.", lead_id=suggestion.lead_id)
        assert other.amount_minor == 1_100_000


@pytest.mark.parametrize("first", ["acceptSuggestion", "refuseSuggestion"])
@pytest.mark.parametrize("second", ["acceptSuggestion", "refuseSuggestion"])
async def test_what_was_decided_on_is_not_decided_again(
    company: Company, bob: GraphQLClient, unchanged: Unchanged, first: str, second: str
) -> None:
    suggestion = await make_suggestion(company.bob, "Our budget is €10k.")
    await do(bob, first, {"id": gid(suggestion)})
    async with unchanged():
        payload = await ask(bob, second, {"id": gid(suggestion)})
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID", ["id"])
        assert ("accepted" if first == "acceptSuggestion" else "refused") in error["message"]
        stale = await ask(bob, second, {"id": gid(suggestion), "expectedVersion": 1})
    assert stale["userErrors"][0]["code"] == "STALE_VERSION"
    assert stale["suggestion"]["version"] == 2


async def test_of_many_who_accept_and_refuse_at_once_one_decides(company: Company, bob: GraphQLClient) -> None:
    suggestion = await make_suggestion(company.bob, "Our budget is €10k.")
    verbs = ["acceptSuggestion", "refuseSuggestion"] * 10
    payloads = await asyncio.gather(
        *(
            ask(bob, verb, {"id": gid(suggestion), **({"expectedVersion": 1} if number % 3 else {})})
            for number, verb in enumerate(verbs)
        )
    )
    done = [verb for verb, payload in zip(verbs, payloads, strict=True) if not payload["userErrors"]]
    codes = {error["code"] for payload in payloads for error in payload["userErrors"]}
    assert len(done) == 1
    assert codes <= {"STALE_VERSION", "INVALID"}
    row = await Suggestion.get(id=suggestion.id)
    assert row.version == 2
    accepted = done == ["acceptSuggestion"]
    assert row.state == ("ACCEPTED" if accepted else "REFUSED")
    assert await scoped(CriterionAnswer, company.bob).filter(lead_id=row.lead_id).count() == int(accepted)


async def test_of_many_texts_that_say_different_things_at_once_one_waits_for_a_decision(
    company: Company, bob: GraphQLClient
) -> None:
    lead = await make_lead(company.bob)
    texts = [f"Our budget is {number} EUR." for number in range(5_000, 5_010)]
    await asyncio.gather(*(do(bob, "suggestAnswers", {"leadId": gid(lead), "text": text}) for text in texts))
    found = await states(bob, lead)
    assert sorted(found["BUDGET"]) == ["PROPOSED"] + ["SUPERSEDED"] * 9
