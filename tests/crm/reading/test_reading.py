"""What holds whatever is read."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.leads.facts import Criterion
from crm.leads.reading import Finding, read, read_role
from tests.crm.reading.labelled import SETS, TODAY, texts

PIECES = sorted({line for name in SETS for one in texts(name) for line in one.text.splitlines()})
WORDS = sorted({word for piece in PIECES for word in piece.split()})
ODD = [
    *("\r", "\n", "\r\n", "\x00", "\u2028", "\u00a0", "💥", "\ud800", "€", "1.", "٣", "½", "İ", "ß", ">", "--", "("),
]
SOUP = st.lists(st.sampled_from([*WORDS, *ODD]), max_size=60).map(" ".join)
MAILS = st.lists(st.sampled_from(PIECES), max_size=14).map("\n".join)
ANYTHING = st.one_of(st.text(max_size=300), SOUP, MAILS)
DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 12, 31))


def said(finding: Finding) -> tuple[Any, ...]:
    """A finding without where its words stand, and how they are broken into lines."""
    return (
        *(finding.criterion, finding.state, finding.rule, finding.amount, finding.role, finding.need),
        *(finding.not_before, finding.not_after, finding.pending_until, " ".join(finding.quote.split())),
    )


@settings(max_examples=400, deadline=None)
@given(text=ANYTHING, today=DAYS, region=st.sampled_from([None, "DE", "US", "CH", "XX", ""]))
def test_any_text_is_read_and_what_is_quoted_stands_in_it(text: str, today: date, region: str | None) -> None:
    found = read(text, today=today, region=region)
    assert len({one.criterion for one in found}) == len(found)
    for one in found:
        assert one.quote == text[one.start : one.end]
        assert one.quote.strip() == one.quote != ""
        assert one.not_before is None or one.not_after is None or one.not_before <= one.not_after
        assert (one.state.value == "PENDING") == (one.pending_until is not None)
        assert one.need is None or "\n" not in one.need


@settings(max_examples=200, deadline=None)
@given(
    text=MAILS,
    ends=st.sampled_from(["\r\n", "\r", " \n", "\t \r\n", "\u00a0\n"]),
    tail=st.sampled_from(["", "\n\n", "  "]),
)
def test_line_ends_and_blanks_at_their_ends_make_no_difference(text: str, ends: str, tail: str) -> None:
    other = text.replace("\n", ends) + tail
    assert [said(one) for one in read(text, today=TODAY)] == [said(one) for one in read(other, today=TODAY)]


@settings(max_examples=100, deadline=None)
@given(days=st.integers(0, 300))
def test_today_moves_relative_days_only(days: int) -> None:
    today = date(2026, 1, 1) + timedelta(days=days)
    fixed = "We need 20 chairs by 15 March 2027. Budget: €4,000."
    assert [said(one) for one in read(fixed, today=today)] == [said(one) for one in read(fixed, today=TODAY)]
    (moved,) = [one for one in read("Lieferung in 6 Wochen.", today=today) if one.criterion is Criterion.TIMEFRAME]
    assert moved.not_after == today + timedelta(weeks=6)


def test_what_comes_after_twenty_thousand_characters_is_not_read() -> None:
    text = "Wir suchen drei Pumpen.\n"
    assert read("x\n" * 9_000 + text, today=TODAY)
    assert not read("x\n" * 10_000 + text, today=TODAY)


HOSTILE = [
    *("a", "1", "1 ", "1.", "1,", "€1", "1.000.", "(", "> ", "bis ", "in 1 ", "am 1. ", "Am 1 schrieb ", "On 1 "),
    *("Ende ", "Ende des ", "budget ", "wir möchten ", "die Entscheidung liegt ", "Geschäftsführer ", "Leiter A "),
    *("Head of A B ", "zwischen 1 und ", "my boss has to ", "\n", "\r", "x\n", "\n\n-- \n", ": ", "- ", "Von: a\n"),
    *("no budget ", "bieten sie uns ", "1. a ", "A. ", "den den den ", "bis zum am in the of ", " ", "\u00a0"),
    *("budget wird ", "Director, ", "bis Mai und ", "(CEO) ", "Budget 1000 ", "viele Grüße aus x\n", "would like to "),
    *("kein neue ", "decision is the "),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_text_made_to_be_slow_is_read_in_time_that_grows_with_its_length(piece: str) -> None:
    """A rule that looked at each place from each other one would take minutes here."""
    text = (piece * 10_000)[:10_000]
    begun = time.process_time()
    read(text, today=TODAY)
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    ("title", "role"),
    [
        ("Geschäftsführerin", "Geschäftsführerin"),
        ("Head of Procurement", "Head of Procurement"),
        ("Leiter Technik", "Leiter Technik"),
        ("Assistentin der Geschäftsführung", None),
        ("Assistant to the CEO", None),
        ("Sachbearbeiter Einkauf", None),
        ("Projektleiter", None),
        ("", None),
    ],
)
def test_a_job_title_says_whether_its_bearer_decides(title: str, role: str | None) -> None:
    found = read_role(title)
    assert (found.role if found else None) == role
