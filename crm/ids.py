"""Identifiers: UUID version 7 (RFC 9562), made in Python so that a row's id is known before it is written."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new id; later ids sort after earlier ones, to the millisecond."""
    return uuid7()
