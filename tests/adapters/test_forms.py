"""Forms as they are posted: decoded within bounds, told apart by what they say, read into an inquiry."""

import json
import time
from pathlib import Path
from random import Random
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.forms.synonyms import Meaning, meaning_of, utm_of
from adapters.forms.web import FormError, decode, fingerprint, read
from crm.intake.inquiry import Inquiry, Unreadable

FIXTURES = Path(__file__).parents[1] / "fixtures" / "forms"
URLENCODED = "application/x-www-form-urlencoded"
JSON = "application/json"

names = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=12)
values = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)
forms = st.lists(st.tuples(names, values), min_size=1, max_size=8).filter(lambda f: any(v.strip() for _, v in f))


def fixture(name: str) -> Inquiry:
    content_type, _, body = (FIXTURES / f"{name}.txt").read_bytes().partition(b"\n\n")
    found = read(content_type.decode(), body.strip())
    assert isinstance(found, Inquiry), found
    return found


def inquiry(**fields: str) -> Inquiry:
    found = read(URLENCODED, urlencode(fields).encode())
    assert isinstance(found, Inquiry), found
    return found


def refused(content_type: str, body: bytes) -> str:
    with pytest.raises(FormError) as caught:
        decode(content_type, body)
    assert read(content_type, body) == Unreadable(caught.value.code, caught.value.message)
    return caught.value.code


def multipart(fields: list[tuple[str, str]], boundary: str = "q") -> tuple[str, bytes]:
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    )
    return f"multipart/form-data; boundary={boundary}", f"{parts}--{boundary}--\r\n".encode()


# Reading


@pytest.mark.parametrize(
    ("name", "person", "email", "phone", "organization", "subject", "text"),
    [
        (
            "contact_form_7",
            "Anna Müller",
            "anna@kunde.example",
            "+49 30 1234567",
            None,
            "Anfrage",
            "Guten Tag,\nbitte um",
        ),
        (
            "de",
            "Anna Beispiel",
            "anna@kunde.example",
            "030 1234567",
            "Beispiel GmbH",
            "Türen",
            "20 Türen\n\nPLZ: 10115",
        ),
        ("fr", "Marie Dupont", "marie@client.example", "+33 1 23 45 67 89", "Dupont SA", "Devis", "Bonjour,\nun devis"),
        ("es", "José Pérez", "jose@empresa.example", "600 123 456", "Empresa SL", "Presupuesto", "¿Cuánto cuesta?"),
        ("it", "Luca Rossi", "luca@rossi.example", "+39 333 1234567", "Rossi Srl", "Preventivo", "Vorrei un"),
        ("nl", "Jan de Vries", "jan@devries.example", "+31 6 12345678", "De Vries BV", "Offerte", "Graag een offerte."),
        (
            "en_nested",
            "Ann Example",
            "ann@client.example",
            "+44 20 7946 0000",
            "Example Ltd",
            None,
            "We need 12 seats.",
        ),
    ],
)
def test_forms_of_six_languages_are_read(
    name: str, person: str, email: str, phone: str, organization: str | None, subject: str | None, text: str
) -> None:
    found = fixture(name)
    assert (found.name, found.email, found.phone) == (person, email, phone)
    assert (found.organization, found.subject) == (organization, subject)
    assert found.text.startswith(text)


def test_campaigns_and_technical_fields_stay_out_of_the_text_and_in_the_fields() -> None:
    found = fixture("de")
    assert found.utm == {"source": "google", "medium": "cpc"}
    assert "Cj0" not in found.text
    assert ("gclid", "Cj0KCQjw2PSvBhDjARIsAKc2cg") in found.fields
    assert found.text == "20 Türen\n\nPLZ: 10115\nBudget: 5000\nAnrede: Frau"
    assert fixture("contact_form_7").text == "Guten Tag,\nbitte um Rückruf.\n\ndatenschutz: 1"
    assert 'the field "datenschutz" is consent: shown as it is' in fixture("contact_form_7").trace
    assert 'the field "_wpcf7" is internal: kept, not shown' in fixture("contact_form_7").trace


def test_files_are_named_with_their_size() -> None:
    found = fixture("multipart")
    assert found.attachments == ("Pläne.pdf",)
    assert found.fields[-2:] == (("cv", "Pläne.pdf (6 bytes)"), ("more", ""))
    assert found.text == "Siehe\nAnhang\n\ncv: Pläne.pdf (6 bytes)"


def test_the_trace_says_which_field_was_read_by_which_rule() -> None:
    found = inquiry(a="anna@kunde.example", b="+49 30 1234567", c="x" * 60, Name="Anna")
    assert found.trace == (
        'e-mail read from the field "a" by the shape of its value',
        'phone read from the field "b" by the shape of its value',
        'name read from the field "Name" by its name',
        'message read from the field "c" by the length of its value',
    )
    assert (found.email, found.phone, found.text) == ("anna@kunde.example", "+49 30 1234567", "x" * 60)


def test_what_no_rule_knows_is_shown_below_the_message() -> None:
    found = inquiry(email="a@b.de", message="Hallo", Farbe="rot", PLZ="10115")
    assert found.text == "Hallo\n\nPLZ: 10115\nFarbe: rot"


def test_no_word_is_lost_whatever_its_field_is_called() -> None:
    """These names sounded technical, like a consent or like a salutation, and so their values vanished."""
    found = inquiry(
        email="a@b.de",
        marketing="We need a campaign, budget 50k",
        titel="Angebot fuer Fenster",
        next="call me tomorrow",
        __text="hello there",
        hp="HP ProBook x 50",
    )
    assert found.subject == "Angebot fuer Fenster"
    assert found.text.splitlines() == [
        "hp: HP ProBook x 50",
        "next: call me tomorrow",
        "__text: hello there",
        "marketing: We need a campaign, budget 50k",
    ]


WRITTEN = ["We need 50 chairs", "Angebot", "50k", "anna(at)kunde.example", "call-me-tomorrow-at-5pm", "Größe:XL", "?!"]


@pytest.mark.parametrize("value", [*WRITTEN, "https://kunde.example/plan", "x" * 300])
@pytest.mark.parametrize(
    "name",
    [
        *("privacy", "marketing", "newsletter", "Anrede", "titel", "title", "utm_source", "name", "Vorname", "phone"),
        *("email", "company", "position", "subject", "message", "PLZ", "budget", "color", "my_honeypot", "gotcha", ""),
    ],
)
def test_every_value_has_a_place(name: str, value: str) -> None:
    fields = [("email", "a@b.de"), ("name", "Zoe"), ("subject", "Tag"), (name, value), (name, f"also {value}")]
    found = read(URLENCODED, urlencode(fields).encode())
    assert isinstance(found, Inquiry)
    shown = [found.name, found.phone, found.organization, found.job_title, found.subject, found.text]
    everything = "\n".join([*filter(None, shown), *found.utm.values()])
    assert value in everything
    assert f"also {value}" in everything


@pytest.mark.parametrize("value", WRITTEN)
@pytest.mark.parametrize(
    "name", ["next", "redirect", "token", "timestamp", "gclid", "__text", "submit", "_wp_x", "state_1"]
)
def test_a_technical_name_hides_no_words(name: str, value: str) -> None:
    assert inquiry(email="a@b.de", **{name: value}).text == f"{name}: {value}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("__VIEWSTATE", "/wEPDwUKMTY1NDU2MTA1MmRkOJ2Ubw=="),
        ("gclid", "EAIaIQobChMIn9-x0ZKq_wIVtxN7Ch0"),
        ("fbp", "fb.1.1558571054389.1098115397"),
        ("hutk", "5c1b9f9f4f3e4c3c9d2e6a7b8c9d0e1f"),
        ("form_build_id", "8f14e45f-ceea-467f-a1b2-c3d4e5f6a7b8"),
        ("formId", "7"),
        ("timestamp", "1712138400.25"),
        ("utf8", "✓"),
        ("submit", "1"),
        ("submit", "Absenden"),
        ("gform_ajax", "true"),
        ("next", "https://site.example/danke?id=1"),
        ("_wp_http_referer", "/kontakt/"),
        ("g-recaptcha-response", "drei plus vier"),
        ("csrf_token", "a b"),
        ("_token", "a b"),
        ("_wpcf7_posted_data_hash", "a b"),
        ("_wpnonce", "a b"),
    ],
)
def test_tokens_flags_and_captchas_are_kept_and_not_shown(name: str, value: str) -> None:
    found = inquiry(email="a@b.de", **{name: value})
    assert found.text == ""
    assert (name, value) in found.fields


@pytest.mark.parametrize(
    ("fields", "subject", "job_title", "text"),
    [
        ({"titel": "Fensterangebot"}, "Fensterangebot", None, ""),
        ({"title": "New windows"}, "New windows", None, ""),
        ({"titel": "Dr."}, None, None, "titel: Dr."),
        ({"titel": "Prof. Dr. med."}, None, None, "titel: Prof. Dr. med."),
        ({"title": "Frau Dipl.-Ing."}, None, None, "title: Frau Dipl.-Ing."),
        ({"titel": "Fenster alt", "Betreff": "Fenster neu"}, "Fenster neu", None, "titel: Fenster alt"),
        ({"title": "Head of Sales", "subject": "Offer"}, "Offer", "Head of Sales", ""),
        ({"title": "Mrs", "subject": "Offer"}, "Offer", None, "title: Mrs"),
    ],
)
def test_a_title_is_what_its_value_says(
    fields: dict[str, str], subject: str | None, job_title: str | None, text: str
) -> None:
    found = inquiry(email="a@b.de", **fields)
    assert (found.subject, found.job_title, found.text) == (subject, job_title, text)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"name": "ceo@bank.com"}, "name: ceo@bank.com"),
        ({"Vorname": "Anna", "Nachname": "Beispiel", "name": "Erika Muster"}, "Vorname: Anna\nNachname: Beispiel"),
        ({"subject": "x" * 600}, "subject: " + "x" * 600),
        ({"utm_source": "y" * 300}, "utm_source: " + "y" * 300),
    ],
)
def test_what_did_not_fit_its_place_is_shown_in_full(fields: dict[str, str], text: str) -> None:
    assert inquiry(email="a@b.de", **fields).text == text


def test_what_stands_around_a_pasted_address_is_shown() -> None:
    assert inquiry(email="a@b.de after 5 pm").text == "email: a@b.de after 5 pm"


def test_a_field_that_holds_no_address_is_no_address_and_not_lost() -> None:
    found = inquiry(email="anna at kunde", name="Anna")
    assert (found.name, found.email) == ("Anna", None)
    assert 'the field "email" holds no e-mail address' in found.trace
    assert found.text == "email: anna at kunde"


def test_an_address_pasted_with_its_name_is_read() -> None:
    assert inquiry(email="Anna <anna@kunde.example>").email == "anna@kunde.example"


def test_a_second_address_is_kept_where_it_differs() -> None:
    assert inquiry(email="a@b.de", email_confirm="A@b.de").text == ""
    assert inquiry(email="a@b.de", email_2="c@d.de").text == "email_2: c@d.de"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Vorname": "Anna", "Name": "Beispiel"}, "Anna Beispiel"),
        ({"Vorname": "Anna", "Name": "Anna Beispiel"}, "Anna Beispiel"),
        ({"Nachname": "Beispiel"}, "Beispiel"),
        ({"name": "Beispiel, Anna"}, "Anna Beispiel"),
        ({"name": "ceo@bank.com"}, None),
        ({"Anrede": "Frau", "name": "Anna"}, "Anna"),
    ],
)
def test_names_are_put_together(fields: dict[str, str], expected: str | None) -> None:
    assert inquiry(email="a@b.de", **fields).name == expected


@pytest.mark.parametrize("value", ["2024-05-05", "10115", "05.06.2024", "1234567", "5000"])
def test_dates_and_numbers_are_no_phone_numbers(value: str) -> None:
    assert inquiry(email="a@b.de", field_3=value).phone is None


def test_without_any_contact_details_it_cannot_be_a_lead() -> None:
    found = read(URLENCODED, b"message=Hallo&csrf_token=x")
    assert isinstance(found, Unreadable)
    assert found.reason == "NO_CONTACT_DETAILS"


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("your-email", Meaning.EMAIL),
        ("contact[email]", Meaning.EMAIL),
        ("fields.email.value", Meaning.EMAIL),
        ("form_fields[email]", Meaning.EMAIL),
        ("Wie lautet Ihre E-Mail-Adresse?", Meaning.EMAIL),
        ("E-Mail *", Meaning.EMAIL),
        ("q3_fullName[first]", Meaning.FIRST_NAME),
        ("et_pb_contact_name_0", Meaning.NAME),
        ("lastName", Meaning.LAST_NAME),
        ("company_name", Meaning.ORGANIZATION),
        ("Telefon (mobil)", Meaning.PHONE),
        ("Taetigkeit", Meaning.JOB_TITLE),
        ("Tätigkeit", Meaning.JOB_TITLE),
        ("_wpcf7_unit_tag", Meaning.INTERNAL),
        ("__RequestVerificationToken", Meaning.ATTEMPT),
        ("h-captcha-response", Meaning.ATTEMPT),
        ("gclid", Meaning.TECHNICAL),
        ("my_honeypot_field", Meaning.PLAIN),
        ("annonce", None),
        ("product name", None),
        ("event_date_name", None),
        ("", None),
        ("???", None),
    ],
)
def test_a_name_says_what_its_field_means(name: str, meaning: Meaning | None) -> None:
    assert meaning_of(name) is meaning


def test_campaign_parameters_are_known_by_their_short_names() -> None:
    assert [utm_of(n) for n in ("utm_source", "fields[utm_term]", "utmCampaign", "utm", "source")] == [
        "source",
        "term",
        "campaign",
        None,
        None,
    ]


# Decoding


def test_json_is_flattened_and_its_numbers_stay_as_they_are_written() -> None:
    body = '{"a": {"b": [1.50, true, null, "x"]}, "n": 0049123e2, "n": "twice", "e": {}}'.replace(
        "0049123e2", "49123e2"
    )
    assert decode(JSON, body.encode()) == (
        ("a.b.0", "1.50"),
        ("a.b.1", "true"),
        ("a.b.2", ""),
        ("a.b.3", "x"),
        ("n", "49123e2"),
        ("n", "twice"),
        ("e", ""),
    )


def test_old_pages_that_post_latin_1_are_read() -> None:
    assert decode(URLENCODED, b"Stra%DFe=M%FCller") == (("Straße", "Müller"),)
    assert decode(f"{URLENCODED}; charset=iso-8859-1", b"n=M%FCller") == (("n", "Müller"),)


def test_nul_and_surrogates_do_not_come_through() -> None:
    assert decode(URLENCODED, b"a%00=b%00c%ED%A0%80")[0][0] == "a"
    assert decode(JSON, b'{"a": "b\\u0000\\ud800c"}') == (("a", "bc"),)


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("text/plain", b"email=a@b.de", "UNSUPPORTED_MEDIA_TYPE"),
        ("", b"email=a@b.de", "UNSUPPORTED_MEDIA_TYPE"),
        (JSON, b"{", "MALFORMED_JSON"),
        (JSON, b"", "MALFORMED_JSON"),
        (JSON, b"[1]", "NOT_AN_OBJECT"),
        (JSON, b'"x"', "NOT_AN_OBJECT"),
        (JSON, b'{"a": "\xff"}', "BAD_CHARSET"),
        (JSON, b'{"a":' * 20 + b"1" + b"}" * 20, "TOO_DEEP"),
        (JSON, b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "TOO_DEEP"),
        (JSON, json.dumps({f"f{n}": "x" for n in range(201)}).encode(), "TOO_MANY_FIELDS"),
        (JSON, b'{"a": [' + b"[]," * 100_000 + b"1]}", "TOO_MANY_FIELDS"),
        (JSON, b'{"a": "' + b"x" * 65_536 + b'"}', "FIELD_TOO_LARGE"),
        (JSON, b" " * (1024 * 1024 + 1), "TOO_LARGE"),
        (URLENCODED, b"", "EMPTY"),
        (URLENCODED, b"a=&b=+%20", "EMPTY"),
        (URLENCODED, b"a=1&" * 201, "TOO_MANY_FIELDS"),
        (URLENCODED, b"a=" + b"x" * 65_536, "FIELD_TOO_LARGE"),
        (f"{URLENCODED}; charset=utf-7", b"a=1", "BAD_CHARSET"),
        ("multipart/form-data", b"--q--", "MALFORMED_MULTIPART"),
        ("multipart/form-data; boundary=q", b"a=1", "MALFORMED_MULTIPART"),
        ("multipart/form-data; boundary=q", multipart([("a", "b")])[1][:-8], "MALFORMED_MULTIPART"),
        ("multipart/form-data; boundary=" + "q" * 5_000, b"--q--", "MALFORMED_MULTIPART"),
        (*multipart([("a", "b")] * 201), "TOO_MANY_FIELDS"),
        (*multipart([("a", "x" * 65_536)]), "FIELD_TOO_LARGE"),
        (*multipart([]), "EMPTY"),
    ],
)
def test_a_refusal_has_a_code_and_says_what_would_be_right(content_type: str, body: bytes, code: str) -> None:
    begun = time.process_time()
    assert refused(content_type, body) == code
    assert time.process_time() - begun < 1


def test_200_fields_of_some_length_are_read() -> None:
    fields = [(f"f{n}", "x") for n in range(199)] + [("long", "x" * 65_000)]
    assert decode(URLENCODED, urlencode(fields).encode()) == decode(*multipart(fields)) == tuple(fields)


def test_a_large_file_is_counted_and_not_kept() -> None:
    body = b'--q\r\nContent-Disposition: form-data; name="f"; filename="../a.zip"\r\n\r\n' + b"\n--" * 10_000_000
    begun = time.process_time()
    assert decode("multipart/form-data; boundary=q", body + b"\r\n--q--\r\n") == (("f", "a.zip (30000000 bytes)"),)
    assert time.process_time() - begun < 3


@given(st.binary(max_size=300), st.sampled_from([URLENCODED, JSON, "multipart/form-data; boundary=q", "x/y", "\udcff"]))
def test_no_body_raises_anything_but_a_form_error(body: bytes, content_type: str) -> None:
    for candidate in (body, b'--q\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + body + b"\r\n--q--\r\n"):
        found = read(content_type, candidate)
        if isinstance(found, Inquiry):
            for name, value in found.fields:
                (name + value).encode("utf-8")


# Fingerprints


@given(forms)
def test_the_encoding_of_a_form_does_not_count(fields: list[tuple[str, str]]) -> None:
    pairs = ",".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in fields)
    as_json = decode(JSON, f"{{{pairs}}}".encode())
    as_urlencoded = decode(URLENCODED, urlencode(fields).encode())
    retries = [decode(*multipart(fields, boundary)) for boundary in ("xyz-1", "xyz-2")]
    assert len({fingerprint(f) for f in (as_json, as_urlencoded, *retries)}) == 1


@given(forms, st.randoms())
def test_the_order_counts_among_equal_names_only(fields: list[tuple[str, str]], random: Random) -> None:
    by_name: dict[str, list[tuple[str, str]]] = {}
    for name, value in fields:
        by_name.setdefault(name, []).append((name, value))
    groups = list(by_name.values())
    random.shuffle(groups)
    assert fingerprint(tuple(pair for group in groups for pair in group)) == fingerprint(tuple(fields))


def test_what_was_written_counts() -> None:
    base = (("name", "Anna"), ("tag", "1"), ("tag", "2"))
    others = [
        (("name", "Anne"), ("tag", "1"), ("tag", "2")),
        (("name", "Anna"), ("tag", "2"), ("tag", "1")),
        (("name", "Anna"), ("tag", "1")),
        (("name", "Anna"), ("tag", "12")),
        (("nameAnna", ""), ("tag", "1"), ("tag", "2")),
    ]
    assert len({fingerprint(fields) for fields in (base, *others)}) == 6


def test_another_file_of_the_same_name_and_size_counts() -> None:
    """Known by its name and size, the second of two files was taken for the first, and its bytes were lost."""
    one, other = (
        decode(
            "multipart/form-data; boundary=q",
            b'--q\r\nContent-Disposition: form-data; name="cv"; filename="a.pdf"\r\n\r\n' + data + b"\r\n--q--\r\n",
        )
        for data in (b"one\r\n-", b"two\r\n-")
    )
    assert one == other == (("cv", "a.pdf (6 bytes)"),)
    assert len({fingerprint(one), fingerprint(other), fingerprint((("cv", "a.pdf (6 bytes)"),))}) == 3


@pytest.mark.parametrize("name", ["next", "token", "hp", "gclid", "timestamp", "__text", "_wpcf7_unit_tag", "annonce"])
def test_whatever_a_person_may_have_written_counts(name: str) -> None:
    """Once every name that sounded technical was left out: "next: 10 units" passed for "next: 5000 units"."""
    assert len({fingerprint(((name, value),)) for value in ("10 units", "5000 units")}) == 2


@pytest.mark.parametrize(
    "name",
    [
        "g-recaptcha-response",
        "h-captcha-response",
        "cf-turnstile-response",
        "frc-captcha-solution",
        "_wpcf7_recaptcha_response",
        "csrf_token",
        "csrfmiddlewaretoken",
        "XSRF-TOKEN",
        "_token",
        "authenticity_token",
        "__RequestVerificationToken",
        "_wpnonce",
        "wpforms[nonce]",
    ],
)
def test_what_changes_at_every_attempt_does_not_count(name: str) -> None:
    assert fingerprint(((name, "1"), ("a", "b"))) == fingerprint(((name, "2"), ("a", "b")))


def test_line_ends_outer_blanks_and_tokens_do_not_count() -> None:
    one = (("message", "a\r\nb "), ("g-recaptcha-response", "1"))
    other = (("g-recaptcha-response", "2"), ("message ", " a\nb"))
    assert fingerprint(one) == fingerprint(other)
