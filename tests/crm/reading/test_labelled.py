"""BANT is read out of texts that were labelled by hand, and well enough."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crm.leads.facts import Criterion
from tests.crm.reading.labelled import SETS, Labelled, Score, is_right, scores, texts

PAGE = Path(__file__).parents[3] / "docs" / "bant.md"
ALL = [one for name in SETS for one in texts(name)]


def table() -> list[str]:
    """The rows of the page's table, as they are measured."""
    rows = []
    for criterion in Criterion:
        found = [scores(given)[criterion] for given in (*(texts(name) for name in SETS), ALL)]
        cells = [criterion.value, *(f"{one.there}: {one.precision:.2f} / {one.recall:.2f}" for one in found)]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def test_there_are_enough_texts_in_both_languages_and_enough_of_each_kind() -> None:
    assert len({one.name for one in ALL}) == len(ALL) >= 180
    assert len(texts("held_out")) >= 40
    german = sum(one.language == "de" for one in ALL)
    assert 0.4 <= german / len(ALL) <= 0.6
    assert sum(not one.right for one in ALL) >= 30
    for criterion in Criterion:
        assert sum(criterion in one.right for one in ALL) >= 30, criterion


def test_every_criterion_is_read_with_precision_and_recall() -> None:
    print("\n".join(table()))
    found: dict[Criterion, Score] = scores(ALL)
    for criterion, score in found.items():
        assert score.precision >= 0.9, (criterion, score)
        assert score.recall >= 0.7, (criterion, score)


@pytest.mark.parametrize("name", ["tuned", "held_out", "fresh"])
def test_every_set_of_texts_is_read_as_well_by_itself(name: str) -> None:
    for criterion, score in scores(texts(name)).items():
        assert score.precision >= 0.9, (criterion, score)
        assert score.recall >= 0.7, (criterion, score)


@pytest.mark.parametrize("one", texts("tuned"), ids=lambda one: one.name)
def test_each_of_the_texts_that_the_rules_were_made_on_is_read_right(one: Labelled) -> None:
    found = one.found()
    assert set(found) == set(one.right)
    for criterion, label in one.right.items():
        assert is_right(found[criterion], label), found[criterion]


def test_the_page_shows_what_is_measured() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if re.match(r"\| [A-Z]+ \| [0-9]", line)]
    assert rows == table()
