"""A compiled read: its statements in the order they are run, and the builder of the response."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any, Protocol
from uuid import UUID

from crm.reads import ReadConnection, Scope
from schema.cursors import CursorSigner
from schema.reads.statements import Given, Parameter

Rows = Sequence[Any]
Page = tuple[Rows, bool]
"""Rows, and whether the list goes on beyond them."""


class ReadContext(Protocol):
    """What builders take from the request."""

    @property
    def cursors(self) -> CursorSigner: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of a plan."""

    sql: str
    parameters: tuple[Parameter, ...]
    size: int | None = None
    """Rows on a page; one more is read where it matters whether there is one. None: all of them."""
    backward: bool = False
    """The rows come last first."""
    parent: int | None = None
    """The step that reads the rows whose lists these are; their numbers are in the first column."""
    parent_column: int = 0
    """Which of that step's columns holds their ids."""
    sorted_by: tuple[int, ...] = ()
    """The columns that each list is to be sorted by yet; none: they come in order."""
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about a read but the values. ``source`` is the builder's text."""

    steps: tuple[Step, ...]
    source: str
    build: Callable[..., Any]

    async def run(
        self,
        connection: ReadConnection,
        scope: Scope,
        now: datetime,
        values: Sequence[Sequence[Any]],
        context: ReadContext,
    ) -> Any:
        """The response's data: dicts and lists of what JSON holds, and moments, which orjson writes."""
        rows: list[Rows] = []
        read: list[Any] = []
        workspace_id = scope.actor.workspace_id
        for step in self.steps:
            parents = None
            if step.parent is not None:
                column = step.parent_column
                parents = [*dict.fromkeys(row[column] for row in rows[step.parent] if row[column] is not None)]
                if not parents:
                    rows.append(())
                    read.append({})
                    continue
            given = [_given(parameter, scope, now, values, parents) for parameter in step.parameters]
            found = await connection.fetch(step.sql, given, workspace_id=workspace_id)
            if parents is None:
                page = _page(found, step)
                rows.append(page[0])
                read.append(page)
            else:
                pages = _pages(found, step, parents)
                rows.append([row for page, _ in pages.values() for row in page])
                read.append(pages)
        return self.build(read, values, context)


def _given(
    parameter: Parameter,
    scope: Scope,
    now: datetime,
    values: Sequence[Sequence[Any]],
    parents: list[UUID] | None,
) -> Any:
    if parameter is Given.WORKSPACE:
        return scope.actor.workspace_id
    if parameter is Given.PARENTS:
        return parents
    if parameter is Given.NOW:
        return now
    if parameter is Given.MEMBER:
        return scope.actor.member_id
    return values[parameter.slot][parameter.index]


def _page(found: Rows, step: Step) -> Page:
    size = step.size
    more = size is not None and len(found) > size
    rows = found[:size] if more else found
    return (rows[::-1] if step.backward else rows), more


def _pages(found: Rows, step: Step, parents: list[UUID]) -> dict[UUID, Page]:
    """The rows of each list by its parent's id."""
    lists: dict[int, list[Any]] = {}
    for row in found:
        number = row[0]
        if number in lists:
            lists[number].append(row)
        else:
            lists[number] = [row]
    if step.sorted_by:
        by = itemgetter(*step.sorted_by)
        for rows in lists.values():
            rows.sort(key=by, reverse=step.descending)
    return {parents[number - 1]: _page(rows, step) for number, rows in lists.items()}
