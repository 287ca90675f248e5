"""A deal board in a terminal: a column for each stage, its count and sums, its cards from the top."""

from __future__ import annotations

import textwrap
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from cli.walk_story import WIDTH, columns, shortened

MOST_CARDS = 5
_NARROWEST = 19
_GAP = 2


def board(stages: list[dict[str, Any]], marked: str) -> list[str]:
    """The lines of a board; the deal whose id is ``marked`` has a star. More stages than fit go below each other."""
    at_once = max(1, min(len(stages), (WIDTH - 4 + _GAP) // (_NARROWEST + _GAP)))
    width = (WIDTH - 4 + _GAP) // at_once - _GAP
    lines: list[str] = []
    for start in range(0, len(stages), at_once):
        cells = [_column(stage, marked, width) for stage in stages[start : start + at_once]]
        rows = zip_longest(*cells, fillvalue="")
        lines += ["", *((" " * _GAP).join(_padded(cell, width) for cell in row).rstrip() for row in rows)]
    return lines


def _column(stage: dict[str, Any], marked: str, width: int) -> list[str]:
    totals, deals = stage["totals"], stage["deals"]["nodes"]
    cells = [
        stage["name"],
        f"{stage['kind']}, {stage['probability']} %",
        f"{totals['count']} deal{'' if totals['count'] == 1 else 's'}",
        *(_money(amount) for amount in totals["amounts"]),
        "─" * width,
    ]
    for deal in deals[:MOST_CARDS]:
        star = "★ " if deal["id"] == marked else ""
        cells += textwrap.wrap(star + deal["title"], width, max_lines=2, placeholder="…")
        cells.append(f"  {_money(deal['amount'])}")
    rest = totals["count"] - len(deals[:MOST_CARDS])
    return [shortened(cell, width) for cell in [*cells, *([f"… {rest} more"] if rest > 0 else [])]]


def _money(amount: dict[str, Any] | None) -> str:
    return f"{Decimal(amount['amount']):,} {amount['currency']}" if amount else "no amount"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))
