"""Entry point of the API process: ``uvicorn --factory api.main:build``."""

from __future__ import annotations

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
    return create_app(
        database_url=config.app_database_url(),
        redis_url=config.required_redis_url(),
        secret=config.required_secret(),
        public_url=config.public_url,
    )
