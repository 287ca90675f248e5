"""What holds for every mutation: roles, ids, versions, keys, texts."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crm.accounts.models import Member
from crm.contacts.archiving import archive_contact, archive_organization
from crm.contacts.models import Contact, Organization
from crm.customfields.models import CustomField
from crm.customfields.operations import archive_custom_field
from crm.db import scoped
from crm.deals.archiving import archive_deal
from crm.deals.boards import archive_pipeline
from crm.deals.models import Deal
from crm.ids import new_id
from crm.intake.models import Channel
from crm.leads.keeping import archive_lead
from crm.leads.models import Lead
from crm.leads.operations import disqualify_lead
from crm.merging.operations import mark_distinct
from crm.outbox.models import OutboxEvent
from crm.pipelines.models import Pipeline, Stage
from crm.rows import KINDS
from crm.tags.models import Tag
from schema import ids
from tests.conftest import NOW, Company, GraphQLClient
from tests.factories import (
    make_contact,
    make_converted_lead,
    make_custom_field,
    make_deal,
    make_lead,
    make_merge,
    make_organization,
    make_qualified_lead,
    make_stages,
    make_suggestion,
    make_tag,
)
from tests.schema.conftest import SELECTIONS, Unchanged, ask, do, gid, refused
from tests.serving import shared_schema

CREATING = (
    *("createContact", "createOrganization", "createLead", "createDeal", "createChannel", "createTag"),
    *("createPipeline", "createStage", "createCustomField"),
)
CHANGING = (
    *("answerQualification", "qualifyLead", "disqualifyLead", "reopenLead", "convertLead", "unconvertLead"),
    *("acceptSuggestion", "refuseSuggestion"),
    *("moveDeal", "winDeal", "loseDeal", "reopenDeal", "updateDeal", "archiveDeal", "restoreDeal"),
    *("updateLead", "assignLead", "archiveLead", "restoreLead"),
    *("updateContact", "archiveContact", "restoreContact"),
    *("updateOrganization", "archiveOrganization", "restoreOrganization"),
    *("updatePipeline", "archivePipeline", "restorePipeline", "updateStage", "deleteStage"),
    *("updateTag", "updateCustomField", "archiveCustomField", "restoreCustomField"),
)
OTHERS = (
    *("deleteTag", "addTags", "removeTags", "suggestAnswers", "setQualificationPolicy"),
    *("mergeContacts", "mergeOrganizations", "undoMerge", "markDistinct", "unmarkDistinct"),
    *("convertLeads", "unconvertLeads"),
)
"""Those that change other things than one record, which goes on."""
ADMINISTERING = (
    *("createChannel", "deleteTag", "setQualificationPolicy"),
    *("createCustomField", "updateCustomField", "archiveCustomField", "restoreCustomField"),
)
MADE: dict[str, Any] = {
    "createContact": Contact,
    "createOrganization": Organization,
    "createLead": Lead,
    "createDeal": Deal,
    "createTag": Tag,
    "createCustomField": CustomField,
}
LIMITS = {"createTag": 100, "createCustomField": 100}
"""Of how many characters a name may be at most, where it is not 200."""
MADE_BY = {**MADE, "createChannel": Channel, "createPipeline": Pipeline, "createStage": Stage}
ARRANGING = ("reorderPipelines", "reorderStages")
BUILDING = (*ARRANGING, *(verb for verb in (*CREATING, *CHANGING) if verb.endswith(("Pipeline", "Stage"))))
"""Those that change boards: for owners and admins."""


async def good_input(company: Company, verb: str) -> dict[str, Any]:
    """An input that is carried out."""
    match verb:
        case "createContact":
            return {"name": "Nina Neu", "emails": ["nina@neu.example"]}
        case "createOrganization":
            return {"name": "Neu AG", "domain": "neu.example"}
        case "mergeContacts" | "markDistinct" | "unmarkDistinct":
            one, other = [gid(await make_contact(company.bob, name)) for name in ("Anna", "Anna B.")]
            if verb == "unmarkDistinct":
                ids_of = [row.id for row in await scoped(Contact, company.bob)]
                await mark_distinct(actor=company.bob, kind="Contact", ids=ids_of, now=NOW)
            return {"intoId": one, "fromIds": [other]} if verb == "mergeContacts" else {"ids": [one, other]}
        case "mergeOrganizations":
            one, other = [gid(await make_organization(company.bob, name)) for name in ("Acme", "Acme Inc.")]
            return {"intoId": one, "fromIds": [other]}
        case "undoMerge":
            pair = [await make_contact(company.bob, name) for name in ("Anna", "Anna B.")]
            return {"id": gid(await make_merge(company.bob, *pair))}
        case "createLead":
            return {"title": "Pumps", "contactId": gid(await make_contact(company.bob))}
        case "createDeal":
            return {"title": "Pumps", "amount": {"amount": "12.50", "currency": "EUR"}}
        case "createChannel":
            return {"kind": "MAIL", "name": "Another mailbox"}
        case "answerQualification":
            lead = await make_lead(company.bob)
            return {"id": gid(lead), "answers": [{"criterion": "NEED", "state": "MET", "text": "Pumps"}]}
        case "qualifyLead":
            return {"id": gid(await make_lead(company.bob))}
        case "disqualifyLead":
            return {"id": gid(await make_lead(company.bob)), "reason": "NO_NEED"}
        case "reopenLead":
            return {"id": gid(await disqualified(company))}
        case "acceptSuggestion" | "refuseSuggestion":
            return {"id": gid(await make_suggestion(company.bob))}
        case "suggestAnswers":
            return {"leadId": gid(await make_lead(company.bob)), "text": "We need three pumps by the end of May."}
        case "updateLead":
            return {"id": gid(await make_lead(company.bob)), "title": "Four pumps"}
        case "assignLead":
            return {"id": gid(await make_lead(company.bob)), "ownerId": gid(await member(company, "ada"))}
        case "archiveLead":
            return {"id": gid(await make_lead(company.bob))}
        case "restoreLead":
            lead = await make_lead(company.bob)
            await archive_lead(actor=company.bob, lead_id=lead.id, expected_version=None, now=NOW)
            return {"id": gid(lead)}
        case "setQualificationPolicy":
            return {"mode": "N_OF_4", "needed": 2}
        case "convertLead":
            return {"id": gid(await make_qualified_lead(company.bob))}
        case "unconvertLead":
            return {"id": gid(await make_converted_lead(company.bob))}
        case "convertLeads":
            return {"leads": [{"id": gid(await make_qualified_lead(company.bob))} for _ in range(2)]}
        case "unconvertLeads":
            return {"leads": [{"id": gid(await make_converted_lead(company.bob))} for _ in range(2)]}
        case "moveDeal":
            return {"id": gid(await make_deal(company.bob)), "stageId": gid(company.stage("Offer sent"))}
        case "createPipeline":
            return {"name": "Partners"}
        case "createStage":
            return {"pipelineId": pipeline_of(company), "name": "Trial", "probability": 25, "color": "#1E90FF"}
        case "updatePipeline":
            return {"id": pipeline_of(company), "name": "Partners", "description": "Those who sell for us"}
        case "archivePipeline":
            return {"id": pipeline_of(company)}
        case "restorePipeline":
            id = company.stages[0].pipeline_id
            await archive_pipeline(actor=company.alice, pipeline_id=id, expected_version=None, now=NOW)
            return {"id": pipeline_of(company)}
        case "reorderPipelines":
            (first, *_) = await make_stages(company.bob, "Partners", "New")
            return {"ids": [ids.encode("Pipeline", first.pipeline_id), pipeline_of(company)]}
        case "updateStage":
            return {"id": gid(company.stage("Offer sent")), "name": "Offered", "requiredFields": ["AMOUNT"]}
        case "reorderStages":
            one, two, *rest = (gid(stage) for stage in company.stages)
            return {"pipelineId": pipeline_of(company), "stageIds": [two, one, *rest]}
        case "deleteStage":
            return {"id": gid(company.stage("Offer sent"))}
        case "updateDeal":
            deal = await make_deal(company.bob)
            return {"id": gid(deal), "title": "Better pumps", "amount": {"amount": "7", "currency": "EUR"}}
        case "archiveDeal":
            return {"id": gid(await make_deal(company.bob))}
        case "restoreDeal":
            deal = await make_deal(company.bob)
            await archive_deal(actor=company.bob, deal_id=deal.id, expected_version=None, now=NOW)
            return {"id": gid(deal)}
        case "updateContact":
            return {"id": gid(await make_contact(company.bob)), "emails": ["a@b.example"], "jobTitle": "Engineer"}
        case "archiveContact":
            return {"id": gid(await make_contact(company.bob))}
        case "restoreContact":
            contact = await make_contact(company.bob)
            await archive_contact(actor=company.bob, contact_id=contact.id, expected_version=None, now=NOW)
            return {"id": gid(contact)}
        case "updateOrganization":
            return {"id": gid(await make_organization(company.bob)), "domain": "b.example", "phones": ["030 123456"]}
        case "archiveOrganization":
            return {"id": gid(await make_organization(company.bob))}
        case "restoreOrganization":
            organization = await make_organization(company.bob)
            await archive_organization(
                actor=company.bob, organization_id=organization.id, expected_version=None, now=NOW
            )
            return {"id": gid(organization)}
        case "winDeal":
            return {"id": gid(await make_deal(company.bob)), "reason": "The best pumps"}
        case "loseDeal":
            return {"id": gid(await make_deal(company.bob)), "lostReason": "Too dear"}
        case "reopenDeal":
            return {"id": gid(await make_deal(company.bob, stage_id=company.stage("Won").id))}
        case "createCustomField":
            return {"name": "Size", "entity": "DEAL", "kind": "CHOICE", "choices": ["S", "L"], "description": "Of it"}
        case "updateCustomField":
            return {"id": gid(await make_custom_field(company.alice)), "name": "Height", "position": 0}
        case "archiveCustomField":
            return {"id": gid(await make_custom_field(company.alice))}
        case "restoreCustomField":
            field = await make_custom_field(company.alice)
            await archive_custom_field(actor=company.alice, field_id=field.id, expected_version=None, now=NOW)
            return {"id": gid(field)}
        case "createTag":
            return {"name": "Fair", "color": "#1e90ff", "description": "Met at a fair"}
        case "updateTag":
            return {"id": gid(await make_tag(company.bob)), "name": "VIP", "color": None}
        case "deleteTag":
            tag = await make_tag(company.bob)
            await make_contact(company.bob, tag_ids=(tag.id,))
            return {"id": gid(tag)}
        case "addTags":
            return {"ids": [gid(await make_contact(company.bob))], "tagIds": [gid(await make_tag(company.bob))]}
        case "removeTags":
            tag = await make_tag(company.bob)
            contact = await make_contact(company.bob, tag_ids=(tag.id,))
            return {"ids": [gid(contact)], "tagIds": [gid(tag)]}
    raise AssertionError(f"{verb} is new: say here what a good input is")


def pipeline_of(company: Company) -> str:
    return ids.encode("Pipeline", company.stages[0].pipeline_id)


def kind_of(input: dict[str, Any]) -> str:
    """Of which kind the record is that an input names."""
    kind: str = input["id"].partition("_")[0]
    return kind


async def row_of(company: Company, input: dict[str, Any]) -> Any:
    """The record that an input names, as it is."""
    parts = ids.split(input["id"])
    assert parts is not None
    return await scoped(KINDS[parts[0]], company.alice).get(id=parts[1])


async def member(company: Company, person: str) -> Member:
    return await scoped(Member, company.alice).get(id=company.actors[person].member_id)


async def disqualified(company: Company) -> Lead:
    lead = await make_lead(company.bob)
    return await disqualify_lead(
        actor=company.bob,
        lead_id=lead.id,
        reason="NO_NEED",
        note=None,
        nurture_until=None,
        expected_version=None,
        now=NOW,
    )


def test_these_are_all_mutations() -> None:
    schema = shared_schema()._schema
    assert schema.mutation_type is not None
    assert set(schema.mutation_type.fields) == {*CREATING, *CHANGING, *OTHERS, *ARRANGING} == set(SELECTIONS)


@pytest.mark.parametrize("verb", [*CREATING, *CHANGING, *OTHERS, *ARRANGING])
async def test_each_is_carried_out_and_leaves_an_event(company: Company, alice: GraphQLClient, verb: str) -> None:
    input = await good_input(company, verb)
    before = await scoped(OutboxEvent, company.alice).count()
    payload = await do(alice, verb, input)
    assert all(payload[name] is not None for name in payload)
    assert await scoped(OutboxEvent, company.alice).count() > before


@pytest.mark.parametrize("verb", [*CREATING, *CHANGING, *OTHERS, *ARRANGING])
async def test_a_viewer_may_do_nothing(company: Company, carol: GraphQLClient, unchanged: Unchanged, verb: str) -> None:
    input = await good_input(company, verb)
    async with unchanged():
        assert await refused(carol, verb, input) == ("FORBIDDEN", None)
    if verb in CREATING:
        async with unchanged():
            assert await refused(carol, verb, {**input, "idempotencyKey": "k"}) == ("FORBIDDEN", None)


@pytest.mark.parametrize(
    "verb", [verb for verb in (*CREATING, *CHANGING, *OTHERS) if verb not in (*ADMINISTERING, *BUILDING)]
)
async def test_a_member_may_do_the_daily_work(company: Company, bob: GraphQLClient, verb: str) -> None:
    await do(bob, verb, await good_input(company, verb))


@pytest.mark.parametrize("verb", [*ADMINISTERING, *BUILDING])
async def test_a_member_runs_nothing(company: Company, bob: GraphQLClient, unchanged: Unchanged, verb: str) -> None:
    input = await good_input(company, verb)
    async with unchanged():
        assert await refused(bob, verb, input) == ("FORBIDDEN", None)


@pytest.mark.parametrize("verb", CHANGING)
async def test_what_is_no_id_of_its_kind_is_refused(
    company: Company, alice: GraphQLClient, unchanged: Unchanged, verb: str
) -> None:
    input = await good_input(company, verb)
    kind = kind_of(input)
    of_another = gid(company.form)
    of_the_right_number = input["id"].replace(kind, "Channel")
    malformed = ("", "nonsense", f"{kind}_1", "1", f"{kind}_" + "g" * 32, "\x00", "x" * 100_000, f"{kind}_💥")
    async with unchanged():
        for wrong in (of_another, of_the_right_number, input["id"].upper(), input["id"] + "\n", *malformed):
            assert await refused(alice, verb, {**input, "id": wrong}) == ("INVALID", "id"), wrong[:50]


@pytest.mark.parametrize("verb", CHANGING)
async def test_an_id_of_nothing_and_an_id_of_another_workspace_are_both_not_found(
    company: Company, other: Company, alice: GraphQLClient, mallory: GraphQLClient, unchanged: Unchanged, verb: str
) -> None:
    input = await good_input(company, verb)
    async with unchanged():
        nothing = await ask(alice, verb, {**input, "id": ids.encode(kind_of(input), new_id())})
        assert [(e["code"], e["field"]) for e in nothing["userErrors"]] == [("NOT_FOUND", ["id"])]
        foreign = await ask(mallory, verb, {"stageId": gid(other.stages[0]), **input} if "stageId" in input else input)
    assert foreign == nothing


@pytest.mark.parametrize("verb", CHANGING)
async def test_a_stale_version_is_refused_with_the_object_as_it_is(
    company: Company, alice: GraphQLClient, unchanged: Unchanged, verb: str
) -> None:
    input = await good_input(company, verb)
    kind, row = kind_of(input), await row_of(company, input)
    kind = kind[0].lower() + kind[1:]
    for version in (row.version - 1, row.version + 1, -1, 2**31 - 1):
        async with unchanged():
            payload = await ask(alice, verb, {**input, "expectedVersion": version})
        (error,) = payload["userErrors"]
        assert (error["code"], error["field"]) == ("STALE_VERSION", ["expectedVersion"])
        assert (payload[kind]["id"], payload[kind]["version"]) == (gid(row), row.version)
    done = await do(alice, verb, {**input, "expectedVersion": row.version})
    assert done[kind]["version"] == row.version + 1


@pytest.mark.parametrize("verb", CHANGING)
async def test_of_ten_at_once_who_saw_one_version_one_goes_through(
    company: Company, alice: GraphQLClient, verb: str
) -> None:
    input = {**await good_input(company, verb), "expectedVersion": None}
    row = await row_of(company, input)
    input["expectedVersion"] = row.version
    payloads = await asyncio.gather(*(ask(alice, verb, input) for _ in range(10)))
    codes = [error["code"] for payload in payloads for error in payload["userErrors"]]
    if verb == "convertLead":
        assert codes == []
        assert len({payload["deal"]["id"] for payload in payloads}) == 1
        assert sum(not payload["alreadyConverted"] for payload in payloads) == 1
    else:
        assert codes == ["STALE_VERSION"] * 9
        assert (await type(row).get(id=row.id)).version == row.version + 1


@pytest.mark.parametrize("verb", CREATING)
class TestIdempotencyKeys:
    async def test_the_same_request_makes_one_thing_and_answers_it_each_time(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged, verb: str
    ) -> None:
        input = {**await good_input(company, verb), "idempotencyKey": "order 66"}
        first = await do(alice, verb, input)
        async with unchanged():
            assert await do(alice, verb, input) == first

    async def test_ten_at_once_make_one_thing(self, company: Company, alice: GraphQLClient, verb: str) -> None:
        input = {**await good_input(company, verb), "idempotencyKey": "order 66"}
        before = await scoped(MADE_BY[verb], company.alice).count()
        payloads = await asyncio.gather(*(do(alice, verb, input) for _ in range(10)))
        assert all(payload == payloads[0] for payload in payloads)
        assert await scoped(MADE_BY[verb], company.alice).count() == before + 1

    async def test_another_request_with_the_same_key_is_refused(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged, verb: str
    ) -> None:
        input = {**await good_input(company, verb), "idempotencyKey": "order 66"}
        await do(alice, verb, input)
        name = "title" if "title" in input else "name"
        async with unchanged():
            assert await refused(alice, verb, {**input, name: "Something else"}) == ("INVALID", "idempotencyKey")

    @pytest.mark.parametrize("key", ["", "  ", "x" * 201, "a\x00b"])
    async def test_one_that_is_no_key_is_refused(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged, verb: str, key: str
    ) -> None:
        input = {**await good_input(company, verb), "idempotencyKey": key}
        async with unchanged():
            assert await refused(alice, verb, input) == ("INVALID", "idempotencyKey")

    async def test_a_refused_request_does_not_use_it_up(
        self, company: Company, alice: GraphQLClient, unchanged: Unchanged, verb: str
    ) -> None:
        input = {**await good_input(company, verb), "idempotencyKey": "x" * 200}
        name = "title" if "title" in input else "name"
        async with unchanged():
            assert await refused(alice, verb, {**input, name: "  "}) == ("INVALID", name)
        await do(alice, verb, input)

    async def test_another_workspace_may_use_the_same(
        self, company: Company, alice: GraphQLClient, other: Company, mallory: GraphQLClient, verb: str
    ) -> None:
        mine = await do(alice, verb, {**await good_input(company, verb), "idempotencyKey": "1"})
        hers = await do(mallory, verb, {**await good_input(other, verb), "idempotencyKey": "1"})
        kind = next(name for name in mine if name != "userErrors")
        assert mine[kind]["id"] != hers[kind]["id"]


@pytest.mark.parametrize("verb", CREATING)
async def test_a_name_that_is_none_is_refused(
    company: Company, alice: GraphQLClient, unchanged: Unchanged, verb: str
) -> None:
    input = await good_input(company, verb)
    name, limit = ("title", 500) if "title" in input else ("name", LIMITS.get(verb, 200))
    async with unchanged():
        for wrong in ("", " \t\n", "\x00", "\x00\x01 ", "ä" * (limit + 1)):
            assert await refused(alice, verb, {**input, name: wrong}) == ("INVALID", name), wrong[:10]


@pytest.mark.parametrize("verb", CREATING)
async def test_a_name_is_taken_up_to_its_limit_and_without_what_nobody_sees(
    company: Company, alice: GraphQLClient, verb: str
) -> None:
    input = await good_input(company, verb)
    name, limit = ("title", 500) if "title" in input else ("name", LIMITS.get(verb, 200))
    long = "💥" * limit
    payload = await do(alice, verb, {**input, name: f"  {long[:-3]}\x00\r\n{long[:2]} "})
    kind = next(key for key in payload if key != "userErrors")
    assert payload[kind][name] == f"{long[:-3]} {long[:2]}"


async def test_each_of_several_in_one_request_sees_what_the_earlier_ones_did(
    company: Company, alice: GraphQLClient
) -> None:
    stage = gid(company.stage("Qualified"))
    made = f'createDeal(input: {{title: "Pumps", stageId: "{stage}"}}) {{ deal {{ stage {{ totals {{ count }} }} }} }}'
    data = await alice(f"mutation {{ a: {made} b: {made} c: {made} }}")
    assert [data[name]["deal"]["stage"]["totals"]["count"] for name in "abc"] == [1, 2, 3]


async def test_one_refused_in_the_middle_leaves_the_others(company: Company, alice: GraphQLClient) -> None:
    data = await alice(
        'mutation { a: createContact(input: {name: "A"}) { contact { name } }'
        ' b: createContact(input: {name: " "}) { contact { name } userErrors { code } }'
        ' c: createContact(input: {name: "C"}) { contact { name } } }'
    )
    assert (data["a"]["contact"], data["c"]["contact"]) == ({"name": "A"}, {"name": "C"})
    assert data["b"] == {"contact": None, "userErrors": [{"code": "INVALID"}]}
    names = await scoped(Contact, company.alice).order_by("name").values_list("name", flat=True)
    assert list(names) == ["A", "C"]


async def test_an_organization_may_be_used_by_the_next_one(company: Company, alice: GraphQLClient) -> None:
    organization = await make_organization(company.bob)
    payload = await do(alice, "createContact", {"name": "Nina", "organizationId": gid(organization)})
    assert payload["contact"]["organization"] == {"name": organization.name}
