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
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.schema.base import BaseSchema
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
            response = _fault(401, "UNAUTHENTICATED", str(error), challenge)
        except BodyRefused as error:
            response = _fault(error.status, error.code, error.message)
        except HTTPException as error:
            response = _fault(error.status_code, "BAD_REQUEST", error.reason)
        except UNREACHABLE:
            message = "The database cannot be reached at the moment; try again."
            response = _fault(503, "UNAVAILABLE", message, {"Retry-After": "5"})
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
        modern = RESPONSE_TYPE in sub_response.headers.get("x-accept", "")
        refused = not isinstance(response_data, list) and "data" not in response_data
        return Response(
            self.encode_json(response_data),
            status_code=400 if modern and refused else 200,
            media_type=f"{RESPONSE_TYPE}; charset=utf-8" if modern else "application/json; charset=utf-8",
        )

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data, default=str)


def _fault(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """A request that was not executed."""
    return JSONResponse(
        {"errors": [{"message": message, "extensions": {"code": code}}]}, status_code=status, headers=headers
    )
