"""Bytes become the text that was meant, also under a false flag; header words too."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mail.charsets import codec, decode
from adapters.mail.words import base64_bytes, text_of

JAPANESE = "お問い合わせありがとうございます。製品の見積もりをお願いします。"
CHINESE = "您好，我们公司对您的产品很感兴趣，请发送报价单，谢谢。"
TAIWANESE = "您好，我們公司對您的產品很感興趣，請告訴我們價格，謝謝。"
GERMAN = "Grüße aus Köln – das Angebot über 20 € hätten wir gern."


@pytest.mark.parametrize("declared", [None, "utf-8", "us-ascii", "iso-8859-1", "x-unknown", "utf-7", "nonsense\x00"])
@pytest.mark.parametrize(
    ("text", "charset"),
    [
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (CHINESE, "gb18030"),
        (TAIWANESE, "big5"),
        (GERMAN, "cp1252"),
        (GERMAN, "utf-8"),
        (JAPANESE, "utf-8"),
    ],
)
def test_a_false_or_missing_charset_is_seen_through(text: str, charset: str, declared: str | None) -> None:
    assert decode(text.encode(charset), declared)[0] == text


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("ISO-8859-2", "Zażółć"),
        ("windows-1251", "Привет"),
        ("KOI8-R", "Привет"),
        ("GB2312", CHINESE),
        ("Big5", "您好"),
        ("EUC-KR", "안녕하세요"),
        ("ISO-8859-15", "20 €"),
        ("x-sjis", JAPANESE),
        ("UTF-16", GERMAN),
        ("macintosh", "Müller"),
    ],
)
def test_a_true_charset_is_believed(charset: str, text: str) -> None:
    name = {"x-sjis": "shift_jis"}.get(charset, charset)
    assert decode(text.encode(name), charset)[0] == text


@pytest.mark.parametrize(
    "name",
    [
        "utf-7",
        "unicode_escape",
        "raw_unicode_escape",
        "idna",
        "punycode",
        "zip",
        "bz2",
        "rot13",
        "base64",
        "hex",
        "hz",
        "mbcs",
        "undefined",
        "utf-8\x00",
        "",
        "../utf-8x",
    ],
)
def test_dangerous_and_unknown_codecs_are_refused(name: str) -> None:
    assert codec(name) is None or name == "utf-8\x00"


def test_utf_7_stays_what_it_is_made_of() -> None:
    assert decode(b"+ADw-script+AD4-", "utf-7")[0] == "+ADw-script+AD4-"


def test_one_broken_byte_does_not_turn_a_text_into_another_charset() -> None:
    assert decode(GERMAN.encode() + b"\xff", "utf-8")[0] == GERMAN + "\ufffd"


@given(st.binary(max_size=300), st.none() | st.text(max_size=20) | st.sampled_from(["utf-16", "iso-2022-kr", "big5"]))
def test_decoding_never_raises(data: bytes, declared: str | None) -> None:
    decode(data, declared)[0].encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"=?UTF-8?Q?J=C3?= =?utf-8?q?=B6rg_M?=\t=?iso-8859-1?q?=FCller?= x", "Jörg Müller x"),
        (b"=?utf-8?B?w7Zz?= und =?x-foo?q?=fcb?=", "ös und üb"),
        (b"=?utf-8*de?Q?=C3=BC?=", "ü"),
        (b"=?utf-8?Q?hello world?=", "hello world"),
        (b"=?utf-8?B?w7Y?=", "ö"),
        (b"=?utf-8?X?abc?= =?utf-8?Q?broken", "=?utf-8?X?abc?= =?utf-8?Q?broken"),
        ("Größe".encode("latin-1"), "Größe"),
        ("Größe".encode(), "Größe"),
        (b"", ""),
    ],
)
def test_header_words_are_decoded(value: bytes, expected: str) -> None:
    assert text_of(value) == expected


@given(st.binary(max_size=300))
def test_header_words_never_raise(value: bytes) -> None:
    text_of(value)
    text_of(b"=?utf-8?B?" + value + b"?= =?iso-2022-jp?Q?" + value + b"?=")


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"QUJD", b"ABC"), (b"QUI=QUI=", b"ABAB"), (b"QU\n J!D", b"ABC"), (b"QUJDR", b"ABC"), (b"Q", b""), (b"====", b"")],
)
def test_base64_is_decoded_as_far_as_it_goes(data: bytes, expected: bytes) -> None:
    assert base64_bytes(data) == expected
