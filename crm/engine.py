"""The database client Tortoise uses here: asyncpg with every connection bound to one workspace while it is lent out.

Tortoise finds this module by name (``engine`` in ``crm.db.tortoise_config``) and takes ``client_class``.

Row-level security reads the setting ``app.workspace_id``. It is set when a connection is taken, and only when it
differs from what that connection had last: a round trip on each lease costs more than row-level security itself.
For that the pool must know what each connection is bound to, so nothing else may change session settings here:
no ``SET`` (only ``SET LOCAL``), no ``LISTEN``, no session-level advisory locks. See docs/adr/0003.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.asyncpg.client import TransactionWrapper as AsyncpgTransactionWrapper
from tortoise.backends.base.client import TransactionContext, TransactionContextPooled

ACQUIRE_TIMEOUT_SECONDS = 5.0
"""How long a statement waits for a free connection before it fails; asyncpg itself would wait for ever."""

_workspace: contextvars.ContextVar[UUID | None] = contextvars.ContextVar("workspace", default=None)


def current_workspace() -> UUID | None:
    """The workspace that connections taken in this context are bound to; None: no row is visible."""
    return _workspace.get()


@contextlib.contextmanager
def bound(workspace_id: UUID) -> Iterator[None]:
    """Bind every connection taken inside to one workspace."""
    if not isinstance(workspace_id, UUID):
        raise TypeError(f"a workspace id is a UUID, not {type(workspace_id).__name__}")
    token = _workspace.set(workspace_id)
    try:
        yield
    finally:
        _workspace.reset(token)


class WorkspaceConnection(asyncpg.Connection):  # type: ignore[misc,unused-ignore]
    """A connection that remembers the workspace it is bound to."""

    bound_to: str | None = None
    """None: unknown, so that the next lease binds it."""

    def get_reset_query(self) -> str:
        # RESET ALL on every release is a round trip and would undo the binding; open transactions still roll back.
        return ""


async def bind(connection: Any) -> None:
    """The pool's ``setup`` hook: bind a connection that is being lent out to the current workspace."""
    raw = connection._con if hasattr(connection, "_con") else connection
    workspace = _workspace.get()
    wanted = str(workspace) if workspace else ""
    if raw.bound_to == wanted:
        return
    raw.bound_to = None  # a bind that fails or is cancelled leaves "unknown" behind, never a wrong claim
    await connection.execute(f"SET app.workspace_id = '{wanted}'")
    raw.bound_to = wanted


class BoundedPool(asyncpg.Pool):  # type: ignore[misc,unused-ignore]
    """A pool whose callers never wait for ever."""

    def acquire(self, *, timeout: float | None = None) -> Any:
        return super().acquire(timeout=ACQUIRE_TIMEOUT_SECONDS if timeout is None else timeout)


class _Transaction(TransactionContextPooled):
    """Gives the connection back when BEGIN itself fails or is cancelled; Tortoise 1.1.9 would keep it lent for ever."""

    async def __aenter__(self) -> Any:
        try:
            return await super().__aenter__()
        except BaseException as error:
            if getattr(self, "token", None) is not None:
                self.client._finalized = True  # there is nothing to roll back
                await super().__aexit__(type(error), error, error.__traceback__)
            raise


class Client(AsyncpgDBClient):
    """Tortoise's asyncpg client over a bounded pool of workspace connections."""

    async def create_pool(self, **kwargs: Any) -> Any:
        options = {
            "connection_class": WorkspaceConnection,
            "record_class": asyncpg.Record,
            "max_queries": 50_000,
            "max_inactive_connection_lifetime": 300.0,
            "setup": bind,
            "loop": None,
        }
        kwargs.pop("connection_class", None)
        return await BoundedPool(None, **{**options, **{k: v for k, v in kwargs.items() if v is not None}})

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(AsyncpgTransactionWrapper(self), self._pool_init_lock)


client_class = Client
