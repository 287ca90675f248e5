"""A GraphQL request as it comes over HTTP: which document it means, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from schema.errors import RequestError
from schema.reads.documents import Documents


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A request whose parts have the right types."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


def read_json(body: bytes, documents: Documents) -> GraphQLRequest | None:
    """The request in a JSON body; None where it has not the form of one, which Strawberry puts into words.

    Raises: RequestError for a persisted document that is not known, or not what its hash says.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(data, dict):
        return None
    query, variables = data.get("query"), data.get("variables")
    name, extensions = data.get("operationName"), data.get("extensions")
    if not (
        (query is None or isinstance(query, str))
        and (variables is None or isinstance(variables, dict))
        and (name is None or isinstance(name, str))
        and (extensions is None or isinstance(extensions, dict))
    ):
        return None
    if extensions:
        query = persisted(query, extensions, documents)
    return GraphQLRequest(query, variables, name, extensions) if query else None


def persisted(query: str | None, extensions: dict[str, Any], documents: Documents) -> str | None:
    """The document's text, by its hash where only that was sent: ``persistedQuery {version: 1, sha256Hash}``.

    The protocol is Apollo's automatic persisted queries: who asks by a hash that is not known here sends the text
    with it once more (www.apollographql.com/docs/apollo-server/performance/apq).

    Raises: RequestError.
    """
    given = extensions.get("persistedQuery")
    if given is None:
        return query
    sha256 = given.get("sha256Hash") if isinstance(given, dict) else None
    if not isinstance(sha256, str) or given.get("version") != 1:
        raise RequestError(
            "extensions.persistedQuery is not right: give {version: 1, sha256Hash}.", "PERSISTED_QUERY_NOT_SUPPORTED"
        )
    if query is None:
        text = documents.of_hash(sha256)
        if text is None:
            # The very words that clients look for.
            raise RequestError("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
        return text
    if not documents.register(sha256, query):
        raise RequestError(
            "extensions.persistedQuery.sha256Hash is not the SHA-256 of the query's text, in lower-case hex.",
            "PERSISTED_QUERY_HASH_MISMATCH",
        )
    return query
