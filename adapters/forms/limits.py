"""What a form may be, and how it is refused."""

from __future__ import annotations

MAX_BODY = 1024 * 1024
"""The most bytes of a form without files."""
MAX_MULTIPART = 40 * 1024 * 1024
"""The most bytes of a form with files."""
MAX_FIELDS = 200
"""The most fields of a form: those of large tools have some 60."""
MAX_FIELD = 64 * 1024
"""The most bytes of one field's name and value together; a file may be larger."""
MAX_DEPTH = 10
"""The deepest nesting of a JSON form."""


class FormError(Exception):
    """A form that cannot be read; the message says what would be right."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        """Stable, in capitals: UNSUPPORTED_MEDIA_TYPE, TOO_LARGE, TOO_MANY_FIELDS, FIELD_TOO_LARGE, BAD_CHARSET,
        MALFORMED_JSON, NOT_AN_OBJECT, TOO_DEEP, MALFORMED_MULTIPART, EMPTY."""
        self.message = message


def refuse_too_many(count: int) -> None:
    """Raises: FormError TOO_MANY_FIELDS."""
    if count > MAX_FIELDS:
        raise FormError("TOO_MANY_FIELDS", f"Send at most {MAX_FIELDS} fields.")


def refuse_too_large(size: int) -> None:
    """Raises: FormError FIELD_TOO_LARGE, for the bytes of one field's name and value."""
    if size > MAX_FIELD:
        raise FormError("FIELD_TOO_LARGE", f"Send at most {MAX_FIELD // 1024} KB in one field.")
