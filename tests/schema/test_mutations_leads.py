"""Making, qualifying, disqualifying and reopening leads through the API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from crm.leads.conversion import Conversion, convert_lead
from crm.leads.models import Lead
from tests.conftest import NOW, Company, GraphQLClient
from tests.factories import make_contact, make_deal, make_lead, make_organization, make_qualified_lead
from tests.schema.conftest import Unchanged, do, gid, refused
from tests.schema.test_mutations_all import disqualified

ANSWER = "criterion state note pendingUntil amount { amount currency } text notBefore notAfter"
QUALIFICATION = (
    "lead { state version qualificationStale qualifiedAt qualifiedNote qualifiedBy { name } qualification"
    f" {{ answered met budget {{ {ANSWER} }} authority {{ decisionMaker {{ name }} budgetHolder {{ name }} state }}"
    f" need {{ {ANSWER} }} timeframe {{ {ANSWER} }} }} }}"
)
ALL_MET = [{"criterion": criterion, "state": "MET"} for criterion in ("BUDGET", "AUTHORITY", "NEED", "TIMEFRAME")]
MUCH = {"amount": "1", "currency": "EUR"}


async def answer(client: GraphQLClient, lead: Lead, *answers: dict[str, Any]) -> dict[str, Any]:
    payload = await do(client, "answerQualification", {"id": gid(lead), "answers": list(answers)}, QUALIFICATION)
    found: dict[str, Any] = payload["lead"]
    return found


async def converted(company: Company) -> Lead:
    lead = await make_qualified_lead(company.bob)
    done = await convert_lead(actor=company.bob, lead_id=lead.id, how=Conversion(), expected_version=None, now=NOW)
    return done.lead


class TestMaking:
    async def test_one_belongs_to_whoever_made_it_and_to_the_contacts_organization(
        self, company: Company, bob: GraphQLClient
    ) -> None:
        organization = await make_organization(company.bob)
        contact = await make_contact(company.bob, organization_id=organization.id)
        payload = await do(bob, "createLead", {"title": "Pumps", "contactId": gid(contact), "source": " fair\n"})
        lead = payload["lead"]
        assert (lead["state"], lead["version"], lead["source"]) == ("NEW", 1, "fair")
        assert (lead["contact"]["id"], lead["organization"]["id"]) == (gid(contact), gid(organization))
        assert lead["owner"] == {"name": "Bob"}

    async def test_refusals_name_what_is_wrong(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        contact = gid(await make_contact(company.bob))
        gone = "Contact_" + "0" * 32
        async with unchanged():
            assert await refused(bob, "createLead", {"title": "A"}) == ("INVALID", "contactId")
            assert await refused(bob, "createLead", {"title": "A", "contactId": gone}) == ("NOT_FOUND", "contactId")
            wrong_kind = {"title": "A", "organizationId": contact}
            assert await refused(bob, "createLead", wrong_kind) == ("INVALID", "organizationId")
            nowhere = {"title": "A", "contactId": contact, "organizationId": "Organization_" + "0" * 32}
            assert await refused(bob, "createLead", nowhere) == ("NOT_FOUND", "organizationId")
            long = {"title": "A", "contactId": contact, "source": "x" * 201}
            assert await refused(bob, "createLead", long) == ("INVALID", "source")


class TestAnswers:
    async def test_each_is_kept_as_typed(self, company: Company, bob: GraphQLClient) -> None:
        lead = await make_lead(company.bob)
        decider, holder = await make_contact(company.bob, "Decider"), await make_contact(company.bob, "Holder")
        found = await answer(
            bob,
            lead,
            {"criterion": "BUDGET", "state": "PENDING", "pendingUntil": "2027-01-31", "note": " a\r\nb \x00"},
            {
                "criterion": "AUTHORITY",
                "state": "MET",
                "decisionMakerId": gid(decider),
                "budgetHolderId": gid(holder),
            },
            {"criterion": "NEED", "state": "NOT_MET", "text": "Pumps"},
            {"criterion": "TIMEFRAME", "state": "MET", "notBefore": "2026-05-01", "notAfter": "2026-05-01"},
        )
        assert (found["state"], found["version"]) == ("PROSPECTING", lead.version + 1)
        qualification = found["qualification"]
        assert (qualification["answered"], qualification["met"]) == (3, 2)
        assert qualification["budget"]["pendingUntil"] == "2027-01-31"
        assert qualification["budget"]["note"] == "a\nb"
        assert qualification["authority"]["decisionMaker"] == {"name": "Decider"}
        assert qualification["authority"]["budgetHolder"] == {"name": "Holder"}
        assert qualification["need"]["text"] == "Pumps"
        assert qualification["timeframe"]["notBefore"] == qualification["timeframe"]["notAfter"] == "2026-05-01"

    async def test_money_comes_back_with_the_places_of_its_currency(self, company: Company, bob: GraphQLClient) -> None:
        lead = await make_lead(company.bob)
        cases: list[tuple[object, str, dict[str, str]]] = [
            ("1250.5", "EUR", {"amount": "1250.50", "currency": "EUR"}),
            (1250.5, "eur ", {"amount": "1250.50", "currency": "EUR"}),
            (0, "JPY", {"amount": "0", "currency": "JPY"}),
            ("1.234", "KWD", {"amount": "1.234", "currency": "KWD"}),
            ("999999999999999.99", "EUR", {"amount": "999999999999999.99", "currency": "EUR"}),
            ("1e3", "EUR", {"amount": "1000.00", "currency": "EUR"}),
        ]
        for amount, currency, shown in cases:
            money = {"amount": amount, "currency": currency}
            found = await answer(bob, lead, {"criterion": "BUDGET", "state": "MET", "amount": money})
            assert found["qualification"]["budget"]["amount"] == shown

    async def test_one_that_does_not_fit_is_refused_with_all_that_came_with_it(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        cases: list[tuple[list[dict[str, Any]], str]] = [
            ([], "answers"),
            ([{"criterion": "NEED", "state": "MET"}] * 2, "answers.1.criterion"),
            ([{"criterion": "NEED", "state": "PENDING"}], "answers.0.pendingUntil"),
            ([{"criterion": "NEED", "state": "MET", "pendingUntil": "2027-01-01"}], "answers.0.pendingUntil"),
            ([{"criterion": "NEED", "state": "MET", "amount": MUCH}], "answers.0.amount"),
            ([{"criterion": "BUDGET", "state": "MET", "text": "x"}], "answers.0.text"),
            ([{"criterion": "BUDGET", "state": "MET", "notBefore": "2026-01-01"}], "answers.0.notBefore"),
            ([{"criterion": "NEED", "state": "MET", "notAfter": "2026-01-01"}], "answers.0.notAfter"),
            (
                [{"criterion": "TIMEFRAME", "state": "MET", "notBefore": "2026-02-02", "notAfter": "2026-02-01"}],
                "answers.0.notAfter",
            ),
            ([{"criterion": "AUTHORITY", "state": "MET", "decisionMakerId": "x"}], "answers.0.decisionMakerId"),
            (
                [ALL_MET[0], {**ALL_MET[1], "budgetHolderId": "x"}],
                "answers.1.budgetHolderId",
            ),
            ([{"criterion": "NEED", "state": "MET", "note": "x" * 10_001}], "answers.0.note"),
            ([{"criterion": "NEED", "state": "MET", "text": "x" * 10_001}], "answers.0.text"),
        ]
        lead = await make_lead(company.bob)
        async with unchanged():
            for answers, field in cases:
                refusal = await refused(bob, "answerQualification", {"id": gid(lead), "answers": answers})
                assert refusal == ("INVALID", field), answers

    async def test_what_is_no_money_is_refused(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead = await make_lead(company.bob)
        async with unchanged():
            for amount, currency, field in [
                ("-0.01", "EUR", "amount"),
                ("0.001", "EUR", "amount"),
                ("1.5", "JPY", "amount"),
                ("1000000000000000.01", "EUR", "amount"),
                ("1e30", "EUR", "amount"),
                ("1e999999", "EUR", "amount"),
                ("NaN", "EUR", "amount"),
                ("sNaN", "EUR", "amount"),
                ("Infinity", "EUR", "amount"),
                ("-Infinity", "EUR", "amount"),
                ("1", "XXX", "currency"),
                ("1", "XAU", "currency"),
                ("1", "ABC", "currency"),
                ("1", "", "currency"),
                ("1", "€", "currency"),
                ("1", "EURO", "currency"),
                ("1", "\x00", "currency"),
            ]:
                money = {"amount": amount, "currency": currency}
                answers = [{"criterion": "BUDGET", "state": "MET", "amount": money}]
                refusal = await refused(bob, "answerQualification", {"id": gid(lead), "answers": answers})
                assert refusal == ("INVALID", f"answers.0.amount.{field}"), money
                refusal = await refused(bob, "createDeal", {"title": "A", "amount": money})
                assert refusal == ("INVALID", f"amount.{field}"), money

    async def test_what_is_finer_than_a_cent_by_very_little_is_refused_too(
        self, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        money = {"amount": "1." + "0" * 40 + "1", "currency": "EUR"}
        async with unchanged():
            assert await refused(bob, "createDeal", {"title": "A", "amount": money}) == ("INVALID", "amount.amount")

    async def test_all_met_promotes_by_itself(self, company: Company, bob: GraphQLClient) -> None:
        lead = await make_lead(company.bob)
        assert (await answer(bob, lead, *ALL_MET[:3]))["state"] == "PROSPECTING"
        found = await answer(bob, lead, ALL_MET[3])
        assert (found["state"], found["qualifiedBy"], found["qualificationStale"]) == ("QUALIFIED", None, False)
        assert found["qualifiedAt"].endswith("+00:00")

    async def test_one_that_falls_back_marks_and_never_demotes(self, company: Company, bob: GraphQLClient) -> None:
        lead = await make_qualified_lead(company.bob)
        found = await answer(bob, lead, {"criterion": "BUDGET", "state": "NOT_MET"})
        assert (found["state"], found["qualificationStale"]) == ("QUALIFIED", True)
        assert found["qualification"]["met"] == 3
        found = await answer(bob, lead, {"criterion": "BUDGET", "state": "MET"})
        assert (found["state"], found["qualificationStale"]) == ("QUALIFIED", False)

    async def test_closed_leads_take_none(self, company: Company, bob: GraphQLClient, unchanged: Unchanged) -> None:
        aside, done = await disqualified(company), await converted(company)
        async with unchanged():
            for lead, code in ((aside, "INVALID"), (done, "ALREADY_CONVERTED")):
                refusal = await refused(bob, "answerQualification", {"id": gid(lead), "answers": ALL_MET})
                assert refusal == (code, "id")


class TestVerbs:
    async def test_a_person_qualifies_with_a_note_and_is_named(self, company: Company, bob: GraphQLClient) -> None:
        lead = await make_lead(company.bob)
        found = (await do(bob, "qualifyLead", {"id": gid(lead), "note": "They called\ntwice"}, QUALIFICATION))["lead"]
        assert (found["state"], found["qualifiedBy"]) == ("QUALIFIED", {"name": "Bob"})
        assert found["qualifiedNote"] == "They called\ntwice"
        assert found["qualification"]["met"] == 0

    async def test_qualifying_by_hand_confirms_a_stale_one(self, company: Company, bob: GraphQLClient) -> None:
        lead = await make_qualified_lead(company.bob)
        await answer(bob, lead, {"criterion": "NEED", "state": "UNKNOWN"})
        found = (await do(bob, "qualifyLead", {"id": gid(lead)}, QUALIFICATION))["lead"]
        assert (found["qualificationStale"], found["qualifiedBy"]) == (False, {"name": "Bob"})

    async def test_disqualifying_keeps_why_and_until_when_and_reopening_the_answers(
        self, company: Company, bob: GraphQLClient
    ) -> None:
        lead = await make_qualified_lead(company.bob)
        shown = "lead { state disqualifyReason disqualifyNote nurtureUntil qualification { met } }"
        tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
        input = {"id": gid(lead), "reason": "other", "note": "moved away", "nurtureUntil": tomorrow}
        payload = await do(bob, "disqualifyLead", input, shown)
        assert payload["lead"] == {
            "state": "DISQUALIFIED",
            "disqualifyReason": "OTHER",
            "disqualifyNote": "moved away",
            "nurtureUntil": tomorrow,
            "qualification": {"met": 4},
        }
        payload = await do(bob, "reopenLead", {"id": gid(lead)}, shown)
        assert payload["lead"] == {
            "state": "PROSPECTING",
            "disqualifyReason": None,
            "disqualifyNote": None,
            "nurtureUntil": None,
            "qualification": {"met": 4},
        }

    async def test_a_disqualification_without_a_reason_changes_nothing(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead = await make_lead(company.bob)
        cases: list[tuple[dict[str, Any], tuple[str, str]]] = [
            ({}, ("REASON_REQUIRED", "reason")),
            ({"reason": None}, ("REASON_REQUIRED", "reason")),
            ({"reason": "  "}, ("REASON_REQUIRED", "reason")),
            ({"reason": "x" * 201}, ("INVALID", "reason")),
            ({"reason": "OTHER"}, ("REASON_REQUIRED", "note")),
            ({"reason": "Other", "note": " \n"}, ("REASON_REQUIRED", "note")),
            ({"reason": "NO_NEED", "note": "x" * 10_001}, ("INVALID", "note")),
            ({"reason": "NO_NEED", "nurtureUntil": "2020-01-01"}, ("INVALID", "nurtureUntil")),
            ({"reason": "NO_NEED", "nurtureUntil": "0001-01-01"}, ("INVALID", "nurtureUntil")),
        ]
        async with unchanged():
            for input, refusal in cases:
                assert await refused(bob, "disqualifyLead", {"id": gid(lead), **input}) == refusal, input

    async def test_today_is_not_in_the_future(self, company: Company, bob: GraphQLClient, unchanged: Unchanged) -> None:
        lead = await make_lead(company.bob)
        input = {"id": gid(lead), "reason": "NO_NEED", "nurtureUntil": datetime.now(UTC).date().isoformat()}
        async with unchanged():
            assert await refused(bob, "disqualifyLead", input) == ("INVALID", "nurtureUntil")

    async def test_verbs_that_do_not_fit_the_state_are_refused(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        new, aside, done = await make_lead(company.bob), await disqualified(company), await converted(company)
        async with unchanged():
            for verb, lead, code in (
                ("reopenLead", new, "INVALID"),
                ("qualifyLead", aside, "INVALID"),
                ("reopenLead", done, "ALREADY_CONVERTED"),
                ("qualifyLead", done, "ALREADY_CONVERTED"),
                ("disqualifyLead", done, "ALREADY_CONVERTED"),
                ("convertLead", new, "NOT_QUALIFIED"),
                ("convertLead", aside, "NOT_QUALIFIED"),
            ):
                input = {"id": gid(lead), **({"reason": "NO_NEED"} if verb == "disqualifyLead" else {})}
                assert await refused(bob, verb, input) == (code, "id"), verb

    async def test_a_note_of_nothing_but_what_nobody_sees_is_none(self, company: Company, bob: GraphQLClient) -> None:
        lead = await make_lead(company.bob)
        found = (await do(bob, "qualifyLead", {"id": gid(lead), "note": " \x00\n"}, QUALIFICATION))["lead"]
        assert found["qualifiedNote"] is None


class TestConverting:
    async def test_the_deal_carries_what_is_known_and_lies_where_it_was_dropped(
        self, company: Company, bob: GraphQLClient
    ) -> None:
        offer = company.stage("Offer sent")
        first = await make_deal(company.bob, "first", stage_id=offer.id)
        second = await make_deal(company.bob, "second", stage_id=offer.id)
        lead = await make_qualified_lead(company.bob)
        payload = await do(bob, "convertLead", {"id": gid(lead), "stageId": gid(offer), "place": {"after": gid(first)}})
        deal = payload["deal"]
        assert deal["amount"] == {"amount": "12500.00", "currency": "EUR"}
        assert (deal["stage"]["name"], deal["status"], deal["probability"]) == ("Offer sent", "OPEN", 40)
        assert (payload["lead"]["state"], payload["alreadyConverted"]) == ("CONVERTED", False)
        column = await bob(f'{{ node(id: "{gid(offer)}") {{ ... on Stage {{ deals {{ nodes {{ id }} }} }} }} }}')
        assert [d["id"] for d in column["node"]["deals"]["nodes"]] == [gid(first), deal["id"], gid(second)]

    async def test_a_member_may_not_force_it_and_an_owner_may(
        self, company: Company, bob: GraphQLClient, alice: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead = await make_lead(company.bob)
        async with unchanged():
            assert await refused(bob, "convertLead", {"id": gid(lead), "force": True}) == ("FORBIDDEN", None)
            assert await refused(alice, "convertLead", {"id": gid(lead)}) == ("NOT_QUALIFIED", "id")
            assert await refused(alice, "convertLead", {"id": gid(lead), "force": False}) == ("NOT_QUALIFIED", "id")
        payload = await do(alice, "convertLead", {"id": gid(lead), "force": True})
        assert payload["lead"]["state"] == "CONVERTED"

    async def test_repeating_it_answers_the_same_deal_and_changes_nothing(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead = await make_qualified_lead(company.bob)
        input = {"id": gid(lead), "expectedVersion": lead.version, "contact": {"create": {"name": "New"}}}
        first = await do(bob, "convertLead", input)
        async with unchanged():
            again = await do(bob, "convertLead", input)
        assert again == {**first, "alreadyConverted": True}

    async def test_it_goes_neither_into_a_lost_stage_nor_into_a_closed_deal(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead = await make_qualified_lead(company.bob)
        won = await make_deal(company.bob, stage_id=company.stage("Won").id)
        deal = await make_deal(company.bob)
        async with unchanged():
            lost = {"id": gid(lead), "stageId": gid(company.stage("Lost"))}
            assert await refused(bob, "convertLead", lost) == ("INVALID", "stageId")
            assert await refused(bob, "convertLead", {"id": gid(lead), "dealId": gid(won)}) == ("INVALID", "dealId")
            both = {"id": gid(lead), "dealId": gid(deal), "stageId": gid(company.stage("Offer sent"))}
            assert await refused(bob, "convertLead", both) == ("INVALID", "stageId")
            placed = {"id": gid(lead), "dealId": gid(deal), "place": {"first": True}}
            assert await refused(bob, "convertLead", placed) == ("INVALID", "place")
