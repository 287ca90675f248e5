"""Making deals and moving them over the board."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.contacts.models import Contact, Organization
from crm.db import atomic, check_version, get, scoped
from crm.deals import rules
from crm.deals.columns import hold, rank_for
from crm.deals.events import DealCreated, DealWon
from crm.deals.facts import DealStatus, Place
from crm.deals.models import Deal, StageChange
from crm.deals.moving import lock_card, same_rank, write_move
from crm.errors import Invalid, NotFound
from crm.idempotency import once
from crm.money import Money
from crm.outbox import operations as outbox
from crm.pipelines.facts import StageKind
from crm.pipelines.models import Pipeline, Stage


@dataclass(frozen=True, slots=True)
class NewDeal:
    """A deal as somebody gives it. Without a stage it begins in the first open one of the first pipeline."""

    title: str
    stage_id: UUID | None = None
    place: Place | None = None
    """None: at the end of the column."""
    amount: Money | None = None
    contact_id: UUID | None = None
    organization_id: UUID | None = None
    expected_close_date: date | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did."""

    deal: Deal
    from_stage: Stage
    to_stage: Stage
    neighbour_gone: bool
    """The card named as neighbour was not in the column any more; the deal landed at the end."""


@dataclass(frozen=True, slots=True)
class Added:
    """A deal that came into being. ``neighbour_gone`` as in ``Moved``."""

    deal: Deal
    neighbour_gone: bool


@atomic()
async def create_deal(*, actor: Actor, new: NewDeal, idempotency_key: str | None, now: datetime) -> Added:
    """Make a deal by hand, with no lead behind it.

    Raises: Invalid, NotFound, Forbidden.
    """
    permit(actor, "deal.create")
    neighbour_gone = False

    async def make(id: UUID) -> Deal:
        nonlocal neighbour_gone
        if new.contact_id is not None:
            await get(Contact, new.contact_id, actor, field=("contactId",))
        if new.organization_id is not None:
            await get(Organization, new.organization_id, actor, field=("organizationId",))
        added = await add_deal(actor=actor, new=new, now=now, id=id, owner_id=actor.member_id)
        neighbour_gone = added.neighbour_gone
        return added.deal

    deal = await once(Deal, make, actor=actor, operation="createDeal", key=idempotency_key, request=new, now=now)
    return Added(deal=deal, neighbour_gone=neighbour_gone)


@atomic()
async def move_deal(
    *,
    actor: Actor,
    deal_id: UUID,
    stage_id: UUID,
    place: Place,
    expected_version: int | None,
    lost_reason: str | None,
    now: datetime,
) -> Moved:
    """Move a deal to a stage of its pipeline, between two cards; the same stage gives it another place there.

    Raises: NotFound, StaleVersion, WrongPipeline, LostReasonMissing, Invalid, Forbidden.
    """
    deal, stage, before = await lock_card(deal_id, stage_id, actor)
    if deal is None or before is None:
        raise NotFound("There is no deal with this id.", field=("id",))
    check_version(deal, expected_version)
    permit(actor, "deal.move", deal)
    if stage is None:
        raise NotFound("There is no stage with this id.", field=("stageId",))
    reason = text.optional(lost_reason, field=("lostReason",), limit=500)
    move = rules.decide_move(deal.facts(), stage.facts(), reason)
    rules.check_place(place, deal.id)
    _apply(deal, stage, move, now)
    deal.rank, neighbour_gone = await rank_for(deal.id, stage.id, place, actor)
    await write_move(deal, before, stage, move, actor, now)
    return Moved(deal=deal, from_stage=before, to_stage=stage, neighbour_gone=neighbour_gone)


async def add_deal(
    *,
    actor: Actor,
    new: NewDeal,
    now: datetime,
    id: UUID,
    owner_id: UUID | None,
    carried: dict[str, Any] | None = None,
) -> Added:
    """Make a deal inside the caller's transaction; ``carried`` are further columns, such as a lead's source.

    Raises: Invalid, NotFound.
    """
    stage = await (
        get(Stage, new.stage_id, actor, field=("stageId",)) if new.stage_id else first_open_stage(actor=actor)
    )
    status = rules.decide_entry(stage.facts())
    await hold(stage.id)
    rank, neighbour_gone = await rank_for(id, stage.id, new.place or Place.last(), actor)
    deal = Deal(
        id=id,
        workspace_id=actor.workspace_id,
        title=text.required(new.title, field=("title",), limit=500),
        pipeline_id=stage.pipeline_id,
        stage_id=stage.id,
        status=status.value,
        rank=rank,
        amount_minor=new.amount.minor if new.amount else None,
        currency=new.amount.currency if new.amount else None,
        expected_close_date=new.expected_close_date,
        closed_at=None if status is DealStatus.OPEN else now,
        contact_id=new.contact_id,
        organization_id=new.organization_id,
        owner_id=owner_id,
        created_at=now,
        updated_at=now,
        **(carried or {}),
    )
    try:
        await deal.save(force_create=True)
    except IntegrityError as error:
        raise same_rank(error) from error
    await StageChange.create(
        workspace_id=actor.workspace_id,
        deal_id=deal.id,
        to_stage_id=stage.id,
        entered_at=now,
        member_id=actor.member_id,
    )
    await outbox.record(DealCreated(subject_id=deal.id, stage_id=stage.id), actor=actor, now=now)
    if status is DealStatus.WON:
        await outbox.record(DealWon(subject_id=deal.id), actor=actor, now=now)
    return Added(deal=deal, neighbour_gone=neighbour_gone)


async def first_open_stage(*, actor: Actor) -> Stage:
    """Where a deal begins when nobody says: the first open stage of the first pipeline.

    Raises: Invalid when the workspace has none.
    """
    for pipeline in await scoped(Pipeline, actor).order_by("position", "id"):
        stages = scoped(Stage, actor).filter(pipeline_id=pipeline.id, kind=StageKind.OPEN.value)
        stage = await stages.order_by("position", "id").first()
        if stage is not None:
            return stage
    raise Invalid("The workspace has no open stage: give stageId, or make a pipeline first.", field=("stageId",))


def _apply(deal: Deal, stage: Stage, move: rules.Move, now: datetime) -> None:
    deal.stage_id = stage.id
    deal.status = move.status.value
    deal.lost_reason = move.lost_reason or (deal.lost_reason if move.status is DealStatus.LOST else None)
    if move.closes:
        deal.closed_at = now
    if move.reopens:
        deal.closed_at = None
    if move.last_open_stage_id is not None:
        deal.last_open_stage_id = move.last_open_stage_id
    deal.touch(now)
