"""Lists as Relay connections with keyset cursors (relay.dev/graphql/connections.htm)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from tortoise.queryset import QuerySet

from crm.paging import Order, Window, page
from schema.context import Info
from schema.cursors import BadCursor
from schema.errors import RequestError

LARGEST_PAGE = 100
DEFAULT_PAGE = 50

T = TypeVar("T")

First = Annotated[
    int | None,
    strawberry.argument(description="How many, from the beginning or from `after` on: at most 100; 50 if left out."),
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[
    int | None, strawberry.argument(description="How many, from the end or back from `before`: at most 100.")
]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more follows after `endCursor`.")
    has_previous_page: bool = strawberry.field(description="Whether more comes before `startCursor`.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first edge; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last edge; null on an empty page.")


@strawberry.type(description="An entry of a list, with its position.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="The entry's position, for `after` and `before`; opaque.")
    node: T = strawberry.field(description="The entry itself.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The entries with their positions.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="The entries themselves.")
    def nodes(self) -> list[T]:
        return [edge.node for edge in self.edges]

    @strawberry.field(description="How many entries the whole list has; counted only when asked for.")
    async def total_count(self) -> int:
        return await self.count()


async def connect(
    info: Info,
    show: Callable[[Any], Any],
    query: QuerySet[Any],
    order: Order,
    first: int | None,
    after: str | None,
    last: int | None = None,
    before: str | None = None,
) -> Connection[Any]:
    """A page of the query's rows, each shown by ``show``.

    Raises: RequestError for arguments that make no page.
    """
    context = info.context
    # A cursor belongs to a kind of row and an order: it may be used in any list of both.
    list_name = f"{query.model.__name__} {'-' if order.descending else ''}{','.join(order.columns)}"

    def position(name: str, cursor: str | None) -> tuple[Any, ...] | None:
        if cursor is None or cursor is strawberry.UNSET:
            return None
        try:
            return context.cursors.read(list_name, cursor)
        except BadCursor as error:
            raise RequestError(f"{name}: {error}.", "INVALID_CURSOR") from None

    size, backward = _size(first, last)
    window = Window(size=size, after=position("after", after), before=position("before", before), backward=backward)
    rows = await page(query, order, window)
    edges = [
        Edge(
            cursor=context.cursors.write(list_name, tuple(getattr(row, column) for column in order.columns)),
            node=show(row),
        )
        for row in rows.rows
    ]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=rows.has_next,
            has_previous_page=rows.has_previous,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        count=lambda: _count(query),
    )


async def _count(query: QuerySet[Any]) -> int:
    return await query.count()


def _size(first: int | None, last: int | None) -> tuple[int, bool]:
    """(rows on the page, whether they are taken from the end)."""
    first = None if first is strawberry.UNSET else first
    last = None if last is strawberry.UNSET else last
    if first is not None and last is not None:
        raise RequestError("Give first or last, not both.", "INVALID_PAGINATION")
    wanted = first if first is not None else last
    if wanted is None:
        return DEFAULT_PAGE, False
    if wanted < 0:
        name = "first" if first is not None else "last"
        raise RequestError(f"{name} is {wanted}: give 0 to {LARGEST_PAGE}.", "INVALID_PAGINATION")
    return min(wanted, LARGEST_PAGE), last is not None
