"""Plans without a database; and new applications, for what is kept of documents and plans is tested here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from crm.accounts.facts import Actor
from crm.reads import Scope
from schema.cursors import CursorSigner
from schema.reads.documents import Prepared
from schema.reads.plan import Plan
from schema.reads.runner import Reads
from schema.reads.selection import Selector

CURSORS = CursorSigner("the secret of these tests")
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def http(new_application: httpx.AsyncClient) -> httpx.AsyncClient:
    return new_application


def planned(reads: Reads, text: str, actor: Actor, variables: dict[str, Any]) -> Plan:
    """The plan that answers a query for an actor.

    Raises: Uncompilable, RequestError.
    """
    operation = reads.documents.of_text(text).operation(None)
    assert operation is not None
    values = operation.variables(reads.types.schema, variables)
    assert values is not None
    selector = Selector(reads.types.schema, operation.fragments, values)
    prepared = Prepared(selector.select([operation.node.selection_set], operation.root), reads.types, CURSORS)
    asked = prepared.asked(values, CURSORS)
    return reads.plan(operation.root.name, prepared.selection.picks, asked, Scope.of(actor))
