"""multipart/form-data (RFC 7578) on the parser that Starlette uses: files are counted and hashed, not kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from adapters.clean import clean, file_name
from adapters.forms.limits import FormError, refuse_too_large, refuse_too_many
from adapters.forms.upload import Upload
from adapters.mail.charsets import decode
from adapters.mail.parameters import structured


@dataclass(slots=True)
class _Part:
    """One part as far as it has been read."""

    name: str | None = None
    file: str | None = None
    charset: str | None = None
    data: bytearray = field(default_factory=bytearray)
    size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def add(self, data: bytes) -> None:
        """Take a piece of the content: of a file its hash alone."""
        self.size += len(data)
        if self.file is None:
            refuse_too_large(self.size + len(self.name or ""))
            self.data += data
        else:
            self.digest.update(data)


class _Reader:
    """What the parser's callbacks fill."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.ended = False
        self._header = bytearray()
        self._value = bytearray()

    def begin(self) -> None:
        refuse_too_many(len(self.parts) + 1)
        self.parts.append(_Part())

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        part = self.parts[-1]
        _, parameters = structured(bytes(self._value))
        if self._header.lower() == b"content-disposition":
            part.name = parameters.get("name")
            part.file = parameters.get("filename")
        elif self._header.lower() == b"content-type":
            part.charset = parameters.get("charset")
        self._header.clear()
        self._value.clear()

    def data(self, data: bytes, start: int, end: int) -> None:
        self.parts[-1].add(data[start:end])

    def end(self) -> None:
        self.ended = True


def read_multipart(body: bytes, boundary: str, charset: str) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The fields, a file standing as an ``Upload``; and the names of the files.

    Raises: FormError MALFORMED_MULTIPART, TOO_MANY_FIELDS, FIELD_TOO_LARGE.
    """
    if not boundary:
        raise FormError("MALFORMED_MULTIPART", "Content-Type names no boundary: let the browser set this header.")
    reader = _Reader()
    try:
        parser = MultipartParser(
            boundary.encode("utf-8", "replace"),
            {
                "on_part_begin": reader.begin,
                "on_header_field": reader.header_field,
                "on_header_value": reader.header_value,
                "on_header_end": reader.header_end,
                "on_part_data": reader.data,
                "on_end": reader.end,
            },
        )
        parser.write(body)
    except FormParserError:
        raise FormError("MALFORMED_MULTIPART", "The body is not multipart/form-data with the named boundary.") from None
    if not reader.ended:
        raise FormError("MALFORMED_MULTIPART", "The body ends before its closing boundary: send it again.")
    fields: list[tuple[str, str]] = []
    files: list[str] = []
    for part in reader.parts:
        name = clean(part.name or "").strip()
        if part.file is None:
            fields.append((name, clean(decode(bytes(part.data), part.charset or charset)[0])))
        elif not part.file and not part.size:
            fields.append((name, ""))  # what browsers send for a file that nobody chose
        else:
            files.append(file_name(part.file) or "unnamed")
            fields.append((name, Upload(f"{files[-1]} ({part.size} bytes)", part.digest.digest())))
    return tuple(fields), tuple(files)
