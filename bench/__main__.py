"""``make bench``: prints how our application does beside the floor and a peer."""

from __future__ import annotations

import asyncio
import time

import click

from bench import agreement, growth, report
from bench.data import store
from bench.data.sizes import Size, chosen, size_options
from bench.load import Load, LoadError
from bench.measure import Plan, Surroundings, measure
from bench.peers.process import PeerError, Processors
from bench.peers.running import NAMES, running
from bench.screens import SCREENS, Screen, find
from embedded.postgres import Postgres
from embedded.process import EmbeddedError


@click.command()
@size_options
@click.option("--screens", default=",".join(SCREENS), show_default=True, help="Which screens, with commas.")
@click.option("--peers", default="", help=f"Only these besides the floor, with commas: {', '.join(NAMES[1:])}.")
@click.option("--connections", default="1,8", show_default=True, help="Over how many connections, with commas.")
@click.option("--rounds", default=7, show_default=True, help="How often everything is timed.")
@click.option("--seconds", default=0.4, show_default=True, help="About how long each peer is loaded in each round.")
@click.option("--durable", is_flag=True, help="Let PostgreSQL wait for the disk, as it does in earnest.")
@click.option("--growth", "grows", is_flag=True, help="Instead: more rows in a list, and the board of more deals.")
def main(
    size: str,
    screens: str,
    peers: str,
    connections: str,
    rounds: int,
    seconds: float,
    durable: bool,
    grows: bool,
    **rows: int | None,
) -> None:
    """Time five screens: the floor, our application in each of its ways to read, PostGraphile."""
    began = time.monotonic()
    plan = Plan(rounds=rounds, seconds=seconds)
    try:
        data, only = chosen(size, **rows), set(_listed(peers))
        asked = [SCREENS[name] for name in _listed(screens)]
        callers = [int(count) for count in _listed(connections)]
        with store.server(durable=durable) as postgres:
            asyncio.run(store.ensure(postgres, data, _note))
            if grows:
                _show_growth(postgres, data, only, plan)
            else:
                _show(postgres, data, asked, only, callers, plan)
    except KeyError as error:
        raise click.ClickException(f"there is no screen {error}: give some of {', '.join(SCREENS)}") from None
    except (ValueError, EmbeddedError, PeerError, LoadError, agreement.Disagreement) as error:
        raise click.ClickException(str(error)) from None
    _note(f"{time.monotonic() - began:.0f} s in all")


def _show(
    postgres: Postgres, size: Size, screens: list[Screen], only: set[str], callers: list[int], plan: Plan
) -> None:
    owner_url = store.configured(postgres, size).required_database_url()
    _, about = asyncio.run(find(owner_url))
    asked = about.asked(screens)

    around = Surroundings(
        processors=Processors(postgres.pid or 0), tidy=lambda: asyncio.run(store.tidy(owner_url)), note=_note
    )
    with running(postgres, size, asked, about, only, _note) as peers, Load() as load:
        asyncio.run(agreement.check(peers, asked, owner_url))
        names = [peer.name for peer in peers]
        _note(f"alike: {', '.join(peer.name for peer in peers if peer.is_ours)}")
        for count in callers:
            measured = measure(load, peers, asked, count, plan, around)
            calling = f"{count} connection{'s' if count > 1 else ''}"
            click.echo(f"\n**{size.name}, {calling}**: rate as a ratio to the floor's in the same round\n")
            click.echo(report.ratios(measured, names))
            click.echo(f"\n{report.details(measured, names)}")


def _show_growth(postgres: Postgres, size: Size, only: set[str], plan: Plan) -> None:
    click.echo("\n**Rows of a list**, 1 connection: rate as a ratio to the floor's in the same round\n")
    click.echo(growth.rows(postgres, size, only, plan, _note))
    click.echo("\n**Deals in the database**: first page of the board, 1 connection, median in ms\n")
    click.echo(growth.deals(postgres, only, plan, _note))


def _listed(given: str) -> list[str]:
    return [name.strip() for name in given.split(",") if name.strip()]


def _note(line: str) -> None:
    """What is no part of the tables goes to standard error, so that the tables can be kept."""
    click.echo(line, err=True)


if __name__ == "__main__":
    main()
