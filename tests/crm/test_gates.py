"""A stage demands fields: of deals that come in, by whatever way, and not of those that are there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.customfields.facts import Entity, FieldKind
from crm.customfields.models import CustomField
from crm.db import scoped
from crm.deals import gates
from crm.deals.closing import lose_deal, reopen_deal, win_deal
from crm.deals.facts import Place
from crm.deals.gates import DealValues, FieldsRequired, lacking
from crm.deals.models import Deal
from crm.deals.operations import Added, Moved, NewDeal, create_deal, move_deal
from crm.effects import Effect, EffectCode
from crm.leads.conversion import Conversion, convert_lead
from crm.money import Money
from crm.pipelines.facts import DealField
from crm.pipelines.models import Stage
from tests.conftest import NOW, Company, GraphQLClient, Unchanged
from tests.factories import make_contact, make_deal, make_qualified_lead
from tests.schema.conftest import do, gid, refused

FULL = DealValues(
    amount=Money(0, "EUR"),
    contact_id=uuid4(),
    organization_id=uuid4(),
    expected_close_date=date(2026, 3, 2),
    owner_id=uuid4(),
    description="All of it",
    custom={"region": "North", "seats": 0, "vip": False, "parts": ["a"]},
)
ALL = (*DealField, *(f"custom:{key}" for key in FULL.custom))
EMPTY: dict[str, Any] = {"amount": None, "contact_id": None, "organization_id": None, "expected_close_date": None}
EMPTY |= {"owner_id": None, "description": None}


@given(required=st.lists(st.sampled_from(ALL), unique=True), blank=st.sets(st.sampled_from(ALL)))
def test_what_is_lacking_is_what_is_demanded_and_blank(required: list[str], blank: set[str]) -> None:
    own = {name: None if name.upper().removesuffix("_ID") in blank else getattr(FULL, name) for name in EMPTY}
    custom = {key: value for key, value in FULL.custom.items() if f"custom:{key}" not in blank}
    assert lacking(DealValues(**own, custom=custom), required) == tuple(name for name in required if name in blank)


@pytest.mark.parametrize("blank", [None, "", []])
def test_an_empty_text_or_choice_is_lacking_and_zero_and_false_are_not(blank: object) -> None:
    assert lacking(DealValues(custom={"a": blank}), ["custom:a"]) == ("custom:a",)
    assert lacking(DealValues(custom={"a": 0, "b": False}), ["custom:a", "custom:b"]) == ()


def test_a_refusal_names_each_field_as_the_api_does() -> None:
    error = gates.refusal("Offer sent", ["EXPECTED_CLOSE_DATE", "custom:region"], ("stageId",))
    assert error.message == "Offer sent demands what the deal does not have: fill in expectedCloseDate, custom.region."


async def demand(company: Company, name: str, *fields: str) -> Stage:
    await scoped(Stage, company.alice).filter(name=name).update(required_fields=list(fields))
    return await scoped(Stage, company.alice).get(name=name)


async def define(company: Company, key: str, **columns: Any) -> CustomField:
    return await CustomField.create(
        workspace_id=company.alice.workspace_id,
        entity=Entity.DEAL.value,
        key=key,
        name=key.title(),
        kind=FieldKind.TEXT.value,
        position=0,
        created_at=NOW,
        updated_at=NOW,
        **columns,
    )


async def moved(company: Company, deal: Deal, to: Stage, **more: Any) -> Moved:
    return await move_deal(
        actor=company.bob,
        deal_id=deal.id,
        stage_id=to.id,
        place=Place.last(),
        expected_version=None,
        **{"lost_reason": None, "now": NOW, **more},
    )


async def made(company: Company, to: Stage, *, dry_run: bool = False) -> Added:
    new = NewDeal(title="Pumps", stage_id=to.id)
    return await create_deal(actor=company.bob, new=new, idempotency_key=None, dry_run=dry_run, now=NOW)


Way = Callable[[Company, bool], Awaitable[list[Effect]]]


async def by_move(company: Company, dry_run: bool) -> list[Effect]:
    offer = company.stage("Offer sent")
    deal = await scoped(Deal, company.bob).get(title="Moves")
    return (await moved(company, deal, offer, dry_run=dry_run)).effects


async def by_making(company: Company, dry_run: bool) -> list[Effect]:
    return (await made(company, company.stage("Offer sent"), dry_run=dry_run)).effects


async def by_winning(company: Company, dry_run: bool) -> list[Effect]:
    deal = await scoped(Deal, company.bob).get(title="Moves")
    rest: dict[str, Any] = {"reason": None, "place": Place.last(), "expected_version": None, "now": NOW}
    return (await win_deal(actor=company.bob, deal_id=deal.id, dry_run=dry_run, **rest)).effects


async def by_losing(company: Company, dry_run: bool) -> list[Effect]:
    deal = await scoped(Deal, company.bob).get(title="Moves")
    rest: dict[str, Any] = {"lost_reason": "Too dear", "place": Place.last(), "expected_version": None, "now": NOW}
    return (await lose_deal(actor=company.bob, deal_id=deal.id, dry_run=dry_run, **rest)).effects


async def by_reopening(company: Company, dry_run: bool) -> list[Effect]:
    deal = await scoped(Deal, company.bob).get(title="Closed")
    rest: dict[str, Any] = {"place": Place.last(), "expected_version": None, "now": NOW}
    return (await reopen_deal(actor=company.bob, deal_id=deal.id, dry_run=dry_run, **rest)).effects


@pytest.mark.parametrize("way", [by_move, by_making, by_winning, by_losing, by_reopening])
async def test_a_deal_that_lacks_something_does_not_come_in_and_a_rehearsal_tells_what(
    company: Company,
    unchanged: Unchanged,
    way: Way,
) -> None:
    await make_deal(company.bob, "Moves")
    closed = await make_deal(company.bob, "Closed", stage_id=company.stage("Offer sent").id)
    await moved(company, closed, company.stage("Won"))
    for stage in ("Offer sent", "Won", "Lost"):
        await demand(company, stage, "OWNER", "AMOUNT", "CONTACT")
    async with unchanged():
        with pytest.raises(FieldsRequired, match="fill in amount, contact"):
            await way(company, False)
        lacks = [effect for effect in await way(company, True) if effect.code is EffectCode.LACKS]
    assert [effect.field for effect in lacks] == [("amount",), ("contact",)]


async def test_a_converted_lead_must_bring_what_the_stage_demands(
    company: Company,
    unchanged: Unchanged,
) -> None:
    lead = await make_qualified_lead(company.bob)
    offer = await demand(company, "Offer sent", "AMOUNT", "DESCRIPTION")
    rest: dict[str, Any] = {"how": Conversion(stage_id=offer.id), "expected_version": None, "now": NOW}
    async with unchanged():
        with pytest.raises(FieldsRequired, match="fill in description") as refusal:
            await convert_lead(actor=company.bob, lead_id=lead.id, **rest)
    assert refusal.value.field == ("stageId",)
    await demand(company, "Offer sent", "AMOUNT", "CONTACT")
    converted = await convert_lead(actor=company.bob, lead_id=lead.id, **rest)
    assert converted.deal.stage_id == offer.id


async def test_what_is_there_stays_and_may_be_arranged(company: Company) -> None:
    offer = company.stage("Offer sent")
    deals = [await make_deal(company.bob, stage_id=offer.id) for _ in range(2)]
    await demand(company, "Offer sent", "AMOUNT")
    await moved(company, deals[0], offer)
    assert (await scoped(Deal, company.bob).get(id=deals[0].id)).rank > deals[1].rank


async def test_a_deal_that_has_everything_comes_in(company: Company) -> None:
    contact = await make_contact(company.bob)
    deal = await make_deal(company.bob, amount=Money(0, "EUR"), contact_id=contact.id)
    offer = await demand(company, "Offer sent", "AMOUNT", "CONTACT", "OWNER")
    assert (await moved(company, deal, offer)).deal.stage_id == offer.id


async def test_a_custom_field_is_demanded_as_long_as_it_is_offered(company: Company) -> None:
    region = await define(company, "region")
    await define(company, "size")
    deal = await make_deal(company.bob)
    offer = await demand(company, "Offer sent", "custom:region", "custom:size", "custom:never_defined")
    await scoped(Deal, company.bob).filter(id=deal.id).update(custom={"size": "large"})
    with pytest.raises(FieldsRequired, match=r"fill in custom\.region\."):
        await moved(company, deal, offer)
    region.archived_at = NOW
    await region.save()
    await moved(company, deal, offer)


class TestInTheApi:
    async def test_stages_tell_what_they_demand(self, company: Company, alice: GraphQLClient) -> None:
        offer = await demand(company, "Offer sent", "AMOUNT", "custom:region", "OWNER")
        query = "query ($id: ID!) { node(id: $id) { ... on Stage { requiredFields requiredCustomFields } } }"
        node = {"requiredFields": ["AMOUNT", "OWNER"], "requiredCustomFields": ["region"]}
        assert await alice(query, id=gid(offer)) == {"node": node}

    async def test_a_refusal_names_the_stage_where_one_was_given(
        self,
        company: Company,
        bob: GraphQLClient,
        unchanged: Unchanged,
    ) -> None:
        deal = await make_deal(company.bob)
        for stage in ("Offer sent", "Won"):
            await demand(company, stage, "AMOUNT")
        offer = gid(company.stage("Offer sent"))
        async with unchanged():
            assert await refused(bob, "moveDeal", {"id": gid(deal), "stageId": offer}) == ("FIELDS_REQUIRED", "stageId")
            assert await refused(bob, "createDeal", {"title": "x", "stageId": offer}) == ("FIELDS_REQUIRED", "stageId")
            assert await refused(bob, "winDeal", {"id": gid(deal)}) == ("FIELDS_REQUIRED", None)

    @pytest.mark.parametrize("verb", ["moveDeal", "winDeal"])
    async def test_a_dry_run_tells_all_that_would_happen_and_does_nothing(
        self,
        company: Company,
        bob: GraphQLClient,
        unchanged: Unchanged,
        verb: str,
    ) -> None:
        deal = await make_deal(company.bob)
        gone = await make_deal(company.bob)
        won = await demand(company, "Won", "AMOUNT")
        input = {"id": gid(deal), "place": {"after": gid(gone)}, "dryRun": True}
        if verb == "moveDeal":
            input["stageId"] = gid(won)
        selection = "deal { id } fromStage { id } toStage { id } neighbourGone effects { code field recordId }"
        async with unchanged():
            payload = await do(bob, verb, input, selection)
        told = payload.pop("effects")
        assert payload == {"deal": None, "fromStage": None, "toStage": None, "neighbourGone": True, "userErrors": []}
        assert [(effect["code"], effect["field"]) for effect in told] == [
            ("LACKS", ["amount"]),
            ("CLOSES", ["status"]),
            ("CHANGES", ["probability"]),
            ("KEEPS", ["place"]),
        ]
        assert {effect["recordId"] for effect in told} == {gid(deal)}

    async def test_a_rehearsed_deal_uses_up_no_key(
        self,
        company: Company,
        bob: GraphQLClient,
        unchanged: Unchanged,
    ) -> None:
        input = {"title": "Pumps", "idempotencyKey": "k"}
        async with unchanged():
            assert (await do(bob, "createDeal", {**input, "dryRun": True}))["deal"] is None
        assert (await do(bob, "createDeal", input))["deal"]["title"] == "Pumps"
