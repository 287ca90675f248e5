"""Whether the value of a field with a technical name is a program's, or the words of a person."""

from __future__ import annotations

import re

from adapters.forms.synonyms import Meaning, is_called, words_of

_FLAGS = frozenset("on off true false yes no ja nein y n ok null none undefined get post utf-8 utf8 ✓".split())
_NUMBER = re.compile(r"[\d.:]+")
# Random texts as programs write them: hex, UUIDs, base64 and its forms for URLs, click ids.
_RANDOM = re.compile(r"(?=\D*\d)[A-Za-z0-9+/=_.$%~|-]{16,}")
_PIECES = re.compile(r"[^A-Za-z0-9]+")
_WORD = re.compile(r"[A-Z]?[a-z]{2,}")
_ADDRESS = re.compile(r"(?:https?://|/)\S*")
_LEADS_ON = re.compile(r"next|redirect|refer|action|url")


def is_technical(name: str, value: str) -> bool:
    """True for a token, a number, a flag, a button's label, or the address of a field that leads on.

    In doubt false: a token among the text is noise, and a sentence that vanished is a lost inquiry.
    """
    if any(c.isspace() for c in value):
        return False
    if value.casefold() in _FLAGS or _NUMBER.fullmatch(value):
        return True
    if value.isalpha() and is_called(value, Meaning.TECHNICAL):
        return True
    if _ADDRESS.fullmatch(value) and _LEADS_ON.search("".join(words_of(name))):
        return True
    # "call-me-tomorrow-at-5pm" has the letters of a token, and words between its hyphens.
    return bool(_RANDOM.fullmatch(value)) and sum(bool(_WORD.fullmatch(p)) for p in _PIECES.split(value)) < 2
