"""docker-compose.yml says what the code says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest

import settings
from cli.main import anbahn
from cli.run import programs
from tests.deploy.composed import COMPOSE, OURS, ROOT, SECRETS, document, interpolated, options, service, variables
from workers import broker

APPLICATION = ("api", "worker", "beat")


class Recorder(Mapping[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = given
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.given[name]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("settings are read by name")

    def __len__(self) -> int:
        return len(self.given)


def run_parts() -> dict[str, list[str]]:
    """The command lines of `anbahn run`, from the program's name on."""
    given = {**service("api")["environment"], "ANBAHN_STATE": "/somewhere"}
    return {part.name: list(part.start.argv[2:]) for part in programs(settings.read(given))}


def entry_point(name: str, code: str, directory: Path) -> Any:
    """What Python code says, as JSON, in a process with the environment of a service and nothing else."""
    environment = {"PATH": os.environ["PATH"], **service(name)["environment"]}
    command = [sys.executable, "-c", f"import json, sys\nsys.path.insert(0, {str(ROOT)!r})\n{code}"]
    done = subprocess.run(command, env=environment, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_variable_of_our_services_is_one_that_the_settings_read() -> None:
    """A name with a slip in it would be ignored in silence."""
    recorder = Recorder(SECRETS)
    settings.read(recorder)
    for name in OURS:
        assert set(service(name)["environment"]) <= recorder.asked, name
    assert set(variables(document())) <= recorder.asked | {"POSTGRES_PASSWORD"}


def test_what_is_secret_is_demanded_and_stands_nowhere_in_the_file() -> None:
    """``:?`` at every place; whatever else is asked has a default."""
    asked = variables(document())
    for name in SECRETS:
        assert asked[name] == {":?"}
        with pytest.raises(KeyError, match=name):
            interpolated(document(), {key: value for key, value in SECRETS.items() if key != name})
    assert all(how == {":-"} for name, how in asked.items() if name not in SECRETS)
    for name, entry in document()["services"].items():
        for variable, value in entry.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY|TOKEN", variable):
                assert re.fullmatch(r"\$\{\w+:\?[^}]*\}", value), f"{name}: {variable}"
    text = re.sub(r"\$\{[^}]*\}", "", COMPOSE.read_text())
    assert not re.findall(r"[0-9A-Za-z+/_-]{32,}", text), "something here looks like a key"
    assert not re.findall(r"://[^/\s@]*:[^/\s@]+@", text), "something here looks like a password in a URL"


@pytest.mark.parametrize("name", APPLICATION)
def test_the_application_never_holds_the_owners_password(name: str) -> None:
    """It logs in as anbahn_app, with the password that ``migrate`` gave to that role."""
    given = service(name)["environment"]
    assert "ANBAHN_ADMIN_KEY" not in given
    assert not any(SECRETS["POSTGRES_PASSWORD"] in value for value in given.values())
    config = settings.read(given)
    assert config.production
    url = urllib.parse.urlsplit(config.app_database_url())
    assert urllib.parse.urlsplit(given["DATABASE_URL"]).username == url.username == settings.APP_ROLE
    assert url.password == settings.read(service("migrate")["environment"]).app_role_password()
    assert (url.hostname, url.port) == ("postgres", 5432)
    broker_url = urllib.parse.urlsplit(config.required_redis_url())
    assert (broker_url.scheme, broker_url.hostname, broker_url.port) == ("redis", "valkey", 6379)


def test_migrate_has_all_it_needs_and_fits_the_database() -> None:
    """The owner's login is the one that the image makes; no demo data."""
    migrate, server = service("migrate"), service("postgres")["environment"]
    config = settings.read(migrate["environment"])
    assert config.production
    assert config.admin_key
    assert config.required_secret()
    assert not config.demo
    url = urllib.parse.urlsplit(config.required_database_url())
    assert (url.username, url.password) == (server["POSTGRES_USER"], server["POSTGRES_PASSWORD"])
    assert url.path == f"/{server['POSTGRES_DB']}"
    assert url.hostname == "postgres"
    assert urllib.parse.urlsplit(service("api")["environment"]["DATABASE_URL"]).path == url.path
    program, *rest = migrate["command"]
    assert program == "anbahn"
    command = anbahn.get_command(click.Context(anbahn), rest[0])
    assert command is not None
    command.make_context(rest[0], rest[1:])


def test_the_api_is_the_one_of_the_code_and_its_ports_agree(tmp_path: Path) -> None:
    """Command, health check and publication speak of one port; the path asked for is a route."""
    api = service("api")
    given = options(api["command"])
    module, _, factory = str(given["--factory"]).partition(":")
    code = f"from {module} import {factory}; print(json.dumps([r.path for r in {factory}().routes]))"
    routes = entry_point("api", code, tmp_path)
    check = api["healthcheck"]["test"][-1]
    path = re.search(r'"GET", "(/\w+)"', check)
    assert path is not None
    assert path[1] in routes
    (published,) = api["ports"]
    address, outside, inside = published.split(":")
    assert (address, outside) == ("127.0.0.1", "8000")
    assert inside == given["--port"]
    assert f'"127.0.0.1", {inside},' in check
    assert given["--host"] == "0.0.0.0"
    assert interpolated(document()["services"]["api"]["ports"], {"PORT": "81"}) == ["127.0.0.1:81:8000"]


def test_worker_and_beat_are_those_of_the_code(tmp_path: Path) -> None:
    """The application that Celery is to load has exactly the queues that the worker listens to."""
    for name in ("worker", "beat"):
        given = options(service(name)["command"])
        code = f"from {given['-A']} import app; print(json.dumps([q.name for q in app.conf.task_queues]))"
        queues = entry_point(name, code, tmp_path)
        assert sorted(queues) == sorted([broker.INTAKE, broker.MAINTENANCE])
    listens = options(service("worker")["command"])["-Q"]
    assert listens is not None
    assert sorted(listens.split(",")) == sorted(queues)


@pytest.mark.parametrize("name", APPLICATION)
def test_the_options_are_those_of_make_run(name: str) -> None:
    """But for where it listens, and where beat keeps its schedule."""
    here, there = options(service(name)["command"]), options(run_parts()[name])
    own = {"api": {"--host", "--port"}, "worker": set(), "beat": {"-s"}}[name]
    assert own <= set(here) & set(there)
    assert {n: v for n, v in here.items() if n not in own} == {n: v for n, v in there.items() if n not in own}


def test_beats_check_looks_at_the_file_that_beat_writes() -> None:
    beat = service("beat")
    assert f'"{options(beat["command"])["-s"]}*"' in beat["healthcheck"]["test"][-1]


def test_nothing_starts_before_what_it_needs() -> None:
    """The schema before the code, the servers before both; whatever can be asked for its health is."""
    services = document()["services"]
    after = {name: entry.get("depends_on", {}) for name, entry in services.items()}
    assert after["migrate"]["postgres"]["condition"] == "service_healthy"
    for name in APPLICATION:
        assert after[name]["migrate"]["condition"] == "service_completed_successfully"
        assert services[name]["restart"] == "unless-stopped"
    assert services["migrate"]["restart"] == "no"
    for wanted in after.values():
        for name, how in wanted.items():
            assert how["condition"] == "service_completed_successfully" or "healthcheck" in services[name]
    assert {name for name, entry in services.items() if "healthcheck" not in entry} == {"migrate"}


def test_images_are_pinned_and_only_the_api_is_published() -> None:
    services = document()["services"]
    for name, entry in services.items():
        tag = entry["image"].partition(":")[2]
        assert tag
        assert tag != "latest"
        assert ("build" in entry) == (name in OURS)
        assert ("ports" in entry) == (name == "api")
    assert services["postgres"]["image"] == "postgres:18"
    assert services["valkey"]["image"].startswith("valkey/valkey:9")


def test_data_lie_on_declared_volumes_where_the_images_keep_them() -> None:
    """PostgreSQL's image keeps them elsewhere since 18 (docker-library/postgres#1259)."""
    whole = document()
    mounted = dict(mount.split(":") for entry in whole["services"].values() for mount in entry.get("volumes", []))
    assert mounted == {"postgres": "/var/lib/postgresql", "valkey": "/data"}
    assert set(mounted) == set(whole["volumes"])
    valkey = options(service("valkey")["command"])
    assert valkey["--appendonly"] == "yes"
    assert valkey["--maxmemory-policy"] == "noeviction"
