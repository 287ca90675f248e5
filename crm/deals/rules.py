"""What may be done with a deal. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from crm.deals.facts import DealFacts, DealStatus, Place, PlaceKind
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
    last_open_stage_id: UUID | None
    """The open stage it left for WON or LOST; None: leave what is recorded."""


def decide_move(deal: DealFacts, stage: StageFacts, lost_reason: str | None) -> Move:
    """Decide a move to a stage.

    Raises: WrongPipeline, LostReasonMissing, Invalid.
    """
    if stage.pipeline_id != deal.pipeline_id:
        raise WrongPipeline(
            "This stage belongs to another pipeline than the deal: choose a stage of the deal's own.",
            field=("stageId",),
        )
    status = DealStatus(stage.kind.value)
    changes_stage = stage.id != deal.stage_id
    reason = _lost_reason(stage, lost_reason, needed=changes_stage)
    was_open = deal.status is DealStatus.OPEN
    return Move(
        status=status,
        changes_stage=changes_stage,
        closes=was_open and status is not DealStatus.OPEN,
        reopens=not was_open and status is DealStatus.OPEN,
        lost_reason=reason,
        last_open_stage_id=deal.stage_id if was_open and status is not DealStatus.OPEN else None,
    )


def decide_entry(stage: StageFacts) -> DealStatus:
    """The status of a deal that comes into being in a stage.

    Raises: Invalid for a LOST stage: what is lost must have been a deal before.
    """
    if stage.kind is StageKind.LOST:
        raise Invalid("A deal cannot begin in a LOST stage: choose an OPEN or WON one.", field=("stageId",))
    return DealStatus(stage.kind.value)


def probability(status: DealStatus, of_stage: int, override: int | None) -> int:
    """How likely a deal is won, in percent: a person's estimate while it is open, else its stage's."""
    return of_stage if override is None or status is not DealStatus.OPEN else override


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
