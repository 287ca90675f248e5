"""From a credential to the actor it stands for."""

from __future__ import annotations

import base64
import binascii

from starlette.requests import Request

from api.wiring import wiring_of
from crm.accounts.facts import Actor
from crm.reads import actor_of

LONGEST_CREDENTIAL = 512


class Unauthenticated(Exception):
    """No credential, or none that opens a workspace. The text says what would be right."""


async def authenticate(request: Request) -> Actor:
    """The member whose bearer key the request carries.

    Raises: Unauthenticated.
    """
    key = bearer(request)
    if key is None:
        raise Unauthenticated("A bearer key is missing: send the header Authorization: Bearer <key>.")
    async with wiring_of(request).reads.lease() as connection:
        actor = await actor_of(connection, key)
    if actor is None:
        raise Unauthenticated("This bearer key opens no workspace: it is wrong, or it was revoked.")
    return actor


def bearer(request: Request) -> str | None:
    """The token of ``Authorization: Bearer`` (RFC 6750); None without one."""
    scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and 0 < len(token) <= LONGEST_CREDENTIAL else None


def basic_password(request: Request) -> str | None:
    """The password of ``Authorization: Basic`` (RFC 7617), whatever the user name; None without one."""
    scheme, _, encoded = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() != "basic" or len(encoded) > 2 * LONGEST_CREDENTIAL:
        return None
    try:
        _, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return password if colon and password else None
