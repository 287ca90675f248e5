"""Structured headers, ``type/subtype; name=value``: with continuations (RFC 2231); lenient, linear, never raises."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from adapters.mail.charsets import decode
from adapters.mail.words import decode_words, unencoded

MAX_PARAMETERS = 100
"""The most pieces between semicolons that are read of one header."""

_MARK = re.compile(r'[;"]')
_NAME = re.compile(r"\s*([^\s=;\"]+?)\s*=\s*")
_SEGMENT = re.compile(r"([^*]+)\*(\d{1,3})?(\*)?")
_QUOTED_PAIR = re.compile(r"\\(.)")


def structured(value: bytes) -> tuple[str, dict[str, str]]:
    """The value before the first semicolon in lower case, and the parameters by their names in lower case.

    Of two parameters of one name the first counts; an extended one (RFC 2231) before a plain one, as in RFC 6266.
    """
    pieces = _pieces(unencoded(value))
    plain: dict[str, str] = {}
    segments: dict[str, dict[int, tuple[str, bool]]] = {}
    for piece in pieces[1:]:
        match = _NAME.match(piece)
        if match is None:
            continue
        name, content = match[1].lower(), _unquoted(piece[match.end() :].strip())
        segment = _SEGMENT.fullmatch(name)
        if segment:
            extended = bool(segment[3]) or segment[2] is None
            segments.setdefault(segment[1], {}).setdefault(int(segment[2] or 0), (content, extended))
        else:
            # Forbidden by RFC 2047 section 5, and what half of all programs send as a file's name.
            plain.setdefault(name, decode_words(content))
    joined = {name: _joined(parts) for name, parts in segments.items()}
    return pieces[0].strip().lower(), plain | joined


def _pieces(text: str) -> list[str]:
    """The text cut at the semicolons outside of quotes; a quote that never closes is none."""
    pieces: list[str] = []
    current: list[str] = []
    position = 0
    while (found := _MARK.search(text, position)) and len(pieces) < MAX_PARAMETERS:
        current.append(text[position : found.start()])
        position = found.end()
        if found[0] == ";":
            pieces.append("".join(current))
            current = []
            continue
        end = _closing_quote(text, position)
        if end < 0:
            end = text.find(";", position)
            end = len(text) if end < 0 else end
            current.append(text[position:end])
            position = end
        else:
            current.append(text[position - 1 : end + 1])
            position = end + 1
    pieces.append("".join(current) + text[position:])
    return pieces


def _closing_quote(text: str, position: int) -> int:
    while (end := text.find('"', position)) >= 0:
        backslashes = end - len(text[position:end].rstrip("\\")) - position
        if backslashes % 2 == 0:
            return end
        position = end + 1
    return -1


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text.startswith('"') and text.endswith('"'):
        # Internet Explorer sent whole paths unescaped: a backslash before a letter is a path's.
        inside = text[1:-1]
        return inside if re.match(r"[A-Za-z]:\\|\\\\", inside) else _QUOTED_PAIR.sub(r"\1", inside)
    return text.strip('"')


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    """The segments of one parameter in order; the first extended one names the charset: ``utf-8'de'%C3%BCber``."""
    charset, data = "utf-8", bytearray()
    for number in sorted(parts):
        content, extended = parts[number]
        if extended and number == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        data += unquote_to_bytes(content) if extended else content.encode("utf-8", "replace")
    return decode(bytes(data), charset)[0]
