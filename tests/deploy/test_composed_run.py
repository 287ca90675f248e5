"""The commands and health checks of docker-compose.yml, run as they stand there: only Docker itself is missing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from embedded.postgres import Postgres
from embedded.process import fresh_port
from embedded.valkey import Valkey
from tests.deploy.composed import SECRETS, document, interpolated
from tests.places import place

APPLICATION = ("api", "worker", "beat")


@dataclass
class Composition:
    """The services, with servers on this machine in the place of containers."""

    postgres: Postgres
    valkey: Valkey
    directory: Path
    """Stands for /var/lib/anbahn."""
    port: int = field(default_factory=fresh_port)

    def service(self, name: str) -> Any:
        owner_password = self.postgres.url.split(":")[2].split("@")[0]
        filled = interpolated(document()["services"][name], {**SECRETS, "POSTGRES_PASSWORD": owner_password})
        return self.moved(filled)

    def moved(self, value: Any) -> Any:
        """The same on this machine: other ports, another directory."""
        if isinstance(value, dict):
            return {name: self.moved(entry) for name, entry in value.items()}
        if isinstance(value, list):
            return [self.moved(entry) for entry in value]
        if not isinstance(value, str):
            return value
        value = value.replace("@postgres:5432/", f"@127.0.0.1:{self.postgres.port}/")
        value = value.replace("redis://valkey:6379/0", self.valkey.url)
        return value.replace("/var/lib/anbahn", str(self.directory)).replace("8000", str(self.port))

    def start(self, name: str) -> subprocess.Popen[str]:
        """Start a service's command, knowing what its container would know and no more."""
        service = self.service(name)
        environment = {**self.environment(), **service["environment"]}
        return self.popen(service["command"], environment)

    def is_healthy(self, name: str) -> bool:
        """Run a service's check once."""
        service = self.service(name)
        kind, *test = service["healthcheck"]["test"]
        command = ["sh", "-c", *test] if kind == "CMD-SHELL" else test
        check = self.popen(command, {**self.environment(), **service["environment"]})
        check.communicate(timeout=30)
        return check.returncode == 0

    def environment(self) -> dict[str, str]:
        """What an image and Docker set."""
        beside = Path(sys.executable).parent
        return {"PATH": f"{beside}:{os.environ['PATH']}", "HOSTNAME": socket.gethostname(), "PYTHONUNBUFFERED": "1"}

    def popen(self, command: list[str], environment: dict[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            env=environment,
            cwd=self.directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


@pytest.fixture(scope="module")
def composition() -> Iterator[Composition]:
    """Servers of its own: the role's password is of the whole cluster, and derived from the secret."""
    with place() as root, Postgres(root / "servers", fast=True) as postgres, Valkey(root / "servers") as valkey:
        (root / "anbahn").mkdir()
        yield Composition(postgres, valkey, root / "anbahn")


def until_healthy(composition: Composition, name: str, seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not composition.is_healthy(name):
        assert time.monotonic() < deadline, f"{name} is not healthy in time"


def test_the_commands_make_a_whole_product_and_the_checks_see_it(composition: Composition) -> None:
    """Prepared twice without harm; unhealthy before, healthy while it runs, walked through; ended when asked to."""
    said = []
    for _ in range(2):
        migrate = composition.start("migrate")
        said.append(migrate.communicate(timeout=60)[0].strip())
        assert migrate.returncode == 0, said
    assert said == ["made the first workspace", "the workspace is there"]
    assert not any(composition.is_healthy(name) for name in APPLICATION)

    with ExitStack() as ended:
        running = {name: ended.enter_context(composition.start(name)) for name in APPLICATION}
        for process in running.values():
            ended.callback(process.kill)
        for name in APPLICATION:
            until_healthy(composition, name)

        walk = composition.popen(
            ["anbahn", "walk"],
            {
                **composition.environment(),
                "PORT": str(composition.port),
                "ANBAHN_ADMIN_KEY": SECRETS["ANBAHN_ADMIN_KEY"],
                "ANBAHN_STATE": str(composition.directory),
            },
        )
        story = walk.communicate(timeout=90)[0]
        assert walk.returncode == 0, story

        for name, process in running.items():
            process.send_signal(signal.SIGTERM)
            said_by_it = process.communicate(timeout=30)[0]
            # uvicorn has ended everything in order when it hands the signal on to itself.
            assert process.returncode in ({0, -signal.SIGTERM} if name == "api" else {0}), f"{name}: {said_by_it}"
            assert "Traceback" not in said_by_it, f"{name}: {said_by_it}"
    assert not composition.is_healthy("api")


def test_a_beat_that_writes_no_more_is_unhealthy(composition: Composition) -> None:
    """After ten minutes, of which three are the longest that beat lets pass."""
    schedules = [composition.directory / "beat-schedule.db"]
    for minutes, healthy in ((9, True), (11, False)):
        for file in (*composition.directory.glob("beat-schedule*"), *schedules):
            file.touch()
            then = time.time() - minutes * 60
            os.utime(file, (then, then))
        assert composition.is_healthy("beat") == healthy
