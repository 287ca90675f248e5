"""What is an e-mail address, syntactically: one rule for mail and forms."""

from __future__ import annotations

import re
import unicodedata

MAX_ADDRESS = 254
"""The most characters of an address: RFC 5321 section 4.5.3.1.3 less the angle brackets (RFC 3696 erratum 1690)."""

# Dots may stand anywhere in the local part: Japanese mobile carriers gave out "a..b.@" for years. Quotes only around.
_LOCAL = re.compile(r"""[^\s@<>()\[\],;:\\"]{1,64}|"[^\s@<>\\"]{1,62}\"""")
_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")
_ENCODED_WORD = re.compile(r"=\?[^?]*\?")
_PIECE = re.compile(r"""[^\s<>()\[\],;:\\"']+""")
# Also where it is none to the letter, but one to the eye ("＠" is U+FF20, "﹫" U+FE6B).
_LOOKS_LIKE = re.compile(r"[^@＠﹫][@＠﹫][^@＠﹫]+[.．。]")
_SHORT = 2_000


def address(text: str) -> str | None:
    """The text as an address with its domain in lower case; None where it is none.

    An address has one @, a domain with a dot in it, and nothing that cannot be seen. International domains stay as
    they were given, letters or punycode.
    """
    text = text.strip()
    if len(text) > MAX_ADDRESS or text.count("@") != 1 or not text.isprintable():
        return None
    local, _, domain = text.partition("@")
    # Full-width letters and dots are others only to the eye: IDNA maps them so (RFC 5895 section 2).
    domain = unicodedata.normalize("NFKC", domain).lower().removesuffix(".")
    # A mail program shows what an encoded word says, which may hold another "@" (RFC 2047 section 5 forbids it here).
    if not _LOCAL.fullmatch(local) or _ENCODED_WORD.search(local):
        return None
    labels = domain.split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    if local.startswith('"') and _LOCAL.fullmatch(local[1:-1]):
        local = local[1:-1]
    found = f"{local}@{domain}"
    return found if len(found) <= MAX_ADDRESS else None


def find(text: str) -> list[str]:
    """Every piece of a short text that reads as an address, in order."""
    return [found for piece in _PIECE.findall(text[:_SHORT]) if (found := address(piece.strip(".")))]


def without_addresses(text: str) -> str:
    """A short text less the pieces that look like addresses: a name that is an address deceives about the sender."""
    return _PIECE.sub(lambda piece: "" if _LOOKS_LIKE.search(piece[0]) else piece[0], text[:_SHORT])
