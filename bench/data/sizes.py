"""How many rows a data set has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows of each kind; what hangs on them (addresses, answers, timelines) follows from these."""

    name: str
    contacts: int
    organizations: int
    leads: int
    deals: int

    @property
    def database(self) -> str:
        """Name of the database that holds it."""
        return f"bench_{self.name}"


SIZES = {
    size.name: size
    for size in (
        Size("small", contacts=20_000, organizations=5_000, leads=50_000, deals=20_000),
        Size("medium", contacts=100_000, organizations=25_000, leads=400_000, deals=200_000),
        Size("large", contacts=400_000, organizations=100_000, leads=2_000_000, deals=1_000_000),
    )
}


def chosen(name: str, **rows: int | None) -> Size:
    """The size of that name, with the numbers of rows given instead of its own.

    Raises: ValueError, saying what would be right.
    """
    if name not in SIZES:
        raise ValueError(f"SIZE={name!r} is not known: give one of {', '.join(SIZES)}")
    given = {kind: count for kind, count in rows.items() if count is not None}
    for kind, count in given.items():
        if count < 1:
            raise ValueError(f"{kind.upper()}={count} is not right: give 1 or more")
    size = replace(SIZES[name], **given)  # type: ignore[arg-type]
    if size == SIZES[name]:
        return size
    counts = (size.contacts, size.organizations, size.leads, size.deals)
    return replace(size, name="_".join(map(str, counts)))


def size_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options by which a command is told a size: what ``chosen`` takes."""
    for kind in ("deals", "leads", "organizations", "contacts"):
        command = click.option(f"--{kind}", type=int, help=f"As many {kind} instead.")(command)
    told = click.option("--size", default="small", show_default=True, help=f"How much data: {', '.join(SIZES)}.")
    return told(command)
