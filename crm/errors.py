"""Refusals the domain expects: each has a stable code, a message for people and the path of the input field at fault.

A room defines its own subclasses beside what raises them. An edge turns a ``DomainError`` into a ``userError``;
anything else that is raised is a bug or a fault of the machinery.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """The stable codes a client may branch on."""

    NOT_FOUND = "NOT_FOUND"
    INVALID = "INVALID"
    STALE_VERSION = "STALE_VERSION"
    NOT_QUALIFIED = "NOT_QUALIFIED"
    ALREADY_CONVERTED = "ALREADY_CONVERTED"
    REASON_REQUIRED = "REASON_REQUIRED"
    WRONG_PIPELINE = "WRONG_PIPELINE"
    FIELDS_REQUIRED = "FIELDS_REQUIRED"
    DUPLICATE = "DUPLICATE"
    FORBIDDEN = "FORBIDDEN"
    ALREADY_MERGED = "ALREADY_MERGED"


class DomainError(Exception):
    """An expected refusal. Nothing was changed."""

    code: Code = Code.INVALID

    def __init__(self, message: str, *, field: tuple[str, ...] = (), current: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        """Path of the input field, from the operation's input; empty where no one field is at fault."""
        self.current = current
        """The record as it stands now (stale version) or the record in conflict (duplicate); else None."""


class Invalid(DomainError):
    code = Code.INVALID


class NotFound(DomainError):
    code = Code.NOT_FOUND


class StaleVersion(DomainError):
    code = Code.STALE_VERSION


class Duplicate(DomainError):
    code = Code.DUPLICATE


class AlreadyMerged(DomainError):
    """The record has been merged into another; ``current`` is the one that holds what was its own."""

    code = Code.ALREADY_MERGED


class Forbidden(DomainError):
    code = Code.FORBIDDEN


class ReasonRequired(DomainError):
    code = Code.REASON_REQUIRED
