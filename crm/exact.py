"""JSON whose numbers keep all their digits: floats would round them to 17."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import orjson

_LONGEST_INT = 1_000
"""Python refuses to read integers of more than some thousand digits; a ``Decimal`` is as long as it likes."""


def dumps(value: Any) -> str:
    """A value as JSON; a ``Decimal`` as a number, with exactly its digits."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{orjson.dumps(str(key)).decode()}:{dumps(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(dumps, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return orjson.dumps(value).decode()


def loads(text: str | bytes) -> Any:
    """A value out of JSON; a number that is not whole is a ``Decimal``, as is one that is very long."""
    return json.loads(text, parse_float=Decimal, parse_int=_whole)


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _LONGEST_INT else Decimal(digits)
