"""What is sent to a queue is in that queue, and in no other."""

from __future__ import annotations

import json

import pytest
import redis

from embedded.valkey import Valkey
from workers.broker import INTAKE, MAINTENANCE, SOCKET_TIMEOUT_SECONDS, make_celery


@pytest.mark.parametrize(("queue", "other"), [(INTAKE, MAINTENANCE), (MAINTENANCE, INTAKE)])
def test_a_task_reaches_its_own_queue_only(queue: str, other: str, valkey: Valkey, broker: redis.Redis) -> None:
    """Else every sweep would also stand in the queue of messages, and be done twice."""
    with make_celery(valkey.url) as app:
        app.send_task("some.task", kwargs={"id": "1"}, queue=queue)
    assert (broker.llen(queue), broker.llen(other)) == (1, 0)
    assert json.loads(broker.lindex(queue, 0))["headers"]["task"] == "some.task"


def test_a_task_without_a_queue_does_not_hold_up_messages(valkey: Valkey, broker: redis.Redis) -> None:
    with make_celery(valkey.url) as app:
        app.send_task("some.task")
    assert (broker.llen(MAINTENANCE), broker.llen(INTAKE)) == (1, 0)


def test_tasks_are_kept_until_they_are_done_and_taken_one_at_a_time() -> None:
    with make_celery("redis://127.0.0.1:1/0") as app:
        assert app.conf.task_acks_late
        assert app.conf.task_reject_on_worker_lost
        assert app.conf.worker_prefetch_multiplier == 1
        assert app.conf.accept_content == ["json"]


def test_no_socket_to_the_broker_waits_for_ever() -> None:
    with make_celery("redis://127.0.0.1:1/0") as app:
        options = app.conf.broker_transport_options
        assert options["socket_timeout"] == options["socket_connect_timeout"] == SOCKET_TIMEOUT_SECONDS


def test_another_kind_of_broker_gets_no_options_of_redis() -> None:
    with make_celery("amqp://guest:guest@127.0.0.1:1//") as app:
        assert app.conf.broker_transport_options == {}
