"""What ``anbahn walk`` tells: numbered steps, each request with what came back, a line for each check."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import textwrap
import unicodedata
from typing import Any, NoReturn

WIDTH = 110
"""The most columns of a line."""
MOST_LINES = 30
MOST_ENTRIES = 6
LONGEST_TEXT = 200

_BOLD, _RED, _GREEN, _DIM, _BLUE = "1", "31", "32", "2", "36"
_GLOBAL_ID = re.compile(r"\b([A-Z][A-Za-z]+_)[0-9a-f]{26}([0-9a-f]{6})\b")


class CheckFailed(Exception):
    """Something is not as it should be."""

    def __init__(self, claim: str, wanted: object, got: object) -> None:
        super().__init__(claim)
        self.claim = claim
        self.wanted = wanted
        self.got = got


class Story:
    """Writes to standard output; colours only for a terminal."""

    def __init__(self) -> None:
        self._stream = sys.stdout
        if isinstance(self._stream, io.TextIOWrapper):
            self._stream.reconfigure(errors="replace")  # a terminal that knows no ✓ shows a question mark
        self._colours = self._stream.isatty() and not os.environ.get("NO_COLOR")
        self.steps = 0
        self.checks = 0

    def say(self, text: str = "", *, indent: int = 0, colour: str | None = None) -> None:
        """One line, wrapped where it is longer than the terminal is meant to be."""
        for line in _wrap(text, WIDTH - indent) or [""]:
            padded = " " * indent + line if line else ""
            self._stream.write((f"\x1b[{colour}m{padded}\x1b[0m" if colour and self._colours else padded) + "\n")
        self._stream.flush()

    def step(self, title: str, why: str = "") -> None:
        """Begin a numbered step."""
        self.steps += 1
        self.say()
        self.say(f"{self.steps:>2}  {title}", colour=_BOLD)
        if why:
            self.say(why, indent=4, colour=_DIM)

    def request(self, line: str, body: str) -> None:
        """What is sent: method, path and credential, below it the body, shortened."""
        self.say(f"→ {line}", indent=4, colour=_BLUE)
        for text in body.splitlines():
            self.say(shortened(text), indent=8, colour=_DIM)

    def response(self, line: str, body: object, at_most: int = MOST_LINES) -> None:
        """What came back, pretty and shortened to so many lines."""
        self.say(f"← {line}", indent=4, colour=_BLUE)
        lines = pretty(body, WIDTH - 8).splitlines()
        for text in lines[:at_most]:
            self.say(text, indent=8)
        if len(lines) > at_most:
            self.say(f"… {len(lines) - at_most} lines more", indent=8, colour=_DIM)

    def check(self, claim: str, holds: bool, *, wanted: object, got: object) -> None:
        """A line for what holds.

        Raises: CheckFailed for what does not.
        """
        if not holds:
            raise CheckFailed(claim, wanted, got)
        self.checks += 1
        self.say(f"✓ {claim}", indent=4, colour=_GREEN)

    def equal(self, claim: str, got: object, wanted: object) -> None:
        """Check that two values are the same."""
        self.check(claim, got == wanted, wanted=wanted, got=got)

    def failure(self, failed: CheckFailed) -> None:
        """The line of the check at which the walk ends."""
        self.say(f"✗ {failed.claim}", indent=4, colour=_RED)
        for label, value in (("expected", failed.wanted), ("came", failed.got)):
            first, *rest = pretty(value, 90).splitlines()
            self.say(f"{label:<8} {first}", indent=6, colour=_RED)
            for text in rest:
                self.say(text, indent=15, colour=_RED)


def fail(claim: str, *, wanted: object, got: object) -> NoReturn:
    """End the walk where nothing is left to check."""
    raise CheckFailed(claim, wanted, got)


def pretty(value: object, width: int) -> str:
    """JSON as people read it: on one line what fits there, long lists and texts cut, keys not shown in full."""
    return _laid_out(_abridged(value), width)


def shortened(text: str, width: int = WIDTH - 8) -> str:
    """The text on one line of at most that many columns, without what would move a terminal's cursor."""
    text = _visible(" ".join(text.split("\n")).expandtabs(2))
    if columns(text) <= width:
        return text
    kept = ""
    for character in text:
        if columns(kept) + columns(character) >= width:
            break
        kept += character
    return kept + "…"


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def hidden(key: str) -> str:
    """A credential as it may be shown: so that one can be told from another, and none be used."""
    return f"{key[:4]}…{key[-4:]}"


def _visible(text: str) -> str:
    """Global ids by their ends, and nothing (but ends of lines) that has no shape of its own."""
    return "".join(c if c.isprintable() or c == "\n" else "·" for c in _GLOBAL_ID.sub(r"\1…\2", text))


def _abridged(value: object) -> Any:
    if isinstance(value, dict):
        return {
            name: hidden(entry) if name == "secret" and isinstance(entry, str) else _abridged(entry)
            for name, entry in value.items()
        }
    if isinstance(value, (list, tuple)):
        rest = len(value) - MOST_ENTRIES
        return [_abridged(entry) for entry in value[:MOST_ENTRIES]] + ([f"… {rest} more"] if rest > 0 else [])
    if isinstance(value, str):
        value = _visible(value)
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    return value


def _laid_out(value: Any, width: int, taken: int = 0) -> str:
    """``taken``: the columns of the first line that its name already has."""
    on_one_line = json.dumps(value, ensure_ascii=False, default=str)
    if columns(on_one_line) <= width - taken or not isinstance(value, (dict, list)) or not value:
        return on_one_line
    if isinstance(value, dict) and len(value) == 1:  # an envelope: not worth lines of its own
        ((name, entry),) = value.items()
        return f"{{{json.dumps(name)}: {_laid_out(entry, width, taken + len(name) + 6)}}}"
    if isinstance(value, dict):
        opening, closing = "{", "}"
        inside = [f"{json.dumps(name)}: {_laid_out(entry, width - 2, len(name) + 5)}" for name, entry in value.items()]
    else:
        opening, closing = "[", "]"
        inside = [_laid_out(entry, width - 2, 1) for entry in value]
    return "\n".join([opening, textwrap.indent(",\n".join(inside), "  "), closing])


def _wrap(text: str, width: int) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip()) + 2)
    return textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False, drop_whitespace=True)
