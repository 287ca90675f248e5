"""The laws by which two mails are the same mail."""

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.mail.fingerprint import clean_message_id, fingerprint
from tests.adapters.mails import mail

bodies = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=200).map(str.encode)
values = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


def known(body: bytes = b"Hallo", **headers: str) -> bytes:
    return mail(body, **{"Date": "Wed, 3 Apr 2024 12:00:00 +0200", "Message-ID": "<1@example.org>"} | headers)


def digest(raw: bytes) -> bytes:
    return fingerprint(raw).digest


@given(st.binary(max_size=2_000))
def test_it_never_raises_and_is_32_bytes(raw: bytes) -> None:
    assert len(digest(raw)) == 32
    assert len(digest(known() + raw)) == 32


@given(bodies, values, values)
def test_trace_headers_do_not_count(body: bytes, received: str, other: str) -> None:
    traced = f"Received: {received}\nDelivered-To: {other}\nX-Spam: {other}\n\t{received}\n".encode()
    assert digest(traced + known(body)) == digest(known(body))


@given(bodies)
def test_line_ends_of_the_transport_do_not_count(body: bytes) -> None:
    raw = known(body)
    assert digest(raw.replace(b"\n", b"\r\n")) == digest(raw)
    assert digest(raw.replace(b"\n", b"\r")) == digest(raw)


@given(bodies, st.integers(0, 5))
def test_blank_lines_at_the_end_do_not_count(body: bytes, count: int) -> None:
    assert digest(known(body) + b"\r\n" * count) == digest(known(body))


@given(bodies, bodies)
def test_another_body_under_one_message_id_is_another_mail(one: bytes, other: bytes) -> None:
    assume(one.rstrip(b"\n") != other.rstrip(b"\n"))
    assert digest(known(one)) != digest(known(other))
    assert fingerprint(known(one)).message_id == fingerprint(known(other)).message_id == "<1@example.org>"


@given(values, values)
def test_another_sender_date_or_id_is_another_mail(one: str, other: str) -> None:
    assume(one != other)
    for header in ("Date", "Message-ID"):
        assert digest(known(**{header: one})) != digest(known(**{header: other}))
    assert digest(known(sender=one)) != digest(known(sender=other))


@pytest.mark.parametrize("header", ["Subject", "Reply-To", "To", "Cc", "Content-Type", "Content-Transfer-Encoding"])
def test_what_the_sender_wrote_above_the_body_counts(header: str) -> None:
    """A site's mailer with a constant Message-ID: within one second two inquiries differ in such a header alone."""
    one, other, none = (
        f"{line}Message-ID: <1@b>\nFrom: web@b\nDate: Wed, 3 Apr 2024 12:00:00 +0200\n\nHallo".encode()
        for line in (f"{header}: one@b\n", f"{header}: other@b\n", "")
    )
    assert len({digest(one), digest(other), digest(none)}) == 3


@pytest.mark.parametrize(
    "header",
    ["Received", "Delivered-To", "Return-Path", "DKIM-Signature", "ARC-Seal", "Authentication-Results", "X-Spam-Score"],
)
def test_what_a_relay_writes_does_not_count(header: str) -> None:
    assert digest(f"{header}: relay.example\n".encode() + known()) == digest(known())


def test_folds_and_blanks_in_headers_do_not_count() -> None:
    folded = known().replace(b"3 Apr", b"\r\n\t3  Apr").replace(b"Message-ID: ", b"MESSAGE-id:\r\n ")
    assert digest(folded) == digest(known())


@pytest.mark.parametrize(
    "raw",
    [
        mail(),
        known(**{"Message-ID": "<>"}),
        b"Message-ID: <2@example.org>\n" + known(),
        b"X: " + b"y" * 300_000 + b"\n" + known(),
        b"",
        b"\x00\xff",
    ],
    ids=["none", "empty", "two", "behind 256 KB", "empty mail", "no mail"],
)
def test_without_one_message_id_every_byte_counts(raw: bytes) -> None:
    assert fingerprint(raw).message_id is None
    assert digest(raw + b"\n") != digest(raw)


def test_a_value_cannot_pass_for_two() -> None:
    """From "x" and Date "y" are not From "xdate:1:y": each value stands behind its length."""
    one = known(sender="x", Date="y")
    other = known(sender="x date:1:y", Date="")
    assert digest(one) != digest(other)


def test_a_raw_digest_is_never_an_identity() -> None:
    assert len({digest(known()), digest(known(Message_ID="")), digest(b"")}) == 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"<a@b>", "<a@b>"),
        (b"  a@b ", "<a@b>"),
        (b"<a@b> (comment)", "<a@b>"),
        (b"<a\x00\tb@c d>", "<ab@cd>"),
        (b"<\xff@b>", "<\ufffd@b>"),
        (b"", None),
        (b"<>", None),
        (b"<" * 9_000, None),
    ],
)
def test_a_message_id_is_cleaned(value: bytes, expected: str | None) -> None:
    assert clean_message_id(value) == expected


def test_a_message_id_is_bounded() -> None:
    assert len(clean_message_id(b"<" + b"x" * 5_000 + b">") or "") == 998


@pytest.mark.parametrize("line", [b"x" * 76 + b"\r\n", b"a\r\n", b"\r\n", b"\r", b"\n", b"x"])
def test_40_mb_take_no_time(line: bytes) -> None:
    """Measured at 30 to 170 ms; the bound leaves room for a busy machine, and none for a second pass."""
    raw = known(line * (40 * 1024 * 1024 // len(line)) + b"x")
    begun = time.process_time()
    fingerprint(raw)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("unit", [b"a:b\n", b" \t", b"a:\r ", b"\n", b"From ", b"Message-ID: <1@b>\n", b"<"])
def test_hostile_headers_take_no_time(unit: bytes) -> None:
    raw = unit * (40 * 1024 * 1024 // len(unit))
    begun = time.process_time()
    fingerprint(raw)
    assert time.process_time() - begun < 1
