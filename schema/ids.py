"""Global ids: the type's name and the row's id, as in ``Lead_0199b2c4d5e67f8091a2b3c4d5e6f708``. Opaque to clients."""

from __future__ import annotations

import re
from uuid import UUID

from crm.errors import Invalid

_FORM = re.compile(r"([A-Za-z]+)_([0-9a-f]{32})")


def encode(type_name: str, id: UUID) -> str:
    """The global id of a row."""
    return f"{type_name}_{id.hex}"


def split(global_id: str) -> tuple[str, UUID] | None:
    """(type's name, row's id); None when the text is no global id."""
    match = _FORM.fullmatch(global_id)
    return (match[1], UUID(hex=match[2])) if match else None


def decode(type_name: str, global_id: str, *field: str) -> UUID:
    """The row's id out of an input.

    Raises: Invalid, naming the field, when the text is no id of that type.
    """
    parts = split(global_id)
    if parts is None or parts[0] != type_name:
        raise Invalid(f"{global_id[:60]!r} is not the id of a {type_name}.", field=field)
    return parts[1]


def decode_optional(type_name: str, global_id: str | None, *field: str) -> UUID | None:
    """``decode`` for an input that may be left out."""
    return None if global_id is None else decode(type_name, global_id, *field)
