"""``anbahn explain``: the SQL and the builder that answer a query."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from cli import faults
from schema.build import build_schema
from schema.reads.explain import Unexplained
from schema.reads.explain import explain as explained


@click.command()
@click.argument("query", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--variables", default="{}", help="The query's variables, as JSON.")
@click.option("--operation", default=None, help="Which operation, where the file holds several.")
def explain(query: Path, variables: str, operation: str | None) -> None:
    """Print the SQL statements and the Python that answer a GraphQL query; nothing is run."""
    try:
        given = orjson.loads(variables)
    except orjson.JSONDecodeError as error:
        faults.fail(f"--variables is no JSON ({error}): give them as in --variables '{{\"first\": 10}}'")
    if not isinstance(given, dict):
        faults.fail("--variables must be one JSON object, such as '{\"first\": 10}'")
    try:
        click.echo(explained(build_schema(), query.read_text(), given, operation), nl=False)
    except Unexplained as error:
        faults.fail(f"{query}: {error}")
