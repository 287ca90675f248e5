"""Here the application itself is what is tested: each test has a new one."""

from __future__ import annotations

import httpx
import pytest


@pytest.fixture
def http(new_application: httpx.AsyncClient) -> httpx.AsyncClient:
    return new_application
