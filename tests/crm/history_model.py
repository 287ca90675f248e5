"""A pipeline's past as plain Python keeps it: a copy of all deals after every step, and what differs between two."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from crm.deals.past import ChangeKind as Kind
from crm.money import Money

NEVER = date.max


@dataclass(frozen=True)
class State:
    """All of a deal that is remembered."""

    pipeline: UUID
    stage: UUID
    status: str
    amount: Money | None
    due: date | None
    override: int | None
    owner: UUID | None
    archived: bool

    def seen_in(self, pipeline: UUID) -> bool:
        return self.pipeline == pipeline and not self.archived

    def open_in(self, pipeline: UUID) -> bool:
        return self.seen_in(pipeline) and self.status == "OPEN"


Board = Mapping[UUID, State]


@dataclass
class Copies:
    """Copies of the board, each from its moment on."""

    moments: list[datetime] = field(default_factory=list)
    boards: list[Board] = field(default_factory=list)

    def keep(self, at: datetime, board: Board) -> None:
        if self.moments and self.moments[-1] == at:
            self.boards[-1] = dict(board)
        else:
            self.moments.append(at)
            self.boards.append(dict(board))

    def at(self, moment: datetime) -> Board:
        index = bisect_right(self.moments, moment)
        return self.boards[index - 1] if index else {}


def sums(board: Board, pipeline: UUID) -> Counter[str]:
    """What is open, by currency, and how many (under the empty one)."""
    found: Counter[str] = Counter()
    for state in board.values():
        if state.open_in(pipeline):
            found[""] += 1
            if state.amount is not None:
                found[state.amount.currency] += state.amount.minor
    return found


def kinds(a: State | None, b: State, pipeline: UUID, place: Mapping[UUID, int]) -> set[Kind]:
    """In which ways a deal changed, if it is to be seen at either moment."""
    was_seen, is_seen = a is not None and a.seen_in(pipeline), b.seen_in(pipeline)
    if not (was_seen or is_seen):
        return set()
    if a is None:
        return {Kind.ADDED} | closed(b)
    if b.pipeline != pipeline:
        return {Kind.LEFT}
    found = set()
    if a.pipeline != pipeline:
        found.add(Kind.ENTERED)
    elif a.archived != b.archived:
        found.add(Kind.ARCHIVED if b.archived else Kind.RESTORED)
    if a.status != b.status:
        found |= closed(b) or {Kind.REOPENED}
    elif a.status == "OPEN" and a.pipeline == pipeline and a.stage != b.stage:
        found.add(Kind.MOVED_FORWARD if place[b.stage] > place[a.stage] else Kind.MOVED_BACK)
    if a.amount and b.amount and a.amount.currency != b.amount.currency:
        found.add(Kind.VALUE_CHANGED)
    else:
        more = (b.amount.minor if b.amount else 0) - (a.amount.minor if a.amount else 0)
        found |= {Kind.VALUE_UP} if more > 0 else {Kind.VALUE_DOWN} if more < 0 else set()
    if b.status == "OPEN" and a.due != b.due:
        found.add(Kind.SLIPPED if (b.due or NEVER) > (a.due or NEVER) else Kind.PULLED_IN)
    if a.owner != b.owner:
        found.add(Kind.OWNER_CHANGED)
    return found


def closed(state: State) -> set[Kind]:
    return {Kind(state.status)} if state.status != "OPEN" else set()
