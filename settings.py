"""What an operator can set, read from the environment once, by entry points only.

Everything below an entry point (``cli``, ``api/main.py``, ``workers/main.py``) gets the values it needs as arguments.
A wrong value is a ``SettingsError`` that names the variable and says what would be right.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

APP_ROLE = "anbahn_app"
MINIMUM_KEY_LENGTH = 32
READS = ("compiled", "spliced", "stock")


class SettingsError(ValueError):
    """A variable that is missing or wrong; the text is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of one process."""

    environment: str
    """``development`` or ``production``."""
    host: str
    port: int
    state: Path
    """Where embedded servers, generated secrets and run.json live."""
    database_url: str | None
    """PostgreSQL as the operator gave it; None: the embedded server."""
    redis_url: str | None
    """Broker as the operator gave it; None: the embedded Valkey."""
    secret: str | None
    """Signs cursors and tokens, encrypts channel secrets, derives the password of the application's role."""
    admin_key: str | None
    """Bearer key of the first workspace's owner."""
    app_password: str | None
    """Password of the application's role where it is not to be derived from the secret."""
    demo: bool
    sweep_seconds: float
    """How often the sweep looks for inbound messages that no doorbell reached."""
    public_url: str | None
    """How the outside reaches this server (scheme, host, port, no trailing slash); None: as the request says."""
    reads: str
    """One of ``READS``: how much of a GraphQL read is compiled into SQL."""

    @property
    def production(self) -> bool:
        return self.environment == "production"

    def required_secret(self) -> str:
        if self.secret is None:
            raise SettingsError(
                "ANBAHN_SECRET is missing: set it to a random string of at least 32 characters "
                "(for example from `openssl rand -hex 32`) and keep it"
            )
        return self.secret

    def required_database_url(self) -> str:
        if self.database_url is None:
            raise SettingsError("DATABASE_URL is missing: set it to postgres://user:password@host:5432/database")
        return self.database_url

    def required_redis_url(self) -> str:
        if self.redis_url is None:
            raise SettingsError("REDIS_URL is missing: set it to redis://host:6379/0")
        return self.redis_url

    def app_database_url(self) -> str:
        """The URL with which API and workers log in: always as ``anbahn_app``, never as the owner.

        A DATABASE_URL that names that role with its password is used as it is; in any other both are replaced.
        """
        parts = urllib.parse.urlsplit(self.required_database_url())
        if parts.username == APP_ROLE and parts.password:
            return urllib.parse.urlunsplit(parts)
        host = parts.netloc.rpartition("@")[2]
        password = urllib.parse.quote(self.app_role_password(), safe="")
        return urllib.parse.urlunsplit(parts._replace(netloc=f"{APP_ROLE}:{password}@{host}"))

    def app_role_password(self) -> str:
        """The password of ``anbahn_app``: ANBAHN_APP_PASSWORD, or derived from ANBAHN_SECRET."""
        if self.app_password is not None:
            return self.app_password
        return hmac.new(self.required_secret().encode(), b"database role anbahn_app", hashlib.sha256).hexdigest()


def _number(environ: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise SettingsError(f"{name}={text!r} is not right: give a number from {low:g} to {high:g}")
    return value


def _flag(environ: Mapping[str, str], name: str, default: bool) -> bool:
    text = environ.get(name, "").strip().lower()
    if not text:
        return default
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    raise SettingsError(f"{name}={text!r} is not right: give 1 or 0")


def _url(environ: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str | None:
    text = environ.get(name, "").strip()
    if not text:
        return None
    try:
        parts = urllib.parse.urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise SettingsError(f"{name} cannot be read ({error}): give {schemes[0]}://…") from None
    if parts.scheme not in schemes or not parts.hostname:
        raise SettingsError(f"{name} is not right: it must begin with {schemes[0]}:// and name a host")
    return text


def _key(environ: Mapping[str, str], name: str) -> str | None:
    text = environ.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isprintable()):
        raise SettingsError(f"{name} holds characters that no HTTP header carries: use ASCII letters and digits")
    if len(text) < MINIMUM_KEY_LENGTH:
        raise SettingsError(f"{name} is too short ({len(text)} characters): give at least {MINIMUM_KEY_LENGTH}")
    return text


def read(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the environment.

    Raises: SettingsError, naming the first variable that is not right.
    """
    environment = environ.get("ANBAHN_ENV", "").strip() or "development"
    if environment not in {"development", "production"}:
        raise SettingsError(f"ANBAHN_ENV={environment!r} is not right: give development or production")
    port = _number(environ, "PORT", 8000, 1, 65535)
    if port != int(port):
        raise SettingsError(f"PORT={environ.get('PORT')!r} is not right: give a whole number from 1 to 65535")
    database_url = _url(environ, "DATABASE_URL", ("postgres", "postgresql"))
    if database_url is not None and not urllib.parse.urlsplit(database_url).path.strip("/"):
        raise SettingsError("DATABASE_URL names no database: add it as in postgres://user:password@host:5432/anbahn")
    secret = _key(environ, "ANBAHN_SECRET")
    if secret is None and environment == "production":
        raise SettingsError(
            "ANBAHN_SECRET is missing, and ANBAHN_ENV is production: set it to a random string of at least "
            f"{MINIMUM_KEY_LENGTH} characters and keep it"
        )
    reads = environ.get("ANBAHN_READS", "").strip() or READS[0]
    if reads not in READS:
        raise SettingsError(f"ANBAHN_READS={reads!r} is not right: give {', '.join(READS[:-1])} or {READS[-1]}")
    public_url = _url(environ, "ANBAHN_PUBLIC_URL", ("https", "http"))
    return Settings(
        environment=environment,
        host=environ.get("HOST", "").strip() or "127.0.0.1",
        port=int(port),
        state=Path(environ.get("ANBAHN_STATE", "").strip() or Path(__file__).resolve().parent / ".anbahn").absolute(),
        database_url=database_url,
        redis_url=_url(environ, "REDIS_URL", ("redis", "rediss", "amqp", "amqps", "unix")),
        secret=secret,
        admin_key=_key(environ, "ANBAHN_ADMIN_KEY"),
        app_password=environ.get("ANBAHN_APP_PASSWORD", "").strip() or None,
        demo=_flag(environ, "ANBAHN_DEMO", True),
        sweep_seconds=_number(environ, "ANBAHN_SWEEP_SECONDS", 2.0, 0.1, 3600.0),
        public_url=public_url.rstrip("/") if public_url else None,
        reads=reads,
    )
