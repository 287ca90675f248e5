"""Nobody passes for somebody else in an address header."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.address import address
from adapters.mail.mailboxes import mailboxes
from adapters.names import person_name


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Anna Beispiel <anna@example.org>", [("Anna Beispiel", "anna@example.org")]),
        ("anna@Example.ORG (Anna Beispiel)", [("Anna Beispiel", "anna@example.org")]),
        ("a@x.de, B <b@y.de>", [(None, "a@x.de"), ("B", "b@y.de")]),
        ("Gruppe: a@x.de, B <b@y.de>;", [(None, "a@x.de"), ("B", "b@y.de")]),
        ('"Beispiel, Anna" <a@x.de>', [("Anna Beispiel", "a@x.de")]),
        ("Beispiel, Anna <a@x.de>", [("Anna Beispiel", "a@x.de")]),
        ("Acme, Inc. <a@acme.com>", [("Acme, Inc.", "a@acme.com")]),
        ("Smith, John, PhD <j@x.com>", [("Smith, John, PhD", "j@x.com")]),
        ("'Anna' <'a@b.de'>", [("Anna", "a@b.de")]),
        ('"Max \\"M\\" Muster" <m@x.de>', [('Max "M" Muster', "m@x.de")]),
        ("=?utf-8?q?J=C3=B6rg?= <j@x.de>", [("Jörg", "j@x.de")]),
        ("Jörg <j@müller.de>", [("Jörg", "j@müller.de")]),
        ("x@xn--mller-kva.de", [(None, "x@xn--mller-kva.de")]),
        ("<@relay.example:a@b.de>", [(None, "a@b.de")]),
        ("<mailto:a@b.de>", [(None, "a@b.de")]),
        ("Anna <a @ b.de", [("Anna", "a@b.de")]),
        ("Anna a@b.de", [("Anna", "a@b.de")]),
        ('"john"@x.de', [(None, "john@x.de")]),
    ],
)
def test_what_people_send_is_read(header: str, expected: list[tuple[str | None, str]]) -> None:
    assert [(box.name, box.address) for box in mailboxes(header.encode())] == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("alice@a.org<bob@evil.example>", [(None, "bob@evil.example")]),
        ("alice@a.org <bob@evil>", []),
        ('"ceo@bank.com" <x@evil.example>', [(None, "x@evil.example")]),
        ('"CEO (ceo@bank.com)" <x@evil.example>', [("CEO", "x@evil.example")]),
        ("CEO ceo＠bank.com <x@evil.example>", [("CEO", "x@evil.example")]),
        ("=?utf-8?q?ceo=40bank.com?= <x@evil.example>", [(None, "x@evil.example")]),
        ("=?utf-8?q?=22ceo=40bank.com=22=2C?= <x@evil.example>", [(None, "x@evil.example")]),
        ("=?utf-8?q?alice=40a.org?=@evil.example", []),
        ("=?utf-8?q?Alice_=3Calice=40a.org=3E?=", []),
        ("<alice@a.org> <bob@evil.example>", [(None, "bob@evil.example")]),
        ('"alice doe"@evil.example', []),
        ("alice@a.org@evil.example", []),
        ("\u202egro.a@ecila <bob@evil.example>", [("gro.a@ecila", "bob@evil.example")]),
    ],
)
def test_a_spoof_names_its_true_address_or_none(header: str, expected: list[tuple[str | None, str]]) -> None:
    assert [(box.name, box.address) for box in mailboxes(header.encode())] == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@",
        "a@b",
        "a@localhost",
        "a@1.2.3.4",
        "a@[1.2.3.4]",
        "a@b..de",
        "a@-b.de",
        "a@b-.de",
        "a@@b.de",
        "a b@c.de",
        "a@b.de\x00",
        "a\u200b@b.de",
        "a@b .de",
        "x" * 65 + "@b.de",
        "a@" + "b" * 64 + ".de",
        "a@" + "b." * 130 + "de",
        "a@b.de,c@d.de",
        "<a@b.de>",
        "a@b。",
    ],
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert address(text) is None


@pytest.mark.parametrize("text", ["a..b.@docomo.ne.jp", "o'neil+x@sub.example.org", "ü@müller.de", "a@b.de."])
def test_odd_addresses_are_addresses(text: str) -> None:
    assert address(text) == text.removesuffix(".")


def test_full_width_letters_of_a_domain_are_its_letters() -> None:
    assert address("a@ｅｘａｍｐｌｅ．org") == "a@example.org"


@given(st.text(max_size=300))
def test_any_header_is_read_without_an_error(text: str) -> None:
    for box in mailboxes(text.encode("utf-8", "surrogatepass")):
        assert address(box.address) == box.address
        assert box.name is None or (box.name.strip() == box.name and "\n" not in box.name and len(box.name) <= 200)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("  Anna   Beispiel ", "Anna Beispiel"),
        ("'Anna'", "Anna"),
        ("Müller-Lüdenscheidt, Hans", "Hans Müller-Lüdenscheidt"),
        ("Beispiel, Prof. Dr. Anna", "Prof. Dr. Anna Beispiel"),
        ("Beispiel GmbH, Vertrieb 2", "Beispiel GmbH, Vertrieb 2"),
        ("Anna\u202e Beispiel", "Anna Beispiel"),
        ("12345", None),
        ("anna@example.org", None),
        ("", None),
    ],
)
def test_a_name_is_put_in_order(given_: str, expected: str | None) -> None:
    assert person_name(given_) == expected


@pytest.mark.parametrize(
    "unit", ['"', "(", "<", '\\"', '"\\', "a@b,", ":", "<>", " ", "=?a?q?", "a@a.", "(\\", "@", "a ", "a, ", "a-"]
)
def test_a_hostile_header_takes_no_time(unit: str) -> None:
    begun = time.process_time()
    mailboxes((unit * 65_536)[:65_536].encode())
    person_name((unit * 65_536)[:65_536])
    assert time.process_time() - begun < 1
