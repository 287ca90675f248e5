"""Faults an operator is to read: one line, no traceback, a non-zero exit."""

from __future__ import annotations

import asyncio
import sys
import urllib.parse
from collections.abc import Coroutine
from typing import Any, NoReturn, TypeVar

import asyncpg

from crm.db import UNREACHABLE
from crm.errors import DomainError
from crm.migrate import MigrationRefused

T = TypeVar("T")


def fail(message: str) -> NoReturn:
    """End the command with one line."""
    print(f"anbahn: {message}", file=sys.stderr, flush=True)
    raise SystemExit(2)


def run(work: Coroutine[Any, Any, T], database_url: str) -> T:
    """Run a command's work; what an operator can mend ends it with one line."""
    parts = urllib.parse.urlsplit(database_url)
    where = f"{parts.hostname}:{parts.port or 5432}"
    try:
        return asyncio.run(work)
    except MigrationRefused as error:
        fail(str(error))
    except DomainError as error:
        fail(error.message)
    except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as error:
        fail(f"PostgreSQL at {where} refuses the login of DATABASE_URL ({error}): mend its user or password")
    except UNREACHABLE as error:
        reason = str(error) or type(error).__name__
        fail(f"PostgreSQL at {where} cannot be reached ({reason}): start it, or mend DATABASE_URL")
