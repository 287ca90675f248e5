"""How types declare their fields: a line each, with what it is for and how it is read.

Each word gives a field its plain resolver and its mapping for compiled reads (schema/reads/mapping.py), so that one
declaration serves both. A field with a resolver of its own and without a mapping works too; queries that select it are
answered by the executor.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import strawberry

from schema.connections import After, Before, First, Last
from schema.context import Info
from schema.node import Node
from schema.reads.mapping import READ, AnyOne, Listing, Many, One, Read

BY_KEYWORD = {"info": Info}


def shown(description: str, read: Read | None = None) -> Any:
    """A field whose value is the row's attribute, and column, of the same name."""
    return strawberry.field(description=description, default=None, metadata={READ: read} if read else None)


def computed(description: str, read: Read) -> Callable[[Any], Any]:
    """A field with a resolver of its own, and how compiled reads compute the same."""
    field: Callable[[Any], Any] = strawberry.field(description=description, metadata={READ: read})
    return field


def one(column: str, kind: str, description: str) -> Any:
    """The object of a kind that a column refers to; null where the column is."""

    async def resolve(self: Any, info: Any) -> Any:
        return await _shown(info, kind, getattr(self.row, column))

    resolve.__annotations__ = dict(BY_KEYWORD)
    return strawberry.field(resolver=resolve, description=description, metadata={READ: One(column, kind)})


def any_one(description: str, **choices: str) -> Any:
    """A union: the object that the first column refers to which is not null; kinds by name, with their columns."""

    async def resolve(self: Any, info: Any) -> Any:
        for kind, column in choices.items():
            if getattr(self.row, column) is not None:
                return await _shown(info, kind, getattr(self.row, column))
        return None

    resolve.__annotations__ = dict(BY_KEYWORD)
    read = AnyOne(tuple(One(column, kind) for kind, column in choices.items()))
    return strawberry.field(resolver=resolve, description=description, metadata={READ: read})


async def _shown(info: Info, kind: str, id: Any) -> Node | None:
    return Node.kinds[kind].of_optional(await info.context.row(kind, id))


def many(listing: Listing, description: str, *, by: str | None = None, on: str | None = None) -> Any:
    """A page of other rows: those whose column ``by`` is this row's id, or for which ``on`` holds (SQL)."""
    read = Many(listing, _condition(by, on))

    async def resolve(self: Any, info: Any, **_given: Any) -> Any:
        return await info.context.connection(info, read, self)

    return strawberry.field(resolver=_with_arguments(resolve, listing), description=description, metadata={READ: read})


def every(listing: Listing, description: str, *, by: str | None = None, on: str | None = None) -> Any:
    """The whole of a list that is short by nature; its rows as those of ``many``."""
    read = Many(listing, _condition(by, on), paged=False)

    async def resolve(self: Any, info: Any) -> Any:
        return await info.context.whole_list(info, read, self)

    resolve.__annotations__ = dict(BY_KEYWORD)
    return strawberry.field(resolver=resolve, description=description, metadata={READ: read})


def _condition(by: str | None, on: str | None) -> str | None:
    return on if by is None else f"{{row}}.{by} = {{parent}}"


def _with_arguments(resolve: Callable[..., Any], listing: Listing) -> Callable[..., Any]:
    """Give a list's resolver its arguments; Strawberry takes them from the signature."""

    async def paged(
        self: Any,
        info: Any,
        first: Any = strawberry.UNSET,
        after: Any = strawberry.UNSET,
        last: Any = strawberry.UNSET,
        before: Any = strawberry.UNSET,
    ) -> Any:
        return await resolve(self, info)

    async def filtered(
        self: Any,
        info: Any,
        first: Any = strawberry.UNSET,
        after: Any = strawberry.UNSET,
        last: Any = strawberry.UNSET,
        before: Any = strawberry.UNSET,
        filter: Any = strawberry.UNSET,
        order_by: Any = strawberry.UNSET,
    ) -> Any:
        return await resolve(self, info)

    arguments: dict[str, Any] = {**BY_KEYWORD, "first": First, "after": After, "last": Last, "before": Before}
    if listing.filter is None or listing.order_by is None:
        paged.__annotations__ = arguments
        return paged
    by = "In which order; rows without a value come last. Left out: the list's own."
    filtered.__annotations__ = {
        **arguments,
        "filter": Annotated[listing.filter | None, strawberry.argument(description="Only those for which it holds.")],
        "order_by": Annotated[list[listing.order_by] | None, strawberry.argument(description=by)],  # type: ignore[name-defined]
    }
    return filtered
