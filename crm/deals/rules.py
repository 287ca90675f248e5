"""What may be done with a deal. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from crm.deals.facts import DealFacts, DealStatus, Intent, Place, PlaceKind
from crm.effects import Effect, EffectCode
from crm.errors import Code, DomainError, Invalid, ReasonRequired
from crm.pipelines.facts import StageFacts, StageKind


class WrongPipeline(DomainError):
    code = Code.WRONG_PIPELINE


class LostReasonMissing(ReasonRequired):
    pass


@dataclass(frozen=True, slots=True)
class Move:
    """What a move changes."""

    status: DealStatus
    changes_stage: bool
    closes: bool
    """It was open and is not any more: the closing time is set."""
    reopens: bool
    """It was won or lost and is open again: closing time and reason go."""
    lost_reason: str | None
    """Given with the move; None: a deal that stays LOST keeps its own."""
    won_reason: str | None
    """The same for WON."""
    last_open_stage_id: UUID | None
    """The open stage it left for WON or LOST; None: leave what is recorded."""


def check_active(deal: DealFacts, *, field: tuple[str, ...] = ("id",)) -> None:
    """Raises: Invalid for an archived deal: it can be read, and restored."""
    if deal.archived:
        raise Invalid("The deal is archived: restore it first.", field=field)


def check_board(*, archived: bool, field: tuple[str, ...]) -> None:
    """Raises: Invalid for a pipeline that was put away: nothing moves on it."""
    if archived:
        raise Invalid("The pipeline is archived: restore it first.", field=field)


def check_intent(deal: DealFacts, intent: Intent) -> None:
    """Raises: Invalid when the deal already is what it is to become."""
    already = {Intent.WIN: DealStatus.WON, Intent.LOSE: DealStatus.LOST, Intent.REOPEN: DealStatus.OPEN}
    if deal.status is already.get(intent):
        hint = "its stage is changed by moveDeal" if intent is Intent.REOPEN else "its reason is changed by updateDeal"
        raise Invalid(f"The deal is {deal.status.value} already: {hint}.", field=("id",))


def decide_move(deal: DealFacts, stage: StageFacts, lost_reason: str | None, won_reason: str | None = None) -> Move:
    """Decide a move to a stage.

    Raises: WrongPipeline, LostReasonMissing, Invalid.
    """
    check_active(deal)
    check_stage(stage)
    if stage.pipeline_id != deal.pipeline_id:
        raise WrongPipeline(
            "This stage belongs to another pipeline than the deal: choose a stage of the deal's own.",
            field=("stageId",),
        )
    status = DealStatus(stage.kind.value)
    changes_stage = stage.id != deal.stage_id
    reason = _lost_reason(stage, lost_reason, needed=changes_stage)
    if won_reason is not None and stage.kind is not StageKind.WON:
        raise Invalid("wonReason goes with a WON stage only: leave it out.", field=("wonReason",))
    was_open = deal.status is DealStatus.OPEN
    return Move(
        status=status,
        changes_stage=changes_stage,
        closes=was_open and status is not DealStatus.OPEN,
        reopens=not was_open and status is DealStatus.OPEN,
        lost_reason=reason,
        won_reason=won_reason,
        last_open_stage_id=deal.stage_id if was_open and status is not DealStatus.OPEN else None,
    )


def check_stage(stage: StageFacts) -> None:
    """Raises: Invalid for a stage that was deleted."""
    if stage.archived:
        raise Invalid(f"The stage {stage.name} was deleted: choose another one.", field=("stageId",))


def decide_entry(stage: StageFacts) -> DealStatus:
    """The status of a deal that comes into being in a stage.

    Raises: Invalid for a LOST stage (what is lost must have been a deal before) and for one that was deleted.
    """
    check_stage(stage)
    if stage.kind is StageKind.LOST:
        raise Invalid("A deal cannot begin in a LOST stage: choose an OPEN or WON one.", field=("stageId",))
    return DealStatus(stage.kind.value)


def probability(status: DealStatus, of_stage: int, override: int | None) -> int:
    """How likely a deal is won, in percent: a person's estimate while it is open, else its stage's."""
    return of_stage if override is None or status is not DealStatus.OPEN else override


def move_effects(
    deal_id: UUID, move: Move, before: int, after: int, override: int | None, neighbour_gone: bool
) -> list[Effect]:
    """What a move does besides moving; ``before`` and ``after`` are the probabilities."""
    record = ("Deal", deal_id)
    effects = []
    if move.closes:
        effects.append(closes(deal_id, move.status))
    if move.reopens:
        effects.append(Effect(EffectCode.REOPENS, "The deal is OPEN again.", ("status",), record))
    if move.changes_stage and move.status is not DealStatus.OPEN and not move.closes:
        effects.append(Effect(EffectCode.CHANGES, f"The deal is {move.status.value}.", ("status",), record))
    if before != after:
        said = f"Its probability goes from {before} to {after} percent."
        effects.append(Effect(EffectCode.CHANGES, said, ("probability",), record))
    elif move.changes_stage and override is not None and move.status is DealStatus.OPEN:
        said = f"Its probability stays at {override} percent, which a person gave it."
        effects.append(Effect(EffectCode.KEEPS, said, ("probability",), record))
    if neighbour_gone:
        effects.append(neighbour_has_gone(deal_id))
    return effects


def closes(deal_id: UUID, status: DealStatus) -> Effect:
    """A deal is won or lost."""
    return Effect(EffectCode.CLOSES, f"The deal is {status.value}.", ("status",), ("Deal", deal_id))


def neighbour_has_gone(deal_id: UUID) -> Effect:
    """The card that was named as neighbour is not where it was."""
    said = "The card named in place is not in the column any more: the deal is at the column's end."
    return Effect(EffectCode.KEEPS, said, ("place",), ("Deal", deal_id))


def decide_probability(status: DealStatus, given: int | None) -> int | None:
    """A person's estimate of an open deal; None: its stage's again.

    Raises: Invalid.
    """
    if given is not None and status is not DealStatus.OPEN:
        raise Invalid(f"The deal is {status.value}: reopen it to estimate it again.", field=("probability",))
    return checked_probability(given)


def decide_lost_reason(status: DealStatus, given: str | None) -> str | None:
    """Another reason for a deal that is LOST.

    Raises: LostReasonMissing, Invalid.
    """
    if status is not DealStatus.LOST:
        raise Invalid(f"The deal is {status.value}: only a LOST one has a lostReason.", field=("lostReason",))
    if given is None:
        raise LostReasonMissing("A deal is lost for a reason: give lostReason.", field=("lostReason",))
    return given


def decide_won_reason(status: DealStatus, given: str | None) -> str | None:
    """Another reason, or none, for a deal that is WON.

    Raises: Invalid.
    """
    if given is not None and status is not DealStatus.WON:
        raise Invalid(f"The deal is {status.value}: only a WON one has a wonReason.", field=("wonReason",))
    return given


def checked_probability(given: int | None) -> int | None:
    """Raises: Invalid for what is no probability in percent."""
    if given is not None and not 0 <= given <= 100:
        raise Invalid("probability is in percent: give 0 to 100.", field=("probability",))
    return given


def check_place(place: Place, deal_id: UUID) -> None:
    """Raises: Invalid when a card is to be placed beside itself."""
    if place.neighbour_id == deal_id:
        raise Invalid("A deal cannot be placed beside itself: name another deal.", field=("place", place.kind.value))


def gap(place: Place, column: list[tuple[UUID, str]]) -> tuple[str | None, str | None, bool]:
    """(rank below, rank above, whether the neighbour was there) for a place, out of the cards around it.

    ``column`` holds (id, rank) in order: of the whole column, or of the neighbour and the card next to it.
    Where the neighbour has gone, the place is the end, and ``column`` must end with the last card.
    """
    if place.kind is PlaceKind.FIRST:
        return None, column[0][1] if column else None, True
    index = next((i for i, (id, _) in enumerate(column) if id == place.neighbour_id), None)
    if place.kind is PlaceKind.LAST or index is None:
        return column[-1][1] if column else None, None, place.kind is PlaceKind.LAST
    if place.kind is PlaceKind.BEFORE:
        return column[index - 1][1] if index else None, column[index][1], True
    return column[index][1], column[index + 1][1] if index + 1 < len(column) else None, True


def _lost_reason(stage: StageFacts, given: str | None, *, needed: bool) -> str | None:
    if stage.kind is not StageKind.LOST:
        if given is not None:
            raise Invalid("lostReason goes with a LOST stage only: leave it out.", field=("lostReason",))
        return None
    if given is None and needed:
        raise LostReasonMissing("A deal is lost for a reason: give lostReason.", field=("lostReason",))
    return given
