"""The image holds what the project is made of, and nothing else."""

from __future__ import annotations

import fnmatch
import re
import tomllib

from tests.deploy.composed import OURS, ROOT, options, service

DOCKERFILE = (ROOT / "Dockerfile").read_text()
LINES = re.sub(r"\\\n", " ", DOCKERFILE).splitlines()
INSTRUCTIONS = [(name, rest) for name, _, rest in (line.partition(" ") for line in LINES) if name.isupper()]
COPIED = [
    source
    for name, rest in INSTRUCTIONS
    if name == "COPY" and not rest.startswith("--from")
    for source in rest.split()[:-1]
]


def test_all_packages_of_the_project_are_copied_and_nothing_is_copied_that_is_not_there() -> None:
    """A package that is new in pyproject.toml is missed here, not in production."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    tool = project["tool"]["setuptools"]
    packages = {pattern.rstrip("*") for pattern in tool["packages"]["find"]["include"]}
    modules = {f"{module}.py" for module in tool["py-modules"]}
    assert set(COPIED) == packages | modules | {"pyproject.toml", project["project"]["readme"], "requirements.lock"}
    missing = [source for source in COPIED if not (ROOT / source).exists()]
    assert not missing


def test_docker_is_shown_exactly_what_is_copied() -> None:
    """Everything is ignored but that: no state directory, no .env, no .git."""
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert patterns[0] == "*"
    assert {pattern[1:] for pattern in patterns if pattern.startswith("!")} == set(COPIED)
    for private in (".env", ".anbahn", ".git", ".venv", "tests"):
        assert not any(fnmatch.fnmatch(private, pattern[1:]) for pattern in patterns if pattern.startswith("!"))


def test_only_locked_files_are_installed() -> None:
    installs = [rest for name, rest in INSTRUCTIONS if name == "RUN" and "pip install" in rest]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--requirement requirements.lock" in installs[0]
    assert {"--no-deps", "--no-build-isolation"} <= set(installs[1].split())


def test_it_runs_as_nobody_in_particular_on_a_pinned_python() -> None:
    """Both stages alike; the interpreter is one that the project is made for; health is the business of compose."""
    bases = [rest.split()[0] for name, rest in INSTRUCTIONS if name == "FROM"]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.1[1-9]-slim-\w+", bases[0])
    users = [rest for name, rest in INSTRUCTIONS if name == "USER"]
    assert users == ["10001"]
    assert "--uid 10001" in DOCKERFILE
    assert not [rest for name, rest in INSTRUCTIONS if name == "HEALTHCHECK"]


def test_its_directories_and_port_are_those_of_compose() -> None:
    """Beat may write where it is told to."""
    only = dict(INSTRUCTIONS)
    schedule = options(service("beat")["command"])["-s"]
    assert schedule is not None
    assert schedule.rpartition("/")[0] == only["WORKDIR"]
    assert f"install --directory --owner anbahn --mode 0700 {only['WORKDIR']}" in DOCKERFILE
    assert only["EXPOSE"] == options(service("api")["command"])["--port"]
    assert {service(name)["build"] for name in OURS} == {"."}
