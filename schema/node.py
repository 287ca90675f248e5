"""What every entity of the API has in common."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import strawberry

from schema import ids
from schema.reads.mapping import READ, GlobalId


@strawberry.interface(description="An object with a global id, by which `node` finds it again.")
class Node:
    """Shows one row. A field without a resolver is the row's attribute of the same name."""

    row: strawberry.Private[Any]

    kinds: ClassVar[dict[str, type[Node]]] = {}
    """Every entity by the name that begins its global id; the same names as in ``crm.rows.KINDS``."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Node.kinds[cls.__name__] = cls

    @strawberry.field(description="Global id: opaque, and the same for ever.", metadata={READ: GlobalId()})
    def id(self) -> strawberry.ID:
        return strawberry.ID(ids.encode(type(self.row).__name__, self.row.id))

    @classmethod
    def of(cls, row: Any) -> Self:
        return cls(row=row)

    @classmethod
    def of_optional(cls, row: Any) -> Self | None:
        return None if row is None else cls(row=row)


def attribute(source: Any, name: str) -> object:
    """The default resolver: a field of an entity is an attribute of its row."""
    row = getattr(source, "row", None)
    return getattr(row, name) if row is not None and hasattr(row, name) else getattr(source, name)
