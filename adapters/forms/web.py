"""A form as a browser or a program posts it: its fields, their fingerprint, the inquiry in them.

``decode`` and ``fingerprint`` run in the API process at the door, so they are linear and bounded.
"""

from __future__ import annotations

import hashlib
import json
from urllib.parse import unquote_to_bytes

from adapters.clean import clean
from adapters.forms.fields import inquiry_of
from adapters.forms.limits import (
    MAX_BODY,
    MAX_DEPTH,
    MAX_MULTIPART,
    FormError,
    refuse_too_large,
    refuse_too_many,
)
from adapters.forms.synonyms import Meaning, meaning_of
from adapters.forms.upload import Upload
from adapters.mail.charsets import codec
from adapters.mail.charsets import decode as decode_text
from adapters.mail.parameters import structured
from crm.intake.inquiry import Inquiry, Unreadable

__all__ = ["Fields", "FormError", "decode", "fingerprint", "read"]

Fields = tuple[tuple[str, str], ...]
"""Names and values in the order they were sent; a name may stand several times."""
_KINDS = "application/x-www-form-urlencoded, multipart/form-data or application/json"


def decode(content_type: str, body: bytes) -> Fields:
    """The fields of a posted form; a file stands as its name and size (``Upload``).

    Raises: FormError.
    """
    return _decode(content_type, body)[0]


def fingerprint(fields: Fields) -> bytes:
    """What a form is known by: SHA-256, 32 bytes.

    Equal for equal fields and files whatever their encoding and their order among different names; line ends, outer
    blanks and what is another at each attempt of the same person aside (captchas' answers, CSRF tokens, nonces).
    """
    digest = hashlib.sha256(b"anbahn form 2\0")
    for name, value in sorted(fields, key=lambda pair: pair[0].strip()):
        if meaning_of(name) is Meaning.ATTEMPT:
            continue
        for text in (name, value):
            data = clean(text).strip().encode("utf-8")
            digest.update(b"%d:" % len(data) + data)
        if isinstance(value, Upload):
            digest.update(b"file:" + value.digest)
    return digest.digest()


def read(content_type: str, body: bytes) -> Inquiry | Unreadable:
    """The inquiry in a posted form; never raises. Refuses with the codes of FormError, and NO_CONTACT_DETAILS."""
    try:
        fields, files = _decode(content_type, body)
    except FormError as error:
        return Unreadable(error.code, error.message)
    return inquiry_of(fields, files)


def _decode(content_type: str, body: bytes) -> tuple[Fields, tuple[str, ...]]:
    """The fields, and the names of the files among them."""
    kind, parameters = structured(content_type.encode("utf-8", "replace"))
    limit = MAX_MULTIPART if kind == "multipart/form-data" else MAX_BODY
    if len(body) > limit:
        raise FormError("TOO_LARGE", f"Send at most {limit // 1024} KB.")
    files: tuple[str, ...] = ()
    if kind == "application/x-www-form-urlencoded":
        fields = _urlencoded(body, _charset(parameters))
    elif kind == "multipart/form-data":
        # Here, because it takes a tenth of the child's start, and most forms come without files.
        from adapters.forms.multipart import read_multipart

        fields, files = read_multipart(body, parameters.get("boundary", ""), _charset(parameters))
    elif kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        fields = _json(body)
    else:
        raise FormError("UNSUPPORTED_MEDIA_TYPE", f"Send {_KINDS}, and say so in Content-Type.")
    if not any(value.strip() for _, value in fields):
        raise FormError("EMPTY", "Fill in at least one field.")
    return fields, files


def _charset(parameters: dict[str, str]) -> str:
    charset = parameters.get("charset", "utf-8")
    if codec(charset) is None:
        raise FormError("BAD_CHARSET", "The charset in Content-Type is not known: send UTF-8.")
    return charset


def _urlencoded(body: bytes, charset: str) -> Fields:
    pieces = [piece for piece in body.split(b"&") if piece]
    refuse_too_many(len(pieces))
    pairs: list[tuple[str, str]] = []
    for piece in pieces:
        name, _, value = piece.replace(b"+", b" ").partition(b"=")
        refuse_too_large(len(piece))
        # Old pages post in their own charset without saying so: their visitors' words are read all the same.
        decoded = [clean(decode_text(unquote_to_bytes(text), charset)[0]) for text in (name, value)]
        pairs.append((decoded[0].strip(), decoded[1]))
    return tuple(pairs)


class _Object(list[tuple[str, object]]):
    """A JSON object as its pairs: a name that stands twice keeps both values."""


def _json(body: bytes) -> Fields:
    try:
        # Numbers stay the text they are written as: "0049" is a phone number, and 5,000 digits raise in int().
        parsed = json.loads(
            body.decode("utf-8-sig"), object_pairs_hook=_Object, parse_int=str, parse_float=str, parse_constant=str
        )
    except UnicodeDecodeError:
        raise FormError("BAD_CHARSET", "The JSON is not UTF-8 (RFC 8259 section 8.1): send UTF-8.") from None
    except RecursionError:
        raise FormError("TOO_DEEP", f"Nest the JSON at most {MAX_DEPTH} levels deep.") from None
    except ValueError as error:
        where = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise FormError("MALFORMED_JSON", f"The body is not valid JSON{where}.") from None
    if not isinstance(parsed, _Object):
        raise FormError("NOT_AN_OBJECT", 'Send a JSON object with a member for each field: {"email": "…"}.')
    pairs: list[tuple[str, str]] = []
    _flatten("", parsed, 1, pairs)
    return tuple(pairs)


def _flatten(path: str, value: object, depth: int, pairs: list[tuple[str, str]]) -> None:
    """Add what is nested as ``address.city`` and ``tags.0``."""
    refuse_too_large(len(path))
    if isinstance(value, list) and value:
        if depth > MAX_DEPTH:
            raise FormError("TOO_DEEP", f"Nest the JSON at most {MAX_DEPTH} levels deep.")
        members = value if isinstance(value, _Object) else ((str(i), member) for i, member in enumerate(value))
        for name, member in members:
            _flatten(f"{path}.{name}" if path else name, member, depth + 1, pairs)
        return
    # What is empty counts as a field too: so no number of empty lists gets past the limit.
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value or "")
    name, text = clean(path).strip(), clean(text)
    refuse_too_large(len(name.encode()) + len(text.encode()))
    pairs.append((name, text))
    refuse_too_many(len(pairs))
