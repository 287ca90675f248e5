"""Strangers' text made fit to be stored and shown: nothing that PostgreSQL or UTF-8 refuses, nothing that deceives."""

from __future__ import annotations

import re

# U+0080 to U+009F are controls that nobody sends: they are cp1252 read as Latin-1 ("\x80" means a euro sign).
_C1 = {code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)}
_HAS_C1 = re.compile(r"[\x80-\x9f]")
# Controls but tab and newline (PostgreSQL refuses NUL, people see none of them), and lone surrogates (no UTF-8).
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
# Marks that turn the reading direction and so make "gpj.exe" read as "exe.jpg" (CVE-2021-42574), and zero-width ones.
_DECEIVING = re.compile(r"[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")


def clean(text: str) -> str:
    """The text without characters that the database refuses; line ends as newlines."""
    if _HAS_C1.search(text):
        text = text.translate(_C1)
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, limit: int) -> str:
    """The text on one line without controls, cut to the limit (in characters) with an ellipsis."""
    # Cleaned first: U+0085 counts as a blank to split(), and is an ellipsis of cp1252.
    line = " ".join(clean(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def undeceiving(text: str) -> str:
    """The text without bidirectional and zero-width marks: for names of people and files, where they serve deceit."""
    return _DECEIVING.sub("", text)


def file_name(text: str, limit: int = 200) -> str:
    """A file's name for display: the last part of a path, without marks that hide its true ending, within the limit."""
    name = one_line(undeceiving(text), 2_000).replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    name = re.sub(r'[<>:"|?*]', "_", name).strip(" .")
    if len(name) <= limit:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 10:
        return name[: limit - 1] + "…"
    return f"{stem[: limit - len(ending) - 2]}…{dot}{ending}"
