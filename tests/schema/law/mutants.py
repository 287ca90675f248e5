"""Faults, planted in the compiler one at a time: the law must find each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from schema.reads import builder, conditions, documents, draft, lists, plan, statements
from schema.reads.filters import Slot
from schema.reads.statements import Given, Value

Plant = Callable[[pytest.MonkeyPatch], None]


def no_workspace(patch: pytest.MonkeyPatch) -> None:
    """Rows are read whatever workspace they are of."""

    def scoped(self: Any, statement: Any, alias: str, table: Any) -> str:
        return f"{alias}.workspace_id IS DISTINCT FROM {statement.parameter(Given.MEMBER, 'uuid')}"

    patch.setattr(draft.Draft, "_scoped", scoped)


def one_row_short(patch: pytest.MonkeyPatch) -> None:
    """The row that shows whether there is more is not read."""
    page_sql = lists.ListDraft._page_sql

    def short(self: Any, *given: Any, **named: Any) -> str:
        return re.sub(r"LIMIT (\d+)$", lambda limit: f"LIMIT {int(limit[1]) - 1}", page_sql(self, *given, **named))

    patch.setattr(lists.ListDraft, "_page_sql", short)


def forward_only(patch: pytest.MonkeyPatch) -> None:
    """Pages from the end are taken from the beginning."""
    order_sql = conditions.order_sql
    patch.setattr(lists, "order_sql", lambda *given, backward: order_sql(*given, backward=False))


def three_truths(patch: pytest.MonkeyPatch) -> None:
    """``not`` of a comparison with a missing value does not hold."""
    filter_sql = conditions.filter_sql
    patch.setattr(lists, "filter_sql", lambda *given: re.sub(r"\) IS NOT TRUE", ") IS FALSE", filter_sql(*given)))


def missing_first(patch: pytest.MonkeyPatch) -> None:
    """Rows without a value come first."""
    order_sql = conditions.order_sql
    swapped = {"FIRST": "LAST", "LAST": "FIRST"}

    def swap(*given: Any, **named: Any) -> str:
        return re.sub(r"NULLS (FIRST|LAST)", lambda found: f"NULLS {swapped[found[1]]}", order_sql(*given, **named))

    patch.setattr(lists, "order_sql", swap)


def cursor_again(patch: pytest.MonkeyPatch) -> None:
    """The row of the cursor is on the page after it."""
    beyond_sql = conditions.beyond_sql
    patch.setattr(
        lists, "beyond_sql", lambda *given, **named: re.sub(r" ([<>]) ", r" \1= ", beyond_sql(*given, **named))
    )


def values_in_another_order(patch: pytest.MonkeyPatch) -> None:
    """The filter of a count takes the values of the cursors."""
    patch.setattr(draft.Draft, "_places", _places_from_the_first)


def _places_from_the_first(self: Any, statement: Any, pick: Any, first: int) -> Callable[[str], str]:
    slot, index = self._slot(pick), count()
    return lambda type: statement.parameter(Value(slot, next(index)), type)


def values_of_the_request_before(patch: pytest.MonkeyPatch) -> None:
    """What a document was asked with first is what it is asked with for ever."""
    asked = documents.Prepared.asked
    known: dict[int, Any] = {}

    def once(self: Any, variables: Any, cursors: Any) -> Any:
        return known.setdefault(id(self), (self, asked(self, variables, cursors)))[1]

    patch.setattr(documents.Prepared, "asked", once)


def pages_the_wrong_way_round(patch: pytest.MonkeyPatch) -> None:
    """Pages from the end are shown last row first."""
    page_of = builder.page_of

    def upside_down(rows: list[Any], size: int | None, backward: bool, *by: Any) -> Any:
        found, more = page_of(rows, size, backward, *by)
        return (found[::-1] if backward else found), more

    patch.setattr(plan, "page_of", upside_down)
    patch.setattr(lists, "page_of", upside_down)


def lists_of_somebody_else(patch: pytest.MonkeyPatch) -> None:
    """Each parent shows the list of the one beside it."""
    pages = plan._pages

    def shifted(found: Any, step: Any, parents: Any) -> Any:
        right = pages(found, step, parents)
        return dict(zip(right, [*list(right.values())[1:], *list(right.values())[:1]], strict=True))

    patch.setattr(plan, "_pages", shifted)


def any_key(patch: pytest.MonkeyPatch) -> None:
    """Whatever key is believed is taken to be right."""
    patch.setattr(statements.Statement, "sealed", lambda self: "true")


def key_of_a_colleague(patch: pytest.MonkeyPatch) -> None:
    """A key proves the workspace, and not who has it."""
    sealed = statements.Statement.sealed

    def loose(self: Any) -> str:
        return re.sub(r"door\.member_id = (\$\d+::uuid)", r"\1 IS NOT NULL", sealed(self))

    patch.setattr(statements.Statement, "sealed", loose)


def archived_too(patch: pytest.MonkeyPatch) -> None:
    """What is archived is in every list."""
    members = lists.ListDraft._members

    def all_of_them(self: Any, read: Any, shape: Any, *given: Any) -> list[str]:
        return members(self, read, replace(shape, hides_archived=False), *given)

    patch.setattr(lists.ListDraft, "_members", all_of_them)


def addresses_of_anybody(patch: pytest.MonkeyPatch) -> None:
    """A row has the tags and addresses of all others."""
    children = conditions._children

    def loose(child: Any, *given: Any) -> str:
        return re.sub(rf" AND \S+\.{child.by} = \S+\.id", "", children(child, *given))

    patch.setattr(conditions, "_children", loose)


def any_kind_of_value(patch: pytest.MonkeyPatch) -> None:
    """What a custom field holds is compared as a text, whatever it is."""
    loose = dict(conditions._SLOTS)
    loose[Slot.TEXT] = ("{custom} ->> {key}", "text")
    patch.setattr(conditions, "_SLOTS", loose)


MUTANTS: tuple[Plant, ...] = (
    no_workspace, one_row_short, forward_only, three_truths, missing_first, cursor_again, values_in_another_order,
    values_of_the_request_before, pages_the_wrong_way_round, lists_of_somebody_else, any_key, key_of_a_colleague,
    archived_too, addresses_of_anybody, any_kind_of_value,
)  # fmt: skip
IN_WORDS: dict[Plant, str] = {any_kind_of_value: "customFields: [", addresses_of_anybody: "tags: {"}
"""Faults that one comparison of many shows: found where every word is asked for, in queries that have this text."""
