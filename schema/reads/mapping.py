"""How a field of the API is read from the tables: the words in which types declare it, one line a field.

A *row* is what a GraphQL object shows: a row of the table that is named like its type, or a few values that the
object around it lends (an amount and its currency). Names in ``inputs`` are columns of that row; a text with braces is
a SQL expression over it, in which these stand for:

``{row}`` the row's alias · ``{parent}`` the id of the row that it belongs to · ``{workspace}``, ``{now}`` the
request's workspace and time, as parameters.

The compiler (schema/reads/compiler.py) knows these words and nothing of any type. A field that declares none of them,
and is no column of its row, is answered by its resolver (docs/reads.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from schema.reads.filters import Condition
    from schema.reads.ordering import Order

READ = "anbahn.read"
"""Where a field's mapping is kept in its Strawberry metadata."""


@dataclass(frozen=True, slots=True)
class Column:
    """The row's column of this name, as it is."""

    name: str


@dataclass(frozen=True, slots=True)
class GlobalId:
    """The object's global id, out of the column ``id``."""


@dataclass(frozen=True, slots=True)
class Of:
    """A column of the row that another column refers to."""

    column: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class From:
    """A column of a query over the row that has exactly one row; run once for all of its columns that are wanted."""

    sql: str
    name: str


@dataclass(frozen=True, slots=True)
class Computed:
    """A value computed from columns and expressions of the row."""

    inputs: tuple[str | Of | From | Computed, ...]
    build: Callable[..., Any] | None = None
    """A pure function of the inputs' values that gives what JSON holds; None: the only input as it is."""
    in_context: bool = False
    """Whether ``build`` takes the request's context first."""
    beside: tuple[tuple[str, str, str], ...] = ()
    """(word, column, kind): words of its SQL that stand for the rows that columns refer to."""


@dataclass(frozen=True, slots=True)
class One:
    """The row of another table that a column refers to; null where the column is."""

    column: str
    kind: str


@dataclass(frozen=True, slots=True)
class AnyOne:
    """A union: the row that the first of several columns refers to which is not null."""

    choices: tuple[One, ...]


@dataclass(frozen=True, slots=True)
class Beside:
    """The one row of another table for which a condition holds; where there is none, ``absent`` says what it shows."""

    kind: str
    on: str
    absent: Mapping[str, str] = field(default_factory=dict)
    """SQL expressions for the columns that are not null then."""


@dataclass(frozen=True, slots=True)
class Same:
    """An object that shows the same row."""


@dataclass(frozen=True, slots=True)
class Inline:
    """An object made of a few of the row's values; null where ``null_when`` is."""

    sources: Mapping[str, str | Computed]
    null_when: str | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """An object whose columns a query gives, which has exactly one row."""

    of: str
    """The kind of rows that it sums up."""
    sql: str
    """For those who see all of them; may use a roll-up."""
    counted: str
    """For others: it counts the rows themselves, under the condition ``{visible}`` on the alias ``counted``."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list of objects made of arrays of equal length: each source is one array of the row, or of a query over it."""

    sources: Mapping[str, str | From]


@dataclass(frozen=True, slots=True)
class Made:
    """A list of objects out of what a function gives: for each of them, the values of these names."""

    names: tuple[str, ...]
    values: Computed


@dataclass(frozen=True, slots=True)
class Listing:
    """A kind of list: of which rows, in which order, and by what clients may filter and order it."""

    kind: str
    order: Order
    filter: type[Any] | None = None
    order_by: type[Any] | None = None
    hides_archived: bool = False
    """What is archived is in it only where the filter speaks of ``archived``."""


@dataclass(frozen=True, slots=True)
class Many:
    """A list of other rows: those for which ``on`` holds, or all of the workspace."""

    listing: Listing
    on: str | None = None
    paged: bool = True
    """A connection; else the whole list, which must be short by nature."""
    takes: Mapping[str, Condition] = field(default_factory=dict)
    """Arguments of a whole list, each of which is a condition."""


@dataclass(frozen=True, slots=True)
class Only:
    """The one row of a kind that each workspace has; a field of the root."""

    kind: str


@dataclass(frozen=True, slots=True)
class ById:
    """Any object by the global id in the argument ``id``."""


@dataclass(frozen=True, slots=True)
class ByIds:
    """Objects by the global ids in the argument ``ids``, each in its place; null where there is none."""


Read: TypeAlias = (
    Column
    | GlobalId
    | Computed
    | One
    | AnyOne
    | Beside
    | Same
    | Inline
    | Gathered
    | Items
    | Made
    | Many
    | Only
    | ById
    | ByIds
)
