"""The walk against the real thing: started as `make run` starts it, without demo data."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from cli.walk_inquiry import Inquiry
from cli.walk_story import CheckFailed, Story, columns, pretty, shortened
from embedded.process import fresh_port, is_alive
from tests.places import place

PROMISED = (
    "✓ the same message answers, as a duplicate",
    "✓ it has two leads, not four",
    "✓ NEW → PROSPECTING, 1 of 4",
    "✓ refused: STALE_VERSION, with the lead as it is now, unchanged",
    "✓ QUALIFIED, 4 of 4",
    "✓ alreadyConverted, and the same deal, untouched",
    "✓ left card, new deal, right card",
    "✓ it is WON, at 100 %",
    "✓ closedAt is set",
    "✓ the decision is explained",
    "✓ the deal (★) stands in one column only, the won one",
    "All is as it should be: 9 steps, ",
)


class Running:
    """`anbahn run` in a process of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = fresh_port()
        self.log = state.parent / "run.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "run"],
                env=environment(ANBAHN_STATE=str(state), PORT=str(self.port), ANBAHN_DEMO="0"),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def until_ready(self) -> Running:
        deadline = time.monotonic() + 60
        while "Anbahn is ready" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return self

    def pids(self) -> list[int]:
        """All processes that run.json names."""
        entries = json.loads((self.state / "run.json").read_text())
        return [entry["pid"] for entry in entries.values() if isinstance(entry, dict)]

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)


def environment(**given: str) -> dict[str, str]:
    """This process's environment, without what would configure Anbahn."""
    ours = ("ANBAHN_", "DATABASE_URL", "REDIS_URL", "HOST", "PORT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | given


def walk(state: Path, **given: str) -> subprocess.CompletedProcess[str]:
    """`anbahn walk`, which finds the server by the state directory alone."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "walk"],
        env=environment(ANBAHN_STATE=str(state), **given),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with place() as home:
        run = Running(home / "state")
        try:
            yield run.until_ready()
        finally:
            run.stop()


def test_it_walks_again_and_again_on_the_same_data(running: Running) -> None:
    """Every promise is checked each time; no line is too wide, no colour goes into a file, and no key is told."""
    key = (running.state / "admin.key").read_text().strip()
    for _ in range(2):
        walked = walk(running.state)
        assert walked.returncode == 0, walked.stdout + walked.stderr
        assert [claim for claim in PROMISED if claim not in walked.stdout] == []
        assert max(columns(line) for line in walked.stdout.splitlines()) <= 110
        assert "\x1b" not in walked.stdout
        assert key not in walked.stdout
        assert walked.stderr == ""
    # No neighbour but those it made itself, and two leads for each walk, though each message was sent twice.
    assert re.search(r"\b4 deals\b", walked.stdout)


def test_where_the_server_is_may_be_said_instead(running: Running, tmp_path: Path) -> None:
    """By PORT, HOST and ANBAHN_ADMIN_KEY, as for `make run`, from a place where nothing is known."""
    key = (running.state / "admin.key").read_text().strip()
    walked = walk(tmp_path, PORT=str(running.port), HOST="0.0.0.0", ANBAHN_ADMIN_KEY=key)
    assert walked.returncode == 0, walked.stdout + walked.stderr


@pytest.mark.parametrize("key", ["x" * 40, "ü" * 40])
def test_a_wrong_key_is_one_line(running: Running, key: str) -> None:
    refused = walk(running.state, ANBAHN_ADMIN_KEY=key)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert re.fullmatch(r"anbahn: .*(key|KEY).*\n", refused.stderr)


def test_a_stopped_server_is_one_line_and_leaves_no_process(running: Running) -> None:
    """The last test of the module, for it stops what the others use."""
    pids = running.pids()
    assert len(pids) == 6
    assert running.stop() == 0
    assert not any(is_alive(pid) for pid in pids if pid != running.process.pid)
    refused = walk(running.state, PORT=str(running.port))
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert re.fullmatch(r"anbahn: .*start it with make run.*\n", refused.stderr)


def test_no_key_is_one_line(tmp_path: Path) -> None:
    refused = walk(tmp_path)
    assert refused.returncode == 2
    assert re.fullmatch(r"anbahn: .*start it with make run.*\n", refused.stderr)


class Empty(BaseHTTPRequestHandler):
    """Answers like an Anbahn in which there is nothing."""

    def do_POST(self) -> None:
        body = b'{"data": {"__typename": "Query", "channels": [], "pipelines": []}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_the_first_thing_that_is_not_as_it_should_be_ends_the_walk(tmp_path: Path) -> None:
    """The story says what was expected and what came, the error stream which check it was."""
    with HTTPServer(("127.0.0.1", 0), Empty) as server:
        threading.Thread(target=server.serve_forever).start()
        walked = walk(tmp_path, PORT=str(server.server_port), ANBAHN_ADMIN_KEY="x" * 40)
        server.shutdown()
    assert walked.returncode == 1
    assert walked.stderr == "anbahn: the walk ended at step 1: there is a form and a mailbox: not so\n"
    assert walked.stdout.endswith('    ✗ there is a form and a mailbox\n      expected "both"\n      came     []\n')


def test_a_check_that_fails_says_what_was_expected_and_what_came(capsys: pytest.CaptureFixture[str]) -> None:
    story = Story()
    with pytest.raises(CheckFailed) as failed:
        story.equal("two and two are four", 5, 4)
    story.failure(failed.value)
    assert capsys.readouterr().out == "    ✗ two and two are four\n      expected 4\n      came     5\n"
    assert story.checks == 0


def test_what_is_shown_is_shortened_and_keeps_secrets() -> None:
    """Long lists and texts are cut, ids told by their ends, and what would move a cursor is made visible."""
    shown = pretty({"secret": "abcdefghijklmnop", "id": "Lead_" + "0" * 26 + "123456", "list": list(range(9))}, 100)
    assert shown == '{"secret": "abcd…mnop", "id": "Lead_…123456", "list": [0, 1, 2, 3, 4, 5, "… 3 more"]}'
    assert shortened("a\x1b[2Jb", 10) == "a·[2Jb"
    assert shortened("漢字漢字", 5) == "漢字…"
    assert all(len(line) <= 40 for line in pretty({"a": {"b": "x" * 20, "c": ["y" * 10] * 3}}, 40).splitlines())


def test_every_walk_has_a_person_and_words_of_its_own() -> None:
    one, other = Inquiry(), Inquiry()
    assert one.address != other.address
    assert one.form() != other.form()
    mail = one.mail()
    assert mail.isascii()
    assert b"Subject: Angebot =?utf-8?" in mail
    assert b"Content-Type: multipart/alternative;" in mail
    assert one.relayed(mail).endswith(mail)
