"""Header values as text: raw 8-bit bytes and the encoded words of RFC 2047, decoded leniently; linear, never raises."""

from __future__ import annotations

import binascii
import re

from adapters.mail.charsets import decode

MAX_RUNS = 1_000
"""The most runs of base64 that are joined; padding behind them is passed over."""

# =?charset*language?encoding?text?=  (RFC 2047 section 2, RFC 2231 section 5). Blanks inside the text are forbidden and
# common. Every part ends at the next "?", so that a failed match costs no more than the way to it.
_WORD = re.compile(r"=\?([^?*\s]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?]*)\?=")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def text_of(value: bytes) -> str:
    """A header's value as text, its encoded words decoded; controls still in it."""
    return decode_words(unencoded(value))


def unencoded(value: bytes) -> str:
    """A header's bytes as text without touching encoded words: for headers whose structure must be read first."""
    return decode(value)[0]


def decode_words(text: str) -> str:
    """Text with its encoded words decoded.

    Neighbours of one charset are joined as bytes first: senders cut words in the middle of a character.
    """
    if "=?" not in text:
        return text
    out: list[str] = []
    pending, charset, end = bytearray(), "", 0
    for match in _WORD.finditer(text):
        between = text[end : match.start()]
        adjacent = (
            bool(charset) and not between.strip()
        )  # blanks between two words are not shown (RFC 2047 section 6.2)
        if not adjacent or match[1].lower() != charset:
            out.append(decode(bytes(pending), charset)[0])
            pending = bytearray()
        if not adjacent:
            out.append(between)
        charset, end = match[1].lower(), match.end()
        pending += _b(match[3]) if match[2] in "bB" else _q(match[3])
    out.append(decode(bytes(pending), charset)[0])
    out.append(text[end:])
    return "".join(out)


def _q(text: str) -> bytes:
    return binascii.a2b_qp(text.encode("utf-8", "replace"), header=True)


def _b(text: str) -> bytes:
    return base64_bytes(text.encode("utf-8", "replace"))


def base64_bytes(data: bytes) -> bytes:
    """Base64 decoded as far as it goes: foreign characters passed over, padding supplied, several runs joined."""
    out: list[bytes] = []
    # Padding ends a run: what follows it is another one, which the stdlib would drop.
    for run in data.split(b"=", MAX_RUNS):
        kept = _NOT_BASE64.sub(b"", run)
        usable = len(kept) - (len(kept) % 4 == 1)  # six bits alone make no byte
        out.append(binascii.a2b_base64(kept[:usable] + b"=" * (-usable % 4)))
    return b"".join(out)
