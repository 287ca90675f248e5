"""docs/reads.md shows what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from schema.reads.explain import explain
from tests.serving import shared_schema

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reads.md"
VARIABLES = {"stage": "Stage_018bcfe568017b628224fc46cbbe15f7", "first": 20}


def test_the_page_shows_the_statements_and_the_builder_of_its_query() -> None:
    blocks = re.findall(r"```(\w+)\n(.*?)\n```", PAGE.read_text(), re.DOTALL)
    query = next(text for language, text in blocks if language == "graphql")
    sql = next(text for language, text in blocks if language == "sql")
    builder = next(text for language, text in blocks if language == "text")
    explained = explain(shared_schema(), query, VARIABLES)
    assert sql in explained
    assert builder in explained


def test_every_file_it_names_is_there() -> None:
    names = re.findall(r"\]\(([^)#]+)\)", PAGE.read_text())
    assert len(names) > 8
    assert [name for name in names if not (PAGE.parent / name).exists()] == []
