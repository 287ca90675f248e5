"""Which of a mail's parts are what the person wrote, as one plain text; the others' names."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.clean import clean, file_name, one_line, undeceiving
from adapters.mail.charsets import codec, decode
from adapters.mail.headers import scan
from adapters.mail.html import to_text
from adapters.mail.parts import Part
from adapters.mail.words import base64_bytes, text_of

MAX_TEXT = 1_000_000
"""The most characters of text that are kept; the raw mail is kept beside it."""
MAX_ENCODED = 8 * 1024 * 1024
"""The most bytes of one part that are decoded."""
MAX_PIECES = 50
"""The most parts whose texts are joined."""
MAX_ATTACHMENTS = 200
"""The most attachments that are named."""

_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/=\r\n]")
_ENDINGS = {"message/rfc822": ".eml", "application/pkcs7-mime": ".p7m", "text/calendar": ".ics"}


@dataclass(slots=True)
class Body:
    """What was found in the parts."""

    text: str = ""
    attachments: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Piece:
    """The text of one part, and the same without any blanks, to find it again in another form."""

    type: str
    text: str
    squeezed: str


def read_body(raw: bytes, root: Part) -> Body:
    """The text of a mail and the names of its attachments. Pieces of text stand in order, with blank lines between."""
    body = Body()
    pieces: list[_Piece] = []
    for part in _texts(raw, root):
        _add(raw, part, pieces, body)
        if len(pieces) == MAX_PIECES or sum(len(piece.text) for piece in pieces) > MAX_TEXT:
            body.trace.append(f"text read from the first {len(pieces)} text parts only")
            break
    if not pieces:
        # Nothing was written into the mail itself: then a text sent along is what there is to read.
        fallback = next((p for p in _leaves(root) if p.type in ("text/plain", "text/html") and not _is_text(p)), None)
        if fallback is not None:
            _add(raw, fallback, pieces, body)
    body.text = "\n\n".join(piece.text for piece in pieces)
    if len(body.text) > MAX_TEXT:
        body.text = body.text[:MAX_TEXT].rstrip()
        body.trace.append(f"text cut after {MAX_TEXT} characters")
    body.attachments = [name for part in _leaves(root) if (name := _attachment_name(raw, part))][:MAX_ATTACHMENTS]
    return body


def _add(raw: bytes, part: Part, pieces: list[_Piece], body: Body) -> None:
    text, said = _text(raw, part)
    piece = _Piece(part.type, text, "".join(text.split()))
    # Programs that know no multipart/alternative send the same text twice, once as HTML.
    twice = any(other.type != piece.type and piece.squeezed in other.squeezed for other in pieces)
    if piece.squeezed and not twice:
        pieces.append(piece)
        body.trace.append(said)


def _leaves(root: Part) -> Iterator[Part]:
    """Every part that holds no others, in order; without recursion."""
    stack = [root]
    while stack:
        part = stack.pop()
        if part.children:
            stack.extend(reversed(part.children))
        else:
            yield part


def _is_text(part: Part) -> bool:
    """Whether a part is there to be read in the mail itself, not sent along with it."""
    if part.is_multipart:
        return not part.children  # it says no boundary, or a wrong one: what is in it is read as it stands
    named = bool(part.file_name) or part.disposition == "attachment"
    return part.type in ("text/plain", "text/html") and not named


def _texts(raw: bytes, part: Part) -> list[Part]:
    """The parts that make up what was written, in order. Recursion is bounded by the depth that parts.split allows."""
    if not part.children:
        return [part] if _is_text(part) else []
    if part.type == "multipart/alternative":
        # The same in several forms (RFC 2046 section 5.1.4): plain text is read for preference, where there is some.
        forms = [texts for child in part.children if (texts := _texts(raw, child))]
        plain = [t for t in forms if any(p.type == "text/plain" and not _is_blank(raw, p) for p in t)]
        return (plain or forms[-1:] or [[]])[0]
    if part.type == "multipart/related":
        # The first part is the root, the others its pictures (RFC 2387 section 3.2); some send them in another order.
        return next((texts for child in part.children if (texts := _texts(raw, child))), [])
    # Apple's programs cut a text at its pictures, and lists and virus scanners append theirs: all of it was written.
    return [text for child in part.children for text in _texts(raw, child)]


def _is_blank(raw: bytes, part: Part) -> bool:
    return not raw[part.start : min(part.end, part.start + MAX_ENCODED)].strip()


def _text(raw: bytes, part: Part) -> tuple[str, str]:
    """A part's text, and the sentence that says how it was read."""
    data, notes = _bytes(raw, part)
    text, charset = decode(data, part.parameters.get("charset"))
    declared = one_line(part.parameters.get("charset", ""), 40)
    said = f"text taken from the {'text/plain' if part.is_multipart else part.type} part ({_said(charset, declared)}"
    text = clean(text)
    if part.type == "text/html":
        text, whole = to_text(text)
        notes += [] if whole else ["cut: the HTML is longer than is read"]
    elif len(text) > 2 * MAX_TEXT:
        text = text[: 2 * MAX_TEXT]
        notes.append("cut")
    if part.type != "text/html" and part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, delsp=part.parameters.get("delsp", "").lower() == "yes")
    return clean(text).strip("\n").rstrip(), ", ".join([said, *notes]) + ")"


def _said(charset: str, declared: str) -> str:
    """The charset for the trace: as declared, where that was true."""
    known = codec(declared)
    if known and (charset == "us-ascii" or known == codec(charset)):
        return declared.lower()
    return f"{charset}, declared as {declared}" if declared else charset


def _bytes(raw: bytes, part: Part) -> tuple[bytes, list[str]]:
    """A part's bytes with the transfer encoding undone as far as it goes, and what was odd about it."""
    data = raw[part.start : min(part.end, part.start + MAX_ENCODED)]
    notes: list[str] = []
    if part.end - part.start > MAX_ENCODED:
        notes.append(f"cut after {MAX_ENCODED // 1024 // 1024} MB")
        data = data[: data.rfind(b"\n") + 1] or data
    if part.is_multipart or part.encoding in ("", "7bit", "8bit", "binary"):
        return data, notes
    if part.encoding == "base64":
        # Text that only says it is base64 has blanks and marks in it: decoding would leave nothing of it.
        if len(_NOT_BASE64.findall(data.strip())) * 20 > len(data):
            return data, [*notes, "declared as base64, which it is not"]
        return base64_bytes(data), notes
    if part.encoding == "quoted-printable":
        return binascii.a2b_qp(data), notes
    return data, [*notes, f"unknown transfer encoding {one_line(part.encoding, 40)!r}"]


def unflow(text: str, *, delsp: bool) -> str:
    """Paragraphs of format=flowed put together again (RFC 3676): a line that ends in a blank goes on in the next."""
    out: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")  # space-stuffing
        flows = content.endswith(" ") and content != "-- "
        if flows and delsp:
            content = content[:-1]
        if open_depth == depth and content != "-- ":
            out.append(content)
        else:
            out.append(("\n" if out else "") + ">" * depth + (" " if depth and content else "") + content)
        open_depth = depth if flows else None
    return "".join(out)


def _attachment_name(raw: bytes, part: Part) -> str:
    """What an attachment is called; empty for what is no attachment."""
    if _is_text(part) or part.is_multipart:
        return ""
    if name := file_name(part.file_name):
        return name
    if part.type.startswith(("text/", "message/")) and part.disposition != "attachment" and part.type not in _ENDINGS:
        return ""  # delivery reports and other forms of the text itself
    if part.type == "message/rfc822":
        subject = text_of(scan(raw[part.start : part.end]).first("subject") or b"")
        return file_name(f"{one_line(subject, 150) or 'mail'}.eml".replace("/", "-"))
    return one_line(undeceiving(f"unnamed{_ENDINGS.get(part.type, '')} ({part.type})"), 200)
