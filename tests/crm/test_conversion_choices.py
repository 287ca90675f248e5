"""Whom a deal is made with, where it lands, and what a rehearsal says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from crm.contacts.facts import NewContact, NewOrganization
from crm.contacts.models import Contact, ContactEmail, ContactPhone, Organization
from crm.customfields.models import CustomField
from crm.db import scoped
from crm.deals.facts import Place
from crm.deals.gates import FieldsRequired
from crm.deals.models import Deal
from crm.deals.rules import WrongPipeline
from crm.effects import EffectCode
from crm.errors import DomainError, Duplicate, Invalid, NotFound
from crm.ids import new_id
from crm.leads.conversion import Conversion, Converted, Request, convert_lead, convert_leads
from crm.leads.facts import DuplicatePolicy, LeadState
from crm.leads.models import Conversion as ConversionRow
from crm.leads.models import Lead
from crm.leads.rules import NotQualified
from crm.leads.unconversion import unconvert_lead
from crm.money import Money
from crm.outbox.models import OutboxEvent
from crm.pipelines.models import Pipeline, Stage
from crm.tags.models import Tag, Tagging
from tests.conftest import NOW, Company, Unchanged, later
from tests.factories import make_contact, make_deal, make_lead, make_organization, make_qualified_lead

USE, ANYWAY = DuplicatePolicy.USE_EXISTING, DuplicatePolicy.CREATE_ANYWAY


async def convert(company: Company, lead: Lead, how: Conversion | None = None, **more: Any) -> Converted:
    arguments: dict[str, Any] = {"actor": company.bob, "expected_version": None, "now": later(60), **more}
    return await convert_lead(lead_id=lead.id, how=how or Conversion(), **arguments)


async def archive(row: Contact | Organization | Deal | Lead | Pipeline) -> None:
    row.archived_at = NOW
    await row.save()


async def another_pipeline(company: Company, **columns: Any) -> tuple[Pipeline, list[Stage]]:
    times = {"created_at": NOW, "updated_at": NOW}
    pipeline = await Pipeline.create(
        workspace_id=company.bob.workspace_id, name="Service", position=9, **times, **columns
    )
    stages = [
        await Stage.create(
            workspace_id=company.bob.workspace_id,
            pipeline_id=pipeline.id,
            name=name,
            kind=kind,
            probability=probability,
            position=position,
            **times,
        )
        for position, (name, kind, probability) in enumerate((("Done", "WON", 100), ("Asked", "OPEN", 5)))
    ]
    return pipeline, stages


def told(converted: Converted, code: EffectCode) -> list[str]:
    return [".".join(effect.field) for effect in converted.effects if effect.code is code]


class TestWhatItIs:
    async def test_title_amount_day_and_owner_may_be_given(self, company: Company) -> None:
        lead = await make_qualified_lead(company.bob)
        how = Conversion(
            title=" Five\npumps ",
            amount=Money(5, "JPY"),
            expected_close_date=date(2027, 1, 2),
            owner_id=company.carol.member_id,
        )
        deal = (await convert(company, lead, how)).deal
        assert (deal.title, deal.amount, deal.owner_id) == ("Five pumps", Money(5, "JPY"), company.carol.member_id)
        assert deal.expected_close_date == date(2027, 1, 2)

    async def test_description_campaign_and_tags_are_carried(self, company: Company) -> None:
        lead = await make_qualified_lead(company.bob)
        lead.description, lead.utm = "What they wrote", {"utm_source": "fair"}
        await lead.save()
        times = {"created_at": NOW, "updated_at": NOW}
        tag = await Tag.create(workspace_id=lead.workspace_id, name="Hot", name_folded="hot", **times)
        await Tagging.create(workspace_id=lead.workspace_id, tag_id=tag.id, lead_id=lead.id)
        deal = (await convert(company, lead)).deal
        assert (deal.description, deal.utm) == ("What they wrote", {"utm_source": "fair"})
        assert await scoped(Tagging, company.bob).filter(deal_id=deal.id, tag_id=tag.id).exists()
        assert await scoped(Tagging, company.bob).filter(lead_id=lead.id, tag_id=tag.id).exists()

    async def test_own_fields_are_carried_by_key_and_kind(self, company: Company) -> None:
        common = {"workspace_id": company.bob.workspace_id, "created_at": NOW, "updated_at": NOW}
        kinds = {"size": ("NUMBER", "NUMBER"), "color": ("TEXT", "BOOLEAN"), "hint": ("TEXT", None)}
        for position, (key, of) in enumerate(kinds.items()):
            for entity, kind in zip(("LEAD", "DEAL"), of, strict=True):
                if kind:
                    await CustomField.create(
                        entity=entity, key=key, name=key, kind=kind, position=position, choices=[], **common
                    )
        lead = await make_qualified_lead(company.bob)
        lead.custom = {"size": Decimal("1.50"), "color": "red", "hint": "x"}
        await lead.save()
        fed = await make_deal(company.bob)
        rehearsed = await convert(company, lead, dry_run=True)
        assert ("custom.size") in told(rehearsed, EffectCode.FILLS)
        assert (await convert(company, lead, Conversion(deal_id=fed.id))).deal.custom == {"size": Decimal("1.5")}
        await unconvert_lead(actor=company.bob, lead_id=lead.id, expected_version=None, now=later(90))
        assert (await Deal.get(id=fed.id)).custom == {}
        deal = (await convert(company, lead)).deal
        assert (await Deal.get(id=deal.id)).custom == {"size": Decimal("1.5")}

    @pytest.mark.parametrize(
        ("how", "field"),
        [
            (Conversion(title="Other"), "title"),
            (Conversion(pipeline_id=new_id()), "pipelineId"),
            (Conversion(place=Place.first()), "place"),
            (Conversion(amount=Money(6, "EUR")), "amount"),
            (Conversion(expected_close_date=date(2027, 1, 2)), "expectedCloseDate"),
        ],
    )
    async def test_an_existing_deal_is_not_made_another_one(
        self, company: Company, unchanged: Unchanged, how: Conversion, field: str
    ) -> None:
        lead = await make_qualified_lead(company.bob)
        deal = await make_deal(company.bob, amount=Money(5, "EUR"), expected_close_date=date(2027, 1, 1))
        async with unchanged():
            with pytest.raises(Invalid) as refusal:
                await convert(company, lead, replace(how, deal_id=deal.id))
        assert refusal.value.field == (field,)


class TestWhereItLands:
    async def test_in_the_first_open_stage_of_the_pipeline_that_is_named(self, company: Company) -> None:
        pipeline, (_, asked) = await another_pipeline(company)
        lead = await make_qualified_lead(company.bob)
        deal = (await convert(company, lead, Conversion(pipeline_id=pipeline.id))).deal
        assert (deal.pipeline_id, deal.stage_id) == (pipeline.id, asked.id)

    async def test_stage_and_pipeline_must_agree(self, company: Company, unchanged: Unchanged) -> None:
        pipeline, (done, _) = await another_pipeline(company)
        lead = await make_qualified_lead(company.bob)
        how = Conversion(pipeline_id=pipeline.id, stage_id=company.stage("Offer sent").id)
        async with unchanged():
            with pytest.raises(WrongPipeline) as refusal:
                await convert(company, lead, how)
        assert refusal.value.field == ("pipelineId",)
        converted = await convert(company, lead, Conversion(pipeline_id=pipeline.id, stage_id=done.id))
        assert converted.deal.stage_id == done.id

    async def test_not_in_an_archived_pipeline(self, company: Company) -> None:
        pipeline, _ = await another_pipeline(company, archived_at=NOW)
        lead = await make_qualified_lead(company.bob)
        with pytest.raises(Invalid, match="archived") as refusal:
            await convert(company, lead, Conversion(pipeline_id=pipeline.id))
        assert refusal.value.field == ("pipelineId",)


class TestGates:
    @pytest.fixture
    async def demanding(self, company: Company) -> Stage:
        stage = company.stage("Offer sent")
        stage.required_fields = ["AMOUNT", "DESCRIPTION", "EXPECTED_CLOSE_DATE"]
        await stage.save()
        return stage

    async def test_what_the_stage_demands_must_come_with_the_lead_or_be_given(
        self, company: Company, unchanged: Unchanged, demanding: Stage
    ) -> None:
        lead = await make_lead(company.bob)
        how = Conversion(stage_id=demanding.id, force=True)
        async with unchanged():
            with pytest.raises(FieldsRequired, match="amount, description, expectedCloseDate") as refusal:
                await convert(company, lead, how, actor=company.alice)
        assert refusal.value.field == ("stageId",)
        lead.description = "What they wrote"
        await lead.save()
        given = replace(how, amount=Money(5, "EUR"), expected_close_date=date(2027, 1, 1))
        assert (await convert(company, lead, given, actor=company.alice)).deal.stage_id == demanding.id

    async def test_a_rehearsal_says_what_is_lacking(
        self, company: Company, unchanged: Unchanged, demanding: Stage
    ) -> None:
        lead = await make_qualified_lead(company.bob)
        async with unchanged():
            rehearsed = await convert(company, lead, Conversion(stage_id=demanding.id), dry_run=True)
        assert told(rehearsed, EffectCode.LACKS) == ["description"]


class TestArchived:
    @pytest.mark.parametrize("what", ["lead", "deal", "contact", "organization"])
    async def test_one_is_refused_and_named(self, company: Company, unchanged: Unchanged, what: str) -> None:
        lead = await make_qualified_lead(company.bob)
        rows: dict[str, Any] = {
            "lead": lead,
            "deal": await make_deal(company.bob, "Old deal"),
            "contact": await make_contact(company.bob, "Old contact"),
            "organization": await make_organization(company.bob, "Old organization"),
        }
        await archive(rows[what])
        how = Conversion() if what == "lead" else replace(Conversion(), **{f"{what}_id": rows[what].id})
        async with unchanged():
            with pytest.raises(Invalid, match="archived") as refusal:
                await convert(company, lead, how)
        fields = {"lead": ("id",), "deal": ("dealId",)}
        assert refusal.value.field == fields.get(what, (what, "existingId"))
        if what != "lead":
            assert f"Old {what}" in refusal.value.message

    async def test_a_leads_own_one_is_not_carried_along(self, company: Company) -> None:
        contact = await make_contact(company.bob, "Gone")
        lead = await make_qualified_lead(company.bob, contact_id=contact.id)
        await archive(contact)
        with pytest.raises(Invalid, match="Gone is archived") as refusal:
            await convert(company, lead)
        assert refusal.value.field == ("contact",)
        other = await make_contact(company.bob, "Here")
        assert (await convert(company, lead, Conversion(contact_id=other.id))).deal.contact_id == other.id


class TestDuplicates:
    async def test_the_one_who_has_the_address_is_taken_and_only_filled(self, company: Company) -> None:
        holder = await make_contact(company.bob, "Holder", emails=("a@x.example",), job_title="Boss")
        lead = await make_qualified_lead(company.bob)
        new = NewContact("Somebody", emails=("A@x.example",), phones=("030 123456",), job_title="Clerk")
        organization = NewOrganization("X", domain="x.example")
        how = Conversion(new_contact=new, new_organization=organization, duplicates=USE)
        converted = await convert(company, lead, how)
        assert converted.deal.contact_id == holder.id
        stored = await scoped(Contact, company.bob).get(id=holder.id)
        assert (stored.name, stored.job_title) == ("Holder", "Boss")
        assert stored.organization_id == converted.deal.organization_id is not None
        assert [row.number for row in await scoped(ContactPhone, company.bob).filter(contact_id=holder.id)] == [
            "+4930123456"
        ]
        assert not await scoped(Contact, company.bob).filter(name="Somebody").exists()
        assert told(converted, EffectCode.DUPLICATE) == ["contact.create.emails.0"]
        assert told(converted, EffectCode.CREATES) == ["organization", "deal"]

    async def test_the_organization_of_the_domain_is_taken_and_given_its_name(self, company: Company) -> None:
        nameless = await make_organization(company.bob, "y.example", domain="y.example")
        named = await make_organization(company.bob, "Zet", domain="z.example")
        for organization, domain, name in ((nameless, "y.example", "Ypsilon"), (named, "z.example", "Zet")):
            lead = await make_qualified_lead(company.bob)
            how = Conversion(new_organization=NewOrganization("Ypsilon", domain=domain), duplicates=USE)
            assert (await convert(company, lead, how)).deal.organization_id == organization.id
            assert (await scoped(Organization, company.bob).get(id=organization.id)).name == name

    async def test_one_is_made_without_what_others_have(self, company: Company) -> None:
        for name in ("First", "Second"):
            await make_contact(company.bob, name, emails=(f"{name}@x.example",))
        await make_organization(company.bob, "X", domain="x.example")
        lead = await make_qualified_lead(company.bob)
        emails = ("first@x.example", "FIRST@x.example", "new@x.example", "second@X.example")
        how = Conversion(
            new_contact=NewContact("Third", emails=emails),
            new_organization=NewOrganization("Y", domain="https://www.x.example/"),
            duplicates=ANYWAY,
        )
        converted = await convert(company, lead, how)
        contact = await scoped(Contact, company.bob).get(id=converted.deal.contact_id)
        assert contact.name == "Third"
        addresses = scoped(ContactEmail, company.bob).filter(contact_id=contact.id)
        assert await addresses.values_list("address", flat=True) == ["new@x.example"]
        organization = await scoped(Organization, company.bob).get(id=converted.deal.organization_id)
        assert (organization.name, organization.domain) == ("Y", None)
        assert len(told(converted, EffectCode.DUPLICATE)) == 3

    async def test_others_of_the_same_name_are_told_of_and_keep_nobody_from_it(self, company: Company) -> None:
        namesake = await make_contact(company.bob, "Ärne Müller")
        lead = await make_qualified_lead(company.bob)
        converted = await convert(company, lead, Conversion(new_contact=NewContact("ARNE MULLER")))
        (effect,) = (effect for effect in converted.effects if effect.code is EffectCode.DUPLICATE)
        assert effect.record == ("Contact", namesake.id)
        assert converted.deal.contact_id not in (None, namesake.id)

    async def test_an_archived_one_holds_no_address(self, company: Company) -> None:
        old = await make_organization(company.bob, "Old", domain="x.example")
        await archive(old)
        lead = await make_qualified_lead(company.bob)
        converted = await convert(company, lead, Conversion(new_organization=NewOrganization("New", "x.example")))
        assert converted.deal.organization_id not in (None, old.id)


class TestRehearsal:
    async def test_it_says_all_that_would_happen_and_nothing_does(self, company: Company, unchanged: Unchanged) -> None:
        organization = await make_organization(company.bob)
        lead = await make_qualified_lead(company.bob, source="fair")
        elsewhere = await make_deal(company.bob)
        how = Conversion(
            stage_id=company.stage("Offer sent").id,
            place=Place.after(elsewhere.id),
            new_contact=NewContact("Nina Neu"),
            organization_id=organization.id,
        )
        async with unchanged():
            rehearsed = await convert(company, lead, how, dry_run=True, idempotency_key="once")
        assert rehearsed.refusals == []
        assert rehearsed.neighbour_gone
        assert told(rehearsed, EffectCode.CREATES) == ["contact", "deal"]
        assert told(rehearsed, EffectCode.FILLS) == [
            "probability",
            "amount",
            "expectedCloseDate",
            "contact",
            "organization",
            "owner",
            "source",
            "qualificationSnapshot",
            "organization",
        ]
        said = " ".join(effect.message for effect in rehearsed.effects)
        assert "40 %" in said
        assert "12500.00 EUR" in said
        done = await convert(company, lead, how, idempotency_key="once")
        assert [effect.message for effect in done.effects] == [effect.message for effect in rehearsed.effects]

    async def test_all_that_stands_in_the_way_is_told_at_once(self, company: Company, unchanged: Unchanged) -> None:
        holder = await make_contact(company.bob, "Holder", emails=("a@x.example",))
        domain = await make_organization(company.bob, "X", domain="x.example")
        lead = await make_lead(company.bob)
        how = Conversion(
            new_contact=NewContact("New", emails=("a@x.example",)), new_organization=NewOrganization("New", "x.example")
        )
        async with unchanged():
            rehearsed = await convert(company, lead, how, dry_run=True)
        assert [type(refusal) for refusal in rehearsed.refusals] == [NotQualified, Duplicate, Duplicate]
        records = [effect.record for effect in rehearsed.effects if effect.code is EffectCode.DUPLICATE]
        assert records == [("Organization", domain.id), ("Contact", holder.id)]

    async def test_what_a_deal_that_is_fed_keeps_is_told(self, company: Company) -> None:
        lead = await make_qualified_lead(company.bob)
        deal = await make_deal(company.bob, amount=Money(1_250_000, "EUR"), expected_close_date=date(2027, 1, 1))
        rehearsed = await convert(company, lead, Conversion(deal_id=deal.id), dry_run=True)
        # The same amount is nothing to speak of.
        assert told(rehearsed, EffectCode.KEEPS) == ["expectedCloseDate"]
        assert told(rehearsed, EffectCode.CREATES) == []
        assert {effect.record for effect in rehearsed.effects if effect.code is EffectCode.FILLS} == {("Deal", deal.id)}

    async def test_of_a_converted_lead_it_shows_the_deal(self, company: Company) -> None:
        lead = await make_qualified_lead(company.bob)
        deal = (await convert(company, lead)).deal
        rehearsed = await convert(company, lead, dry_run=True)
        assert (rehearsed.already, rehearsed.deal.id, list(rehearsed.effects)) == (True, deal.id, [])


class TestKeys:
    async def test_a_request_that_arrives_late_does_not_convert_what_was_undone(
        self, company: Company, unchanged: Unchanged
    ) -> None:
        lead = await make_qualified_lead(company.bob)
        first = await convert(company, lead, idempotency_key="click")
        await unconvert_lead(actor=company.bob, lead_id=lead.id, expected_version=None, now=later(90))
        async with unchanged():
            late = await convert(company, lead, idempotency_key="click")
        assert (late.already, late.deal.id, late.lead.state) == (True, first.deal.id, LeadState.QUALIFIED.value)
        again = await convert(company, lead, idempotency_key="another click")
        assert not again.already
        assert again.deal.id != first.deal.id

    async def test_a_key_of_another_request_is_refused(self, company: Company) -> None:
        one, other = await make_qualified_lead(company.bob), await make_qualified_lead(company.bob)
        await convert(company, one, idempotency_key="click")
        with pytest.raises(Invalid) as refusal:
            await convert(company, other, idempotency_key="click")
        assert refusal.value.field == ("idempotencyKey",)
        assert (await scoped(Lead, company.bob).get(id=other.id)).state == LeadState.QUALIFIED.value


class TestSeveral:
    async def test_each_is_done_or_refused_by_itself(self, company: Company) -> None:
        good, raw, also = (
            await make_qualified_lead(company.bob, "Good"),
            await make_lead(company.bob, "Raw"),
            await make_qualified_lead(company.bob, "Also"),
        )
        unread = Invalid("This is no id.", field=("id",))
        requests: list[Request | DomainError] = [
            Request(good.id, Conversion()),
            Request(raw.id, Conversion()),
            Request(new_id(), Conversion()),
            unread,
            Request(also.id, Conversion(title="Renamed")),
            Request(good.id, Conversion()),
        ]
        results = await convert_leads(actor=company.bob, requests=requests, now=later(60))
        assert [type(result) for result in results] == [
            Converted,
            NotQualified,
            NotFound,
            Invalid,
            Converted,
            Converted,
        ]
        last = results[-1]
        assert isinstance(last, Converted)
        assert last.already
        assert await scoped(Deal, company.bob).order_by("id").values_list("title", flat=True) == ["Good", "Renamed"]
        assert await scoped(ConversionRow, company.bob).count() == 2
        assert await scoped(OutboxEvent, company.bob).filter(name="lead.converted").count() == 2

    async def test_none_and_too_many_are_refused(self, company: Company) -> None:
        lead = await make_qualified_lead(company.bob)
        for requests in ([], [Request(lead.id, Conversion())] * 101):
            with pytest.raises(Invalid) as refusal:
                await convert_leads(actor=company.bob, requests=requests, now=NOW)
            assert refusal.value.field == ("leads",)
        assert await scoped(Deal, company.bob).count() == 0
