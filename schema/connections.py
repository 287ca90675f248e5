"""Lists as Relay connections with keyset cursors (relay.dev/graphql/connections.htm)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import strawberry

from schema.node import Node
from schema.reads.arguments import AskedPage, cursor_list

if TYPE_CHECKING:
    from schema.context import Context
    from schema.reads.mapping import Many
    from schema.reads.plain import PlainList

T = TypeVar("T")
Count = Callable[[], Awaitable[int]]

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
    count: strawberry.Private[Count]

    @strawberry.field(description="The entries themselves.")
    def nodes(self) -> list[T]:
        return [edge.node for edge in self.edges]

    @strawberry.field(description="How many entries the whole list has; counted only when asked for.")
    async def total_count(self) -> int:
        return await self.count()


def connection_from(
    found: Sequence[T], page: AskedPage, cursor_of: Callable[[T], str], show: Callable[[T], Any], count: Count
) -> Connection[Any]:
    """A page out of rows in the list's order, of which there is one more than the page holds where there are more."""
    more = len(found) > page.size
    rows = (found[1:] if page.backward else found[:-1]) if more else found
    edges = [Edge(cursor=cursor_of(row), node=show(row)) for row in rows]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=page.before is not None or (more and not page.backward),
            has_previous_page=page.after is not None or (more and page.backward),
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        count=count,
    )


async def connection_of(listed: PlainList, context: Context, read: Many) -> Connection[Any]:
    """A page of a plain list, with its cursors."""
    rows, more = await listed.page()
    shape, kind = listed.shape, read.listing.kind
    name = cursor_list(kind, shape.order)
    edges = [
        Edge(
            cursor=context.cursors.write(name, tuple(getattr(row, column) for column in shape.order.columns)),
            node=Node.kinds[kind].of(row),
        )
        for row in rows
    ]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=shape.before is not None or (more and not shape.backward),
            has_previous_page=shape.after is not None or (more and shape.backward),
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        count=listed.total,
    )
