"""Reading request bodies that strangers send: bounded in size and in time."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

BODY_TIMEOUT_SECONDS = 60.0
"""How long a sender may take for the whole body."""


class BodyRefused(Exception):
    """The body was not taken. Nothing was stored."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body.

    Raises: BodyRefused when it is empty (400), larger than ``limit`` bytes (413), cut off (400) or too slow (408).
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    more = True
    try:
        async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
            while more:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                chunk, more = message.get("body", b""), message.get("more_body", False)
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit)
                chunks.append(chunk)
    except TimeoutError:
        raise BodyRefused(
            408, "TOO_SLOW", f"The body did not arrive within {BODY_TIMEOUT_SECONDS:.0f} seconds; send it again."
        ) from None
    except ClientDisconnect:
        raise BodyRefused(400, "CUT_OFF", "The body was cut off; send it again.") from None
    if not size:
        raise BodyRefused(400, "EMPTY_BODY", "The body is empty: send the message in it.")
    return b"".join(chunks)


def _too_large(limit: int) -> BodyRefused:
    shown = f"{limit // 2**20} MiB" if limit % 2**20 == 0 else f"{limit} bytes"
    return BodyRefused(
        413, "TOO_LARGE", f"The body is larger than {shown} ({limit} bytes), the most that is taken here."
    )
