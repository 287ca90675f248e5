"""Asking for mutations, and seeing that a refused one has changed nothing."""

from __future__ import annotations

from typing import Any

from tortoise.models import Model

from schema import ids
from tests.conftest import GraphQLClient
from tests.conftest import Unchanged as Unchanged

LEAD = "lead { id version title state source contact { id } organization { id } owner { name } qualificationStale }"
MOVED = "fromStage { name totals { count } } toStage { name totals { count } } neighbourGone effects { code message }"
DEAL = "deal { id version title status probability closedAt lostReason stage { name } amount { amount currency } }"
CONTACT = "contact { id version name emails phones jobTitle organization { name } }"
ORGANIZATION = "organization { id version name domain }"
SUGGESTION = "suggestion { id version state criterion answerState quote decidedAt decidedBy { name } }"
STAGE = "stage { id version name kind probability color rottingAfterDays requiredFields requiredCustomFields }"
SELECTIONS = {
    "createContact": CONTACT,
    "updateContact": CONTACT,
    "archiveContact": CONTACT,
    "restoreContact": CONTACT,
    "createOrganization": ORGANIZATION,
    "updateOrganization": ORGANIZATION,
    "archiveOrganization": ORGANIZATION,
    "restoreOrganization": ORGANIZATION,
    "mergeContacts": f"{CONTACT} merges {{ id filled }} effects {{ code message }}",
    "mergeOrganizations": f"{ORGANIZATION} merges {{ id filled }} effects {{ code message }}",
    "undoMerge": "merge { id undoneAt moved { kind count } } effects { code message }",
    "markDistinct": "records { ... on Node { id } }",
    "unmarkDistinct": "records { ... on Node { id } }",
    "createLead": LEAD,
    "createDeal": DEAL,
    "createPipeline": "pipeline { id version name description archivedAt stages { name kind } }",
    "updatePipeline": "pipeline { id version name description }",
    "reorderPipelines": "pipelines { id name version }",
    "archivePipeline": "pipeline { id version name archivedAt }",
    "restorePipeline": "pipeline { id version name }",
    "createStage": f"{STAGE} pipeline {{ stages {{ name }} }}",
    "updateStage": STAGE,
    "reorderStages": "pipeline { id version stages { name } }",
    "deleteStage": f"{STAGE} pipeline {{ stages {{ name }} }} movedDeals effects {{ code message }}",
    "createChannel": "channel { id kind name ingressUrl secret }",
    "answerQualification": LEAD,
    "qualifyLead": LEAD,
    "disqualifyLead": LEAD,
    "reopenLead": LEAD,
    "acceptSuggestion": f"{SUGGESTION} {LEAD}",
    "refuseSuggestion": f"{SUGGESTION} {LEAD}",
    "suggestAnswers": (
        f"{LEAD} activity {{ id body }} proposed {{ criterion quote }} suggestions {{ id quote }} effects {{ message }}"
    ),
    "updateLead": LEAD,
    "assignLead": LEAD,
    "archiveLead": LEAD,
    "restoreLead": LEAD,
    "setQualificationPolicy": (
        "qualificationPolicy { id version mode needed threshold criteria { criterion weight freshDays question } }"
        " qualified kept effects { code message field recordId }"
    ),
    "convertLead": f"{LEAD} {DEAL} alreadyConverted",
    "convertLeads": f"results {{ {LEAD} {DEAL} alreadyConverted userErrors {{ code field }} }}",
    "unconvertLead": f"{LEAD} {DEAL}",
    "unconvertLeads": f"results {{ {LEAD} {DEAL} userErrors {{ code field }} }}",
    "moveDeal": f"{DEAL} {MOVED}",
    "winDeal": f"{DEAL} {MOVED}",
    "loseDeal": f"{DEAL} {MOVED}",
    "reopenDeal": f"{DEAL} {MOVED}",
    "createCustomField": "customField { id version name key entity kind choices description position }",
    "updateCustomField": "customField { id version name description position choices } effects { code message }",
    "archiveCustomField": "customField { id version archivedAt }",
    "restoreCustomField": "customField { id version position name }",
    "createTag": "tag { id version name color description }",
    "updateTag": "tag { id version name color description }",
    "deleteTag": "deletedId records effects { code message }",
    "addTags": "records { id }",
    "removeTags": "records { id }",
    "updateDeal": f"{DEAL} stage {{ id totals {{ count }} }}",
    "archiveDeal": f"{DEAL} stage {{ id totals {{ count }} }}",
    "restoreDeal": f"{DEAL} stage {{ id totals {{ count }} }}",
}
"""Every mutation, with what a test usually wants to know of its payload."""


async def ask(client: GraphQLClient, verb: str, input: dict[str, Any], selection: str | None = None) -> dict[str, Any]:
    """The payload of a mutation; fails on any top-level error."""
    name = verb[0].upper() + verb[1:]
    document = (
        f"mutation ($input: {name}Input!) {{ {verb}(input: $input)"
        f" {{ {selection or SELECTIONS[verb]} userErrors {{ code message field conflictingId }} }} }}"
    )
    payload: dict[str, Any] = (await client(document, input=input))[verb]
    return payload


async def do(client: GraphQLClient, verb: str, input: dict[str, Any], selection: str | None = None) -> dict[str, Any]:
    """The payload of a mutation that is carried out."""
    payload = await ask(client, verb, input, selection)
    assert payload["userErrors"] == []
    return payload


async def refused(client: GraphQLClient, verb: str, input: dict[str, Any]) -> tuple[str, str | None]:
    """(code, field) of the one reason for which a mutation is refused; the payload holds nothing that was changed."""
    payload = await ask(client, verb, input)
    (error,) = payload["userErrors"]
    assert error["message"].endswith(".") or error["message"].endswith("?"), error["message"]
    if error["code"] != "STALE_VERSION":
        assert not any(value for name, value in payload.items() if name != "userErrors"), payload
    return error["code"], None if error["field"] is None else ".".join(error["field"])


def gid(row: Model) -> str:
    """The global id of a row."""
    return ids.encode(type(row).__name__, row.pk)
