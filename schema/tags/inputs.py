"""Tags as inputs of other records give them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry

from crm.changes import UNCHANGED, Change
from schema import ids, inputs


def tag_ids(given: list[strawberry.ID] | None, *field: str) -> tuple[UUID, ...]:
    """The tags' own ids, out of the field ``tagIds`` of an input.

    Raises: Invalid, naming it below ``field``.
    """
    return tuple(ids.decode("Tag", id, *field, "tagIds", str(index)) for index, id in enumerate(given or ()))


def changed_tags() -> Any:
    """The field ``tagIds`` of an input that changes a record."""
    return inputs.change("All tags it is to have, at most 100, instead of those there are; null: none.")


def changed_tag_ids(given: strawberry.Maybe[list[strawberry.ID] | None]) -> Change[tuple[UUID, ...]]:
    """What ``changed_tags`` asks for.

    Raises: Invalid.
    """
    return UNCHANGED if given is None else tag_ids(given.value)
