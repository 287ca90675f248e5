"""The walk's only way to the server: HTTP, each request told with what came back."""

from __future__ import annotations

import json
import textwrap
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from cli.walk_story import MOST_LINES, WIDTH, Story, fail, hidden, pretty, shortened

Json = Any
"""An answer as ``json`` reads it; the checks say what must be in it."""
T = TypeVar("T")

DEADLINE_SECONDS = 60.0
_EVERY_SECONDS = 0.2
_TIMEOUT_SECONDS = 30.0
_PREVIEW_LINES = 25


def connection(base_url: str) -> httpx.Client:
    """A connection to the server; a proxy that the environment names for the world outside is not used."""
    return httpx.Client(base_url=base_url, timeout=_TIMEOUT_SECONDS, trust_env=False)


class Client:
    """An outsider with a bearer key."""

    def __init__(self, http: httpx.Client, key: str, story: Story) -> None:
        self._http = http
        self._key = key
        self.story = story

    def ask(self, document: str, *, lines: int = MOST_LINES, **variables: Json) -> Json:
        """Run a GraphQL document, and tell it with at most so many lines of its answer; the ``data``.

        Raises: CheckFailed when it was not executed.
        """
        self._tell(document, variables)
        response, data = self._ask(document, variables)
        self.story.response(_status_line(response), {"data": data}, lines)
        return data

    def ask_until(self, done: Callable[[Json], T | None], waiting_for: str, document: str, **variables: Json) -> T:
        """Ask until ``done`` makes something of the data; tells the request once, and the last answer.

        Raises: CheckFailed after a minute.
        """
        self._tell(document, variables)
        start = time.monotonic()
        while True:
            data = self._ask(document, variables)[1]
            found = done(data)
            waited = time.monotonic() - start
            if found is not None:
                self.story.response(f"200 OK, {waited:.1f} s later", {"data": data})
                return found
            if waited > DEADLINE_SECONDS:
                fail(waiting_for, wanted=f"within {DEADLINE_SECONDS:.0f} s", got=data)
            time.sleep(_EVERY_SECONDS)

    def post(self, path: str, headers: Mapping[str, str], content: bytes, *, bearer: str | None, shown: str) -> Json:
        """Post a message to an ingress; its receipt.

        Raises: CheckFailed unless it was accepted.
        """
        credential = f"   authorization: Bearer {hidden(bearer)}" if bearer else ""
        told = "".join(f"   {name}: {value}" for name, value in headers.items())
        lines = shown.splitlines()
        more = [f"… {len(lines) - _PREVIEW_LINES} lines more"] if len(lines) > _PREVIEW_LINES else []
        self.story.request(f"POST {path}{told}{credential}", "\n".join(lines[:_PREVIEW_LINES] + more))
        authorization = {"authorization": f"Bearer {bearer}"} if bearer else {}
        response = self._http.post(path, content=content, headers={**headers, **authorization})
        body = _json(response)
        self.story.response(_status_line(response), body)
        self.story.equal("it is accepted", response.status_code, 202)
        return body

    def _tell(self, document: str, variables: Mapping[str, Json]) -> None:
        query = textwrap.wrap(" ".join(document.split()), WIDTH - 8, break_on_hyphens=False, break_long_words=False)
        given = pretty(variables, WIDTH - 8).splitlines() if variables else []
        self.story.request(f"POST /graphql   authorization: Bearer {hidden(self._key)}", "\n".join([*query, *given]))

    def _ask(self, document: str, variables: Mapping[str, Json]) -> tuple[httpx.Response, Json]:
        response = self._http.post(
            "/graphql",
            json={"query": document, "variables": variables},
            headers={"authorization": f"Bearer {self._key}"},
        )
        body = _json(response)
        if response.status_code != httpx.codes.OK or not isinstance(body, dict) or "errors" in body:
            fail(
                "the query is executed", wanted="200 and no errors", got={"status": response.status_code, "body": body}
            )
        return response, body["data"]


def _json(response: httpx.Response) -> Json:
    try:
        return response.json()
    except json.JSONDecodeError:
        fail("the answer is JSON", wanted="JSON", got=f"{response.status_code} {shortened(response.text)}")


def _status_line(response: httpx.Response) -> str:
    return f"{response.status_code} {response.reason_phrase} in {response.elapsed.total_seconds() * 1000:.0f} ms"
