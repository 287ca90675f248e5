"""Making deals and moving them over the board."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.activities import operations as activities
from crm.activities.models import ActivityKind
from crm.contacts.models import Contact, Organization
from crm.db import atomic, execute, get, lock, scoped
from crm.deals import ranks, rules
from crm.deals.events import DealCreated, DealLost, DealMoved, DealReopened, DealStageChanged, DealWon
from crm.deals.facts import DealStatus, Place, PlaceKind
from crm.deals.models import Deal, StageChange
from crm.errors import Invalid
from crm.idempotency import once
from crm.money import Money
from crm.outbox import operations as outbox
from crm.pipelines.facts import StageKind
from crm.pipelines.models import Pipeline, Stage

_chance = random.SystemRandom()


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
    deal = await lock(Deal, deal_id, actor, expected_version=expected_version)
    permit(actor, "deal.move", deal)
    stage = await get(Stage, stage_id, actor, field=("stageId",))
    reason = text.optional(lost_reason, field=("lostReason",), limit=500)
    move = rules.decide_move(deal.facts(), stage.facts(), reason)
    rules.check_place(place, deal.id)
    before = stage if not move.changes_stage else await get(Stage, deal.stage_id, actor)
    _apply(deal, stage, move, now)

    async def write(rank: str) -> None:
        deal.rank = rank
        await deal.save()

    neighbour_gone = await _place(write, deal.id, stage.id, place, actor)
    await _record_move(deal, before, stage, move, actor, now)
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
    deal = Deal(
        id=id,
        workspace_id=actor.workspace_id,
        title=text.required(new.title, field=("title",), limit=500),
        pipeline_id=stage.pipeline_id,
        stage_id=stage.id,
        status=status.value,
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

    async def write(rank: str) -> None:
        deal.rank = rank
        await deal.save(force_create=True)

    neighbour_gone = await _place(write, deal.id, stage.id, new.place or Place.last(), actor)
    await _enter(deal, None, stage, actor, now)
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


async def _record_move(deal: Deal, before: Stage, stage: Stage, move: rules.Move, actor: Actor, now: datetime) -> None:
    if not move.changes_stage:
        await outbox.record(DealMoved(subject_id=deal.id, stage_id=stage.id), actor=actor, now=now)
        return
    current = await scoped(StageChange, actor).get(deal_id=deal.id, left_at=None)
    # Two requests may commit in another order than they came in: time in a stage is never negative.
    at = max(now, current.entered_at)
    current.left_at = at
    await current.save()
    await _enter(deal, before, stage, actor, at)
    summary = f"Moved from {before.name} to {stage.name}"
    await activities.log(
        actor=actor,
        kind=ActivityKind.CHANGE,
        summary=f"{summary}: {move.lost_reason}" if move.lost_reason else summary,
        deal_id=deal.id,
        now=now,
    )
    changed = DealStageChanged(subject_id=deal.id, from_stage_id=before.id, to_stage_id=stage.id)
    await outbox.record(changed, actor=actor, now=now)
    if move.status is DealStatus.WON:
        await outbox.record(DealWon(subject_id=deal.id), actor=actor, now=now)
    if move.status is DealStatus.LOST:
        await outbox.record(DealLost(subject_id=deal.id, reason=deal.lost_reason or ""), actor=actor, now=now)
    if move.reopens:
        await outbox.record(DealReopened(subject_id=deal.id), actor=actor, now=now)


async def _enter(deal: Deal, before: Stage | None, stage: Stage, actor: Actor, now: datetime) -> None:
    await StageChange.create(
        workspace_id=actor.workspace_id,
        deal_id=deal.id,
        from_stage_id=before.id if before else None,
        to_stage_id=stage.id,
        entered_at=now,
        member_id=actor.member_id,
    )


async def _place(
    write: Callable[[str], Awaitable[None]], deal_id: UUID, stage_id: UUID, place: Place, actor: Actor
) -> bool:
    """Write the card with a rank for the place; True when its neighbour had gone and it went to the end.

    No lock on the column: if somebody else took the very same rank at the same time, look again and take another.
    """
    for attempt in range(5):
        low, high, found = rules.gap(place, await _around(deal_id, stage_id, place, actor))
        rank = ranks.between(low, high, _chance)
        if len(rank) > ranks.LONGEST:
            await _rank_anew(deal_id, stage_id, actor)
            continue
        try:
            async with in_transaction():
                await write(rank)
            return not found
        except IntegrityError as error:
            if attempt == 4 or "deal_rank_once" not in str(error):
                raise
    raise RuntimeError("a column could not be ranked anew")


async def _around(deal_id: UUID, stage_id: UUID, place: Place, actor: Actor) -> list[tuple[UUID, str]]:
    """The cards that decide a place: the neighbour and the one next to it, or the column's first or last."""
    column = scoped(Deal, actor).filter(stage_id=stage_id).exclude(id=deal_id)
    if place.kind in (PlaceKind.BEFORE, PlaceKind.AFTER):
        neighbour = await column.get_or_none(id=place.neighbour_id)
        if neighbour is not None:
            if place.kind is PlaceKind.BEFORE:
                next_to = await column.filter(rank__lt=neighbour.rank).order_by("-rank").first()
            else:
                next_to = await column.filter(rank__gt=neighbour.rank).order_by("rank").first()
            cards = [neighbour] if next_to is None else [neighbour, next_to]
            return sorted(((card.id, card.rank) for card in cards), key=lambda card: card[1])
    end = await column.order_by("rank" if place.kind is PlaceKind.FIRST else "-rank").first()
    return [] if end is None else [(end.id, end.rank)]


async def _rank_anew(deal_id: UUID, stage_id: UUID, actor: Actor) -> None:
    """Give every card of a column an evenly spread rank, in its order; no version changes, for nobody sees ranks."""
    rows = await execute(
        "SELECT id FROM deal WHERE workspace_id = $1 AND stage_id = $2 ORDER BY rank FOR NO KEY UPDATE",
        actor.workspace_id,
        stage_id,
    )
    await execute(
        "UPDATE deal SET rank = new.rank FROM unnest($1::uuid[], $2::text[]) AS new (id, rank)"
        " WHERE deal.workspace_id = $3 AND deal.id = new.id",
        [row["id"] for row in rows],
        ranks.spread(len(rows)),
        actor.workspace_id,
    )
