"""What can be refused before anything is started."""

from __future__ import annotations

import contextlib
import errno
import socket
import urllib.parse
from typing import Any

from embedded.process import EmbeddedError

_SECONDS = 3.0


def check_port(host: str, port: int) -> None:
    """Raises: EmbeddedError when nobody could listen there."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise EmbeddedError(f"HOST={host} is not an address of this machine ({error.args[-1]})") from None
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
                probe.listen()
            except OSError as error:
                raise EmbeddedError(_refusal(error, host, port)) from None


def _refusal(error: OSError, host: str, port: int) -> str:
    other = f"PORT={port + 1 if 1024 <= port < 65_535 else 8001} make run"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken on {host}: stop what uses it, or give another one, for example {other}"
    if error.errno == errno.EACCES:
        return f"port {port} may not be used by this account: give another one, for example {other}"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"HOST={host} is not an address of this machine: give 127.0.0.1 or 0.0.0.0"
    return f"cannot listen on {host}, port {port}: {error.strerror}"


def check_broker(url: str) -> None:
    """Log in to the broker the operator named, and out again.

    Raises: EmbeddedError when it does not let us within some seconds.
    """
    try:
        if urllib.parse.urlsplit(url).scheme.startswith("amqp"):
            _reach_amqp(url)
        else:
            _reach_redis(url)
    except Exception as error:  # whatever the client libraries raise means the same here
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise EmbeddedError(
            f"REDIS_URL: the broker at {_without_password(url)} is not reachable ({reason[0].rstrip('.')}): "
            "start it, or leave REDIS_URL away to use the embedded one"
        ) from None


def _reach_redis(url: str) -> None:
    # Imported here: a run with the embedded broker does without, and starts faster.
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    options: dict[str, Any] = {"socket_timeout": _SECONDS, "retry": Retry(NoBackoff(), 0)}
    if not url.startswith("unix"):
        options["socket_connect_timeout"] = _SECONDS
    with contextlib.closing(redis.Redis.from_url(url, **options)) as client:
        client.ping()


def _reach_amqp(url: str) -> None:
    import kombu

    with kombu.Connection(url, connect_timeout=_SECONDS) as connection:
        connection.connect()


def _without_password(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
