"""The process that the entry point makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys


def test_the_collector_is_calm_once_the_application_is_built() -> None:
    """What was made until then is frozen; what comes later is looked through seldom."""
    program = """
import gc, json
from api.main import build
app = build()
print(json.dumps([gc.get_threshold(), gc.get_freeze_count(), len(gc.get_objects()), app.state.wiring.reads_mode]))
"""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgres://nobody@127.0.0.1/nothing",
        "REDIS_URL": "redis://127.0.0.1",
        "ANBAHN_SECRET": "s" * 32,
        "ANBAHN_READS": "stock",
    }
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True, timeout=60)
    threshold, frozen, later, reads_mode = json.loads(done.stdout)
    assert threshold == [50_000, 20, 50]
    assert frozen > 100 * later
    assert reads_mode == "stock"
