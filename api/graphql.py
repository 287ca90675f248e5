"""The GraphQL endpoint: one credential, one context, answers as GraphQL-over-HTTP says.

Media types and status codes follow the GraphQL-over-HTTP specification (draft of 2025); the three overrides that
Strawberry needs for it are marked below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from cross_web import HTTPException
from graphql import FieldNode, GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult

from api.auth import Unauthenticated, authenticate
from api.body import BodyRefused, read_body
from api.graphql_request import GraphQLRequest, persisted, read_json
from api.wiring import Wiring, wiring_of
from crm.db import UNREACHABLE
from crm.engine import bound
from schema.build import Schema
from schema.context import Context
from schema.errors import RequestError, coded
from schema.reads.documents import Operation
from schema.reads.runner import Mode, Reads

LARGEST_REQUEST = 2**20
RESPONSE_TYPE = "application/graphql-response+json"


class GraphQLView(GraphQL[Context, None]):
    """Answers one request for one actor. Its connections are bound to the actor's workspace throughout.

    One way for all: credential, then document, then the compiled read that answers the whole of it; where there is
    none, the executor. What does not come as a JSON body by POST is read by Strawberry, and executed the same.
    """

    def __init__(self, schema: Schema) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())
        self._schema = schema
        self._reads: Reads | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._response(request)
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        try:
            context = await self._context(request)
            asked = None
            if request.method == "POST":
                # Read here, within bounds; Strawberry finds it on the request.
                request._body = await read_body(request, LARGEST_REQUEST)
                if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
                    asked = read_json(request._body, context.reads.documents)
            with bound(context.actor.workspace_id):
                if asked is not None:
                    return await self._answer(request, asked, context)
                response: Response = await self.run(request, context=context)
                return response
        except Unauthenticated as error:
            challenge = {"WWW-Authenticate": 'Bearer realm="anbahn"'}
            return _fault(request, 401, "UNAUTHENTICATED", str(error), challenge)
        except BodyRefused as error:
            return _fault(request, error.status, error.code, error.message)
        except RequestError as error:
            return self._shown(request, {"errors": [error.formatted]})
        except CannotGetOperationTypeError as error:
            return _fault(request, 400, "BAD_REQUEST", error.as_http_error_reason())
        except HTTPException as error:
            return _refusal(request, error)
        except UNREACHABLE:
            message = "The database cannot be reached at the moment; try again."
            return _fault(request, 503, "UNAVAILABLE", message, {"Retry-After": "5"})
        except Exception as error:
            masked = coded(GraphQLError(str(error), original_error=error))  # logs it
            return _fault(request, 500, "INTERNAL", masked.message)

    async def _context(self, request: Request) -> Context:
        wiring = wiring_of(request)
        return Context(
            actor=await authenticate(request),
            now=datetime.now(UTC),
            cursors=wiring.cursors,
            box=wiring.box,
            find_base_url=lambda: wiring.base_url(request),
            reads=self._compiled(wiring),
        )

    def _compiled(self, wiring: Wiring) -> Reads:
        """The application's compiled reads, whose caches all of its requests share."""
        if self._reads is None:
            self._reads = Reads(self._schema.types, wiring.reads, cast("Mode", wiring.reads_mode))
        return self._reads

    async def _answer(self, request: Request, asked: GraphQLRequest, context: Context) -> Response:
        """The response to a well-formed request."""
        reads = context.reads
        if reads.mode == "compiled":
            operation = reads.documents.of_text(asked.query).operation(asked.operation_name)
            if operation is not None and operation.is_query:
                try:
                    data = await reads.answer(operation, asked.variables, context)
                except Exception as error:
                    return self._shown(request, _failed(operation, error))
                if data is not None:
                    return self._shown(request, {"data": data})
        result = await self._schema.execute(
            asked.query,
            variable_values=asked.variables,
            context_value=context,
            operation_name=asked.operation_name,
            operation_extensions=asked.extensions,
        )
        return self._shown(request, await self.process_result(request, result))

    def _shown(self, request: Request, answer: Mapping[str, Any]) -> Response:
        """An answer in the media type that was asked for, and 400 with it when nothing was executed."""
        modern = _is_modern(request.headers.get("accept", ""))
        return Response(
            self.encode_json(answer),
            status_code=400 if modern and "data" not in answer else 200,
            media_type=f"{RESPONSE_TYPE}; charset=utf-8" if modern else "application/json; charset=utf-8",
        )

    def parse_query_params(self, params: Any) -> dict[str, Any]:
        # A persisted document may be asked for by GET with its hash alone.
        data = super().parse_query_params(params)
        extensions = data.get("extensions")
        if isinstance(extensions, dict) and self._reads is not None:
            data["query"] = persisted(data.get("query"), extensions, self._reads.documents)
        return data

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


def _failed(operation: Operation, error: Exception) -> dict[str, Any]:
    """The answer to a query whose compiled read has failed: as the executor answers when its first field has."""
    node = next(node for node in operation.node.selection_set.selections if isinstance(node, FieldNode))
    key = node.alias.value if node.alias else node.name.value
    located = GraphQLError(str(error), nodes=node, path=[key], original_error=error)
    return {"errors": [coded(located).formatted], "data": None}


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
