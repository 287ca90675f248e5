"""Making deals and moving them over the board."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.models import Member
from crm.accounts.permissions import permit
from crm.contacts.models import Contact, Organization
from crm.customfields import values as customfields
from crm.customfields.facts import Entity
from crm.customfields.rules import Given, merged
from crm.db import Conflict, atomic, check_version, get, scoped
from crm.deals import rules
from crm.deals.columns import hold, rank_for
from crm.deals.entering import pass_gate
from crm.deals.events import DealCreated, DealWon
from crm.deals.facts import DealStatus, Intent, Place
from crm.deals.models import Deal, StageChange
from crm.deals.moving import lock_card, same_rank, write_move
from crm.effects import Effect
from crm.errors import Invalid, NotFound
from crm.idempotency import once
from crm.money import Money
from crm.outbox import operations as outbox
from crm.pipelines.facts import StageKind
from crm.pipelines.models import Pipeline, Stage
from crm.tags import operations as tags


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
    description: str | None = None
    owner_id: UUID | None = None
    """None: whoever makes it."""
    probability: int | None = None
    """In percent; None: the stage's."""
    tag_ids: tuple[UUID, ...] = ()
    custom: tuple[Given, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did."""

    deal: Deal
    from_stage: Stage
    to_stage: Stage
    neighbour_gone: bool
    """The card named as neighbour was not in the column any more; the deal landed at the end."""
    effects: list[Effect] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Added:
    """A deal that came into being. ``neighbour_gone`` as in ``Moved``."""

    deal: Deal
    neighbour_gone: bool
    effects: list[Effect] = field(default_factory=list)


@atomic()
async def create_deal(
    *, actor: Actor, new: NewDeal, idempotency_key: str | None, dry_run: bool = False, now: datetime
) -> Added:
    """Make a deal by hand, with no lead behind it.

    Raises: Invalid, NotFound, FieldsRequired, Forbidden.
    """
    permit(actor, "deal.create")
    made: Added | None = None

    async def make(id: UUID) -> Deal:
        nonlocal made
        for model, given, name in (
            (Contact, new.contact_id, "contactId"),
            (Organization, new.organization_id, "organizationId"),
            (Member, new.owner_id, "ownerId"),
        ):
            if given is not None:
                await get(model, given, actor, field=(name,))
        owner_id = new.owner_id or actor.member_id
        custom = merged({}, await customfields.read(Entity.DEAL, new.custom, actor=actor))
        made = await add_deal(
            actor=actor, new=new, now=now, id=id, owner_id=owner_id, carried={"custom": custom}, dry_run=dry_run
        )
        await tags.put("Deal", id, new.tag_ids, actor=actor)
        return made.deal

    deal = await once(Deal, make, actor=actor, operation="createDeal", key=idempotency_key, request=new, now=now)
    return made or Added(deal=deal, neighbour_gone=False)


async def add_deal(
    *,
    actor: Actor,
    new: NewDeal,
    now: datetime,
    id: UUID,
    owner_id: UUID | None,
    carried: dict[str, Any] | None = None,
    dry_run: bool = False,
) -> Added:
    """Make a deal inside the caller's transaction; ``carried`` are further columns, such as a lead's source.

    With ``dry_run`` what the stage demands and the deal lacks is told by the effects instead of refused.

    Raises: Invalid, NotFound, FieldsRequired.
    """
    stage_id = new.stage_id or (await first_open_stage(actor=actor)).id
    await hold(stage_id)
    # Read when its column is held: from then on nobody deletes it.
    stage = await get(Stage, stage_id, actor, field=("stageId",))
    status = rules.decide_entry(stage.facts())
    board = await get(Pipeline, stage.pipeline_id, actor)
    rules.check_board(archived=board.archived_at is not None, field=("stageId",))
    columns = {"description": text.note(new.description, field=("description",)), **(carried or {})}
    deal = Deal(
        id=id,
        workspace_id=actor.workspace_id,
        title=text.required(new.title, field=("title",), limit=500),
        pipeline_id=stage.pipeline_id,
        stage_id=stage.id,
        status=status.value,
        amount_minor=new.amount.minor if new.amount else None,
        currency=new.amount.currency if new.amount else None,
        probability_override=rules.checked_probability(new.probability),
        expected_close_date=new.expected_close_date,
        closed_at=None if status is DealStatus.OPEN else now,
        contact_id=new.contact_id,
        organization_id=new.organization_id,
        owner_id=owner_id,
        created_at=now,
        updated_at=now,
        **columns,
    )
    effects = await pass_gate(deal, stage, actor=actor, dry_run=dry_run)
    deal.rank, neighbour_gone = await rank_for(id, stage.id, new.place or Place.last(), actor)
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
        effects.append(rules.closes(deal.id, status))
    if neighbour_gone:
        effects.append(rules.neighbour_has_gone(deal.id))
    return Added(deal=deal, neighbour_gone=neighbour_gone, effects=effects)


@atomic()
async def move_deal(
    *,
    actor: Actor,
    deal_id: UUID,
    stage_id: UUID,
    place: Place,
    expected_version: int | None,
    lost_reason: str | None,
    won_reason: str | None = None,
    dry_run: bool = False,
    now: datetime,
) -> Moved:
    """Move a deal to a stage of its pipeline, between two cards; the same stage gives it another place there.

    Raises: NotFound, StaleVersion, WrongPipeline, LostReasonMissing, FieldsRequired, Invalid, Forbidden.
    """
    how = How(
        Intent.MOVE, place, reason_given(lost_reason, "lostReason"), reason_given(won_reason, "wonReason"), dry_run
    )
    return await carry_out(deal_id, stage_id, how, expected_version, actor, now)


@dataclass(frozen=True, slots=True)
class How:
    """All about a move besides which deal goes where. The reasons have been read by ``reason_given``."""

    intent: Intent
    place: Place
    lost_reason: str | None
    won_reason: str | None
    dry_run: bool


async def carry_out(
    deal_id: UUID, stage_id: UUID, how: How, expected_version: int | None, actor: Actor, now: datetime
) -> Moved:
    """The one way in which a card moves."""
    card = await lock_card(deal_id, stage_id, actor)
    if card is None:
        raise NotFound("There is no deal with this id.", field=("id",))
    deal, before, stage = card.deal, card.source, card.target
    check_version(deal, expected_version)
    permit(actor, f"deal.{how.intent.value}", deal)
    if stage is None:
        raise NotFound("There is no stage with this id.", field=("stageId",))
    by_name = how.intent is Intent.MOVE
    if stage.archived_at is not None and not by_name:
        raise Conflict("the stage that was chosen for the deal has been deleted since")
    rules.check_active(deal.facts())
    rules.check_board(archived=card.put_away, field=("id",))
    rules.check_intent(deal.facts(), how.intent)
    move = rules.decide_move(deal.facts(), stage.facts(), how.lost_reason, how.won_reason)
    rules.check_place(how.place, deal.id)
    chance = _probability(deal, before)
    effects: list[Effect] = []
    if move.changes_stage:
        field = ("stageId",) if by_name else ()
        effects = await pass_gate(deal, stage, actor=actor, dry_run=how.dry_run, field=field)
    _apply(deal, stage, move, now)
    deal.rank, neighbour_gone = await rank_for(deal.id, stage.id, how.place, actor)
    await write_move(deal, before, stage, move, actor, now)
    effects += rules.move_effects(
        deal.id, move, chance, _probability(deal, stage), deal.probability_override, neighbour_gone
    )
    return Moved(deal=deal, from_stage=before, to_stage=stage, neighbour_gone=neighbour_gone, effects=effects)


def reason_given(reason: str | None, name: str) -> str | None:
    """A reason for winning or losing; blank counts as none. ``name`` is the input field's.

    Raises: Invalid.
    """
    return text.optional(reason, field=(name,), limit=500)


def _probability(deal: Deal, stage: Stage) -> int:
    return rules.probability(DealStatus(deal.status), stage.probability, deal.probability_override)


async def first_open_of(pipeline_id: UUID, actor: Actor) -> Stage | None:
    stages = scoped(Stage, actor).filter(pipeline_id=pipeline_id, kind=StageKind.OPEN.value, archived_at=None)
    return await stages.order_by("position", "id").first()


async def first_open_stage(*, actor: Actor) -> Stage:
    """Where a deal begins when nobody says: the first open stage of the first pipeline.

    Raises: Invalid when the workspace has none.
    """
    for pipeline in await scoped(Pipeline, actor).filter(archived_at=None).order_by("position", "id"):
        stage = await first_open_of(pipeline.id, actor)
        if stage is not None:
            return stage
    raise Invalid("The workspace has no open stage: give stageId, or make a pipeline first.", field=("stageId",))


def _apply(deal: Deal, stage: Stage, move: rules.Move, now: datetime) -> None:
    deal.stage_id = stage.id
    deal.status = move.status.value
    deal.lost_reason = move.lost_reason or (deal.lost_reason if move.status is DealStatus.LOST else None)
    deal.won_reason = move.won_reason or (deal.won_reason if move.status is DealStatus.WON else None)
    if move.closes:
        deal.closed_at = now
    if move.reopens:
        deal.closed_at = deal.last_open_stage_id = None
    if move.last_open_stage_id is not None:
        deal.last_open_stage_id = move.last_open_stage_id
    deal.touch(now)
