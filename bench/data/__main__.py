"""``make bench-data``: makes a data set, unless it is there."""

from __future__ import annotations

import asyncio

import click

from bench.data import store
from bench.data.sizes import chosen, size_options
from embedded.process import EmbeddedError


@click.command()
@size_options
def main(size: str, **rows: int | None) -> None:
    """Make a data set for the benchmarks in .anbahn-bench, unless it is there."""
    try:
        wanted = chosen(size, **rows)
        with store.server() as postgres:
            asyncio.run(store.ensure(postgres, wanted, click.echo))
    except (ValueError, EmbeddedError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"  database {wanted.database}, bearer key {store.KEY}")


if __name__ == "__main__":
    main()
