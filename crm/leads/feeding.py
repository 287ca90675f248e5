"""The deal that a lead becomes or feeds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from crm.accounts.facts import Actor
from crm.customfields.facts import Entity, FieldFacts
from crm.customfields.models import CustomField
from crm.customfields.rules import carry
from crm.db import get, lock, scoped
from crm.deals.changing import events_of
from crm.deals.columns import hold
from crm.deals.facts import DealStatus
from crm.deals.models import Deal
from crm.deals.operations import NewDeal, add_deal, first_open_of, first_open_stage
from crm.deals.rules import WrongPipeline, probability
from crm.effects import EffectCode
from crm.errors import Invalid
from crm.ids import new_id
from crm.leads.carrying import WORDS, Carried, budget, last_day, snapshot
from crm.leads.facts import Criterion
from crm.leads.models import CriterionAnswer, Lead
from crm.leads.parties import Parties
from crm.leads.receipts import AMOUNT, CUSTOM, TAG, Ledger, api_name, empty, held_by, plain
from crm.money import written
from crm.outbox import operations as outbox
from crm.pipelines.models import Pipeline, Stage
from crm.tags.models import Tagging

if TYPE_CHECKING:
    from crm.leads.conversion import Conversion


async def landing(how: Conversion, actor: Actor) -> Stage:
    """The stage that a new deal lands in, its column held.

    Raises: NotFound, WrongPipeline, Invalid.
    """
    pipeline = await get(Pipeline, how.pipeline_id, actor, field=("pipelineId",)) if how.pipeline_id else None
    if how.stage_id is not None:
        stage = await get(Stage, how.stage_id, actor, field=("stageId",))
        if pipeline is not None and stage.pipeline_id != pipeline.id:
            raise WrongPipeline(
                f"This stage belongs to another pipeline than {pipeline.name}: give one of the two.",
                field=("pipelineId",),
            )
    elif pipeline is not None:
        stage = await _first_open_of(pipeline, actor)
    else:
        stage = await first_open_stage(actor=actor)
    await hold(stage.id)
    return stage


async def _first_open_of(pipeline: Pipeline, actor: Actor) -> Stage:
    at = ("pipelineId",)
    if pipeline.archived_at is not None:
        raise Invalid(f"The pipeline {pipeline.name} is archived: choose another.", field=at)
    stage = await first_open_of(pipeline.id, actor)
    if stage is None:
        raise Invalid(f"The pipeline {pipeline.name} has no open stage: give stageId.", field=at)
    return stage


async def open_deal(deal_id: UUID, how: Conversion, actor: Actor) -> Deal:
    """The deal that the lead is to feed, locked. Looked at before anything is made for it.

    Raises: NotFound, Invalid: what is asked for would not come to pass.
    """
    given = {"stageId": how.stage_id, "place": how.place, "pipelineId": how.pipeline_id, "title": how.title}
    for name, value in given.items():
        if value is not None:
            raise Invalid(f"An existing deal stays what and where it is: give dealId or {name}.", field=(name,))
    deal = await lock(Deal, deal_id, actor, field=("dealId",))
    if deal.archived_at is not None:
        raise Invalid(f"The deal {deal.title} is archived: restore it first.", field=("dealId",))
    if deal.status != DealStatus.OPEN.value:
        raise Invalid(f"The deal is {deal.status}: a lead can feed an open deal only.", field=("dealId",))
    for name, has, wanted, is_new in (
        ("contact", deal.contact_id, how.contact_id, how.new_contact is not None),
        ("organization", deal.organization_id, how.organization_id, how.new_organization is not None),
        ("ownerId", deal.owner_id, how.owner_id, False),
        ("amount", deal.amount, how.amount, False),
        ("expectedCloseDate", deal.expected_close_date, how.expected_close_date, False),
    ):
        if has is not None and (is_new or wanted not in (None, has)):
            raise Invalid(
                f"The deal has another {name.removesuffix('Id')}, which it keeps: leave {name} out.", field=(name,)
            )
    return deal


async def gather(lead: Lead, how: Conversion, chosen: Parties, actor: Actor) -> Carried:
    """All that the lead has to give its deal, and what was given with the request in its place."""
    rows = await scoped(CriterionAnswer, actor).filter(lead_id=lead.id)
    answers = {Criterion(row.criterion): row.facts() for row in rows}
    return Carried(
        amount=how.amount or budget(answers),
        expected_close_date=how.expected_close_date or last_day(answers),
        contact_id=chosen.contact.id if chosen.contact else None,
        organization_id=chosen.organization.id if chosen.organization else None,
        owner_id=how.owner_id or lead.owner_id,
        source=lead.source,
        utm=lead.utm,
        description=lead.description,
        custom=await _custom(lead, actor),
        qualification_snapshot=snapshot(answers),
    )


async def _custom(lead: Lead, actor: Actor) -> dict[str, Any]:
    """What the lead's values of the workspace's own fields are in a deal."""
    if not lead.custom:
        return {}
    of: dict[str, list[FieldFacts]] = {Entity.LEAD.value: [], Entity.DEAL.value: []}
    for field in await scoped(CustomField, actor).filter(entity__in=list(of)).order_by("position", "id"):
        of[field.entity].append(field.facts())
    return carry(lead.custom, of[Entity.LEAD.value], of[Entity.DEAL.value])


async def make(
    lead: Lead, stage: Stage, how: Conversion, carried: Carried, ledger: Ledger, actor: Actor, now: datetime
) -> tuple[Deal, bool]:
    """Make the deal; and whether its neighbour had gone. In a rehearsal what its stage demands and it lacks is told.

    Raises: Invalid, FieldsRequired.
    """
    new = NewDeal(
        title=lead.title if how.title is None else how.title,
        stage_id=stage.id,
        place=how.place,
        amount=carried.amount,
        contact_id=carried.contact_id,
        organization_id=carried.organization_id,
        expected_close_date=carried.expected_close_date,
    )
    columns = {
        "source": carried.source,
        "utm": dict(carried.utm),
        "description": carried.description,
        "custom": dict(carried.custom),
        "qualification_snapshot": dict(carried.qualification_snapshot),
    }
    owner_id = carried.owner_id or actor.member_id
    added = await add_deal(
        actor=actor,
        new=new,
        now=now,
        id=new_id(),
        owner_id=owner_id,
        carried=columns,
        dry_run=ledger.rehearsing,
    )
    deal = added.deal
    ledger.create(deal, f"The deal {deal.title} is made in {stage.name}.", "deal")
    _tell_values(deal, stage, ledger)
    # What it lacks for its stage, and that its neighbour has gone. In a rehearsal there is no such deal.
    ledger.effects += [replace(effect, record=None) if ledger.rehearsing else effect for effect in added.effects]
    await _carry_tags(lead, deal, ledger, actor, is_new=True)
    return deal, added.neighbour_gone


def _tell_values(deal: Deal, stage: Stage, ledger: Ledger) -> None:
    """Tell what a new deal has from its lead."""
    chance = probability(DealStatus(deal.status), stage.probability, deal.probability_override)
    ledger.tell(EffectCode.FILLS, f"Its probability is the stage's: {chance} %.", "probability")
    for name, word in WORDS.items():
        value = held_by(deal, name)
        if not empty(value):
            said = f": {_said(deal, name)}" if name in (AMOUNT, "expected_close_date", "source") else ""
            ledger.tell(EffectCode.FILLS, f"{word} is carried over{said}.", *api_name(name))
    for key in deal.custom:
        ledger.tell(EffectCode.FILLS, f"{key} is carried over.", "custom", key)


def _said(deal: Deal, name: str) -> str:
    if name == AMOUNT and deal.amount is not None:
        return f"{written(deal.amount.minor, deal.amount.currency)} {deal.amount.currency}"
    return str(plain(getattr(deal, name)))


async def feed(lead: Lead, deal: Deal, carried: Carried, ledger: Ledger, actor: Actor, now: datetime) -> None:
    """Let the lead feed an existing deal, of which only empty fields are filled."""
    before = columns(deal)
    values: dict[str, Any] = {name: getattr(carried, name) for name in WORDS}
    values.update({f"{CUSTOM}{key}": value for key, value in carried.custom.items()})
    for name, value in values.items():
        ledger.fill(deal, name, value, WORDS.get(name, name.removeprefix(CUSTOM)))
    await _carry_tags(lead, deal, ledger, actor, is_new=False)
    await save(deal, before, actor, now)


def columns(deal: Deal) -> dict[str, Any]:
    """The columns that leads fill."""
    names = (*(name for name in WORDS if name != AMOUNT), "amount_minor", "currency", "custom")
    return {name: getattr(deal, name) for name in names}


async def save(deal: Deal, before: dict[str, Any], actor: Actor, now: datetime) -> None:
    """Write a locked deal of which columns were filled or emptied, and tell others."""
    deal.touch(now)
    await deal.save()
    changed = {name: value for name, value in before.items() if getattr(deal, name) != value}
    if changed:
        for event in events_of(changed, deal):
            await outbox.record(event, actor=actor, now=now)


async def _carry_tags(lead: Lead, deal: Deal, ledger: Ledger, actor: Actor, *, is_new: bool) -> None:
    """Put the lead's tags on the deal as well."""
    of_lead = await scoped(Tagging, actor).filter(lead_id=lead.id).order_by("id").values_list("tag_id", flat=True)
    if not of_lead:
        return
    has = set(await scoped(Tagging, actor).filter(deal_id=deal.id).values_list("tag_id", flat=True))
    for tag_id in of_lead:
        if tag_id not in has:
            await Tagging.create(workspace_id=actor.workspace_id, tag_id=tag_id, deal_id=deal.id)
            if not is_new:
                ledger.note_filled(deal, TAG, str(tag_id), "A tag of the lead is put on it.")
    if is_new:
        ledger.tell(EffectCode.FILLS, f"The lead's {len(of_lead)} tags are put on it.", "tags")
