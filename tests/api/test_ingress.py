"""The ways in: what is stored is what was sent, byte for byte; what is refused leaves nothing behind."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pytest
from tortoise.exceptions import DBConnectionError

from adapters.forms.limits import MAX_BODY, MAX_MULTIPART
from api.ingress.mail import LARGEST_MAIL
from crm.db import scoped
from crm.intake.models import InboundMessage, InboundRaw
from schema import ids
from tests.conftest import Company, RecordingDoorbell

URLENCODED = "application/x-www-form-urlencoded"
MAIL = b"From: Anna <anna@b.example>\r\nMessage-ID: <1@b.example>\r\nSubject: Pumps\r\n\r\nThree, please.\r\n"
VALUES = {"name": "Änne Beispiel", "email": "anna@b.example", "message": "Three pumps,\nplease & thanks"}


def multipart(values: dict[str, str], boundary: str) -> tuple[str, bytes]:
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in values.items()
    )
    return f"multipart/form-data; boundary={boundary}", f"{parts}--{boundary}--\r\n".encode()


async def chunked(data: bytes) -> AsyncIterator[bytes]:
    for begin in range(0, len(data), 2**20):
        yield data[begin : begin + 2**20]


class Door:
    """Posts to a company's channels and looks at what is stored."""

    def __init__(self, http: httpx.AsyncClient, company: Company, doorbell: RecordingDoorbell) -> None:
        self.http = http
        self.company = company
        self.doorbell = doorbell
        self.form_path = f"/ingress/forms/{company.form.key}"

    async def form(self, content_type: str | None, body: Any, **headers: str) -> httpx.Response:
        named = {"Content-Type": content_type} if content_type is not None else {}
        return await self.http.post(self.form_path, content=body, headers={**named, **headers})

    async def mail(self, body: Any = MAIL, secret: str | None = None, **headers: str) -> httpx.Response:
        given = {"Authorization": f"Bearer {secret or self.company.mail_secret}", "Content-Type": "message/rfc822"}
        return await self.http.post("/ingress/mail/raw", content=body, headers={**given, **headers})

    async def stored(self) -> list[bytes]:
        """The bytes of every message, in the order they came."""
        actor = self.company.alice
        messages = await scoped(InboundMessage, actor).order_by("id")
        raws = {raw.message_id: bytes(raw.content) for raw in await scoped(InboundRaw, actor)}
        assert len(raws) == len(messages)
        return [raws[message.id] for message in messages]

    async def taken(self, answer: httpx.Response, body: bytes) -> UUID:
        """A new message: its id; checked byte for byte."""
        assert (answer.status_code, answer.json()["duplicate"]) == (202, False), answer.text
        parts = ids.split(answer.json()["id"])
        assert parts is not None
        assert parts[0] == "InboundMessage"
        message = await scoped(InboundMessage, self.company.alice).get(id=parts[1])
        raw = await scoped(InboundRaw, self.company.alice).get(message_id=parts[1])
        assert bytes(raw.content) == body
        assert (message.size, message.state, message.deliveries) == (len(body), "RECEIVED", 1)
        assert self.doorbell.rung.count((message.workspace_id, message.id)) == 1
        return message.id

    async def repeated(self, answer: httpx.Response, message_id: UUID) -> None:
        """The same message once more: counted, neither stored again nor rung for."""
        assert answer.status_code == 202
        assert answer.json() == {"id": ids.encode("InboundMessage", message_id), "duplicate": True}
        assert [id for _, id in self.doorbell.rung].count(message_id) == 1

    async def refused(self, answer: httpx.Response, status: int, code: str) -> None:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["error"]["code"] == code
        assert answer.json()["error"]["message"].endswith(".")
        assert await self.stored() == []
        assert self.doorbell.rung == []


@pytest.fixture
def door(http: httpx.AsyncClient, company: Company, doorbell: RecordingDoorbell) -> Door:
    return Door(http, company, doorbell)


class TestForms:
    @pytest.mark.parametrize("kind", ["urlencoded", "multipart", "json", "old page"])
    async def test_one_is_stored_as_it_came(self, door: Door, kind: str) -> None:
        content_type, body = {
            "urlencoded": (f"{URLENCODED}; charset=UTF-8", urlencode(VALUES).encode()),
            "multipart": multipart(VALUES, "xYzZY"),
            "json": ("application/json", json.dumps(VALUES).encode()),
            "old page": (URLENCODED, b"name=%C4nne&email=a%40b.example"),
        }[kind]
        message_id = await door.taken(await door.form(content_type, body), body)
        message = await scoped(InboundMessage, door.company.alice).get(id=message_id)
        assert (message.kind, message.content_type) == ("FORM", content_type)
        assert message.channel_id == door.company.form.id

    async def test_equal_values_are_one_message_whatever_their_encoding(self, door: Door) -> None:
        content_type, body = multipart(VALUES, "first")
        message_id = await door.taken(await door.form(content_type, body), body)
        await door.repeated(await door.form(*multipart(VALUES, "second")), message_id)
        await door.repeated(await door.form(URLENCODED, urlencode(VALUES).encode()), message_id)
        await door.repeated(await door.form("application/json", json.dumps(VALUES).encode()), message_id)
        shuffled = dict(reversed(VALUES.items()))
        await door.repeated(await door.form("application/json", json.dumps(shuffled).encode()), message_id)
        assert await door.stored() == [body]
        assert (await scoped(InboundMessage, door.company.alice).get(id=message_id)).deliveries == 5

    async def test_other_values_are_another_message(self, door: Door) -> None:
        for body in (b"a=1&b=2", b"a=1&b=3", b"a=12&b=", b"a=1", b"b=2&b=1", b"b=1&b=2"):
            await door.taken(await door.form(URLENCODED, body), body)

    async def test_a_key_makes_requests_one_and_another_key_makes_them_two(self, door: Door) -> None:
        body = urlencode(VALUES).encode()
        first = await door.taken(await door.form(URLENCODED, body, **{"Idempotency-Key": "k1"}), body)
        await door.repeated(await door.form(URLENCODED, body, **{"Idempotency-Key": " k1 "}), first)
        second = await door.taken(await door.form(URLENCODED, body, **{"Idempotency-Key": "k2"}), body)
        third = await door.taken(await door.form(URLENCODED, body), body)
        assert len({first, second, third}) == 3
        long = await door.form(URLENCODED, body, **{"Idempotency-Key": "k" * 256})
        assert (long.status_code, long.json()["error"]["code"]) == (400, "INVALID_IDEMPOTENCY_KEY")
        assert len(await door.stored()) == 3

    @pytest.mark.parametrize(
        ("content_type", "body", "status", "code"),
        [
            ("application/json", b"{", 400, "MALFORMED_JSON"),
            ("application/json", b"[]", 400, "NOT_AN_OBJECT"),
            ("application/json", b"null", 400, "NOT_AN_OBJECT"),
            ("application/json", b'{"a": "\xff"}', 400, "BAD_CHARSET"),
            ("application/json", b'{"a": ' + b"[" * 100_000, 400, "TOO_DEEP"),
            ("application/json", b"{}", 400, "EMPTY"),
            ("application/json", b'{"a": "  ", "b": null}', 400, "EMPTY"),
            (URLENCODED, b"a=&b=%20%0A", 400, "EMPTY"),
            (URLENCODED, b"&&&", 400, "EMPTY"),
            (URLENCODED, b"a=" + b"x" * 70_000, 400, "FIELD_TOO_LARGE"),
            (URLENCODED, b"a=1&" * 201, 400, "TOO_MANY_FIELDS"),
            (URLENCODED, b"", 400, "EMPTY_BODY"),
            (URLENCODED, b"a=1".ljust(MAX_BODY + 1, b"&"), 413, "TOO_LARGE"),
            (f"{URLENCODED}; charset=klingon", b"a=1", 400, "BAD_CHARSET"),
            ("multipart/form-data", b"a=1", 400, "MALFORMED_MULTIPART"),
            ("multipart/form-data; boundary=x", b"a=1", 400, "MALFORMED_MULTIPART"),
            ("text/plain", b"a=1", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("text/html", b"a=1", 415, "UNSUPPORTED_MEDIA_TYPE"),
            ("", b"a=1", 415, "UNSUPPORTED_MEDIA_TYPE"),
            (None, b"a=1", 415, "UNSUPPORTED_MEDIA_TYPE"),
        ],
        ids=lambda value: str(value)[:40],
    )
    async def test_what_is_no_form_is_refused(
        self, door: Door, content_type: str | None, body: bytes, status: int, code: str
    ) -> None:
        answer = await door.form(content_type, body)
        await door.refused(answer, status, code)
        assert answer.headers["access-control-allow-origin"] == "*"
        if status == 415:
            for accepted in (URLENCODED, "multipart/form-data", "application/json"):
                assert accepted in answer.headers["accept-post"]

    async def test_a_key_of_no_form_is_404(self, door: Door, company: Company) -> None:
        for key in ("unknown", company.mail_secret, "%00", "x" * 5_000, "%ff", f"{company.form.key}x", "%2e%2e"):
            answer = await door.http.post(f"/ingress/forms/{key}", content=b"a=1", headers={"Content-Type": URLENCODED})
            await door.refused(answer, 404, "UNKNOWN_FORM")

    async def test_a_body_over_the_cap_is_413_with_and_without_a_length(self, door: Door) -> None:
        content_type, _ = multipart({}, "x")
        over = b"x" * (MAX_MULTIPART + 1)
        await door.refused(await door.form(content_type, over), 413, "TOO_LARGE")
        await door.refused(await door.form(content_type, chunked(over)), 413, "TOO_LARGE")

    async def test_any_page_may_post(self, door: Door) -> None:
        asked = {"Origin": "https://www.b.example", "Access-Control-Request-Method": "POST"}
        asked["Access-Control-Request-Headers"] = "content-type,idempotency-key"
        answer = await door.http.options(door.form_path, headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert answer.headers["access-control-allow-headers"].lower() == "content-type, idempotency-key"
        body = b'{"email": "a@b.example"}'
        answer = await door.form("application/json", body, Origin="https://www.b.example")
        await door.taken(answer, body)
        assert answer.headers["access-control-allow-origin"] == "*"

    async def test_a_form_needs_no_credential_and_looks_at_none(self, door: Door, company: Company) -> None:
        await door.taken(await door.form(URLENCODED, b"a=1", Authorization="Bearer nonsense"), b"a=1")


class TestMail:
    async def test_one_is_stored_as_it_came(self, door: Door) -> None:
        message_id = await door.taken(await door.mail(), MAIL)
        message = await scoped(InboundMessage, door.company.alice).get(id=message_id)
        assert (message.kind, message.message_id_header) == ("MAIL", "<1@b.example>")
        assert message.channel_id == door.company.mailbox.id

    async def test_bytes_of_every_value_survive(self, door: Door) -> None:
        body = b"\x00\r\n" + bytes(range(256)) * 9
        await door.taken(await door.mail(body), body)

    async def test_the_same_mail_is_one_message_through_whatever_relay(self, door: Door) -> None:
        message_id = await door.taken(await door.mail(), MAIL)
        await door.repeated(await door.mail(), message_id)
        relayed = b"Received: from a by b; Mon, 2 Mar 2026 09:00:00 +0000\r\n" + MAIL
        await door.repeated(await door.mail(relayed), message_id)
        await door.repeated(await door.mail(MAIL.replace(b"\r\n", b"\n")), message_id)
        assert await door.stored() == [MAIL]

    async def test_a_forged_message_id_takes_no_mails_place(self, door: Door) -> None:
        await door.taken(await door.mail(), MAIL)
        other = MAIL.replace(b"Three", b"Four")
        await door.taken(await door.mail(other), other)

    async def test_a_secret_may_come_as_a_password_of_anybody(self, door: Door, company: Company) -> None:
        for number, user in enumerate(("", "anbahn", "ä", "postmaster@b.example")):
            body = MAIL + str(number).encode()
            encoded = base64.b64encode(f"{user}:{company.mail_secret}".encode()).decode()
            await door.taken(await door.mail(body, Authorization=f"Basic {encoded}"), body)
            body += b"!"
            await door.taken(await door.mail(body, Authorization=f"bASIC   {encoded} "), body)

    @pytest.mark.parametrize(
        "wrong",
        [
            "none",
            "empty",
            "another's form key",
            "own form key",
            "api key",
            "upper case",
            "cut",
            "longer",
            "blank inside",
            "quoted",
            "too long",
            "no scheme",
            "not base64",
            "no colon",
            "as user name",
            "not ascii",
        ],
    )
    async def test_what_is_no_secret_is_refused_with_a_challenge(
        self, door: Door, company: Company, other: Company, wrong: str
    ) -> None:
        secret = company.mail_secret
        given: bytes | None = {
            "none": None,
            "empty": b"Bearer ",
            "another's form key": f"Bearer {other.form.key}".encode(),
            "own form key": f"Bearer {company.form.key}".encode(),
            "api key": f"Bearer {company.keys['alice']}".encode(),
            "upper case": f"Bearer {secret.swapcase()}".encode(),
            "cut": f"Bearer {secret[:-1]}".encode(),
            "longer": f"Bearer {secret}x".encode(),
            "blank inside": f"Bearer {secret[:9]} {secret[9:]}".encode(),
            "quoted": f'Bearer "{secret}"'.encode(),
            "too long": b"Bearer " + b"x" * 10_000,
            "no scheme": secret.encode(),
            "not base64": f"Basic {secret}!".encode(),
            "no colon": b"Basic " + base64.b64encode(secret.encode()),
            "as user name": b"Basic " + base64.b64encode(f"{secret}:".encode()),
            "not ascii": b"Bearer \xe4\xff",
        }[wrong]
        headers = [(b"Content-Type", b"message/rfc822")] + ([(b"Authorization", given)] if given is not None else [])
        answer = await door.http.post("/ingress/mail/raw", content=MAIL, headers=headers)
        await door.refused(answer, 401, "UNAUTHENTICATED")
        assert "Bearer" in answer.headers["www-authenticate"]
        assert "Basic" in answer.headers["www-authenticate"]

    async def test_a_secret_opens_its_own_workspace_and_no_other(
        self, door: Door, company: Company, other: Company
    ) -> None:
        answer = await door.mail(secret=other.mail_secret)
        assert answer.status_code == 202
        assert await door.stored() == []
        assert [workspace for workspace, _ in door.doorbell.rung] == [other.alice.workspace_id]
        await door.taken(await door.mail(), MAIL)  # the same mail in each workspace is a message of each

    @pytest.mark.parametrize("content_type", ["text/plain", "application/json", "", "message/rfc82", "message/rfc822x"])
    async def test_another_media_type_is_415(self, door: Door, content_type: str) -> None:
        answer = await door.mail(**{"Content-Type": content_type})
        await door.refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
        assert answer.headers["accept-post"] == "message/rfc822"

    async def test_the_media_type_may_have_parameters_and_capitals(self, door: Door) -> None:
        await door.taken(await door.mail(**{"Content-Type": "Message/RFC822; charset=utf-8"}), MAIL)

    async def test_an_empty_body_is_400(self, door: Door) -> None:
        await door.refused(await door.mail(b""), 400, "EMPTY_BODY")

    async def test_forty_mebibytes_are_taken_and_a_byte_more_is_not(self, door: Door) -> None:
        assert LARGEST_MAIL == 40 * 2**20
        over = MAIL.ljust(LARGEST_MAIL + 1, b"x")
        await door.refused(await door.mail(over), 413, "TOO_LARGE")
        await door.refused(await door.mail(chunked(over)), 413, "TOO_LARGE")
        await door.taken(await door.mail(chunked(over[:-1])), over[:-1])


class TestBoth:
    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
    async def test_another_method_is_405(self, door: Door, method: str) -> None:
        for path in (door.form_path, "/ingress/mail/raw"):
            answer = await door.http.request(method, path)
            await door.refused(answer, 405, "METHOD_NOT_ALLOWED")
            assert "POST" in answer.headers["allow"]

    async def test_a_bell_that_breaks_takes_nothing_back(
        self, door: Door, company: Company, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def broken(**_: object) -> None:
            raise RuntimeError("no bell")

        monkeypatch.setattr(door.doorbell, "ring_intake", broken)
        for answer in (await door.form(URLENCODED, b"a=1"), await door.mail()):
            assert (answer.status_code, answer.json()["duplicate"]) == (202, False)
        assert await door.stored() == [b"a=1", MAIL]

    async def test_what_could_not_be_committed_is_not_acknowledged(
        self, door: Door, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def away(**_: object) -> None:
            raise DBConnectionError("away")

        monkeypatch.setattr("api.ingress.answers.receive", away)
        for answer in (await door.form(URLENCODED, b"a=1"), await door.mail()):
            await door.refused(answer, 503, "NOT_STORED")
            assert int(answer.headers["retry-after"]) > 0

    async def test_a_fault_of_ours_is_not_acknowledged_and_says_nothing(
        self, door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def broken(**_: object) -> None:
            raise RuntimeError("secret detail")

        monkeypatch.setattr("api.ingress.answers.receive", broken)
        for answer in (await door.form(URLENCODED, b"a=1"), await door.mail()):
            await door.refused(answer, 503, "NOT_STORED")
            assert answer.headers["retry-after"].isdigit()
            assert "secret" not in answer.text
        faults = [record.getMessage() for record in caplog.records if record.name == "anbahn.ingress"]
        assert len(faults) == 2
        assert all("RuntimeError" in fault and "secret" not in fault for fault in faults)
