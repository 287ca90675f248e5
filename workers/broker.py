"""The Celery application's settings, shared by the workers and by whoever rings their doorbell."""

from __future__ import annotations

from typing import Any

from celery import Celery
from kombu import Exchange, Queue

from workers import kombu_guard

INTAKE = "intake"
MAINTENANCE = "maintenance"
SOCKET_TIMEOUT_SECONDS = 2.0
VISIBILITY_TIMEOUT_SECONDS = 60
"""After this a task whose worker vanished is delivered again; every task is shorter, and idempotent anyway."""


def make_celery(redis_url: str, **more: Any) -> Celery:
    """A Celery application for one broker URL (Redis protocol, or AMQP)."""
    kombu_guard.install()
    app = Celery("anbahn", broker=redis_url, set_as_current=False)
    app.conf.update(
        task_default_queue=MAINTENANCE,
        # Each with an exchange of its own: without one, Celery binds both to the default's, and a task goes to both.
        task_queues=tuple(Queue(name, Exchange(name), routing_key=name) for name in (INTAKE, MAINTENANCE)),
        task_create_missing_queues=False,
        task_routes={"intake.process": {"queue": INTAKE}},
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        enable_utc=True,
        timezone="UTC",
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=SOCKET_TIMEOUT_SECONDS,
        # A broker that is down must fail a publication at once: the row is committed, and a sweep will find it.
        task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.2},
        broker_transport_options=_transport_options(redis_url),
        **more,
    )
    return app


def _transport_options(url: str) -> dict[str, object]:
    if not url.startswith(("redis", "unix")):
        return {}
    return {
        "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
        # By default the transport looks for lost tasks so seldom that redelivery takes 100 s beyond the timeout.
        "unacked_restore_interval": 3,
        "unacked_restore_throttle": 1,
        # Without these a broker that hangs blocks its clients for ever.
        "socket_timeout": SOCKET_TIMEOUT_SECONDS,
        "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
        "socket_keepalive": True,
        "health_check_interval": 10,
    }
