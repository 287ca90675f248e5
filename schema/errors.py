"""Refusals as ``userErrors``, faults as top-level errors with a code. Nothing internal leaves this room."""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import uuid4

import strawberry
from graphql import GraphQLError

from crm.db import UNREACHABLE
from crm.errors import Code, DomainError, StaleVersion
from crm.faults import described as described_fault
from schema import ids
from schema.enums import described

log = logging.getLogger("anbahn.graphql")

UserErrorCode = described(
    Code,
    "Why a mutation was refused; stable, for programs to branch on.",
    name="UserErrorCode",
    NOT_FOUND="There is no such record in the workspace.",
    INVALID="An input is not right; the message says what would be.",
    STALE_VERSION="The record has changed since you read it; the payload holds it as it is now.",
    NOT_QUALIFIED="The lead is not QUALIFIED yet.",
    ALREADY_CONVERTED="The lead has been converted; its deal goes on.",
    REASON_REQUIRED="A reason, or a note to it, is missing.",
    WRONG_PIPELINE="The stage belongs to another pipeline than the deal.",
    FIELDS_REQUIRED="The stage demands fields that the deal does not have; the message names them.",
    DUPLICATE="The address or domain belongs to another record: `conflictingId`.",
    FORBIDDEN="Your role may not do this.",
    ALREADY_MERGED="The record has been merged into another: `conflictingId` holds what was its own.",
)


_NAMING = frozenset({Code.DUPLICATE, Code.ALREADY_MERGED})
"""Codes of refusals that name the record in the way."""


@strawberry.type(description="An expected refusal of a mutation. Nothing was changed.")
class UserError:
    code: UserErrorCode = strawberry.field(description="What kind of refusal it is.")  # type: ignore[valid-type]
    message: str = strawberry.field(description="What is wrong and what would be right, for people.")
    field: list[str] | None = strawberry.field(
        description="Path of the input field at fault, from the mutation's input; null where no one field is."
    )
    conflicting_id: strawberry.ID | None = strawberry.field(
        default=None, description="DUPLICATE, ALREADY_MERGED: the record that is already there."
    )

    @classmethod
    def of(cls, error: DomainError) -> UserError:
        conflicting_id = None
        if error.code in _NAMING and error.current is not None:
            conflicting_id = strawberry.ID(ids.encode(type(error.current).__name__, error.current.id))
        return cls(
            code=error.code, message=error.message, field=list(error.field) or None, conflicting_id=conflicting_id
        )


P = TypeVar("P")


def refusable(
    payload: Callable[..., P], **show: Callable[[Any], Any]
) -> Callable[[Callable[..., Awaitable[P]]], Callable[..., Awaitable[P]]]:
    """Turn a ``DomainError`` of a mutation into its payload's ``userErrors``; the one place where that happens.

    ``show`` says how a record that was changed meanwhile is shown in the payload: ``lead=Lead.of``.
    """

    def decorate(mutation: Callable[..., Awaitable[P]]) -> Callable[..., Awaitable[P]]:
        @functools.wraps(mutation)
        async def resolve(*args: Any, **kwargs: Any) -> P:
            # What earlier mutations of the same request have read is not how it is after this one.
            kwargs["info"].context.forget()
            try:
                return await mutation(*args, **kwargs)
            except DomainError as error:
                shown = {}
                if isinstance(error, StaleVersion) and error.current is not None:
                    name = re.sub("(?<=[a-z])(?=[A-Z])", "_", type(error.current).__name__).lower()
                    shown = {name: show[name](error.current)} if name in show else {}
                return payload(user_errors=[UserError.of(error)], **shown)

        return resolve

    return decorate


class RequestError(GraphQLError):
    """A fault of the request that is no refusal of a mutation, such as a bad cursor."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, extensions={"code": code})


def coded(error: GraphQLError) -> GraphQLError:
    """The error as clients see it: with ``extensions.code``, and without anything internal, which is logged instead."""
    original = error.original_error
    if original is None or isinstance(original, GraphQLError):
        if not (error.extensions or {}).get("code"):
            syntax = error.message.startswith("Syntax Error")
            error.extensions = {
                **(error.extensions or {}),
                "code": "GRAPHQL_PARSE_FAILED" if syntax else "GRAPHQL_VALIDATION_FAILED",
            }
        return error
    if isinstance(original, UNREACHABLE):
        message, code = "The database cannot be reached at the moment; try again.", "UNAVAILABLE"
    else:
        incident = uuid4().hex[:12]
        log.error("incident %s at %s: %s", incident, error.path, described_fault(original))
        message, code = f"Something went wrong on our side (incident {incident}).", "INTERNAL"
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions={"code": code},
    )
