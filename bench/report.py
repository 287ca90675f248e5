"""The tables, in Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from bench.measure import Measured

FLOOR = "floor"


def ratios(measured: Measured, peers: Sequence[str]) -> str:
    """Each peer's rate as a ratio to the floor's, a column a screen; the floor's row tells its requests a second."""
    rows = []
    for peer in peers:
        cells = []
        for of_screen in measured.values():
            series = of_screen.get(peer)
            if series is None:
                cells.append("–")
            elif peer == FLOOR:
                cells.append(f"1 ({statistics.median(series.rates):,.0f}/s)")
            else:
                cells.append(f"{series.ratio_to(of_screen[FLOOR]):.2f}")
        rows.append([peer, *cells])
    return table(["", *measured], rows)


def details(measured: Measured, peers: Sequence[str]) -> str:
    """What lies behind the ratios: rates, latencies, processor time."""
    rows = [
        [
            screen,
            peer,
            f"{statistics.median(series.rates):,.0f}",
            f"{series.percentile(0.5) * 1e3:.2f}",
            f"{series.percentile(0.99) * 1e3:.2f}",
            f"{series.own_seconds / len(series.latencies) * 1e3:.2f}",
            f"{series.database_seconds / len(series.latencies) * 1e3:.2f}",
        ]
        for screen, of_screen in measured.items()
        for peer in peers
        if (series := of_screen.get(peer)) is not None
    ]
    return table(["screen", "peer", "requests/s", "p50 ms", "p99 ms", "its CPU ms", "PostgreSQL's CPU ms"], rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table whose source reads well too; all columns but the first are numbers."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    shown = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    shown.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(shown)
