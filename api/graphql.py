"""The GraphQL endpoint: one credential, one context, answers as GraphQL-over-HTTP says.

Media types and status codes follow the GraphQL-over-HTTP specification (draft of 2025); the three overrides that
Strawberry needs for it are marked below.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.schema.base import BaseSchema
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionResult

from api.auth import Unauthenticated, authenticate
from api.body import BodyRefused, read_body
from api.wiring import wiring_of
from crm.db import UNREACHABLE
from crm.engine import bound
from schema.context import Context
from schema.errors import coded

LARGEST_REQUEST = 2**20
RESPONSE_TYPE = "application/graphql-response+json"


class GraphQLView(GraphQL[Context, None]):
    """Answers one request for one actor. Its connections are bound to the actor's workspace throughout."""

    def __init__(self, schema: BaseSchema) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            context = await self._context(request)
            if request.method == "POST":
                # Read here, within bounds; Strawberry finds it on the request.
                request._body = await read_body(request, LARGEST_REQUEST)
            with bound(context.actor.workspace_id):
                response: Response = await self.run(request, context=context)
        except Unauthenticated as error:
            challenge = {"WWW-Authenticate": 'Bearer realm="anbahn"'}
            response = _fault(request, 401, "UNAUTHENTICATED", str(error), challenge)
        except BodyRefused as error:
            response = _fault(request, error.status, error.code, error.message)
        except HTTPException as error:
            response = _refusal(request, error)
        except UNREACHABLE:
            message = "The database cannot be reached at the moment; try again."
            response = _fault(request, 503, "UNAVAILABLE", message, {"Retry-After": "5"})
        except Exception as error:
            masked = coded(GraphQLError(str(error), original_error=error))  # logs it
            response = _fault(request, 500, "INTERNAL", masked.message)
        await response(scope, receive, send)

    async def _context(self, request: Request) -> Context:
        wiring = wiring_of(request)
        return Context(
            actor=await authenticate(request),
            now=datetime.now(UTC),
            cursors=wiring.cursors,
            box=wiring.box,
            base_url=wiring.base_url(request),
        )

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        # Override 1: what the client accepts is needed again where the response is made.
        response = await super().get_sub_response(request)
        response.headers["x-accept"] = request.headers.get("accept", "")
        return response

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        # Override 2: an error without a path means that nothing was executed; then there is no `data`.
        errors: Sequence[GraphQLError] = [coded(error) for error in result.errors or ()]
        response: dict[str, Any] = {}
        if errors:
            response["errors"] = [error.formatted for error in errors]
        if not errors or result.data is not None or any(error.path for error in errors):
            response["data"] = result.data
        if result.extensions:
            response["extensions"] = result.extensions
        return response  # type: ignore[return-value]

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        # Override 3: the media type that was asked for, and 400 with it when nothing was executed.
        modern = _is_modern(sub_response.headers.get("x-accept", ""))
        refused = not isinstance(response_data, list) and "data" not in response_data
        return Response(
            self.encode_json(response_data),
            status_code=400 if modern and refused else 200,
            media_type=f"{RESPONSE_TYPE}; charset=utf-8" if modern else "application/json; charset=utf-8",
        )

    def should_render_graphql_ide(self, request: Any) -> bool:
        return False

    def decode_json(self, data: str | bytes) -> object:
        # Not the standard library's, which takes what is no JSON or no text (NaN, lone surrogates) and raises more than
        # JSONDecodeError for what is too deep, too long a number or not UTF-8.
        value = orjson.loads(data)
        if isinstance(data, bytes) and not isinstance(value, dict):
            raise HTTPException(400, 'The body must be one JSON object: {"query": "…"}. Batches are not taken.')
        return value

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data, default=str)


def _is_modern(accept: str) -> bool:
    return RESPONSE_TYPE in accept


def _refusal(request: Request, error: HTTPException) -> Response:
    """What Strawberry refuses, with the status that says it best."""
    if isinstance(error.__cause__, InvalidOperationTypeError):
        return _fault(request, 405, "METHOD_NOT_ALLOWED", f"{error.reason}: use POST.", {"Allow": "POST"})
    if error.status_code == 405:
        return _fault(request, 405, "METHOD_NOT_ALLOWED", error.reason, {"Allow": "GET, POST"})
    if error.reason == "Unsupported content type":
        message = "Send the request as JSON, with Content-Type: application/json."
        return _fault(request, 415, "UNSUPPORTED_MEDIA_TYPE", message, {"Accept-Post": "application/json"})
    return _fault(request, error.status_code, "BAD_REQUEST", error.reason)


def _fault(request: Request, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    """A request that was not executed. Apollo Client and urql read its code in the modern media type only."""
    body = {"errors": [{"message": message, "extensions": {"code": code}}]}
    media_type = RESPONSE_TYPE if _is_modern(request.headers.get("accept", "")) else "application/json"
    return Response(orjson.dumps(body), status_code=status, headers=headers, media_type=f"{media_type}; charset=utf-8")
