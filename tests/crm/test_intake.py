"""From a stranger's bytes to one lead: nothing is lost on the way, and nothing is done twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import httpx
import pytest

from adapters.mail.fingerprint import fingerprint
from adapters.read import read
from api.ingress import answers
from crm.activities.models import Activity
from crm.contacts.models import Contact, ContactEmail, Organization
from crm.db import scoped
from crm.doors import due_messages
from crm.engine import bound
from crm.errors import Forbidden
from crm.intake import filing, operations, rules
from crm.intake.facts import ChannelKind, Claim
from crm.intake.inquiry import Inquiry, Unreadable
from crm.intake.models import InboundMessage, InboundRaw
from crm.intake.operations import Received
from crm.leads.models import Lead
from crm.outbox.models import OutboxEvent
from tests.conftest import NOW, Company, RecordingDoorbell, later
from tests.factories import deliver, make_contact, make_organization, process

LEASE = rules.LEASE.total_seconds()
URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


def form(**fields: str) -> bytes:
    given = {"name": "Anna Beispiel", "email": "anna@beispiel-werke.example", "message": "Three pumps", **fields}
    return urlencode({name: value for name, value in given.items() if value}).encode()


def mail(
    body: str = "Three pumps, please.", *, sender: str = "Anna <anna@beispiel-werke.example>", **headers: str
) -> bytes:
    lines = {"From": sender, "Subject": "Pumps", "Message-ID": "<1@mail.example>", **headers}
    return "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value).encode() + f"\r\n{body}".encode()


async def deliver_mail(company: Company, raw: bytes, *, now: datetime = NOW) -> Received:
    """As the ingress does, with the mail's own fingerprint."""
    known = fingerprint(raw)
    return await deliver(
        company, ChannelKind.MAIL, raw, now=now, fingerprint=known.digest, message_id_header=known.message_id
    )


async def message(company: Company, received: Received) -> InboundMessage:
    return await scoped(InboundMessage, company.system).get(id=received.message_id)


async def claimed(company: Company, received: Received, *, now: datetime = NOW) -> Claim:
    claim = await operations.claim(actor=company.system, message_id=received.message_id, now=now)
    assert claim is not None
    return claim


async def filed(company: Company, claim: Claim, *, now: datetime = NOW) -> UUID | None:
    parsed = read(claim.kind.value, claim.content_type, claim.raw)
    return await filing.file(actor=company.system, claim=claim, parsed=parsed, now=now)


async def messages(company: Company) -> int:
    return await scoped(InboundMessage, company.system).count()


async def leads(company: Company) -> int:
    return await scoped(Lead, company.system).count()


# Receiving


async def test_what_is_received_waits_with_its_raw_bytes(company: Company) -> None:
    received = await deliver(company, ChannelKind.FORM, form())
    stored = await message(company, received)
    assert (stored.state, stored.attempts, stored.due_at, stored.deliveries) == ("RECEIVED", 0, NOW, 1)
    assert bytes((await scoped(InboundRaw, company.system).get(message_id=stored.id)).content) == form()
    assert stored.size == len(form())


async def test_equal_values_within_ten_minutes_are_one_message_and_later_a_new_one(company: Company) -> None:
    """Ten minutes from the first: a form posted every nine minutes is not one inquiry for ever."""
    first = await deliver(company, ChannelKind.FORM, form())
    again = await deliver(company, ChannelKind.FORM, form(), now=later(599))
    assert (again.message_id, again.duplicate) == (first.message_id, True)
    assert (await message(company, first)).deliveries == 2
    second = await deliver(company, ChannelKind.FORM, form(), now=later(600))
    assert not second.duplicate
    third = await deliver(company, ChannelKind.FORM, form(), now=later(86_400))
    assert not third.duplicate
    assert len({first.message_id, second.message_id, third.message_id}) == 3
    assert await messages(company) == 3


async def test_other_values_are_another_message_at_once(company: Company) -> None:
    first = await deliver(company, ChannelKind.FORM, form())
    second = await deliver(company, ChannelKind.FORM, form(message="Four pumps"))
    assert not second.duplicate
    assert second.message_id != first.message_id


async def test_an_idempotency_key_holds_for_ever_but_only_for_the_same_values(company: Company) -> None:
    """A key that a website gives every visitor must not swallow the second one."""
    first = await deliver(company, ChannelKind.FORM, form(), idempotency_key="k1")
    again = await deliver(company, ChannelKind.FORM, form(), idempotency_key="k1", now=later(86_400))
    assert (again.message_id, again.duplicate) == (first.message_id, True)
    other = await deliver(company, ChannelKind.FORM, form(name="Ben"), idempotency_key="k1")
    assert not other.duplicate
    renewed = await deliver(company, ChannelKind.FORM, form(), idempotency_key="k2")
    assert not renewed.duplicate
    bare = await deliver(company, ChannelKind.FORM, form())
    assert not bare.duplicate
    assert await messages(company) == 4


async def test_the_same_mail_is_the_same_message_whenever_and_by_whichever_way_it_comes(company: Company) -> None:
    first = await deliver_mail(company, mail())
    a_day_later = await deliver_mail(company, mail(), now=later(86_400))
    relayed = await deliver_mail(company, b"Received: from relay.example by mx.example\r\n" + mail())
    assert (a_day_later.message_id, a_day_later.duplicate) == (first.message_id, True)
    assert (relayed.message_id, relayed.duplicate) == (first.message_id, True)
    assert (await message(company, first)).deliveries == 3
    assert await messages(company) == 1


async def test_a_message_id_over_another_body_is_handled_on_its_own_and_suspected(company: Company) -> None:
    """A sender chooses its Message-ID: whoever guesses another's must not be able to make that mail vanish."""
    first = await deliver_mail(company, mail())
    second = await deliver_mail(company, mail("Nothing, thank you."))
    assert not second.duplicate
    assert await process(company, first) is not None
    assert await process(company, second) is not None
    assert any(line.startswith("suspected:") for line in (await message(company, second)).trace)
    assert await leads(company) == 2


async def test_a_mail_alone_with_its_message_id_is_not_suspected(company: Company) -> None:
    first = await deliver_mail(company, mail())
    await process(company, first)
    assert not any(line.startswith("suspected:") for line in (await message(company, first)).trace)


async def test_the_same_bytes_on_two_channels_are_two_messages(company: Company) -> None:
    first = await deliver_mail(company, mail())
    from_form = await deliver(company, ChannelKind.FORM, mail(), fingerprint=fingerprint(mail()).digest)
    assert not from_form.duplicate
    assert from_form.message_id != first.message_id


def multipart(boundary: str) -> tuple[bytes, str]:
    parts = (("name", "Anna"), ("email", "anna@beispiel-werke.example"), ("message", "Three pumps"))
    body = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts
    )
    return f"{body}--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


@pytest.mark.parametrize("how", ["form", "form with key", "multipart", "mail"])
async def test_twenty_parallel_deliveries_are_one_message(
    how: str, company: Company, http: httpx.AsyncClient, doorbell: RecordingDoorbell
) -> None:
    """One of them is told that it is new, all get the same id, and the bell rings once."""

    async def post(number: int) -> httpx.Response:
        path = f"/ingress/forms/{company.form.key}"
        if how == "mail":
            headers = {"Content-Type": "message/rfc822", "Authorization": f"Bearer {company.mail_secret}"}
            copy = f"Received: from relay{number}.example\r\n".encode() + mail()
            return await http.post("/ingress/mail/raw", content=copy, headers=headers)
        if how == "multipart":
            body, content_type = multipart(f"boundary{number}")
            return await http.post(path, content=body, headers={"Content-Type": content_type})
        key = {"Idempotency-Key": "k"} if how == "form with key" else {}
        return await http.post(path, content=form(), headers={**URLENCODED, **key})

    answered = await asyncio.gather(*(post(number) for number in range(20)))
    assert [answer.status_code for answer in answered] == [202] * 20
    stored = [answer.json() for answer in answered]
    assert len({one["id"] for one in stored}) == 1
    assert sorted(one["duplicate"] for one in stored) == [False] + [True] * 19
    assert len(doorbell.rung) == 1
    assert (await scoped(InboundMessage, company.system).get()).deliveries == 20
    assert await scoped(InboundRaw, company.system).count() == 1


@pytest.mark.parametrize(
    "fault",
    [
        asyncpg.CannotConnectNowError("the database system is starting up"),
        ConnectionRefusedError(),
        TimeoutError(),
        # What asyncpg says on a connection that has been told of the server's end, but has not been cut yet.
        asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
    ],
)
@pytest.mark.parametrize("how", ["form", "mail"])
async def test_a_database_that_is_away_is_answered_with_come_again(
    how: str,
    fault: Exception,
    company: Company,
    http: httpx.AsyncClient,
    doorbell: RecordingDoorbell,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def away(**_arguments: object) -> None:
        raise fault

    monkeypatch.setattr(answers, "receive", away)
    if how == "form":
        answer = await http.post(f"/ingress/forms/{company.form.key}", content=form(), headers=URLENCODED)
    else:
        headers = {"Content-Type": "message/rfc822", "Authorization": f"Bearer {company.mail_secret}"}
        answer = await http.post("/ingress/mail/raw", content=mail(), headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "NOT_STORED")
    assert int(answer.headers["Retry-After"]) > 0
    assert await messages(company) == 0
    assert doorbell.rung == []


async def test_only_anbahn_itself_may_receive_claim_and_file(company: Company) -> None:
    received = await deliver(company, ChannelKind.FORM, form())
    with pytest.raises(Forbidden):
        await operations.claim(actor=company.alice, message_id=received.message_id, now=NOW)
    assert (await message(company, received)).attempts == 0
    claim = await claimed(company, received)
    with pytest.raises(Forbidden):
        await filing.file(actor=company.alice, claim=claim, parsed=Inquiry(name="Anna"), now=NOW)
    assert await leads(company) == 0


# Claiming


async def test_only_one_of_twenty_parallel_claims_wins(company: Company) -> None:
    received = await deliver(company, ChannelKind.FORM, form())
    claims = await asyncio.gather(
        *(operations.claim(actor=company.system, message_id=received.message_id, now=NOW) for _ in range(20))
    )
    won = [claim for claim in claims if claim]
    assert [claim.attempt for claim in won] == [1]
    assert won[0].raw == form()
    assert (await message(company, received)).attempts == 1


async def test_a_message_is_out_of_reach_of_another_workspace(company: Company, other: Company) -> None:
    received = await deliver(company, ChannelKind.FORM, form())
    with bound(other.system.workspace_id):
        assert await operations.claim(actor=other.system, message_id=received.message_id, now=NOW) is None
    stored = await message(company, received)
    assert (stored.state, stored.attempts) == ("RECEIVED", 0)
    claim = await claimed(company, received)
    with bound(other.system.workspace_id):
        parsed = Inquiry(name="Anna")
        assert await filing.file(actor=other.system, claim=claim, parsed=parsed, now=NOW) is None
        await operations.postpone(actor=other.system, claim=claim, error="not mine", now=NOW)
        assert await leads(other) == 0
    stored = await message(company, received)
    assert (stored.state, stored.trace) == ("PROCESSING", [])


async def test_an_attempt_counts_although_its_worker_dies(company: Company) -> None:
    """Until the lease is over nobody else gets the message; then it is the second attempt."""
    received = await deliver(company, ChannelKind.FORM, form())
    await claimed(company, received)
    just_before = later(LEASE - 0.001)
    assert await operations.claim(actor=company.system, message_id=received.message_id, now=just_before) is None
    assert (await claimed(company, received, now=later(LEASE))).attempt == 2


async def test_a_late_worker_files_nothing(company: Company) -> None:
    """Neither while the second works nor after it is done: one lead, and its trace is the second's."""
    received = await deliver(company, ChannelKind.FORM, form())
    first = await claimed(company, received)
    second = await claimed(company, received, now=later(LEASE))
    assert await filed(company, first, now=later(LEASE + 1)) is None
    await operations.postpone(actor=company.system, claim=first, error="late", now=later(LEASE + 1))
    assert (await message(company, received)).state == "PROCESSING"
    assert await leads(company) == 0
    lead_id = await filed(company, second, now=later(LEASE + 2))
    assert lead_id is not None
    done = await message(company, received)
    assert await filed(company, first, now=later(LEASE + 3)) is None
    assert await filed(company, second, now=later(LEASE + 3)) is None
    await operations.postpone(actor=company.system, claim=second, error="late", now=later(LEASE + 3))
    after = await message(company, received)
    assert (after.state, after.trace, after.lead_id) == ("PROCESSED", done.trace, lead_id)
    assert await leads(company) == 1


async def test_a_worker_whose_lease_is_over_may_file_as_long_as_nobody_else_has_the_message(company: Company) -> None:
    received = await deliver(company, ChannelKind.FORM, form())
    claim = await claimed(company, received)
    assert await filed(company, claim, now=later(LEASE + 60)) is not None


async def test_two_workers_that_file_the_same_claim_at_once_make_one_lead(company: Company) -> None:
    received = await deliver(company, ChannelKind.FORM, form())
    claim = await claimed(company, received)
    made = await asyncio.gather(*(filed(company, claim) for _ in range(5)))
    assert len([lead_id for lead_id in made if lead_id]) == 1
    assert await leads(company) == 1


async def test_a_message_whose_every_worker_dies_ends_in_quarantine(company: Company) -> None:
    """Five attempts and no more: whatever kills workers must not do so for ever."""
    received = await deliver(company, ChannelKind.FORM, form())
    at = NOW
    for attempt in range(1, rules.MOST_ATTEMPTS + 1):
        assert (await claimed(company, received, now=at)).attempt == attempt
        assert await operations.claim(actor=company.system, message_id=received.message_id, now=at) is None
        assert (await message(company, received)).state == "PROCESSING"
        at += rules.LEASE
    assert await operations.claim(actor=company.system, message_id=received.message_id, now=at) is None
    stored = await message(company, received)
    assert (stored.state, stored.reason, stored.attempts) == ("QUARANTINED", "GAVE_UP", 5)
    assert (stored.due_at, stored.done_at) == (None, at)
    assert "5 attempts" in stored.trace[-1]
    events = scoped(OutboxEvent, company.system).filter(subject_id=stored.id, name="inbound_message.quarantined")
    assert await events.count() == 1
    assert bytes((await scoped(InboundRaw, company.system).get(message_id=stored.id)).content) == form()


async def test_what_is_postponed_comes_back_later_each_time_and_is_then_given_up(company: Company) -> None:
    """2, 8, 32 and 128 seconds, each with up to half more; every failure stands in the trace."""
    received = await deliver(company, ChannelKind.FORM, form())
    at = NOW
    for attempt, base in enumerate((2, 8, 32, 128), start=1):
        claim = await claimed(company, received, now=at)
        await operations.postpone(actor=company.system, claim=claim, error="Deadlock\nno 1", now=at)
        stored = await message(company, received)
        assert (stored.state, stored.attempts, stored.rung_at) == ("RECEIVED", attempt, None)
        assert stored.trace[-1] == f"attempt {attempt} failed: Deadlock no 1"
        assert stored.due_at is not None
        assert base <= (stored.due_at - at).total_seconds() <= base * 1.5
        early = stored.due_at - timedelta(milliseconds=1)
        assert await operations.claim(actor=company.system, message_id=received.message_id, now=early) is None
        at = stored.due_at
    claim = await claimed(company, received, now=at)
    await operations.postpone(actor=company.system, claim=claim, error="Deadlock", now=at)
    stored = await message(company, received)
    assert (stored.state, stored.reason, stored.due_at) == ("QUARANTINED", "GAVE_UP", None)
    assert len(stored.trace) == 6


# Filing


async def test_an_inquiry_becomes_a_lead_with_its_person_company_and_words(company: Company) -> None:
    received = await deliver(company, ChannelKind.FORM, form(company="Beispiel-Werke GmbH", subject="Pumps"))
    lead_id = await process(company, received, now=later(5))
    lead = await scoped(Lead, company.system).get(id=lead_id)
    contact = await scoped(Contact, company.system).get(id=lead.contact_id)
    organization = await scoped(Organization, company.system).get(id=lead.organization_id)
    assert (lead.title, lead.source, lead.channel_id) == ("Pumps", "form", company.form.id)
    assert (contact.name, contact.organization_id) == ("Anna Beispiel", organization.id)
    assert (organization.name, organization.domain) == ("Beispiel-Werke GmbH", "beispiel-werke.example")
    activity = await scoped(Activity, company.system).get(inbound_message_id=received.message_id)
    assert "Three pumps" in (activity.body or "")
    stored = await message(company, received)
    assert (stored.state, stored.lead_id, stored.due_at, stored.done_at) == ("PROCESSED", lead_id, None, later(5))
    assert any("contact made" in line for line in stored.trace)


async def test_two_messages_of_one_new_sender_at_once_make_one_contact_and_two_leads(company: Company) -> None:
    received = [await deliver(company, ChannelKind.FORM, form(message=f"{n} pumps")) for n in range(8)]
    claims = [await claimed(company, one) for one in received]
    made = await asyncio.gather(*(filed(company, claim) for claim in claims))
    assert len(set(made)) == 8
    assert None not in made
    assert await scoped(Contact, company.system).count() == 1
    assert await scoped(Organization, company.system).count() == 1
    assert await leads(company) == 8


async def test_a_known_contact_is_found_however_the_address_is_written(company: Company) -> None:
    known = await make_contact(company.bob, "Anna B.", emails=("anna@bücher.example",))
    received = await deliver(company, ChannelKind.FORM, form(email="ANNA@xn--bcher-kva.EXAMPLE"))
    lead = await scoped(Lead, company.system).get(id=await process(company, received))
    assert lead.contact_id == known.id
    assert (await scoped(Contact, company.system).get(id=known.id)).name == "Anna B."
    assert await scoped(Contact, company.system).count() == 1


async def test_an_archived_contact_does_not_block_its_address(company: Company) -> None:
    gone = await make_contact(company.bob, "Anna B.", emails=("anna@beispiel-werke.example",))
    await scoped(Contact, company.system).filter(id=gone.id).update(archived_at=NOW)
    await scoped(ContactEmail, company.system).filter(contact_id=gone.id).update(active=False)
    received = await deliver(company, ChannelKind.FORM, form())
    lead = await scoped(Lead, company.system).get(id=await process(company, received))
    assert lead.contact_id != gone.id
    assert (await scoped(Contact, company.system).get(id=lead.contact_id)).name == "Anna Beispiel"


async def test_a_company_is_known_by_its_domain_a_free_mail_provider_is_none(company: Company) -> None:
    werke = await make_organization(company.bob, "Beispiel-Werke", "beispiel-werke.example")
    from_work = await deliver(company, ChannelKind.FORM, form(email="anna@mail.beispiel-werke.example"))
    lead = await scoped(Lead, company.system).get(id=await process(company, from_work))
    assert lead.organization_id == werke.id
    from_home = await deliver(company, ChannelKind.FORM, form(email="anna@gmail.com"))
    lead = await scoped(Lead, company.system).get(id=await process(company, from_home))
    assert lead.organization_id is None
    assert await scoped(Organization, company.system).count() == 1


async def test_what_cannot_be_read_is_set_aside_with_its_reason(company: Company) -> None:
    received = await deliver(company, ChannelKind.MAIL, mail())
    claim = await claimed(company, received)
    unreadable = Unreadable("TOO_DEEP", "The parts are nested deeper than 50 levels.")
    assert await filing.file(actor=company.system, claim=claim, parsed=unreadable, now=later(1)) is None
    stored = await message(company, received)
    assert (stored.state, stored.reason, stored.due_at) == ("QUARANTINED", "TOO_DEEP", None)
    assert stored.trace == ["quarantined (TOO_DEEP): The parts are nested deeper than 50 levels."]
    assert await leads(company) == 0
    assert await scoped(Contact, company.system).count() == 0
    event = await scoped(OutboxEvent, company.system).get(subject_id=stored.id)
    assert (event.name, event.payload) == ("inbound_message.quarantined", {"reason": "TOO_DEEP"})


async def test_a_message_that_nobody_can_be_answered_to_is_set_aside(company: Company) -> None:
    received = await deliver(company, ChannelKind.FORM, form(name="", email="not an address"))
    assert await process(company, received) is None
    stored = await message(company, received)
    assert (stored.state, stored.reason) == ("QUARANTINED", "NO_CONTACT_DETAILS")
    assert await leads(company) == 0


async def test_a_message_that_fails_while_it_is_filed_leaves_nothing_behind(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it or none: the contact is not there without its lead."""
    received = await deliver(company, ChannelKind.FORM, form())
    claim = await claimed(company, received)

    async def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(filing.activities, "log", broken)
    with pytest.raises(RuntimeError):
        await filed(company, claim)
    assert await leads(company) == 0
    assert await scoped(Contact, company.system).count() == 0
    assert await scoped(Organization, company.system).count() == 0
    assert (await message(company, received)).state == "PROCESSING"
    monkeypatch.undo()
    assert await filed(company, claim) is not None


# The sweep's question. Each test asks in a year before all others, in which their messages are not due yet.

_years = count(2020, -1)


@pytest.fixture
def start() -> datetime:
    return datetime(next(_years), 1, 1, tzinfo=UTC)


async def due(now: datetime, *, grace: float = 2, again: float = 10, at_most: int = 500) -> list[UUID]:
    found = await due_messages(
        now=now, grace=timedelta(seconds=grace), ring_again_after=timedelta(seconds=again), at_most=at_most
    )
    return [message_id for _, message_id in found]


async def test_a_sweep_leaves_a_message_to_its_own_doorbell_for_a_while(company: Company, start: datetime) -> None:
    received = await deliver(company, ChannelKind.FORM, form(), now=start)
    assert await due(start + timedelta(seconds=1.999)) == []
    assert await due(start + timedelta(seconds=2)) == [received.message_id]


async def test_a_sweep_does_not_ring_again_at_once(company: Company, start: datetime) -> None:
    received = await deliver(company, ChannelKind.FORM, form(), now=start)
    rung = start + timedelta(seconds=5)
    assert await due(rung) == [received.message_id]
    assert await due(rung + timedelta(seconds=9.999)) == []
    assert await due(rung + timedelta(seconds=10)) == [received.message_id]


async def test_a_sweep_finds_dead_claims_and_no_living_or_finished_ones(company: Company, start: datetime) -> None:
    dead, done = [await deliver(company, ChannelKind.FORM, form(name=name), now=start) for name in ("Ada", "Ben")]
    await claimed(company, dead, now=start)
    assert await process(company, done, now=start) is not None
    assert await due(start + timedelta(seconds=LEASE)) == []
    assert await due(start + timedelta(seconds=LEASE + 2)) == [dead.message_id]


async def test_a_sweep_names_the_workspace_takes_the_oldest_and_no_more_than_asked(
    company: Company, start: datetime
) -> None:
    received = [
        await deliver(company, ChannelKind.FORM, form(name=f"Person {n}"), now=start - timedelta(seconds=n))
        for n in range(5)
    ]
    oldest = [one.message_id for one in reversed(received)]
    found = await due_messages(
        now=start + timedelta(seconds=5), grace=timedelta(0), ring_again_after=timedelta(seconds=10), at_most=2
    )
    assert sorted(found) == sorted((company.system.workspace_id, message_id) for message_id in oldest[:2])
    assert sorted(await due(start + timedelta(seconds=5))) == sorted(oldest[2:])


async def test_a_sweep_passes_by_what_is_locked(
    company: Company, start: datetime, owner_connection: asyncpg.Connection
) -> None:
    """Whoever works on one message does not hold up all others."""
    locked, free = [await deliver(company, ChannelKind.FORM, form(name=name), now=start) for name in ("Ada", "Ben")]
    async with owner_connection.transaction():
        await owner_connection.execute("SELECT id FROM inbound_message WHERE id = $1 FOR UPDATE", locked.message_id)
        async with asyncio.timeout(5):
            assert await due(start + timedelta(seconds=5)) == [free.message_id]
    assert await due(start + timedelta(seconds=5)) == [locked.message_id]


async def test_a_claim_waits_for_a_repeated_delivery_that_is_being_counted(
    company: Company, start: datetime, owner_connection: asyncpg.Connection
) -> None:
    """Passing over the locked row would leave the message to the sweep, seconds later."""
    received = await deliver(company, ChannelKind.FORM, form(name="Ada"), now=start)
    transaction = owner_connection.transaction()
    await transaction.start()
    await owner_connection.execute(
        "UPDATE inbound_message SET deliveries = deliveries + 1 WHERE id = $1", received.message_id
    )
    claiming = asyncio.create_task(
        operations.claim(actor=company.system, message_id=received.message_id, now=start + timedelta(seconds=1))
    )
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    async with asyncio.timeout(5):
        while await owner_connection.fetchval(waiting) == 0:
            await asyncio.sleep(0.01)
    await transaction.commit()
    claim = await claiming
    assert claim is not None
    assert claim.attempt == 1


async def test_parallel_sweeps_ring_once_for_each_message(company: Company, start: datetime) -> None:
    received = [await deliver(company, ChannelKind.FORM, form(name=f"Person {n}"), now=start) for n in range(30)]
    found = await asyncio.gather(*(due(start + timedelta(seconds=5), at_most=10) for _ in range(6)))
    rung = [message_id for one in found for message_id in one]
    assert len(rung) == len(set(rung))
    rung += await due(start + timedelta(seconds=5))
    assert sorted(rung) == sorted(one.message_id for one in received)
