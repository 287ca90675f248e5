"""Entry point of the worker and beat processes: ``celery -A workers.main worker`` and ``… beat``."""

from __future__ import annotations

import logging
import warnings

import settings
from workers.app import create_celery

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
for _noisy in ("celery", "kombu", "tortoise", "asyncio"):
    logging.getLogger(_noisy).setLevel(logging.WARNING)

# The warning is about pickled tasks run as root; only JSON is accepted here.
warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")

_settings = settings.read()
app = create_celery(
    database_url=_settings.app_database_url(),
    redis_url=_settings.required_redis_url(),
    sweep_seconds=_settings.sweep_seconds,
)
