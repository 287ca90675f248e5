"""The GraphQL endpoint: one credential, one context, one way through for every request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import orjson
from cross_web import HTTPException
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.schema.exceptions import CannotGetOperationTypeError
from strawberry.types import ExecutionResult

from api.answers import Answer, executed, fault, refusal, write
from api.auth import Unauthenticated, authenticate, bearer
from api.body import BodyRefused, read_body
from api.graphql_request import GraphQLRequest, persisted, read_json
from api.wiring import Wiring, wiring_of
from crm.accounts.facts import Actor
from crm.caches import SegmentedCache
from crm.db import UNREACHABLE
from crm.doors import hashed
from crm.engine import bound
from schema.build import Schema
from schema.context import Context
from schema.errors import RequestError, coded
from schema.reads.documents import Operation
from schema.reads.runner import Mode, Reads

LARGEST_REQUEST = 2**20
KNOWN_KEYS = 10_000

Responds = Callable[[Scope, Receive, Send], Awaitable[None]]


class GraphQLView(GraphQL[Context, None]):
    """Answers one request for one actor. Its connections are bound to the actor's workspace throughout.

    The way: credential, document, the compiled read that answers the whole of it; where there is none, the executor.
    What comes otherwise than as JSON by POST is read by Strawberry, and executed the same.
    """

    def __init__(self, schema: Schema) -> None:
        super().__init__(schema, graphql_ide=None, subscription_protocols=())
        self._schema = schema
        self._reads: Reads | None = None
        self._known: SegmentedCache[bytes, Actor] = SegmentedCache(KNOWN_KEYS)
        """Whom each key opened a workspace for when it was last looked up, by its hash: what is believed, and proved by
        the read itself."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        respond = await self._response(request)
        await respond(scope, receive, send)

    async def _response(self, request: Request) -> Responds:
        try:
            if _is_json_post(request) and (answer := await self._believed(request)) is not None:
                return answer
            actor = await authenticate(request)
            self._remember(hashed(bearer(request) or ""), actor)
            context, asked = self._context(request, actor), None
            if request.method == "POST":
                if not hasattr(request, "_body"):
                    # Read here, within bounds; Strawberry finds it on the request.
                    request._body = await read_body(request, LARGEST_REQUEST)
                if _is_json_post(request):
                    asked = read_json(request._body, context.reads.documents)
            if asked is not None:
                return await self._answer(request, asked, context)
            with bound(context.actor.workspace_id):
                response: Response = await self.run(request, context=context)
            return response
        except Unauthenticated as error:
            challenge = {"WWW-Authenticate": 'Bearer realm="anbahn"'}
            return fault(request, 401, "UNAUTHENTICATED", str(error), **challenge)
        except BodyRefused as error:
            return fault(request, error.status, error.code, error.message)
        except RequestError as error:
            return executed(request, {"errors": [error.formatted]})
        except CannotGetOperationTypeError as error:
            return fault(request, 400, "BAD_REQUEST", error.as_http_error_reason())
        except HTTPException as error:
            return refusal(request, error)
        except UNREACHABLE:
            message = "The database cannot be reached at the moment; try again."
            return fault(request, 503, "UNAVAILABLE", message, **{"Retry-After": "5"})
        except Exception as error:
            masked = coded(GraphQLError(str(error), original_error=error))  # logs it
            return fault(request, 500, "INTERNAL", masked.message)

    def _remember(self, key_hash: bytes, actor: Actor) -> None:
        if self._known.get(key_hash) != actor:
            self._known.put(key_hash, actor)

    async def _believed(self, request: Request) -> Answer | None:
        """The answer to a query with a key that was right before: one trip to the database where two would be needed.

        The read gives no row unless the key is right still. Where it gives none, and wherever anything is out of the
        ordinary, the answer is None: the key is looked up, and the request begins anew.
        """
        key = bearer(request)
        key_hash = hashed(key) if key is not None else b""
        actor = self._known.get(key_hash)
        if actor is None:
            return None
        context = self._context(request, actor)
        request._body = await read_body(request, LARGEST_REQUEST)
        try:
            asked = read_json(request._body, context.reads.documents)
        except RequestError:
            return None
        # Nothing is parsed or compiled for a key that is not proved: what it asks for was asked for before.
        if asked is None or asked.query not in context.reads.documents:
            return None
        operation = self._query(asked, context)
        if operation is None:
            return None
        try:
            data = await context.reads.answer(operation, asked.variables, context, key_hash)
        except Exception:  # whatever it is, the key comes first
            return None
        return None if data is None else executed(request, {"data": data})

    def _query(self, asked: GraphQLRequest | None, context: Context) -> Operation | None:
        """The query that is asked for, if it is one and may be answered by a compiled read."""
        if asked is None or context.reads.mode != "compiled":
            return None
        operation = context.reads.documents.of_text(asked.query).operation(asked.operation_name)
        return operation if operation is not None and operation.is_query else None

    def _context(self, request: Request, actor: Actor) -> Context:
        wiring = wiring_of(request)
        return Context(
            actor=actor,
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

    async def _answer(self, request: Request, asked: GraphQLRequest, context: Context) -> Answer:
        """The answer to a well-formed request."""
        operation = self._query(asked, context)
        if operation is not None:
            try:
                data = await context.reads.answer(operation, asked.variables, context)
            except UNREACHABLE:
                raise  # as where the key could not be looked up
            except Exception as error:
                return executed(request, _failed(operation, error))
            if data is not None:
                return executed(request, {"data": data})
        with bound(context.actor.workspace_id):
            result = await self._schema.execute(
                asked.query,
                variable_values=asked.variables,
                context_value=context,
                operation_name=asked.operation_name,
                operation_extensions=asked.extensions,
            )
        return executed(request, _content(result))

    # What Strawberry asks of its view, for requests that it reads itself

    def parse_query_params(self, params: Any) -> dict[str, Any]:
        # A persisted document may be asked for by GET with its hash alone.
        data = super().parse_query_params(params)
        extensions = data.get("extensions")
        if isinstance(extensions, dict) and self._reads is not None:
            data["query"] = persisted(data.get("query"), extensions, self._reads.documents)
        return data

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        # What the client accepts is needed again where the response is made.
        response = await super().get_sub_response(request)
        response.headers["x-accept"] = request.headers.get("accept", "")
        response.headers["x-accept-encoding"] = request.headers.get("accept-encoding", "")
        return response

    async def process_result(self, request: Request, result: ExecutionResult) -> GraphQLHTTPResponse:
        return cast("GraphQLHTTPResponse", _content(result))

    def create_response(
        self, response_data: GraphQLHTTPResponse | list[GraphQLHTTPResponse], sub_response: Response
    ) -> Response:
        asked = [(name[2:], value) for name, value in sub_response.headers.raw if name.startswith(b"x-accept")]
        request = Request({"type": "http", "headers": asked})
        answer = executed(request, cast("dict[str, Any]", response_data))
        return Response(answer.body, status_code=answer.status, headers=answer.headers)

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
        return write(data)


def _is_json_post(request: Request) -> bool:
    media_type = request.headers.get("content-type", "")
    return request.method == "POST" and media_type.partition(";")[0].strip().lower() == "application/json"


def _content(result: ExecutionResult) -> dict[str, Any]:
    """The result as it is told. An error without a path means that nothing was executed; then there is no ``data``."""
    errors: Sequence[GraphQLError] = [coded(error) for error in result.errors or ()]
    content: dict[str, Any] = {}
    if errors:
        content["errors"] = [error.formatted for error in errors]
    if not errors or result.data is not None or any(error.path for error in errors):
        content["data"] = result.data
    if result.extensions:
        content["extensions"] = result.extensions
    return content


def _failed(operation: Operation, error: Exception) -> dict[str, Any]:
    """The answer to a query whose compiled read has failed: as the executor answers when its first field has."""
    node = operation.first_field()
    key = node.alias.value if node.alias else node.name.value
    located = GraphQLError(str(error), nodes=node, path=[key], original_error=error)
    return {"errors": [coded(located).formatted], "data": None}
