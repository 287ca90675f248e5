"""Scalars beyond GraphQL's own. What is sent in is checked by the domain, so that a wrong one is a userError."""

from __future__ import annotations

from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

CountryCode = NewType("CountryCode", str)
CurrencyCode = NewType("CurrencyCode", str)
EmailAddress = NewType("EmailAddress", str)
PhoneNumber = NewType("PhoneNumber", str)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise GraphQLError("A string is expected.")
    return value


def _scalar(name: str, description: str, url: str) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, specified_by_url=url, serialize=str, parse_value=_text)


SCALARS: dict[object, ScalarDefinition] = {
    CountryCode: _scalar(
        "CountryCode",
        "A country by its ISO 3166-1 code of two letters, such as DE.",
        "https://www.iso.org/iso-3166-country-codes.html",
    ),
    CurrencyCode: _scalar(
        "CurrencyCode",
        "A currency by its ISO 4217 code, such as EUR.",
        "https://www.iso.org/iso-4217-currency-codes.html",
    ),
    EmailAddress: _scalar(
        "EmailAddress", "An e-mail address as its owner writes it.", "https://www.rfc-editor.org/rfc/rfc5321"
    ),
    PhoneNumber: _scalar(
        "PhoneNumber", "A phone number in E.164, such as +4930123456.", "https://www.itu.int/rec/T-REC-E.164"
    ),
}
