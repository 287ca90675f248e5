"""Answers of the GraphQL endpoint: media types and status codes as GraphQL-over-HTTP says (draft of 2025)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from strawberry.schema.exceptions import InvalidOperationTypeError

from api.compression import encode

RESPONSE_TYPE = "application/graphql-response+json"


class Answer:
    """A complete response: JSON, and what the client must know of it. Leaner than Starlette's own."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, request: Request, status: int, content: Mapping[str, Any], **headers: str) -> None:
        asked = request.headers
        is_modern = RESPONSE_TYPE in asked.get("accept", "")
        self.status = status
        self.body, more = encode(asked.get("accept-encoding", ""), write(content))
        media_type = RESPONSE_TYPE if is_modern else "application/json"
        self.headers = {"content-type": f"{media_type}; charset=utf-8", **more, **headers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        headers.append((b"content-length", b"%d" % len(self.body)))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def write(content: object) -> bytes:
    """JSON; moments and days as RFC 3339 has them."""
    return orjson.dumps(content, default=str)


def is_modern(request: Request) -> bool:
    """Whether the client asks for the media type of GraphQL-over-HTTP."""
    return RESPONSE_TYPE in request.headers.get("accept", "")


def executed(request: Request, content: Mapping[str, Any]) -> Answer:
    """What the execution gave; without ``data`` nothing was executed, which is 400 in the modern media type."""
    return Answer(request, 400 if "data" not in content and is_modern(request) else 200, content)


def fault(request: Request, status: int, code: str, message: str, **headers: str) -> Answer:
    """A request that was not executed. Apollo Client and urql read its code in the modern media type only."""
    return Answer(request, status, {"errors": [{"message": message, "extensions": {"code": code}}]}, **headers)


def refusal(request: Request, error: HTTPException) -> Answer:
    """What Strawberry refuses, with the status that says it best."""
    if isinstance(error.__cause__, InvalidOperationTypeError):
        return fault(request, 405, "METHOD_NOT_ALLOWED", f"{error.reason}: use POST.", Allow="POST")
    if error.status_code == 405:
        return fault(request, 405, "METHOD_NOT_ALLOWED", error.reason, Allow="GET, POST")
    if error.reason == "Unsupported content type":
        message = "Send the request as JSON, with Content-Type: application/json."
        return fault(request, 415, "UNSUPPORTED_MEDIA_TYPE", message, **{"Accept-Post": "application/json"})
    return fault(request, error.status_code, "BAD_REQUEST", error.reason)
