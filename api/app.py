"""The HTTP application: routes, lifespan, and the one place that wires the edge to its surroundings."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from api.graphql import GraphQLView
from api.health import healthz, readyz
from api.ingress.forms import preflight, receive_form
from api.ingress.mail import receive_mail
from api.wiring import Wiring
from crm import db
from crm.doorbell import Doorbell
from crm.faults import described
from crm.intake.secrets import SecretBox
from crm.reads import ReadPool
from schema.build import build_schema
from schema.cursors import CursorSigner
from workers.doorbell import CeleryDoorbell

log = logging.getLogger("anbahn.api")


def create_app(
    *,
    database_url: str,
    redis_url: str,
    secret: str,
    public_url: str | None = None,
    doorbell: Doorbell | None = None,
    reads_mode: str = "compiled",
) -> Starlette:
    """Put the application together.

    ``database_url`` logs in as the application's role; ``doorbell`` replaces the Celery one in tests; ``reads_mode``
    says how much of a GraphQL read is compiled (``Wiring``).
    """
    wiring = Wiring(
        doorbell=doorbell or CeleryDoorbell(redis_url),
        box=SecretBox(secret),
        cursors=CursorSigner(secret),
        reads=ReadPool(database_url),
        reads_mode=reads_mode,
        redis_url=redis_url,
        public_url=public_url,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with db.connected(database_url, minimum=2, maximum=20):
            try:
                yield
            finally:
                await wiring.reads.close()

    app = Starlette(
        routes=[
            Route("/graphql", GraphQLView(build_schema())),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/ingress/forms/{key}", receive_form, methods=["POST"]),
            Route("/ingress/forms/{key}", preflight, methods=["OPTIONS"]),
            Route("/ingress/mail/raw", receive_mail, methods=["POST"]),
        ],
        lifespan=lifespan,
        exception_handlers={404: _not_found, 405: _wrong_method, Exception: _fault},
    )
    app.state.wiring = wiring
    return app


async def _not_found(request: Request, _error: Exception) -> JSONResponse:
    return _answer(404, "NOT_FOUND", f"There is nothing at {request.url.path}.")


async def _wrong_method(request: Request, error: Exception) -> JSONResponse:
    headers = getattr(error, "headers", None)
    return _answer(405, "METHOD_NOT_ALLOWED", f"{request.method} does nothing at {request.url.path}.", headers)


async def _fault(request: Request, error: Exception) -> JSONResponse:
    incident = uuid4().hex[:12]
    log.error("incident %s at %s %s: %s", incident, request.method, request.url.path, described(error))
    return _answer(
        500, "INTERNAL", f"Something went wrong on our side (incident {incident}); nothing was acknowledged."
    )


def _answer(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status, headers=headers)
