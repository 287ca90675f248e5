"""The workers' Celery application: queues, tasks, the beat's schedule, and how a process begins and ends."""

from __future__ import annotations

from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_process_init, worker_process_shutdown, worker_ready

from workers import board, leads, runtime
from workers.broker import MAINTENANCE, make_celery


def create_celery(*, database_url: str, redis_url: str, sweep_seconds: float) -> Celery:
    """The application for worker and beat processes. Intervals are in seconds."""
    runtime.configure(database_url=database_url, sweep_seconds=sweep_seconds)
    app = make_celery(
        redis_url,
        include=["workers.intake", "workers.board", "workers.leads"],
        beat_schedule={
            "intake.sweep": _every(sweep_seconds, "intake.sweep"),
            "board.fold": _every(board.FOLD_SECONDS, "board.fold"),
            "board.space": _every(board.SPACE_SECONDS, "board.space"),
            "leads.review": _every(leads.REVIEW_SECONDS, "leads.review"),
        },
        beat_max_loop_interval=min(sweep_seconds, 5.0),
    )
    app.set_default()
    return app


def _every(seconds: float, task: str) -> dict[str, Any]:
    # Ticks that no worker took must not pile up; generously, for expiry compares two processes' clocks.
    return {"task": task, "schedule": seconds, "options": {"queue": MAINTENANCE, "expires": max(seconds, 60.0)}}


@worker_ready.connect
def _worker_ready(**_more: Any) -> None:
    print("worker is ready", flush=True)


@beat_init.connect
def _beat_ready(**_more: Any) -> None:
    print("beat is ready", flush=True)


@worker_process_init.connect
def _process_begins(**_more: Any) -> None:
    runtime.runtime()  # fail here, visibly, when the process was not configured


@worker_process_shutdown.connect
def _process_ends(**_more: Any) -> None:
    runtime.runtime().close()
