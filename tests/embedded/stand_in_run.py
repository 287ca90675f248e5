"""A whole run with stand-ins for its parts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import settings
from cli.run import answers_ready, api_url, environment, execute
from embedded.part import Program
from embedded.process import Launch
from settings import Settings

STAND_IN = str(Path(__file__).with_name("stand_in.py"))


def programs(resolved: Settings) -> list[Program]:
    def launch(name: str) -> Launch:
        role = "broken" if name == os.environ.get("STAND_IN_BROKEN") else name
        return Launch(argv=(sys.executable, STAND_IN, role), environment=environment(resolved, as_owner=False))

    def answers() -> bool:
        return answers_ready("127.0.0.1", resolved.port)

    return [
        Program("api", launch("api"), port=resolved.port, url=api_url(resolved), ask=answers),
        Program("worker", launch("worker"), ready_line="worker is ready"),
        Program("beat", launch("beat"), ready_line="beat is ready"),
    ]


if __name__ == "__main__":
    sys.exit(execute(settings.read(), prepare=(sys.executable, STAND_IN, "prepare"), parts=programs))
