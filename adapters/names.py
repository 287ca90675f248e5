"""People's names as strangers write them, made fit to be shown."""

from __future__ import annotations

import re

from adapters.address import without_addresses
from adapters.clean import one_line, undeceiving

MAX_NAME = 200
"""The most characters of a name."""

_WORDS = r"[^\W\d_][^\W\d_.'’-]*(?:[.'’-]+[^\W\d_]*)*"
_LAST_FIRST = re.compile(rf"({_WORDS}(?: {_WORDS}){{0,2}}), ?({_WORDS}(?: {_WORDS}){{0,2}})")
# What stands behind a comma without being a first name: degrees, generations, legal forms.
_BEHIND = re.compile(
    r"(?:jr|sr|dr|prof|ph\.?d|mba|[mb]\.?(?:sc|a)|md|esq|cpa|rn|i{2,3}|iv|gmbh|ag|kg|ug|ohg|e\.?[vgk]|inc|llc|ltd|plc"
    r"|corp|co|s\.?a|s\.?p\.?a|s\.?r\.?l|sas|sarl|b\.?v|n\.?v)\.?",
    re.IGNORECASE,
)


def person_name(text: str) -> str | None:
    """A person's name: one line, unquoted, "Last, First" put in order; None where nothing of a name is left."""
    name = one_line(undeceiving(without_addresses(text)), 1_000).strip(" \t\"'`´“”„‚‘’<>()[],;:|-/\\*")
    if not any(c.isalpha() for c in name):
        return None
    if match := _LAST_FIRST.fullmatch(name):
        last, first = match.groups()
        if not all(_BEHIND.fullmatch(word) for word in first.split()):
            name = f"{first} {last}"
    return one_line(name, MAX_NAME)
