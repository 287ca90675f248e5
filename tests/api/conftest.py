"""One schema for all applications of a session: building it takes longer than most tests."""

from __future__ import annotations

import functools

import pytest

from schema.build import Schema, build_schema


@functools.cache
def shared_schema() -> Schema:
    return build_schema()


@pytest.fixture(autouse=True)
def one_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.app.build_schema", shared_schema)
