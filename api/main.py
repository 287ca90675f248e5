"""Entry point of the API process: ``uvicorn --factory api.main:build``."""

from __future__ import annotations

import gc
import logging

from starlette.applications import Starlette

import settings
from api.app import create_app


def build() -> Starlette:
    """The application as the environment configures it."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "tortoise", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    config = settings.read()
    app = create_app(
        database_url=config.app_database_url(),
        redis_url=config.required_redis_url(),
        secret=config.required_secret(),
        public_url=config.public_url,
        reads_mode=config.reads,
    )
    calm_the_collector()
    return app


def calm_the_collector() -> None:
    """Let Python look for cyclic garbage less often, and never among what was made until now.

    A board is tens of thousands of objects that reference counting frees; by default the collector would run hundreds
    of times while they are made, and through the whole schema now and then: a quarter of the CPU of such a request.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
