"""``anbahn explain`` prints how a query is answered, or why it is not compiled."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.explain import explain

BOARD = "query Board($first: Int) { pipelines { stages { deals(first: $first) { nodes { title } } } } }"


@pytest.fixture
def query(tmp_path: Path) -> Path:
    return tmp_path / "query.graphql"


def explained(query: Path, text: str, *more: str) -> Result:
    query.write_text(text)
    return CliRunner().invoke(explain, [str(query), *more])


def test_the_statements_and_the_builder_are_printed(query: Path) -> None:
    result = explained(query, BOARD, "--variables", '{"first": 7}')
    assert result.exit_code == 0
    assert "LIMIT 8" in result.output
    assert "-- $1 the workspace" in result.output
    assert "def build(read, values, context):" in result.output
    assert "'title': " in result.output


def test_values_are_named_and_not_shown(query: Path) -> None:
    result = explained(query, '{ deals(filter: {title: {contains: "secret"}}) { totalCount } }')
    statement = result.output.partition("SELECT")[2]
    assert "secret" not in statement
    assert "value 0 of deals" in result.output


@pytest.mark.parametrize(
    ("text", "more", "why"),
    [
        ("{ nope }", (), "Cannot query field 'nope'"),
        ("{", (), "Syntax Error"),
        ("mutation { __typename }", (), "only queries"),
        ("{ __schema { queryType { name } } }", (), "answered by"),
        ("{ leads(first: -1) { totalCount } }", (), "first is -1"),
        ("query ($first: Int!) { leads(first: $first) { totalCount } }", (), "$first"),
        (BOARD, ("--variables", "nonsense"), "--variables is no JSON"),
        (BOARD, ("--variables", "[]"), "must be one JSON object"),
        (BOARD, ("--operation", "Other"), "no query Other"),
    ],
)
def test_what_cannot_be_explained_is_told_in_one_line(
    query: Path, text: str, more: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    result = explained(query, text, *more)
    assert result.exit_code == 2
    assert why in result.output + capsys.readouterr().err
