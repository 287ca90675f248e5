"""``make bench``: prints how our application does beside the floor and a peer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

import click

from bench import agreement, report
from bench.data import store
from bench.data.sizes import Size, chosen, size_options
from bench.load import Load, LoadError
from bench.measure import Plan, measure
from bench.peers import graphile, python
from bench.peers.process import Peer, PeerError
from bench.screens import SCREENS, Screen, Subjects, subjects
from crm.migrate import first_workspace
from embedded.postgres import Postgres
from embedded.process import EmbeddedError


@click.command()
@size_options
@click.option("--screens", default=",".join(SCREENS), show_default=True, help="Which screens, with commas.")
@click.option("--peers", "wanted", default="", help="Only these peers besides the floor, with commas.")
@click.option("--connections", default="1,8", show_default=True, help="Over how many connections, with commas.")
@click.option("--rounds", default=7, show_default=True, help="How often everything is timed.")
@click.option("--seconds", default=0.4, show_default=True, help="About how long each peer is loaded in each round.")
@click.option("--durable", is_flag=True, help="Let PostgreSQL wait for the disk, as it does in earnest.")
def main(
    size: str,
    screens: str,
    wanted: str,
    connections: str,
    rounds: int,
    seconds: float,
    durable: bool,
    **rows: int | None,
) -> None:
    """Time the five screens: the floor, our application in each of its ways to read, PostGraphile."""
    began = time.monotonic()
    try:
        asked = [SCREENS[name.strip()] for name in screens.split(",")]
        plan = Plan(rounds=rounds, seconds=seconds)
        data = chosen(size, **rows)
        callers = [int(count) for count in connections.split(",")]
        only = {name.strip() for name in wanted.split(",") if name.strip()}
        with store.server(durable=durable) as postgres:
            asyncio.run(store.ensure(postgres, data, _note))
            _time_all(postgres, data, asked, only, callers, plan)
    except KeyError as error:
        raise click.ClickException(f"there is no screen {error}: give some of {', '.join(SCREENS)}") from None
    except (ValueError, EmbeddedError, PeerError, LoadError, agreement.Disagreement) as error:
        raise click.ClickException(str(error)) from None
    _note(f"{time.monotonic() - began:.0f} s in all")


def _time_all(
    postgres: Postgres, size: Size, screens: list[Screen], only: set[str], connections: list[int], plan: Plan
) -> None:
    config = store.configured(postgres, size)
    owner_url = config.required_database_url()
    about = asyncio.run(_subjects(owner_url))

    def tidy() -> None:
        asyncio.run(store.tidy(owner_url))

    with _running(postgres, size, screens, about, only) as peers, Load() as load:
        asyncio.run(agreement.check(peers, screens, about, owner_url))
        _note(f"alike: {', '.join(peer.name for peer in peers if peer.is_ours)}")
        names = [peer.name for peer in peers]
        for count in connections:
            measured = measure(load, peers, screens, about, count, plan, _note, tidy)
            click.echo(
                f"\n**{size.name}, {count} connection{'s' if count > 1 else ''}**, rate as a ratio to the floor\n"
            )
            click.echo(report.ratios(measured, names))
            click.echo(f"\n{report.details(measured, names)}")


def _note(line: str) -> None:
    """What is no part of the tables goes to standard error, so that the tables can be kept."""
    click.echo(line, err=True)


async def _subjects(owner_url: str) -> Subjects:
    workspace_id: UUID | None = await first_workspace(owner_url)
    return await subjects(owner_url, workspace_id)


@contextmanager
def _running(
    postgres: Postgres, size: Size, screens: list[Screen], about: Subjects, only: set[str]
) -> Iterator[list[Peer]]:
    """All peers, started one after the other; those that cannot be had are told and left out."""
    config = store.configured(postgres, size)
    with ExitStack() as stack:
        peers = []

        def keep(peer: Peer) -> None:
            stack.callback(peer.stop)
            peers.append(peer)

        keep(python.start_floor(config))
        for name in python.WAYS:
            if not only or name in only:
                keep(python.start_ours(name, config))
        tier_2 = next((peer for peer in peers if peer.name == "tier 2"), None)
        if tier_2 is not None:
            by_hash = python.hashed(tier_2, screens, {screen.name: about.variables(screen)[0] for screen in screens})
            if by_hash is not None:
                peers.append(by_hash)
            else:
                _note(f"{python.HASHED}: left out, the server knows no persisted operations")
        if not only or graphile.NAME in only:
            try:
                keep(asyncio.run(graphile.start(config, about.stages)))
            except PeerError as error:
                _note(f"{graphile.NAME}: left out, {error}")
        yield peers


if __name__ == "__main__":
    main()
