"""Keeps a worker alive when its broker restarts while a task is in flight.

kombu 5.7.0: acknowledging a task after the channel has lost its connection makes ``Channel._connparams`` read
``self.connection.client`` of None; the AttributeError is none of the errors a worker recovers from, and the process
exits (seen in 6 of 13 restarts: "'NoneType' object has no attribute 'hostname'"). Raising redis' own ConnectionError
instead takes the ordinary way of a lost connection. tests/workers/test_kombu_guard.py says when this can go.
"""

from __future__ import annotations

import functools
from typing import Any

from kombu.transport.redis import Channel
from redis.exceptions import ConnectionError as RedisConnectionError


def install() -> None:
    """Guard the transport; calling it again changes nothing."""
    channel: Any = Channel
    original = channel._connparams
    if getattr(original, "guarded", False):
        return

    @functools.wraps(original)
    def guarded(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the broker connection of this channel is gone")
        return original(self, *args, **kwargs)

    guarded.guarded = True  # type: ignore[attr-defined]
    channel._connparams = guarded
