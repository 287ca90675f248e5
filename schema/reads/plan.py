"""A compiled read: its statements in the order they are run, and the builder of the response."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from crm.accounts.facts import Actor
from crm.reads import ReadConnection, Scope
from schema.cursors import CursorSigner
from schema.reads.builder import Page, page_of
from schema.reads.statements import Given, Parameter, Value

Rows = Sequence[Any]
Build = Callable[[Any, Any, Any], Any]
"""``build(read, values, context)``: the rows of each step, the values of each slot, and the request."""


class ReadContext(Protocol):
    """What builders take from the request."""

    @property
    def cursors(self) -> CursorSigner: ...


class Unbuilt(Exception):
    """A value could not be made of what was read; the executor says which, and answers the rest."""


class Unproved(Exception):
    """No row has come, so that the key may have opened the workspace or not."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A statement that gives no row unless the request's key opens the workspace for the actor."""

    sql: str
    parameters: tuple[Parameter, ...]


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
    has_lists: bool = False
    """Whether another step reads lists of these rows."""
    sealed: Sealed | None = None
    """The first statement once more, for a request whose key is yet to be proved."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about a read but the values. ``source`` is the builder's text."""

    steps: tuple[Step, ...]
    source: str
    build: Build

    async def run(
        self,
        connection: ReadConnection,
        scope: Scope,
        now: datetime,
        values: Sequence[Sequence[Any]],
        context: ReadContext,
        unproved_key: bytes | None = None,
    ) -> Any:
        """The response's data: dicts and lists of what JSON holds, and moments, which orjson writes.

        ``unproved_key`` is the hash of a key of which it is only believed that it opens the workspace for the scope's
        actor: the first statement proves it by giving a row.

        Raises: Unproved.
        """
        rows: list[Rows] = []
        read: list[Any] = []
        request = Request(scope.actor, now, values, unproved_key)
        workspace_id = scope.actor.workspace_id
        for step in self.steps:
            if unproved_key is not None and not rows:
                if step.sealed is None:
                    raise Unproved
                given = [request.gives(parameter, None) for parameter in step.sealed.parameters]
                found = await connection.fetch(step.sealed.sql, given, workspace_id=workspace_id)
                if not found:
                    raise Unproved
                page = page_of(found, step.size, step.backward, (), False)
                rows.append(page[0])
                read.append(page)
                continue
            parents = None
            if step.parent is not None:
                column = step.parent_column
                parents = [*dict.fromkeys(row[column] for row in rows[step.parent] if row[column] is not None)]
                if not parents:
                    rows.append(())
                    read.append({})
                    continue
            given = [request.gives(parameter, parents) for parameter in step.parameters]
            found = await connection.fetch(step.sql, given, workspace_id=workspace_id)
            if parents is None:
                page = page_of(found, step.size, step.backward, (), False)
                rows.append(page[0])
                read.append(page)
            else:
                pages = _pages(found, step, parents)
                # All of them together, where there are lists below these.
                rows.append([row for page, _ in pages.values() for row in page] if step.has_lists else ())
                read.append(pages)
        if unproved_key is not None and not rows:
            raise Unproved
        try:
            return self.build(read, values, context)
        except Exception as error:
            raise Unbuilt from error


@dataclass(frozen=True, slots=True)
class Request:
    """What the statements of one request are given."""

    actor: Actor
    now: datetime
    values: Sequence[Sequence[Any]]
    key: bytes | None

    def gives(self, parameter: Parameter, parents: list[UUID] | None) -> Any:
        """A parameter's value."""
        if parameter is Given.WORKSPACE:
            return self.actor.workspace_id
        if isinstance(parameter, Value):
            return self.values[parameter.slot][parameter.index]
        if parameter is Given.PARENTS:
            return parents
        if parameter is Given.NOW:
            return self.now
        if parameter is Given.MEMBER:
            return self.actor.member_id
        if parameter is Given.ROLE:
            return str(self.actor.role)
        return self.key


def _pages(found: Rows, step: Step, parents: list[UUID]) -> dict[UUID, Page]:
    """The rows of each list by its parent's id."""
    lists: dict[int, list[Any]] = {}
    for row in found:
        number = row[0]
        if number in lists:
            lists[number].append(row)
        else:
            lists[number] = [row]
    return {
        parents[number - 1]: page_of(rows, step.size, step.backward, step.sorted_by, step.descending)
        for number, rows in lists.items()
    }
