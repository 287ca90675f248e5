"""What makes a pipeline: its stages, their kinds and their order. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from crm.errors import Invalid
from crm.pipelines.facts import NewStage, StageFacts, StageKind

STANDARD_STAGES: tuple[NewStage, ...] = (
    NewStage("Qualified", StageKind.OPEN, 10),
    NewStage("Offer sent", StageKind.OPEN, 40),
    NewStage("In negotiation", StageKind.OPEN, 70),
    NewStage("Won", StageKind.WON, 100),
    NewStage("Lost", StageKind.LOST, 0),
)
"""What a pipeline has when nobody says otherwise."""
MOST_STAGES = 50
MOST_DAYS = 3650
"""A limit for rotting: ten years."""

_FIXED = {StageKind.WON: 100, StageKind.LOST: 0}
_COLOR = re.compile(r"#[0-9a-f]{6}")


def check_stages(stages: Sequence[NewStage]) -> None:
    """Whether these make a pipeline, in their order.

    Raises: Invalid.
    """
    kinds = [stage.kind for stage in stages]
    if StageKind.OPEN not in kinds or kinds.count(StageKind.WON) != 1 or kinds.count(StageKind.LOST) != 1:
        raise Invalid(
            "A pipeline has at least one OPEN stage, exactly one WON and exactly one LOST: give those.",
            field=("stages",),
        )
    if len(stages) > MOST_STAGES:
        raise Invalid(f"There are {len(stages)} stages: give at most {MOST_STAGES}.", field=("stages",))
    check_order(kinds, field=("stages",))


def check_order(kinds: Sequence[StageKind], *, field: tuple[str, ...]) -> None:
    """Raises: Invalid when an OPEN stage comes after WON or LOST."""
    closing = [kind is not StageKind.OPEN for kind in kinds]
    if closing != sorted(closing):
        raise Invalid("WON and LOST are the last stages of a pipeline: put the OPEN ones before them.", field=field)


def probability(kind: StageKind, given: int | None, *, field: tuple[str, ...]) -> int:
    """A stage's probability in percent; WON and LOST have theirs by nature.

    Raises: Invalid.
    """
    fixed = _FIXED.get(kind)
    if fixed is not None:
        if given not in (None, fixed):
            raise Invalid(f"The probability of a {kind.value} stage is {fixed}: leave it out.", field=field)
        return fixed
    if given is None or not 0 <= given <= 100:
        raise Invalid("probability is in percent: give 0 to 100.", field=field)
    return given


def color(given: str | None, *, field: tuple[str, ...]) -> str | None:
    """A color as it is stored, in small letters; blank counts as none.

    Raises: Invalid.
    """
    lowered = (given or "").strip().lower()
    if lowered and not _COLOR.fullmatch(lowered):
        raise Invalid(f"{(given or '')[:20]!r} is no color: give one such as #1e90ff.", field=field)
    return lowered or None


def rotting_after_days(given: int | None, *, field: tuple[str, ...]) -> int | None:
    """After how many days a deal is rotting; None: never.

    Raises: Invalid.
    """
    if given is not None and not 1 <= given <= MOST_DAYS:
        raise Invalid(f"rottingAfterDays is a number of days: give 1 to {MOST_DAYS}, or null for never.", field=field)
    return given


def arranged(ids: Sequence[UUID], given: Sequence[UUID], what: str, *, field: tuple[str, ...]) -> None:
    """Whether an order names each of ``ids`` once.

    Raises: Invalid.
    """
    if len(set(given)) != len(given):
        raise Invalid(f"A {what} is named twice: name each once.", field=field)
    if set(given) != set(ids):
        raise Invalid(f"Not all {what}s are named: give all {len(ids)}, in their new order.", field=field)


def inserted(stages: Sequence[StageFacts], new: UUID, beside: UUID | None, *, after: bool) -> list[UUID]:
    """The order of a pipeline's stages with a new OPEN one: beside another, or last of the open ones."""
    order = [stage.id for stage in stages]
    opened = sum(stage.kind is StageKind.OPEN for stage in stages)
    at = opened if beside is None else order.index(beside) + after
    return [*order[:at], new, *order[at:]]


def check_deletion(stage: StageFacts, stages: Sequence[StageFacts], to: UUID | None) -> None:
    """Whether a stage may go, of a pipeline with these stages, and its deals to ``to``.

    Raises: Invalid.
    """
    if stage.archived:
        raise Invalid(f"The stage {stage.name} was deleted already.", field=("id",))
    if stage.kind is not StageKind.OPEN:
        raise Invalid(f"A pipeline has one {stage.kind.value} stage, which stays: rename it.", field=("id",))
    others = [other for other in stages if other.kind is StageKind.OPEN and other.id != stage.id]
    if not others:
        raise Invalid("It is the last open stage of its pipeline: make another one first.", field=("id",))
    if to is not None and to not in {other.id for other in others}:
        raise Invalid("Deals go to another OPEN stage of the same pipeline: name one.", field=("moveDealsTo",))
