"""One SQL statement under construction: its columns, joins and parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias


class Given(Enum):
    """Parameters that every request brings along."""

    WORKSPACE = "workspace"
    NOW = "now"
    MEMBER = "member"
    PARENTS = "parents"
    """The ids of the rows whose lists a statement reads."""


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter out of a field's arguments."""

    slot: int
    index: int


Parameter: TypeAlias = Given | Value


@dataclass
class Statement:
    """A SELECT in the making. Columns are told apart by their text, so that one that is wanted twice is read once."""

    number: int
    parameters: list[Parameter] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    """Variable of the builder by the SQL of the column."""
    joins: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    """Terms of the whole statement's order, most significant first."""
    takes_inner: bool = False
    """Whether a short list of each of its rows may be read together with them."""
    inner: str | None = None
    """The variable that holds the ids of that list, once there is one."""

    def parameter(self, what: Parameter, type: str) -> str:
        """The placeholder of a parameter."""
        if what not in self.parameters:
            self.parameters.append(what)
        return f"${self.parameters.index(what) + 1}::{type}"

    def column(self, sql: str) -> str:
        """The builder's variable that holds the column."""
        if sql not in self.columns:
            self.columns[sql] = f"v{self.number}_{len(self.columns)}"
        return self.columns[sql]

    def position(self, variable: str) -> int:
        """Which column, from 0, the variable holds."""
        return list(self.columns.values()).index(variable)

    @property
    def unpacked(self) -> str:
        """The target that takes one row apart in the builder."""
        return ", ".join(self.columns.values() or ["_"]) + ","

    def select(self, source: str, where: str | None = None) -> str:
        """The whole statement."""
        lines = ["SELECT\n    " + ",\n    ".join(self.columns or ["true"]), f"FROM {source}", *self.joins]
        if where is not None:
            lines.append(f"WHERE {where}")
        if self.order:
            lines.append(f"ORDER BY {', '.join(self.order)}")
        return "\n".join(lines)
