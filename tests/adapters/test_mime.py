"""A mail becomes the inquiry that its writer meant."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mail.body import unflow
from adapters.mail.mime import read
from adapters.mail.parameters import structured
from crm.intake.inquiry import Inquiry, Unreadable
from tests.adapters.mails import mail

FIXTURES = Path(__file__).parents[1] / "fixtures" / "mail"


def inquiry(raw: bytes) -> Inquiry:
    found = read(raw)
    assert isinstance(found, Inquiry), found
    return found


def fixture(name: str) -> Inquiry:
    return inquiry((FIXTURES / f"{name}.eml").read_bytes())


def refusal(raw: bytes) -> str:
    found = read(raw)
    assert isinstance(found, Unreadable), found
    return found.reason


def test_a_usual_mail_is_read_in_full() -> None:
    assert fixture("alternative") == Inquiry(
        name="Anna Beispiel",
        email="anna.beispiel@kunde.example",
        subject="Anfrage für 20 Türen – bitte um Angebot",
        text="Guten Tag,\n\nwir brauchen 20 Türen für ein Bürohaus.\n\nMit freundlichen Grüßen\nAnna Beispiel",
        message_id="<CA+abc123@mail.kunde.example>",
        sent_at=datetime(2024, 4, 3, 10, 0, tzinfo=UTC),
        trace=(
            "sender read from From: Anna Beispiel <anna.beispiel@kunde.example>",
            "text taken from the text/plain part (utf-8)",
        ),
    )


def test_html_alone_is_read_as_text() -> None:
    found = fixture("outlook_html_only")
    assert found.name == "José Pérez"
    assert found.text == (
        "Buenos días,\n\n¿cuánto cuesta la versión B?\n\nUnidades 12\n\n- entrega en mayo\n- con montaje"
    )
    assert found.attachments == ("image001.png",)
    assert found.trace[-1] == "text taken from the text/html part (iso-8859-1)"


def test_a_text_cut_by_attachments_is_put_together() -> None:
    found = fixture("apple_mixed")
    assert found.text == (
        "Bonjour, voici le plan — une phrase assez longue pour être coupée par le programme."
        "\n\n> ancienne ligne\n\nMarie, +33 1 23 45 67 89"
    )
    assert found.attachments == ("plan révisé.pdf", "notesgpj.txt")
    assert found.sent_at == datetime(2024, 4, 5, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("latin1_8bit", "Die Tür ist  zu groß - bitte zurückrufen."),
        ("iso2022jp_mislabelled", "製品の見積もりをお願いします。"),
        ("shift_jis_as_utf8", "お問い合わせありがとうございます。製品の見積もりをお願いします。"),
        ("gb18030_as_latin1", "您好，我们公司对您的产品很感兴趣，请发送报价单，谢谢。"),
        ("no_blank_line", "Hallo, das ist schon der Text.\n\nGruss"),
        ("bounce", "The message could not be delivered."),
        ("smime_only", ""),
    ],
)
def test_the_text_of_odd_mails(name: str, text: str) -> None:
    assert fixture(name).text == text


def test_8_bit_headers_are_read() -> None:
    found = fixture("latin1_8bit")
    assert (found.name, found.subject) == ("Jörg Müller", "Rückfrage zur Größe")


def test_attached_mails_are_named_by_their_subject() -> None:
    assert fixture("bounce").attachments == ("Unser Angebot - Nr. 7.eml",)


def test_another_reply_to_is_told_and_the_sender_stays_from() -> None:
    found = fixture("contact_form_7")
    assert found.email == "wordpress@firma.example"
    assert "Reply-To differs: Anna Beispiel <anna@kunde.example>" in found.trace


def test_without_from_the_sender_is_reply_to() -> None:
    found = inquiry(mail(sender="", **{"Reply-To": "Anna <a@b.de>"}))
    assert (found.name, found.email) == ("Anna", "a@b.de")
    assert found.trace[0] == "there is no From"


def test_of_several_authors_the_first_is_taken_and_it_is_said() -> None:
    found = inquiry(b"From: c@d.de\n" + mail(sender="a@b.de, e@f.de"))
    assert found.email == "c@d.de"
    assert "From names 3 people, the first was taken" in found.trace


@pytest.mark.parametrize("sender", ["", "Anna", "a@localhost", "=?utf-8?q?a=40b.de?=", "a@b.de@c.de", "<>"])
def test_no_usable_address_is_no_sender(sender: str) -> None:
    assert refusal(mail(sender=sender)) == "NO_SENDER"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n\n",
        b"Hallo",
        b"<!DOCTYPE html><html><p style='a: b'>x",
        b'{"a": 1}',
        bytes(range(256)) * 4,
        b"\x00",
        "Überschrift: kein Kopf".encode(),
        b"PK\x03\x04\n: x",
    ],
)
def test_what_has_no_headers_is_not_a_mail(raw: bytes) -> None:
    assert refusal(raw) == "NOT_A_MAIL"


@pytest.mark.parametrize("before", [b"\n\r\n", b"\xef\xbb\xbf", b"From a@b.de Wed Apr  3 12:00:00 2024\n", b"  "])
def test_what_stands_before_the_headers_is_passed_over(before: bytes) -> None:
    assert inquiry(before + mail("Hallo")).text == "Hallo"


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n"])
def test_every_kind_of_line_end_is_read(end: bytes) -> None:
    raw = mail("eins\nzwei", Content_Type="multipart/mixed; boundary=q").replace(b"eins", b"--q\n\neins")
    assert inquiry((raw + b"\n--q--\n").replace(b"\n", end)).text == "eins\nzwei"


def test_an_empty_mail_is_an_inquiry_without_text() -> None:
    found = inquiry(mail("", subject=""))
    assert (found.subject, found.text, found.attachments) == (None, "", ())


def test_a_mail_that_is_an_attachment_only_names_it() -> None:
    raw = mail("%PDF", Content_Type="application/pdf", Content_Disposition='attachment; filename="C:\\x\\Plan.pdf"')
    assert (inquiry(raw).text, inquiry(raw).attachments) == ("", ("Plan.pdf",))


def test_a_text_sent_along_is_read_where_nothing_else_was_written() -> None:
    raw = mail("Notiz", Content_Type="text/plain; name=notiz.txt", Content_Disposition="attachment")
    assert (inquiry(raw).text, inquiry(raw).attachments) == ("Notiz", ("notiz.txt",))


def test_a_lost_fold_does_not_end_the_headers() -> None:
    assert inquiry(b"Subject: eine lange\nZeile ohne Einzug\nFrom: a@b.de\n\nHallo").email == "a@b.de"


def parts(*contents: str, kind: str = "mixed") -> bytes:
    return mail(
        "".join(f"--q\n{content}\n" for content in contents) + "--q--\n", Content_Type=f'multipart/{kind}; boundary="q"'
    )


def test_an_empty_plain_part_gives_way_to_html() -> None:
    raw = parts("\n \n", "Content-Type: text/html\n\n<p>Hallo</p>", kind="alternative")
    assert inquiry(raw).text == "Hallo"


def test_a_footer_beside_html_does_not_hide_it() -> None:
    raw = parts("Content-Type: text/html\n\n<p>Hallo</p>", "Content-Type: text/plain\n\nListe")
    assert inquiry(raw).text == "Hallo\n\nListe"


def test_the_same_text_sent_twice_is_read_once() -> None:
    raw = parts("Content-Type: text/plain\n\nHallo Welt", "Content-Type: text/html\n\n<p>Hallo <b>Welt</b>")
    assert inquiry(raw).text == "Hallo Welt"


def test_the_best_part_is_found_in_the_depth() -> None:
    inner = (
        'Content-Type: multipart/alternative; boundary="r"\n\n--r\n\nHallo\n--r\nContent-Type: text/html\n\nHTML\n--r--'
    )
    related = f'Content-Type: multipart/related; boundary="s"\n\n--s\n{inner}\n--s\nContent-Type: image/png\n\nx\n--s--'
    found = inquiry(parts(related, 'Content-Type: application/zip; name="=?utf-8?q?f=C3=BCr?=.zip"\n\nPK'))
    assert (found.text, found.attachments) == ("Hallo", ("unnamed (image/png)", "für.zip"))


def test_a_multipart_whose_boundary_is_wrong_is_read_as_it_stands() -> None:
    raw = mail("--other\n\nHallo\n", Content_Type="multipart/mixed; boundary=q")
    assert "Hallo" in inquiry(raw).text


def test_a_missing_closing_boundary_loses_nothing() -> None:
    assert inquiry(mail("--q\n\nHallo\n", Content_Type="multipart/mixed; boundary=q")).text == "Hallo"


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Wed, 3 Apr 2024 12:00:00 +0200 (CEST)", datetime(2024, 4, 3, 10, tzinfo=UTC)),
        ("3 Apr 2024 12:00", datetime(2024, 4, 3, 12, tzinfo=UTC)),
        ("Mon, 1 Jan 1900 00:00:00 +0000", None),
        ("Mon, 1 Jan 9999 00:00:00 +0000", None),
        ("Mon, 99 Foo 2024 99:99:99 +9999999999999999", None),
        ("9" * 5_000, None),
        ("gestern", None),
    ],
)
def test_a_date_is_read_or_none(date: str, expected: datetime | None) -> None:
    assert inquiry(mail(Date=date)).sent_at == expected


@given(st.text(max_size=60))
def test_no_date_raises(date: str) -> None:
    read(b"From: a@b.de\nDate: " + date.encode("utf-8", "replace") + b"\n\n")


@pytest.mark.parametrize(
    ("declared", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("Rechnung\u202efdp.exe", "Rechnungfdp.exe"),
        ("a\x00b\x07.pdf", "ab.pdf"),
        ("x" * 300 + ".pdf", "x" * 195 + "….pdf"),
        ("a<b>:c?.txt", "a_b__c_.txt"),
    ],
)
def test_a_file_name_is_fit_to_be_shown(declared: str, shown: str) -> None:
    raw = parts(f"Content-Type: application/x; name*=utf-8''{''.join(f'%{b:02X}' for b in declared.encode())}\n\nx")
    assert inquiry(raw).attachments == (shown,)
    assert len(shown) <= 200


@pytest.mark.parametrize(
    ("value", "kind", "parameters"),
    [
        (b"Text/Plain; Charset=UTF-8", "text/plain", {"charset": "UTF-8"}),
        (b'a/b; n="x;y\\"z"; m = 2 ; ;', "a/b", {"n": 'x;y"z', "m": "2"}),
        (b"a/b; n*0*=utf-8''%C3%BC; n*1=b; n*2*=%41", "a/b", {"n": "übA"}),
        (b"a/b; n=plain; n*=utf-8''better", "a/b", {"n": "better"}),
        (b"a/b; n=one; n=two", "a/b", {"n": "one"}),
        (b'a/b; n="never closed; m=2', "a/b", {"n": "never closed", "m": "2"}),
        (b"", "", {}),
    ],
)
def test_structured_headers(value: bytes, kind: str, parameters: dict[str, str]) -> None:
    assert structured(value) == (kind, parameters)


@given(st.binary(max_size=200))
def test_no_structured_header_raises(value: bytes) -> None:
    structured(value)


def test_flowed_lines_are_joined_and_signatures_are_not() -> None:
    assert unflow("eins \nzwei\n-- \nAnna", delsp=False) == "eins zwei\n-- \nAnna"
    assert unflow("> a \n> b\nc", delsp=False) == "> a b\nc"
    assert unflow(" From here", delsp=False) == "From here"


@given(st.binary(max_size=1_000))
def test_nothing_raises_and_every_text_can_be_stored(raw: bytes) -> None:
    for candidate in (raw, mail(raw), parts(raw.decode("latin-1")), b"From: " + raw, mail("x") + raw):
        found = read(candidate)
        texts = (found.detail,) if isinstance(found, Unreadable) else (found.text, found.subject or "", *found.trace)
        for text in texts + (() if isinstance(found, Unreadable) else (found.name or "", *found.attachments)):
            assert "\x00" not in text
            text.encode("utf-8")
