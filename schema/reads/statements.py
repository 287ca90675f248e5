"""One SQL statement under construction: its columns, joins and parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from schema.reads.selection import Uncompilable


class Given(Enum):
    """Parameters that every request brings along."""

    WORKSPACE = "workspace"
    NOW = "now"
    MEMBER = "member"
    PARENTS = "parents"
    """The ids of the rows whose lists a statement reads."""
    KEY = "key"
    """The hash of the bearer key that the request carries."""
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter out of a field's arguments."""

    slot: int
    index: int


Parameter: TypeAlias = Given | Value
_LIGHT = 16
MOST_COLUMNS = 1_000
MOST_JOINS = 200
MOST_PARAMETERS = 5_000


@dataclass
class Statement:
    """A SELECT in the making. Columns are told apart by their text, so that one that is wanted twice is read once."""

    number: int
    parameters: dict[Parameter, int] = field(default_factory=dict)
    """Their numbers, in order."""
    columns: dict[str, str] = field(default_factory=dict)
    """Variable of the builder by the SQL of the column."""
    joins: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    """Terms of the whole statement's order, most significant first."""
    takes_inner: bool = False
    """Whether a list of each of its rows may be read together with them."""
    inner: str | None = None
    """The variable that holds the ids of that list, once there is one."""
    inner_alias: str = ""

    @property
    def is_light(self) -> bool:
        """Whether its rows are cheap to repeat: nothing in them is computed, and they are not many columns."""
        return len(self.columns) <= _LIGHT and not self.computes

    @property
    def computes(self) -> bool:
        """Whether anything in its rows, beside those of the list that is read along, is computed."""
        own = f"{self.inner_alias}."
        return any("(" in column and not (self.inner and own in column) for column in self.columns)

    def parameter(self, what: Parameter, type: str) -> str:
        """The placeholder of a parameter."""
        return f"${self.parameters.setdefault(what, len(self.parameters) + 1)}::{type}"

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

    def sealed(self) -> str:
        """The condition that the key still opens the workspace for the member, in the role, for whom all this is."""
        workspace = self.parameter(Given.WORKSPACE, "uuid")
        member, role = self.parameter(Given.MEMBER, "uuid"), self.parameter(Given.ROLE, "text")
        door = f"door_credential({self.parameter(Given.KEY, 'bytea')}) AS door"
        holds = f"door.workspace_id = {workspace} AND door.member_id = {member} AND door.role = {role}"
        return f"EXISTS(SELECT 1 FROM {door} WHERE {holds})"

    def select(self, source: str, where: str | None = None) -> str:
        """The whole statement."""
        if len(self.columns) > MOST_COLUMNS or len(self.joins) > MOST_JOINS or len(self.parameters) > MOST_PARAMETERS:
            raise Uncompilable("one statement would be more than PostgreSQL takes well")
        lines = ["SELECT\n    " + ",\n    ".join(self.columns or ["true"]), f"FROM {source}", *self.joins]
        if where is not None:
            lines.append(f"WHERE {where}")
        if self.order:
            lines.append(f"ORDER BY {', '.join(self.order)}")
        return "\n".join(lines)
