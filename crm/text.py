"""Text as the database and people need it: clean, bounded, and folded for ordering and comparison."""

from __future__ import annotations

import re
import unicodedata

from crm.errors import Invalid

# Control characters other than tab and newline, and lone surrogates: PostgreSQL or UTF-8 refuse some, people see none.
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
# Letters that Unicode does not decompose into a base letter and a mark.
_FOLDS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})


def clean(text: str) -> str:
    """The text without characters that PostgreSQL or UTF-8 refuse; line ends as newlines."""
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def fold(text: str) -> str:
    """The key by which names are ordered and compared: without case, umlauts and accents ("Ärzte" → "arzte")."""
    # Decomposing may bring capitals to light (℠ → SM), and folding may bring what decomposes (ΐ): so in turns.
    decomposed = unicodedata.normalize("NFKD", clean(text))
    decomposed = unicodedata.normalize("NFKD", decomposed.casefold()).casefold()
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).translate(_FOLDS).split())


def name_key(name: str) -> str:
    """The folded name as it is stored: cut so that it fits an index whatever its letters unfold to."""
    return fold(name)[:300].rstrip()


def one_line(text: str, limit: int) -> str:
    """The text on one line, cut to the limit (in characters) with an ellipsis."""
    line = " ".join(clean(text).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def required(text: str, *, field: tuple[str, ...], limit: int = 200) -> str:
    """A one-line text that must be there.

    Raises: Invalid when it is blank or longer than the limit (in characters).
    """
    line = " ".join(clean(text).split())
    if not line:
        raise Invalid(f"{field[-1]} is blank: give 1 to {limit} characters.", field=field)
    if len(line) > limit:
        raise Invalid(f"{field[-1]} has {len(line)} characters: give at most {limit}.", field=field)
    return line


def optional(text: str | None, *, field: tuple[str, ...], limit: int = 200) -> str | None:
    """A one-line text that may be left out; blank counts as left out.

    Raises: Invalid when it is longer than the limit (in characters).
    """
    if text is None or not clean(text).strip():
        return None
    return required(text, field=field, limit=limit)


def note(text: str | None, *, field: tuple[str, ...], limit: int = 10_000) -> str | None:
    """A text of several lines that may be left out; blank counts as left out.

    Raises: Invalid when it is longer than the limit (in characters).
    """
    if text is None:
        return None
    cleaned = clean(text).strip()
    if len(cleaned) > limit:
        raise Invalid(f"{field[-1]} has {len(cleaned)} characters: give at most {limit}.", field=field)
    return cleaned or None
