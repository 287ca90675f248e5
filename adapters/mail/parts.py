"""The MIME structure of a mail (RFC 2045, 2046): which parts there are and where they lie; nothing is decoded.

One pass over the bytes with a stack of our own: no recursion that a thousand nested multiparts could overflow, and one
dictionary look-up per line that starts with two hyphens however deep the nesting (the stdlib's parser tries each open
boundary on every line). Attached mails are not opened: what stands in them is no part of this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.mail.headers import MAX_BLOCK, MAX_HEADER, Block, scan
from adapters.mail.parameters import structured
from crm.intake.inquiry import Unreadable

MAX_DEPTH = 50
"""The deepest nesting of multiparts that is read."""
MAX_PARTS = 1_000
"""The most parts a mail may have."""


@dataclass(slots=True)
class Part:
    """One entity of a mail."""

    type: str
    """Such as text/plain, in lower case."""
    parameters: dict[str, str]
    """Of its Content-Type."""
    disposition: str
    """inline, attachment or what else is said; empty where nothing is."""
    file_name: str
    """As declared, not cleaned; empty where there is none."""
    encoding: str
    """The Content-Transfer-Encoding in lower case."""
    start: int
    """Where its body begins."""
    end: int
    """Where its body ends."""
    children: list[Part] = field(default_factory=list)

    @property
    def is_multipart(self) -> bool:
        """Whether it is there to hold others."""
        return self.type.startswith("multipart/")


@dataclass(slots=True)
class _Open:
    """A multipart whose end has not been seen."""

    part: Part
    boundary: bytes
    closed: bool = False


def split(raw: bytes, root: Block) -> Part | Unreadable:
    """The tree of a mail's parts; a mail that is no multipart is one part.

    Refuses: TOO_DEEP, TOO_MANY_PARTS, HEADERS_TOO_LARGE (the parts' together), HEADER_TOO_LARGE.
    """
    top = _part(root, default="text/plain", end=len(raw))
    stack = _opened(top)
    count, header_bytes, position = 1, 0, top.start
    while stack and (line := _next_delimiter(raw, position, stack)) is not None:
        level, closes, start, position = line
        _end(stack, level, before=_without_line_end(raw, start))
        if closes:
            stack[level].closed = True
            continue
        count += 1
        if count > MAX_PARTS:
            return Unreadable("TOO_MANY_PARTS", f"The mail has more than {MAX_PARTS} parts.")
        block = scan(raw, position, root=False, delimiters=_Delimiters(stack))
        header_bytes += block.body - position
        if refused := refuse_headers(block, header_bytes):
            return refused
        parent = stack[level].part
        default = "message/rfc822" if parent.type == "multipart/digest" else "text/plain"
        part = _part(block, default=default, end=len(raw))
        parent.children.append(part)
        stack += _opened(part)
        if len(stack) > MAX_DEPTH:
            return Unreadable("TOO_DEEP", f"The mail nests more than {MAX_DEPTH} multiparts.")
        position = part.start
    return top


def refuse_headers(block: Block, size: int) -> Unreadable | None:
    """Why headers are too large to be read; None where they are not. size: of all blocks so far, in bytes."""
    if not block.complete or size > MAX_BLOCK:
        return Unreadable("HEADERS_TOO_LARGE", f"The headers are larger than {MAX_BLOCK // 1024} KB.")
    if block.longest > MAX_HEADER:
        return Unreadable("HEADER_TOO_LARGE", f"One header is larger than {MAX_HEADER // 1024} KB.")
    return None


def _part(block: Block, *, default: str, end: int) -> Part:
    declared = block.first("content-type")
    kind, parameters = structured(declared or b"")
    if kind.count("/") != 1 or not all(kind.split("/")):
        # "text" alone and the like: RFC 2045 section 5.2 says to read it as text/plain; HTML is worth telling apart.
        kind = "text/html" if kind == "html" else default
    disposition, of_disposition = structured(block.first("content-disposition") or b"")
    encoding = (block.first("content-transfer-encoding") or b"").split(b";")[0].strip().lower()
    return Part(
        type="".join(kind.split()),
        parameters=parameters,
        disposition=disposition,
        file_name=of_disposition.get("filename") or parameters.get("name") or "",
        encoding=encoding.decode("ascii", "replace"),
        start=block.body,
        end=end,
    )


def _opened(part: Part) -> list[_Open]:
    """The part as one that holds others, where it is one and says by which boundary; otherwise it has none in it."""
    # Of a boundary's trailing blanks nothing survives in transit (RFC 2046 section 5.1.1).
    boundary = part.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
    return [_Open(part, boundary)] if part.is_multipart and boundary else []


class _Delimiters:
    """The lines that end an entity: those of every open multipart."""

    def __init__(self, stack: list[_Open]) -> None:
        self._boundaries = {open_.boundary for open_ in stack}

    def __contains__(self, line: object) -> bool:
        return isinstance(line, bytes) and (
            line[2:] in self._boundaries or line[2:].removesuffix(b"--") in self._boundaries
        )


def _next_delimiter(raw: bytes, position: int, stack: list[_Open]) -> tuple[int, bool, int, int] | None:
    """The next line that is a boundary of an open multipart: (level, whether it closes, its start, its end)."""
    # The innermost of equal ones counts, as later entries of a dictionary do.
    levels = {open_.boundary: level for level, open_ in enumerate(stack) if not open_.closed}
    start = position if raw.startswith(b"--", position) else raw.find(b"\n--", position) + 1
    while start > 0:
        end = raw.find(b"\n", start)
        end = len(raw) if end < 0 else end + 1
        text = raw[start + 2 : min(end, start + 1_100)].rstrip(b" \t\r\n")
        if text in levels:
            return levels[text], False, start, end
        if text.endswith(b"--") and text[:-2] in levels:
            return levels[text[:-2]], True, start, end
        start = raw.find(b"\n--", end - 1) + 1
    return None


def _end(stack: list[_Open], level: int, *, before: int) -> None:
    """End what is open inside the multipart of that level, and the last part in it."""
    for open_ in stack[level:]:
        if open_.part.children and not open_.closed:
            last = open_.part.children[-1]
            last.end = min(last.end, max(before, last.start))
    del stack[level + 1 :]


def _without_line_end(raw: bytes, start: int) -> int:
    """The line end before a delimiter belongs to it, not to the part (RFC 2046 section 5.1.1)."""
    if start and raw[start - 1] == 0x0A:
        start -= 1
    return start - 1 if start and raw[start - 1] == 0x0D else start
