"""A file among the fields of a form."""

from __future__ import annotations

from typing import Self


class Upload(str):
    """What people see of a file, "cv.pdf (1234 bytes)", and what tells it from another of that name and size."""

    __slots__ = ("digest",)
    digest: bytes
    """SHA-256 of its content."""

    def __new__(cls, shown: str, digest: bytes) -> Self:
        self = super().__new__(cls, shown)
        self.digest = digest
        return self
