"""Mails made to hang, crash or deceive their reader: each ends with an answer or a reason, within its time."""

import time
from collections.abc import Iterator

import pytest

from adapters.mail.mime import read
from adapters.sandbox import Sandbox
from crm.intake.inquiry import Inquiry, Unreadable
from tests.adapters.mails import mail

CPU_SECONDS = 5
MB = 1024 * 1024


@pytest.fixture(autouse=True)
def _within_its_time() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < CPU_SECONDS


def nested(depth: int, *, kind: str = "multipart/mixed") -> bytes:
    body = "".join(f'Content-Type: {kind}; boundary="b{level}"\n\n--b{level}\n' for level in range(depth))
    return b"From: a@b.de\n" + body.encode() + b"\nHallo\n"


def of_parts(count: int, part: bytes = b"\nx\n") -> bytes:
    return mail((b"--q\n" + part) * count, Content_Type="multipart/mixed; boundary=q")


def reason(raw: bytes) -> str:
    found = read(raw)
    assert isinstance(found, Unreadable), found
    return found.reason


def inquiry(raw: bytes) -> Inquiry:
    found = read(raw)
    assert isinstance(found, Inquiry), found
    return found


def test_50_levels_are_read_and_51_are_too_deep() -> None:
    assert inquiry(nested(50)).text == "Hallo"
    assert reason(nested(51)) == "TOO_DEEP"


@pytest.mark.parametrize("depth", [1_000, 3_000])
def test_a_thousand_nested_multiparts_overflow_nothing(depth: int) -> None:
    assert reason(nested(depth)) == "TOO_DEEP"


def test_a_thousand_nested_mails_are_one_attachment() -> None:
    raw = b"From: a@b.de\n" + b"Content-Type: message/rfc822\n\nSubject: x\n" * 1_000 + b"\nHallo"
    assert inquiry(raw).attachments == ("x.eml",)


def test_a_thousand_parts_are_read_and_one_more_is_too_many() -> None:
    assert inquiry(of_parts(999)).text
    assert reason(of_parts(1_000)) == "TOO_MANY_PARTS"
    assert reason(of_parts(50_000)) == "TOO_MANY_PARTS"


def test_empty_parts_are_parts() -> None:
    assert reason(of_parts(50_000, b"")) == "TOO_MANY_PARTS"


@pytest.mark.parametrize(
    "start",
    [b"X: " + b"x" * 9 * MB, b"X: y\n" * (9 * MB // 5), b"X:" + b"\n y" * (3 * MB), b"X: " + b'"(' * (4 * MB)],
)
def test_9_mb_of_headers_are_too_large(start: bytes) -> None:
    assert reason(start + b"\n" + mail()) == "HEADERS_TOO_LARGE"


def test_one_header_above_64_kb_is_too_large() -> None:
    assert reason(b"X: " + b"x" * 65_537 + b"\n" + mail()) == "HEADER_TOO_LARGE"
    assert inquiry(b"X:" + b"x" * 65_536 + b"\n" + mail()).text == "Hallo"


def test_the_headers_of_all_parts_together_are_bounded() -> None:
    assert reason(of_parts(10, b"X: " + b"x" * 60_000 + b"\n\nx\n")) == "HEADERS_TOO_LARGE"


@pytest.mark.parametrize(
    "parameters",
    [
        "; a=b" * 10_000,
        '; a="' * 10_000,
        '; a="\\"' * 8_000,
        ";" * 60_000,
        "; a*0*=%41" * 6_000,
        '"' * 60_000,
        "".join(f"; a*{n}=x" for n in range(6_000)),
        " " * 60_000,
        "; a=" + "'" * 60_000,
        "\\" * 60_000,
    ],
)
def test_80_kb_of_parameters_take_no_time(parameters: str) -> None:
    header = f"multipart/mixed{parameters[:65_000]}; boundary=q"
    for name in ("Content_Type", "Content_Disposition", "To", "Subject", "Date", "Message_ID", "Reply_To"):
        read(mail("--q\n\nHallo\n--q--", **{name: header}))
    assert reason(mail(Content_Type="a/b" + "; a=b" * 16_000)) == "HEADER_TOO_LARGE"


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        ("text/plain", b"x\n"),
        ("text/html", b"x\n"),
        ("text/html", b"<\n"),
        ("multipart/mixed; boundary=q", b"x\n"),
        ("text/plain; format=flowed", b"\r"),
        ("text/plain; format=flowed", b"x \n"),
        ("text/plain; format=flowed", b"> \n"),
    ],
)
def test_10_mb_of_short_lines_are_read(kind: str, unit: bytes) -> None:
    assert len(inquiry(mail(unit * (10 * MB // len(unit)), Content_Type=kind)).text) <= 1_000_000


@pytest.mark.parametrize("unit", [b"<div>", b"<table><tr><td>", b"<!--", b"<a href='", b"<b ", b"&amp;", b"<style>"])
def test_html_bombs_are_read_as_far_as_it_goes(unit: bytes) -> None:
    raw = mail(unit * 50_000 + b"Hallo", Content_Type="text/html; charset=utf-8")
    assert len(inquiry(raw).text) <= 1_000_000


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode", "8bit", "\x00"])
@pytest.mark.parametrize("unit", [b"QUJD", b"=", b"=41=\n", b"A=", b"\x00", b" "])
def test_wrong_and_endless_encodings_are_read(encoding: str, unit: bytes) -> None:
    raw = mail(unit * (2 * MB // len(unit)), Content_Transfer_Encoding=encoding)
    assert "\x00" not in inquiry(raw).text


def test_text_that_only_says_it_is_base64_stays_readable() -> None:
    found = inquiry(mail("Guten Tag, wir brauchen zwei Tore.", Content_Transfer_Encoding="base64"))
    assert found.text == "Guten Tag, wir brauchen zwei Tore."
    assert "declared as base64, which it is not" in found.trace[-1]


def test_a_long_text_is_cut_and_it_is_said() -> None:
    found = inquiry(mail("x" * 1_500_000))
    assert len(found.text) == 1_000_000
    assert found.trace[-1] == "text cut after 1000000 characters"


def test_nul_controls_and_surrogates_are_gone() -> None:
    body = b"a\x00b\x07\x1b[31m\x7f c\xed\xa0\x80 \xff\n\td"
    found = inquiry(mail(body, Content_Type="text/plain; charset=utf-8", subject="a\x00b\x01c"))
    assert not set(map(ord, found.text)) & (set(range(32)) - {9, 10})
    assert not set(map(ord, found.subject or "")) & set(range(32))
    found.text.encode("utf-8")


def test_surrogates_out_of_wide_charsets_are_gone() -> None:
    raw = mail("a\ud800b".encode("utf-16-le", "surrogatepass"), Content_Type="text/plain; charset=utf-16le")
    inquiry(raw).text.encode("utf-8")


def test_a_utf_7_script_is_no_script() -> None:
    raw = mail("+ADw-script+AD4-alert(1)+ADw-/script+AD4-", Content_Type="text/html; charset=utf-7")
    assert "<" not in inquiry(raw).text


def test_an_unknown_charset_is_read_and_named() -> None:
    found = inquiry(mail("Grüße", Content_Type='text/plain; charset="x-\x00evil"'))
    assert found.text == "Grüße"
    assert found.trace[-1] == "text taken from the text/plain part (utf-8, declared as x-evil)"


@pytest.mark.parametrize("name", ["winmail.dat", "bomb.zip"])
def test_what_is_packed_stays_packed(name: str) -> None:
    raw = mail(
        "PK\x03\x04", Content_Type="application/octet-stream", Content_Disposition=f"attachment; filename={name}"
    )
    assert (inquiry(raw).text, inquiry(raw).attachments) == ("", (name,))


def test_a_boundary_that_is_everywhere_ends_within_the_sandbox() -> None:
    """5 MB of lines that might be boundaries and are none: slow, and bounded by the limit of the child."""
    raw = mail(b"--x\n" * (5 * MB // 4), Content_Type="multipart/mixed; boundary=q")
    with Sandbox() as sandbox:
        answer = sandbox.read("MAIL", "", raw)
    assert isinstance(answer, Inquiry) or answer.reason == "TOO_EXPENSIVE"


def test_a_boundary_of_regular_expressions_is_only_a_boundary() -> None:
    boundary = "(a+)+$[^x]*"
    raw = mail(f"--{boundary}\n\nHallo\n--{boundary}--", Content_Type=f'multipart/mixed; boundary="{boundary}"')
    assert inquiry(raw).text == "Hallo"


def test_an_inner_boundary_that_clashes_with_the_outer_ends_the_inner() -> None:
    inner = 'Content-Type: multipart/mixed; boundary="q"\n\n--q\n\neins\n--q--\n'
    raw = mail(f"--q\n{inner}--q\n\nzwei\n--q--", Content_Type='multipart/mixed; boundary="q"')
    assert "eins" in inquiry(raw).text
    assert "zwei" in inquiry(raw).text
