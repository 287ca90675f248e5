"""The builder's source: a function that turns the rows of a plan's steps into the response."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from schema.reads.statements import Statement

NONE: tuple[tuple[()], bool] = ((), False)
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
        body = [line for definition in self._definitions for line in definition.splitlines()]
        lines = ["def build(read, values, context):", *(f"    {line}" for line in body), f"    return {response}"]
        return _ROW.sub(lambda number: self._statements[int(number[1])].unpacked, "\n".join(lines))

    def compiled(self, response: str) -> Callable[..., Any]:
        """The function itself. Nothing of a request is in its text but response keys, which are GraphQL names."""
        space: dict[str, Any] = {**self._functions, "none": NONE}
        exec(compile(self.text(response), "<builder>", "exec"), space)  # noqa: S102
        built: Callable[..., Any] = space["build"]
        return built


def display(entries: Iterable[tuple[str, str]]) -> str:
    """A dict display of (key, expression)."""
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in entries) + "}"
