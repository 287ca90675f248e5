"""Channel secrets: made at random, kept encrypted, so that an admin can read them again."""

from __future__ import annotations

import base64
import hashlib
import secrets

from cryptography.fernet import Fernet, InvalidToken


class SecretBox:
    """Seals short texts with a key derived from ANBAHN_SECRET (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def __init__(self, secret: str) -> None:
        key = hashlib.sha256(b"anbahn channel secrets\x00" + secret.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def open(self, sealed: bytes) -> str | None:
        """The text; None when it was sealed under another ANBAHN_SECRET."""
        try:
            return self._fernet.decrypt(bytes(sealed)).decode()
        except InvalidToken:
            return None


def new_secret() -> str:
    """A channel's secret: 256 random bits."""
    return secrets.token_urlsafe(32)


def new_form_key() -> str:
    """A form's public key: 128 random bits, so that nobody guesses another company's form."""
    return secrets.token_urlsafe(16)
