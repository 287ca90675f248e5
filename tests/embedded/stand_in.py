"""A whole run with stand-ins for API, worker and beat: ``python stand_in.py run``, set up by the environment.

The real ones are slow to start and others' to test; what matters here is who starts, restarts and stops whom.
"""

from __future__ import annotations

import http.server
import os
import sys
import time

import settings
from cli.run import answers_ready, api_url, environment, execute
from embedded.part import Program
from embedded.process import Launch
from settings import Settings


class Ready(http.server.BaseHTTPRequestHandler):
    """An API that is always ready."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def api() -> None:
    http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Ready).serve_forever()


def worker() -> None:
    """Like Celery's: a parent with a child that dies with it."""
    child = Launch(argv=(sys.executable, __file__, "child"), environment=os.environ).spawn()
    print("child", child.pid)
    print("x" * 200_000)
    print("worker is ready", flush=True)
    time.sleep(600)


def child() -> None:
    time.sleep(600)


def beat() -> None:
    print("the role is", os.environ["DATABASE_URL"].split("//")[1].split(":")[0])
    print("the key is", os.environ.get("ANBAHN_ADMIN_KEY", "unknown"))
    print("beat is ready", flush=True)
    time.sleep(600)


def prepare() -> None:
    if os.environ.get("STAND_IN_REFUSES"):
        sys.exit("anbahn: DATABASE_URL: no answer")
    print("prepared as", os.environ["DATABASE_URL"].split("//")[1].split(":")[0])


def broken() -> None:
    sys.exit("this part is broken")


def programs(resolved: Settings) -> list[Program]:
    def launch(name: str) -> Launch:
        role = "broken" if name == os.environ.get("STAND_IN_BROKEN") else name
        return Launch(argv=(sys.executable, __file__, role), environment=environment(resolved, as_owner=False))

    def answers() -> bool:
        return answers_ready("127.0.0.1", resolved.port)

    return [
        Program("api", launch("api"), port=resolved.port, url=api_url(resolved), ask=answers),
        Program("worker", launch("worker"), ready_line="worker is ready"),
        Program("beat", launch("beat"), ready_line="beat is ready"),
    ]


def run() -> None:
    sys.exit(execute(settings.read(), prepare=(sys.executable, __file__, "prepare"), parts=programs))


if __name__ == "__main__":
    globals()[sys.argv[1]]()
