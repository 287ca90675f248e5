"""Cursors: a row's position in a list, signed, so that nobody can make one up or use it in another list."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

_SIGNATURE_BYTES = 12
_LONGEST = 4000


class BadCursor(ValueError):
    """The text is no cursor of this list."""


class CursorSigner:
    """Writes and reads cursors with a key derived from ANBAHN_SECRET."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"anbahn cursors\x00" + secret.encode()).digest()

    def write(self, list_name: str, position: tuple[Any, ...]) -> str:
        """The cursor of a position; ``list_name`` says which list and order it belongs to."""
        body = orjson.dumps([_plain(value) for value in position])
        return base64.urlsafe_b64encode(self._sign(list_name, body) + body).rstrip(b"=").decode()

    def read(self, list_name: str, cursor: str) -> tuple[Any, ...]:
        """The position.

        Raises: BadCursor when it was not written here, or for another list.
        """
        try:
            if len(cursor) > _LONGEST:
                raise BadCursor
            data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            signature, body = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
            if not hmac.compare_digest(signature, self._sign(list_name, body)):
                raise BadCursor
            return tuple(_typed(value) for value in orjson.loads(body))
        except (binascii.Error, ValueError) as error:
            raise BadCursor(
                f"{cursor[:40]!r} is not a cursor of this list: use one from its edges or pageInfo"
            ) from error

    def _sign(self, list_name: str, body: bytes) -> bytes:
        return hmac.new(self._key, list_name.encode() + b"\x00" + body, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return {"u": value.hex} if isinstance(value, UUID) else value


def _typed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "t" in value:
        return datetime.fromisoformat(value["t"])
    return date.fromisoformat(value["d"]) if "d" in value else UUID(hex=value["u"])
