"""docker-compose.yml as Docker Compose reads it, as far as the tests need it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
OURS = ("migrate", "api", "worker", "beat")
SECRETS = {
    "POSTGRES_PASSWORD": "p0stgresp0stgresp0stgresp0stgres",
    "ANBAHN_SECRET": "s3crets3crets3crets3crets3crets3",
    "ANBAHN_ADMIN_KEY": "adm1nadm1nadm1nadm1nadm1nadm1nad",
}
"""What the operator sets, in the tests."""

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?:(?P<how>:-|:\?)(?P<rest>[^}]*))?\}")


def document() -> dict[str, Any]:
    """The file with anchors and merges resolved, and its ``${…}`` left as they are."""
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return loaded


def interpolated(value: Any, given: Mapping[str, str] = SECRETS) -> Any:
    """The value as containers get it (https://docs.docker.com/reference/compose-file/interpolation/).

    Raises: KeyError for a required variable that is not given.
    """
    if isinstance(value, dict):
        return {name: interpolated(entry, given) for name, entry in value.items()}
    if isinstance(value, list):
        return [interpolated(entry, given) for entry in value]
    return _VARIABLE.sub(lambda found: _value(found, given), value) if isinstance(value, str) else value


def variables(value: Any) -> dict[str, set[str]]:
    """The variables that are asked of the operator, each with the ways in which: ``:?``, ``:-`` or nothing."""
    found: dict[str, set[str]] = {}
    for match in _VARIABLE.finditer(yaml.safe_dump(value, width=10_000)):
        if match["name"]:
            found.setdefault(match["name"], set()).add(match["how"] or "")
    return found


def service(name: str) -> dict[str, Any]:
    """One service, with the tests' secrets filled in."""
    filled: dict[str, Any] = interpolated(document()["services"][name])
    return filled


def options(arguments: list[str]) -> dict[str, str | None]:
    """A command line as its options: ``--port=1``, ``-c 2`` and flags alike; words before them are numbered."""
    parsed: dict[str, str | None] = {}
    last = None
    for argument in arguments:
        if argument.startswith("-"):
            last, equals, value = argument.partition("=")
            parsed[last] = value if equals else None
            last = None if equals else last
        elif last is not None and parsed[last] is None:
            parsed[last] = argument
        else:
            parsed[f"word {len(parsed)}"] = argument
    return parsed


def _value(found: re.Match[str], given: Mapping[str, str]) -> str:
    if found["name"] is None:
        return "$"
    if found["how"] == ":-":
        return given.get(found["name"]) or found["rest"]
    return given[found["name"]]
