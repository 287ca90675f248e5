"""``anbahn run``: one command from an installed checkout to a ready product, and one Ctrl-C back."""

from __future__ import annotations

import asyncio
import http.client
import os
import shlex
import sys
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import click

import settings
from embedded.checks import check_broker, check_port
from embedded.output import Output
from embedded.part import Part, Program
from embedded.postgres import Postgres
from embedded.process import EmbeddedError, Launch
from embedded.server import Server
from embedded.state import StateDirectory
from embedded.supervisor import Supervisor
from embedded.valkey import Valkey
from settings import Settings

PREPARE = (sys.executable, "-m", "cli.main", "prepare")
_READY_SECONDS = 60.0
_SHUTDOWN_SECONDS = "5"
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Where a server may listen, but no client can go; and where a client on this machine finds that server."""
_BOLD, _DIM = 1, 2


@click.command()
def run() -> None:
    """Start everything on this machine: servers, database, API, worker, beat."""
    sys.exit(execute(settings.read(), prepare=PREPARE, parts=programs))


def execute(given: Settings, *, prepare: tuple[str, ...], parts: Callable[[Settings], Sequence[Part]]) -> int:
    """Run until somebody stops it; returns the exit code, 0 when it was asked to stop."""
    try:
        with StateDirectory(given.state) as state:
            return asyncio.run(_Run(given, prepare, parts, state, Output()).to_the_end())
    except (EmbeddedError, OSError) as error:
        click.echo(f"anbahn: {error}", err=True)
        return 1


class _Run:
    """One run, from the checks to the stop."""

    def __init__(
        self,
        given: Settings,
        prepare: tuple[str, ...],
        parts: Callable[[Settings], Sequence[Part]],
        state: StateDirectory,
        output: Output,
    ) -> None:
        self.given = given
        self.prepare = prepare
        self.parts = parts
        self.state = state
        self.output = output
        self.supervisor = Supervisor(output, self.record)
        self.postgres = Postgres(state.path) if given.database_url is None else None
        self.valkey = Valkey(state.path) if given.redis_url is None else None

    async def to_the_end(self) -> int:
        check_port(self.given.host, self.given.port)
        if self.given.redis_url:
            await asyncio.to_thread(check_broker, self.given.redis_url)
        async with self.supervisor:
            try:
                return await self.start_and_watch()
            except asyncio.CancelledError:
                if not self.supervisor.interrupted:
                    raise
        self.output.say("anbahn: stopped")
        return 0

    async def start_and_watch(self) -> int:
        self.output.say(f"anbahn: starting, with the data in {self.state.path}")
        servers = [server for server in (self.postgres, self.valkey) if server]
        if servers:
            await self.supervisor.start(servers, _READY_SECONDS, in_order=True)
        resolved = self.resolved()
        if code := await self.prepare_database(resolved):
            return code
        await self.supervisor.start(self.parts(resolved), _READY_SECONDS)
        welcome(resolved, self.state, self.output, key_is_given=self.given.admin_key is not None)
        await self.supervisor.watch()
        return 1

    def resolved(self) -> Settings:
        """The settings with nothing left open."""
        return replace(
            self.given,
            secret=self.given.secret or self.state.secret(),
            admin_key=self.given.admin_key or self.state.admin_key(),
            database_url=self.postgres.url if self.postgres else self.given.database_url,
            redis_url=self.valkey.url if self.valkey else self.given.redis_url,
        )

    async def prepare_database(self, resolved: Settings) -> int:
        """The one step that gets the owner's URL and the key; returns its exit code when it has said why."""
        told = False

        def hear(line: str) -> None:
            nonlocal told
            if line.startswith("anbahn: "):
                told = True
                click.echo(line, err=True)
            else:
                self.output.line("prepare", line)

        launch = Launch(argv=self.prepare, environment=environment(resolved, as_owner=True), directory=self.state.path)
        code = await self.supervisor.once(launch, hear)
        if code and not told:
            raise EmbeddedError(f"preparing the database failed (exit code {code}): see the lines above")
        return code

    def record(self) -> None:
        """Write run.json anew: who runs where."""
        pids, url = self.supervisor.pids(), api_url(self.given)
        entries: dict[str, object] = {"url": url, "supervisor": {"pid": os.getpid()}}
        for name, port, at in (
            ("api", self.given.port, url),
            ("worker", None, None),
            ("beat", None, None),
            ("postgres", *_place(self.postgres, self.given.database_url)),
            ("valkey", *_place(self.valkey, self.given.redis_url)),
        ):
            entries[name] = {"pid": pids.get(name), "port": port, "url": at}
        self.state.record_run(entries)


def _place(server: Server | None, given: str | None) -> tuple[int | None, str | None]:
    """Port and URL of an embedded server, or of the one the operator gave."""
    if server is not None:
        return (server.port, server.url) if server.is_prepared else (None, None)
    return (urllib.parse.urlsplit(given).port, given) if given else (None, None)


def api_url(resolved: Settings) -> str:
    host = _ANY_ADDRESS.get(resolved.host, resolved.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{resolved.port}"


def environment(resolved: Settings, *, as_owner: bool, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a part finds in its environment.

    Only what prepares the database logs in as its owner and learns the admin key; all others are the application's
    role, which sees one workspace at a time.
    """
    told = {
        "DATABASE_URL": resolved.required_database_url() if as_owner else resolved.app_database_url(),
        "REDIS_URL": resolved.required_redis_url(),
        "ANBAHN_SECRET": resolved.required_secret(),
        "ANBAHN_ENV": resolved.environment,
        "ANBAHN_STATE": str(resolved.state),
        "ANBAHN_DEMO": "1" if resolved.demo else "0",
        "ANBAHN_SWEEP_SECONDS": f"{resolved.sweep_seconds:g}",
        "ANBAHN_READS": resolved.reads,
        "HOST": resolved.host,
        "PORT": str(resolved.port),
        "PYTHONUNBUFFERED": "1",
    }
    if as_owner:
        told["ANBAHN_ADMIN_KEY"] = resolved.admin_key or ""
    kept_back = set() if as_owner else {"ANBAHN_ADMIN_KEY", "ANBAHN_APP_PASSWORD"}
    return {name: value for name, value in environ.items() if name not in kept_back} | told


def programs(resolved: Settings) -> list[Program]:
    """API, worker and beat."""
    celery = ("celery", "--quiet", "-A", "workers.main")
    api = Program(
        "api",
        _launch(
            resolved, "uvicorn", "--factory", "api.main:build", "--host", resolved.host, "--port", str(resolved.port),
            "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--no-server-header",
            "--timeout-graceful-shutdown", _SHUTDOWN_SECONDS, "--log-level", "warning",
        ),
        port=resolved.port,
        url=api_url(resolved),
        ask=lambda: answers_ready(_ANY_ADDRESS.get(resolved.host, resolved.host), resolved.port),
    )  # fmt: skip
    worker = Program(
        "worker",
        _launch(
            resolved, *celery, "worker", "-c", "2", "-Q", "intake,maintenance", "-l", "WARNING",
            "--without-gossip", "--without-mingle",
        ),
        ready_line="worker is ready",
    )  # fmt: skip
    schedule = str(resolved.state / "beat-schedule")
    beat = Program(
        "beat",
        _launch(resolved, *celery, "beat", "-l", "WARNING", "-s", schedule, "--pidfile="),
        ready_line="beat is ready",
    )
    return [api, worker, beat]


def answers_ready(host: str, port: int) -> bool:
    """Whether the API there says that it and what it needs are ready."""
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _launch(resolved: Settings, *arguments: str) -> Launch:
    return Launch(
        argv=(sys.executable, "-m", *arguments),
        environment=environment(resolved, as_owner=False),
        # `-m` looks for modules there first: it must not be wherever the operator happens to stand.
        directory=resolved.state,
    )


def welcome(resolved: Settings, state: StateDirectory, output: Output, *, key_is_given: bool) -> None:
    """Say that everything is ready. A key that the operator gave is not shown."""
    url = api_url(resolved)
    if key_is_given:
        key, kept, bearer = "yours, from ANBAHN_ADMIN_KEY", "", '"authorization: Bearer $ANBAHN_ADMIN_KEY"'
    else:
        key, kept = resolved.admin_key or "", f"  (kept in {state.admin_key_file})"
        bearer = shlex.quote(f"authorization: Bearer {key}")
    query = shlex.quote('{"query": "{ pipelines { name stages { name totals { count } } } }"}')
    lines = (
        "",
        output.paint(f"Anbahn is ready: {url}", _BOLD),
        "",
        f"  GraphQL    {url}/graphql",
        f"  Admin key  {key}{output.paint(kept, _DIM)}",
        "",
        "  Try it:",
        "",
        f"    curl {url}/graphql -H 'content-type: application/json' \\",
        f"      -H {bearer} \\",
        f"      -d {query}",
        "",
        "  make walk, in another terminal, goes through the whole product. Ctrl-C here stops everything.",
        "",
    )
    for line in lines:
        output.say(line)
