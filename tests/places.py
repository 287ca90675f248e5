"""Where the servers of tests keep their data."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108  (what is made there is made by mkdtemp)
_PLENTY = 4 << 30


def new_place() -> Path:
    """A new directory, closed to others; in memory where there is plenty, for each cluster is a thousand files."""
    in_memory = os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _PLENTY
    return Path(tempfile.mkdtemp(prefix="anbahn-test-", dir=_MEMORY if in_memory else None))


@contextmanager
def place() -> Iterator[Path]:
    """A new directory that is removed in the end."""
    made = new_place()
    try:
        yield made
    finally:
        shutil.rmtree(made)
