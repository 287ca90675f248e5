"""The labelled texts, and how well they are read."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from crm.leads.facts import Criterion
from crm.leads.reading import Finding, read
from crm.money import Money

FOLDER = Path(__file__).parents[2] / "fixtures" / "bant"
TODAY = date(2026, 3, 2)
SETS = ("tuned", "held_out", "fresh", "unseen")


@dataclass(frozen=True)
class Labelled:
    """A text, and what is right."""

    name: str
    language: str
    region: str | None
    text: str
    right: dict[Criterion, dict[str, Any]]

    def found(self) -> dict[Criterion, Finding]:
        return {one.criterion: one for one in read(self.text, today=TODAY, region=self.region)}


@dataclass
class Score:
    """How one criterion is read: what was found, what there is, and what of it is right in every part."""

    right: int = 0
    found: int = 0
    there: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.there if self.there else 1.0


@cache
def texts(name: str) -> tuple[Labelled, ...]:
    with (FOLDER / f"{name}.toml").open("rb") as file:
        rows = tomllib.load(file)["text"]
    return tuple(
        Labelled(
            row["name"],
            row["language"],
            row.get("region"),
            row["text"],
            {criterion: row[criterion.value.lower()] for criterion in Criterion if criterion.value.lower() in row},
        )
        for row in rows
    )


def is_right(finding: Finding, label: dict[str, Any]) -> bool:
    """Whether the state, the amount, the days and the role are all right, and the quote has the words."""
    amount = None
    if "amount" in label:
        number, currency = label["amount"].split()
        amount = Money.of(Decimal(number), currency)
    return (
        finding.state.value == label["state"]
        and finding.amount == amount
        and finding.not_before == label.get("not_before")
        and finding.not_after == label.get("not_after")
        and finding.pending_until == label.get("pending_until")
        and ("role" not in label or (finding.role or "").casefold() == label["role"].casefold())
        and label["quote"] in finding.quote
    )


def scores(given: Iterable[Labelled]) -> dict[Criterion, Score]:
    """How well the texts are read, for each criterion. A finding that is wrong in any part is not right at all."""
    table = {criterion: Score() for criterion in Criterion}
    for one in given:
        found = one.found()
        for criterion, score in table.items():
            score.found += criterion in found
            score.there += criterion in one.right
            score.right += (
                criterion in found and criterion in one.right and is_right(found[criterion], one.right[criterion])
            )
    return table
