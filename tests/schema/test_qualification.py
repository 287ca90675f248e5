"""Qualification through the API: evidence, what to ask next, and the workspace's own policy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from crm.accounts.models import Member, Workspace
from crm.activities import operations as activities
from crm.activities.models import Activity, ActivityKind
from crm.db import scoped
from crm.leads.facts import Answer, Criterion, CriterionState
from crm.leads.keeping import archive_lead
from crm.leads.models import Lead
from crm.leads.operations import answer_qualification
from tests.conftest import NOW, Company, GraphQLClient
from tests.factories import ALL_MET, make_lead, make_qualified_lead
from tests.schema.conftest import Unchanged, ask, do, gid, refused
from tests.schema.test_mutations_all import disqualified
from tests.schema.test_mutations_leads import converted

EVIDENCE = "evidence { author { name } quote activity { id summary } answeredAt freshUntil isFresh }"
NEXT = "nextQuestion { criterion question reason weight }"
LEAD = f"""lead {{ id version {NEXT} qualification {{ isSatisfied missing weight
    need {{ state {EVIDENCE} }} budget {{ {EVIDENCE} }} }} }}"""
POLICY = (
    "{ qualificationPolicy { id version mode needed threshold"
    " criteria { criterion weight freshDays question asked } } }"
)


async def mail_of(company: Company, lead: Lead) -> Activity:
    return await activities.log(
        actor=company.system, kind=ActivityKind.EMAIL, summary="We need pumps", lead_id=lead.id, now=NOW
    )


async def answer(client: GraphQLClient, lead: Lead, **given: Any) -> dict[str, Any]:
    payload = await do(client, "answerQualification", {"id": gid(lead), "answers": [given]}, LEAD)
    found: dict[str, Any] = payload["lead"]
    return found


def in_days(number: float) -> str:
    return (datetime.now(UTC) + timedelta(days=number)).isoformat()


class TestEvidence:
    async def test_an_answer_keeps_who_gave_it_the_words_and_where_they_stand(
        self, company: Company, bob: GraphQLClient
    ) -> None:
        lead = await make_lead(company.bob)
        mail, until = await mail_of(company, lead), in_days(9)
        found = await answer(
            bob, lead, criterion="NEED", state="MET", quote=" we need\r\npumps", activityId=gid(mail), freshUntil=until
        )
        evidence = found["qualification"]["need"]["evidence"]
        assert evidence["author"] == {"name": "Bob"}
        assert evidence["quote"] == "we need\npumps"
        assert evidence["activity"] == {"id": gid(mail), "summary": "We need pumps"}
        assert (evidence["freshUntil"], evidence["isFresh"]) == (until, True)
        assert found["qualification"]["budget"]["evidence"] is None
        again = (await answer(bob, lead, criterion="NEED", state="UNKNOWN"))["qualification"]["need"]["evidence"]
        assert (again["quote"], again["activity"], again["freshUntil"]) == (None, None, None)

    async def test_what_is_no_evidence_is_refused(
        self, company: Company, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        lead, another = await make_lead(company.bob), await make_lead(company.bob)
        elsewhere = await mail_of(company, another)
        cases: list[tuple[dict[str, Any], str, str]] = [
            ({"activityId": gid(elsewhere)}, "INVALID", "activityId"),
            ({"activityId": "Activity_" + "0" * 32}, "NOT_FOUND", "activityId"),
            ({"activityId": gid(lead)}, "INVALID", "activityId"),
            ({"quote": "x" * 10_001}, "INVALID", "quote"),
            ({"freshUntil": in_days(-1)}, "INVALID", "freshUntil"),
            ({"freshUntil": "2099-01-01T00:00:00"}, "INVALID", "freshUntil"),
            ({"freshUntil": in_days(1), "state": "UNKNOWN"}, "INVALID", "freshUntil"),
            ({"freshUntil": in_days(1), "state": "PENDING", "pendingUntil": "2099-01-01"}, "INVALID", "freshUntil"),
        ]
        async with unchanged():
            for more, code, field in cases:
                answers = [{"criterion": "NEED", "state": "MET", **more}]
                refusal = await refused(bob, "answerQualification", {"id": gid(lead), "answers": answers})
                assert refusal == (code, f"answers.0.{field}"), more

    async def test_one_that_has_grown_old_is_shown_as_such_and_counts_no_more(
        self, company: Company, alice: GraphQLClient, stock: GraphQLClient
    ) -> None:
        criteria = [{"criterion": "NEED", "weight": 40, "freshDays": 7}]
        await do(alice, "setQualificationPolicy", {"criteria": criteria})
        lead, then = await make_lead(company.bob), datetime.now(UTC) - timedelta(days=30)
        await answer_qualification(actor=company.bob, lead_id=lead.id, answers=ALL_MET, expected_version=None, now=then)
        for client in (alice, stock):
            data = await client(f'{{ node(id: "{gid(lead)}") {{ ... on Lead {{ {LEAD[6:-1]} }} }} }}')
            qualification = data["node"]["qualification"]
            assert (qualification["isSatisfied"], qualification["missing"]) == (False, ["NEED"])
            assert qualification["weight"] == 60
            assert qualification["need"]["state"] == "MET"
            assert [qualification[one]["evidence"]["isFresh"] for one in ("need", "budget")] == [False, True]


class TestNextQuestion:
    async def test_it_is_the_heaviest_that_is_missing_and_why(self, company: Company, bob: GraphQLClient) -> None:
        lead = await make_lead(company.bob)
        asked = (await answer(bob, lead, criterion="TIMEFRAME", state="NOT_MET"))["nextQuestion"]
        assert asked == {
            "criterion": "NEED",
            "question": "Was wird gebraucht, und wofür?",
            "reason": "NEVER_ASKED",
            "weight": 40,
        }
        asked = (await answer(bob, lead, criterion="NEED", state="PENDING", pendingUntil="2099-01-01"))["nextQuestion"]
        assert asked["criterion"] == "BUDGET"
        asked = (await answer(bob, lead, criterion="NEED", state="PENDING", pendingUntil="2026-01-01"))["nextQuestion"]
        assert (asked["criterion"], asked["reason"]) == ("NEED", "PENDING_DUE")

    async def test_it_is_asked_in_the_workspaces_words_or_language(
        self, company: Company, alice: GraphQLClient, stock: GraphQLClient
    ) -> None:
        lead = await make_lead(company.bob)
        query = f'{{ node(id: "{gid(lead)}") {{ ... on Lead {{ nextQuestion {{ question }} }} }} }}'
        await Workspace.filter(id=company.bob.workspace_id).update(region="IE")
        for client in (alice, stock):
            data = await client(query)
            assert data["node"]["nextQuestion"] == {"question": "What is needed, and what for?"}
        criteria = [{"criterion": "NEED", "weight": 40, "question": "What hurts?"}]
        await do(alice, "setQualificationPolicy", {"criteria": criteria})
        for client in (alice, stock):
            assert (await client(query))["node"]["nextQuestion"] == {"question": "What hurts?"}

    async def test_there_is_none_when_nothing_is_missing_or_nobody_works_on_it(
        self, company: Company, alice: GraphQLClient
    ) -> None:
        archived = await make_lead(company.bob)
        await archive_lead(actor=company.bob, lead_id=archived.id, expected_version=None, now=NOW)
        leads = [
            archived,
            await make_qualified_lead(company.bob),
            await disqualified(company),
            await converted(company),
        ]
        data = await alice(
            "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Lead { nextQuestion { weight } } } }",
            ids=[gid(lead) for lead in leads],
        )
        assert data["nodes"] == [{"nextQuestion": None}] * 4

    async def test_leads_are_ordered_and_found_by_it(
        self, company: Company, alice: GraphQLClient, stock: GraphQLClient
    ) -> None:
        order = (Criterion.NEED, Criterion.BUDGET, Criterion.AUTHORITY, Criterion.TIMEFRAME)
        made = []
        for number in (2, 0, 4, 1, 3):
            lead = await make_lead(company.bob, f"{number} answered")
            answers = tuple(Answer(criterion, CriterionState.MET) for criterion in order[:number])
            if answers:
                await answer_qualification(
                    actor=company.bob, lead_id=lead.id, answers=answers, expected_version=None, now=NOW
                )
            made.append(lead)
        for client in (alice, stock):
            data = await client(
                "{ leads(orderBy: [{field: NEXT_QUESTION, direction: DESC}]) { nodes { title } }"
                " budget: leads(filter: {nextCriterion: {in: [BUDGET]}}) { nodes { title } }"
                " none: leads(filter: {nextCriterion: {eq: null}}) { nodes { title } } }"
            )
            assert [node["title"] for node in data["leads"]["nodes"]] == [f"{n} answered" for n in range(5)]
            assert data["budget"]["nodes"] == [{"title": "1 answered"}]
            assert data["none"]["nodes"] == [{"title": "4 answered"}]


class TestPolicy:
    async def test_it_is_shown_in_asking_order(
        self, company: Company, alice: GraphQLClient, stock: GraphQLClient
    ) -> None:
        criteria = [
            {"criterion": "TIMEFRAME", "weight": 40, "freshDays": 30, "question": " Wann? "},
            {"criterion": "AUTHORITY", "weight": 90},
        ]
        await do(alice, "setQualificationPolicy", {"mode": "WEIGHTED", "threshold": 120, "criteria": criteria})
        for client in (alice, stock):
            policy = (await client(POLICY))["qualificationPolicy"]
            assert (policy["mode"], policy["threshold"], policy["version"]) == ("WEIGHTED", 120, 2)
            shown = [tuple(one.values()) for one in policy["criteria"]]
            assert [one[:4] for one in shown] == [
                ("AUTHORITY", 90, None, None),
                ("NEED", 40, None, None),
                ("TIMEFRAME", 40, 30, "Wann?"),
                ("BUDGET", 30, None, None),
            ]
            assert shown[2][4] == "Wann?"
            assert shown[1][4] == "Was wird gebraucht, und wofür?"
            data = await client(f'{{ node(id: "{policy["id"]}") {{ ... on QualificationPolicy {{ needed }} }} }}')
            assert data["node"] == {"needed": 4}

    async def test_a_rehearsal_tells_how_many_leads_it_would_promote(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged
    ) -> None:
        for _ in range(3):
            lead = await make_lead(company.bob)
            await answer_qualification(
                actor=company.bob, lead_id=lead.id, answers=ALL_MET[:2], expected_version=None, now=NOW
            )
        input = {"mode": "N_OF_4", "needed": 2, "dryRun": True}
        async with unchanged():
            payload = await do(alice, "setQualificationPolicy", input)
        assert (payload["qualificationPolicy"], payload["qualified"], payload["kept"]) == (None, 3, 0)
        assert payload["effects"] == [
            {"code": "CHANGES", "message": "3 leads become QUALIFIED.", "field": None, "recordId": None}
        ]
        payload = await do(alice, "setQualificationPolicy", {**input, "dryRun": False})
        assert payload["qualified"] == 3
        data = await alice("{ leads(filter: {state: {eq: QUALIFIED}}) { totalCount } }")
        assert data["leads"]["totalCount"] == 3

    async def test_refusals_name_what_is_wrong(
        self, alice: GraphQLClient, bob: GraphQLClient, unchanged: Unchanged
    ) -> None:
        async with unchanged():
            verb = "setQualificationPolicy"
            assert await refused(alice, verb, {"needed": 5}) == ("INVALID", "needed")
            payload = await ask(alice, verb, {"mode": "WEIGHTED", "threshold": 101})
            (error,) = payload["userErrors"]
            assert (error["field"], "100" in error["message"]) == (["threshold"], True)
            heavy = {"criteria": [{"criterion": "NEED", "weight": 101}]}
            assert await refused(alice, verb, heavy) == ("INVALID", "criteria.0.weight")
            assert await refused(bob, verb, {"needed": 2}) == ("FORBIDDEN", None)
            stale = await ask(alice, verb, {"needed": 2, "expectedVersion": 7})
            assert [error["code"] for error in stale["userErrors"]] == ["STALE_VERSION"]
            assert (stale["qualificationPolicy"]["version"], stale["qualificationPolicy"]["needed"]) == (1, 4)
            assert "qualification policy has changed" in stale["userErrors"][0]["message"]


class TestKeeping:
    async def test_one_may_be_made_with_a_description_for_somebody_else(
        self, company: Company, bob: GraphQLClient
    ) -> None:
        lead = await make_lead(company.bob)
        ada = await scoped(Member, company.bob).get(id=company.ada.member_id)
        contact = (await do(bob, "createContact", {"name": "Nina"}))["contact"]["id"]
        input = {"title": "Pumps", "contactId": contact, "description": " three\r\nof them ", "ownerId": gid(ada)}
        made = await do(
            bob, "createLead", input, "lead { description owner { name } archivedAt nextQuestion { weight } }"
        )
        assert made["lead"] == {
            "description": "three\nof them",
            "owner": {"name": "Ada"},
            "archivedAt": None,
            "nextQuestion": {"weight": 40},
        }
        assert lead.owner_id == company.bob.member_id

    async def test_what_is_left_out_stays_and_null_empties(self, company: Company, bob: GraphQLClient) -> None:
        lead = await make_lead(company.bob, description="Old", source="fair")
        shown = "lead { title description source owner { name } version }"
        payload = await do(bob, "updateLead", {"id": gid(lead), "description": None}, shown)
        expected = {"title": lead.title, "description": None, "source": "fair", "owner": {"name": "Bob"}, "version": 2}
        assert payload["lead"] == expected
        payload = await do(bob, "updateLead", {"id": gid(lead), "ownerId": None, "source": None}, shown)
        assert payload["lead"] == {**expected, "source": None, "owner": None, "version": 3}
        assert (await do(bob, "updateLead", {"id": gid(lead), "source": None}, shown))["lead"]["version"] == 3

    async def test_refusals_name_the_field(self, company: Company, bob: GraphQLClient, unchanged: Unchanged) -> None:
        lead, done = gid(await make_lead(company.bob)), gid(await converted(company))
        async with unchanged():
            assert await refused(bob, "updateLead", {"id": lead, "title": None}) == ("INVALID", "title")
            assert await refused(bob, "updateLead", {"id": lead, "contactId": None}) == ("INVALID", "contactId")
            assert await refused(bob, "updateLead", {"id": lead, "ownerId": lead}) == ("INVALID", "ownerId")
            assert await refused(bob, "assignLead", {"id": lead}) == ("INVALID", "ownerId")
            assert await refused(bob, "updateLead", {"id": done, "source": "x"}) == ("ALREADY_CONVERTED", "source")
            assert await refused(bob, "archiveLead", {"id": done}) == ("ALREADY_CONVERTED", "id")
            assert await refused(bob, "restoreLead", {"id": lead}) == ("INVALID", "id")
