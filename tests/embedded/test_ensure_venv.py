"""scripts/ensure-venv: one clear line when something is missing, nothing to do when nothing is."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "ensure-venv"
TOOLS = ("cat", "cksum", "dirname", "find", "id", "mkdir", "rm", "sh", "sleep")

# Answers the questions of the script; "making a virtual environment" copies itself, pip's calls are written down.
PYTHON = """#!/bin/sh
case "$*" in
  "-I -S -c "*) echo "{version}" ;;
  "-c import venv, ensurepip") exit {without_venv} ;;
  "-m venv "*) for last; do :; done; mkdir -p "$last/bin"; cat "$0" > "$last/bin/python"; chmod +x "$last/bin/python" ;;
  "-m pip --version") ;;
  "-m pip install "*) echo "$*" >> "$PWD/pip.log"; [ ! -e "$PWD/offline" ] || exit 1 ;;
  *) echo "unexpected: $*" >&2; exit 9 ;;
esac
"""


class Checkout:
    """A directory with the script in it, and a PATH with few tools and the interpreters of a test."""

    def __init__(self, root: Path) -> None:
        self.root = root / "a check out"
        self.bin = root / "bin"
        (self.root / "scripts").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(SCRIPT, self.root / "scripts")
        for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
            (self.root / name).write_text(name)
        for tool in (*TOOLS, "chmod"):
            found = shutil.which(tool)
            assert found
            (self.bin / tool).symlink_to(found)

    def python(self, name: str = "python3", version: str = "3.11.9", without_venv: int = 0) -> None:
        (self.bin / name).write_text(PYTHON.format(version=version, without_venv=without_venv))
        (self.bin / name).chmod(0o755)

    def ensure(self, wanted: str = "run", **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "scripts" / "ensure-venv", wanted],
            env={"PATH": str(self.bin), **environ},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )

    def installed(self) -> list[str]:
        """What pip was asked for since the last time."""
        log = self.root / "pip.log"
        calls = [line.rpartition(" --")[2] for line in log.read_text().splitlines()] if log.exists() else []
        log.unlink(missing_ok=True)
        return calls


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_without_python_it_says_what_to_install(checkout: Checkout) -> None:
    assert refusal(checkout.ensure()).startswith("anbahn: there is no Python of version 3.11 or newer: install one")


def test_an_old_python_is_passed_over(checkout: Checkout) -> None:
    checkout.python("python3", "3.9.2")
    assert "there is no Python of version 3.11" in refusal(checkout.ensure())
    checkout.python("python3.12", "3.12.1")
    assert checkout.ensure().returncode == 0


def test_a_python_without_venv_is_told(checkout: Checkout) -> None:
    checkout.python(without_venv=1)
    line = refusal(checkout.ensure())
    assert f"Python at {checkout.bin}/python3 has no venv" in line
    assert "apt install python3-venv" in line


def test_a_python_named_wrongly_is_told(checkout: Checkout) -> None:
    checkout.python()
    assert "PYTHON=/no/where is no Python" in refusal(checkout.ensure(PYTHON="/no/where"))


def test_it_installs_once(checkout: Checkout) -> None:
    checkout.python()
    first = checkout.ensure()
    assert (first.returncode, first.stdout.count("\n"), first.stderr) == (0, 1, "")
    assert checkout.installed() == ["requirement requirements.lock", "editable ."]
    began = time.monotonic()
    again = checkout.ensure()
    assert time.monotonic() - began < 0.5
    assert (again.returncode, again.stdout, checkout.installed()) == (0, "", [])


def test_what_developers_have_serves_for_a_run(checkout: Checkout) -> None:
    checkout.python()
    checkout.ensure("run")
    checkout.installed()
    checkout.ensure("dev")
    assert checkout.installed() == ["requirement requirements-dev.lock", "editable ."]
    checkout.ensure("run")
    assert checkout.installed() == []


def test_a_new_lock_file_is_installed(checkout: Checkout) -> None:
    checkout.python()
    checkout.ensure()
    checkout.installed()
    (checkout.root / "requirements.lock").write_text("newer")
    checkout.ensure()
    assert checkout.installed() == ["requirement requirements.lock", "editable ."]


def test_an_interrupted_installation_is_resumed(checkout: Checkout) -> None:
    """In the same virtual environment; and the lock of one that died is taken over."""
    checkout.python()
    (checkout.root / "offline").touch()
    assert "try again" in refusal(checkout.ensure())
    (checkout.root / "offline").unlink()
    (checkout.root / ".venv" / "half").touch()
    (checkout.root / ".venv" / ".lock").mkdir()
    (checkout.root / ".venv" / ".lock" / "pid").write_text("4194303")
    assert checkout.ensure().returncode == 0
    assert (checkout.root / ".venv" / "half").exists()
    assert not (checkout.root / ".venv" / ".lock").exists()


def test_a_moved_or_broken_environment_is_made_anew(checkout: Checkout) -> None:
    checkout.python()
    checkout.ensure()
    moved = checkout.root.with_name("moved")
    os.rename(checkout.root, moved)
    checkout.root = moved
    (moved / ".venv" / "half").touch()
    assert checkout.ensure().returncode == 0
    assert not (moved / ".venv" / "half").exists()
    checkout.installed()
    (moved / ".venv" / "bin" / "python").unlink()
    assert checkout.ensure().returncode == 0
    assert checkout.installed() == ["requirement requirements.lock", "editable ."]


def test_two_at_once_install_once(checkout: Checkout) -> None:
    checkout.python()
    script = [str(checkout.root / "scripts" / "ensure-venv"), "run"]
    both = [subprocess.Popen(script, env={"PATH": str(checkout.bin)}, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [one.wait(10) for one in both] == [0, 0]
    assert checkout.installed() == ["requirement requirements.lock", "editable ."]
