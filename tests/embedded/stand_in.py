"""Stand-ins for API, worker, beat and prepare: ``python stand_in.py api``, set up by the environment.

The real ones are slow to start and others' to test; what matters here is who starts, restarts and stops whom. They
import no more than each needs, for a run starts five of them.
"""

from __future__ import annotations

import os
import sys
import time


def api() -> None:
    """One that is always ready."""
    import http.server

    class Ready(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Ready).serve_forever()


def worker() -> None:
    """Like Celery's: a parent with a child that dies with it."""
    from embedded.process import Launch

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


if __name__ == "__main__":
    globals()[sys.argv[1]]()
