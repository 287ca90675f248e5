"""The page on qualification says what is: its examples are carried out."""

from __future__ import annotations

import re
from pathlib import Path

from crm.activities import operations as activities
from crm.activities.models import ActivityKind
from tests.conftest import NOW, Company, GraphQLClient
from tests.factories import make_lead
from tests.schema.conftest import Unchanged, gid

PAGE = Path(__file__).parents[2] / "docs" / "qualification.md"


async def test_each_example_is_carried_out(company: Company, alice: GraphQLClient, unchanged: Unchanged) -> None:
    texts = re.findall(r"```graphql\n(.*?)```", PAGE.read_text(), re.S)
    policy, rehearse, answer, worklist = texts
    lead = await make_lead(company.bob, "Pumps")
    mail = await activities.log(
        actor=company.system, kind=ActivityKind.EMAIL, summary="Inquiry", lead_id=lead.id, now=NOW
    )
    shown = (await alice(policy))["qualificationPolicy"]
    assert (shown["mode"], shown["criteria"][0]["criterion"]) == ("ALL_MET", "NEED")
    async with unchanged():
        payload = (await alice(rehearse))["setQualificationPolicy"]
    assert (payload["userErrors"], payload["qualified"], payload["kept"]) == ([], 0, 0)
    (effect,) = payload["effects"]
    assert effect == {"code": "CHANGES", "message": "1 lead has another next question, or another weight of it."}
    payload = (await alice(answer, lead=gid(lead), mail=gid(mail)))["answerQualification"]
    assert payload["userErrors"] == []
    assert payload["lead"]["qualification"]["missing"] == ["AUTHORITY", "TIMEFRAME"]
    assert payload["lead"]["qualification"]["need"]["evidence"]["activity"] == {"summary": "Inquiry"}
    assert payload["lead"]["nextQuestion"]["criterion"] == "AUTHORITY"
    data = await alice(worklist)
    assert [node["title"] for node in data["leads"]["nodes"]] == ["Pumps"]
    assert data["budgets"]["totalCount"] == 0
