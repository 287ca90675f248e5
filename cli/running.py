"""Finding the Anbahn that `make run` has started, so that commands beside it need no configuration."""

from __future__ import annotations

import dataclasses

import orjson

from cli import faults
from settings import Settings


def with_running(config: Settings) -> Settings:
    """The settings, with what the environment leaves out taken from the running server's state directory."""
    secret, admin_key = config.secret, config.admin_key
    if secret is None and (config.state / "secret").exists():
        secret = (config.state / "secret").read_text().strip()
    if admin_key is None and (config.state / "admin.key").exists():
        admin_key = (config.state / "admin.key").read_text().strip()
    return dataclasses.replace(
        config, secret=secret, admin_key=admin_key, database_url=config.database_url or _database_url(config)
    )


def _database_url(config: Settings) -> str:
    try:
        return str(orjson.loads((config.state / "run.json").read_bytes())["postgres"]["url"])
    except (OSError, KeyError, orjson.JSONDecodeError):
        faults.fail(
            f"nothing runs with the state directory {config.state}: start it with make run, "
            "name its directory in ANBAHN_STATE, or give DATABASE_URL"
        )
