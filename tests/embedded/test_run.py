"""A run starts everything, keeps it alive, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from embedded.process import fresh_port
from tests.embedded.conftest import PARTS, Run, all_gone, wait_for

Start = Callable[..., Run]
ELSEWHERE = "postgres://postgres@127.0.0.1:1/anbahn"  # the stand-ins never go there


def test_a_run_says_where_everything_is_and_stops_without_a_trace(start: Start, state: Path) -> None:
    """The key is made once, the parts are told no more than they need, and Ctrl-C is a success."""
    run = start().until_ready()
    parts, pids = run.parts(), list(run.pids().values())
    key = (state / "admin.key").read_text().strip()
    assert f"Anbahn is ready: http://127.0.0.1:{run.port}\n" in run.text
    assert key in run.text
    assert "\x1b" not in run.text
    assert parts["url"] == parts["api"]["url"] == f"http://127.0.0.1:{run.port}"
    assert parts["supervisor"] == {"pid": run.process.pid}
    assert parts["worker"]["port"] is None
    assert str(parts["postgres"]["port"]) in parts["postgres"]["url"]
    assert "prepare | prepared as anbahn_owner\n" in run.text
    assert "beat    | the role is anbahn_app\n" in run.text
    assert "beat    | the key is unknown\n" in run.text
    for private in ("run.json", "secret", "admin.key", "postgres.password", "valkey.conf"):
        assert stat.S_IMODE((state / private).stat().st_mode) == 0o600

    run.process.send_signal(signal.SIGINT)
    assert run.ended() == 0
    assert all_gone([pid for pid in pids if pid])
    assert not (state / "run.json").exists()

    again = start().until_ready()
    assert key in again.text
    assert again.parts()["postgres"]["url"] == parts["postgres"]["url"]


def test_whatever_dies_comes_back_on_its_port(start_again: Start) -> None:
    """All five at once, and run.json follows."""
    run = start_again().until_ready()
    before, old, child = run.parts(), run.pids(), run.child()
    for pid in old.values():
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: all(pid and pid != old[name] for name, pid in run.pids().items()))
    wait_for(lambda: all_gone([child]))
    after = run.parts()
    for name in PARTS:
        assert (after[name]["port"], after[name]["url"]) == (before[name]["port"], before[name]["url"])
        assert f"{name:<8}| stopped (SIGKILL), starts again in 0.2 s\n" in run.text


def test_killing_the_supervisor_leaves_nothing_and_the_next_run_goes_on(start_again: Start) -> None:
    """Also when the next run starts while the old servers are still stopping."""
    run = start_again().until_ready()
    pids = [pid for pid in (*run.pids().values(), run.child()) if pid]
    run.process.kill()
    run.ended()
    again = start_again().until_ready()
    wait_for(lambda: all_gone(pids))
    assert again.parts()["supervisor"]["pid"] == again.process.pid


def test_other_ways_to_ask_are_like_ctrl_c(start_again: Start) -> None:
    for number in (signal.SIGTERM, signal.SIGHUP):
        run = start_again().until_ready()
        pids = [pid for pid in (*run.pids().values(), run.child()) if pid]
        run.process.send_signal(number)
        assert run.ended() == 0
        assert all_gone(pids)


def test_servers_of_others_are_used_and_left_alone(start: Start) -> None:
    run = start(DATABASE_URL=ELSEWHERE).until_ready()
    assert run.parts()["postgres"] == {"pid": None, "port": 1, "url": ELSEWHERE}
    assert run.parts()["valkey"]["pid"]
    assert not (run.state / "postgres").exists()


def test_ctrl_c_during_the_start_stops_it(start: Start, state: Path) -> None:
    run = start()
    wait_for(lambda: "starting" in run.text)
    run.process.send_signal(signal.SIGINT)
    assert run.ended() == 0
    assert "Traceback" not in run.text
    assert not (state / "run.json").exists()


def refused(run: Run) -> str:
    """The one line of a run that does not start."""
    assert run.ended() != 0
    assert "Traceback" not in run.text
    lines = [line for line in run.text.splitlines() if line.startswith("anbahn: ") and " starting, " not in line]
    assert len(lines) == 1, run.text
    assert not (run.state / "run.json").exists()
    return lines[0]


def test_a_taken_port_is_told_before_anything_starts(start: Start, state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused(start(PORT=str(port)))
    assert line.startswith(f"anbahn: port {port} is taken on 127.0.0.1: stop what uses it, or give another one")
    assert not (state / "postgres").exists()


def test_a_state_directory_in_use_is_told_with_its_user(start: Start, state: Path) -> None:
    run = start(DATABASE_URL=ELSEWHERE).until_ready()
    second = start()
    assert second.ended() == 1
    assert second.text == (
        f"anbahn: the state directory {state} is in use by another run (pid {run.process.pid}): "
        "stop it, or give another one with ANBAHN_STATE\n"
    )
    assert run.parts()["supervisor"]["pid"] == run.process.pid


def test_what_prepare_says_is_the_last_word(start: Start) -> None:
    run = start(DATABASE_URL=ELSEWHERE, STAND_IN_REFUSES="1")
    assert refused(run) == "anbahn: DATABASE_URL: no answer"


def test_a_broker_out_of_reach_is_told_without_its_password(start: Start) -> None:
    line = refused(start(REDIS_URL=f"redis://:hidden@127.0.0.1:{fresh_port()}/0"))
    assert "REDIS_URL" in line
    assert "refused" in line
    assert "hidden" not in line


def test_a_part_that_never_starts_ends_the_run(start: Start) -> None:
    run = start(DATABASE_URL=ELSEWHERE, STAND_IN_BROKEN="worker")
    assert refused(run) == "anbahn: worker does not start: see its lines above"
    assert "worker  | this part is broken\n" in run.text


def test_a_host_of_another_machine_is_told(start: Start) -> None:
    assert "HOST=192.0.2.1" in refused(start(HOST="192.0.2.1"))


def test_a_wrong_setting_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "run"],
        env={**os.environ, "ANBAHN_STATE": str(tmp_path), "PORT": "eight"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("anbahn: PORT='eight' is not right")
    assert done.stderr.count("\n") == 1
