"""The builder's source: a function that turns the rows of a plan's steps into the response."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from textwrap import indent
from typing import Any, TypeAlias

from schema.reads.statements import Statement

INDENT = "    "
_LINE = 80
Page: TypeAlias = tuple[Sequence[Any], bool]
"""Rows, and whether the list goes on beyond them."""
NONE: Page = ((), False)
"""The page of a list that has no rows."""
_ROW = re.compile(r"⟨(\d+)⟩")


class Source:
    """Collects definitions and the functions they call; names are unique within one builder."""

    def __init__(self) -> None:
        self._definitions: list[str] = []
        self._functions: dict[str, Callable[..., Any]] = {}
        self._statements: dict[int, Statement] = {}
        self._names = 0

    def name(self, stem: str) -> str:
        """A new name."""
        self._names += 1
        return f"{stem}_{self._names}"

    def row(self, statement: Statement) -> str:
        """The target that takes a row of the statement apart; written when all of its columns are known."""
        self._statements[statement.number] = statement
        return f"⟨{statement.number}⟩"

    def function(self, function: Callable[..., Any]) -> str:
        """The name by which the builder calls a function of ours."""
        for name, known in self._functions.items():
            if known is function:
                return name
        name = self.name(function.__name__.strip("_<>"))
        self._functions[name] = function
        return name

    def define(self, text: str) -> None:
        """A definition that stands before the response."""
        self._definitions.append(text)

    def text(self, response: str) -> str:
        """The whole source: ``build(read, values, context)``, which returns the response."""
        body = indent("\n".join([*self._definitions, f"return {response}"]), INDENT)
        text = f"def build(read, values, context):\n{body}"
        return _ROW.sub(lambda number: self._statements[int(number[1])].unpacked, text)

    def compiled(self, text: str) -> Callable[..., Any]:
        """The function itself. Nothing of a request is in its text but response keys, which are GraphQL names."""
        space: dict[str, Any] = {**self._functions, "none": NONE}
        exec(compile(text, "<builder>", "exec"), space)  # noqa: S102
        built: Callable[..., Any] = space["build"]
        return built


def page_of(rows: list[Any], size: int | None, backward: bool, by: tuple[int, ...], descending: bool) -> Page:
    """A page of the rows that were read for it: sorted by some columns, cut to its size, and the right way round."""
    if by:
        rows.sort(key=itemgetter(*by), reverse=descending)
    more = size is not None and len(rows) > size
    rows = rows[:size] if more else rows
    return (rows[::-1] if backward else rows), more


def grouped(rows: Iterable[Any], parent: int, child: int) -> Iterable[tuple[Any, list[Any]]]:
    """Rows of a list that were read with the rows of a short list of each: (a row of the list, its own rows).

    ``parent`` and ``child`` are the columns with their ids; the latter is None where the short list is empty.
    """
    found: dict[Any, tuple[Any, list[Any]]] = {}
    for row in rows:
        group = found.get(row[parent])
        if group is None:
            group = found[row[parent]] = (row, [])
        if row[child] is not None:
            group[1].append(row)
    return found.values()


def display(entries: Iterable[tuple[str, str]]) -> str:
    """A dict display of (key, expression); a short one on one line."""
    parts = [f"{key!r}: {value}" for key, value in entries]
    line = "{" + ", ".join(parts) + "}"
    if len(line) <= _LINE and "\n" not in line:
        return line
    return "{\n" + "".join(f"{indent(part, INDENT)},\n" for part in parts) + "}"


def each(shown: str, row: str, rows: str) -> str:
    """A list of what is shown of each row."""
    line = f"[{shown} for {row} in {rows}]"
    if len(line) <= _LINE and "\n" not in line:
        return line
    return f"[\n{indent(shown, INDENT)}\n{INDENT}for {row} in {rows}\n]"
