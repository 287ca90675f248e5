"""What the edge needs to do its work, put together once by ``create_app``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from crm.doorbell import Doorbell
from crm.intake.secrets import SecretBox
from crm.reads import ReadPool
from schema.cursors import CursorSigner


@dataclass(frozen=True, slots=True)
class Wiring:
    """The parts that requests share."""

    doorbell: Doorbell
    box: SecretBox
    cursors: CursorSigner
    reads: ReadPool
    """The connections of credentials and of compiled reads; operations have the ORM's."""
    reads_mode: str
    """How much of a GraphQL read is compiled: ``compiled`` (all of it), ``spliced`` (each root field), ``stock``."""
    redis_url: str
    public_url: str | None
    """How the outside reaches this server; None: as each request says."""

    def base_url(self, request: Request) -> str:
        return self.public_url or str(request.base_url).rstrip("/")


def wiring_of(request: Request) -> Wiring:
    """The application's wiring."""
    return cast(Wiring, request.app.state.wiring)
