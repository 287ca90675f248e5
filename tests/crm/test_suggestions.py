"""What comes in by mail and form is read, and never lost by it."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

import pytest

from crm.db import scoped
from crm.intake.facts import ChannelKind
from crm.intake.models import InboundMessage
from crm.leads import suggestions
from crm.leads.models import Lead, Suggestion
from crm.outbox.models import OutboxEvent
from tests.conftest import Company
from tests.factories import deliver, make_contact, make_lead, make_suggestion, process

MAIL = """From: Anna Kern <anna@kern-pumpen.example>
Subject: Anfrage
Message-ID: <1@kern-pumpen.example>
Content-Type: text/plain; charset=utf-8

Guten Tag,

wir suchen zwölf Pumpen. Unser Budget beträgt 10.000 €. Lieferung bis Ende März.

Mit freundlichen Grüßen
Anna Kern
Geschäftsführerin
"""


async def found(at: Company, lead_id: object) -> dict[str, Suggestion]:
    return {row.criterion: row for row in await scoped(Suggestion, at.bob).filter(lead_id=lead_id)}


async def test_a_mail_that_becomes_a_lead_brings_its_suggestions(company: Company) -> None:
    received = await deliver(company, ChannelKind.MAIL, MAIL.encode())
    lead_id = await process(company, received)
    lead = await Lead.get(id=lead_id)
    read = await found(company, lead_id)
    assert set(read) == {"BUDGET", "AUTHORITY", "NEED", "TIMEFRAME"}
    assert (read["BUDGET"].amount_minor, read["BUDGET"].currency) == (1_000_000, "EUR")
    assert (read["AUTHORITY"].text, read["AUTHORITY"].decision_maker_id) == ("Geschäftsführerin", lead.contact_id)
    assert str(read["TIMEFRAME"].not_after) == "2026-03-31"
    assert len({row.activity_id for row in read.values()}) == 1
    trace = (await InboundMessage.get(id=received.message_id)).trace
    assert any(line.startswith("answers proposed: budget (budget.amount)") for line in trace)
    assert await scoped(OutboxEvent, company.bob).filter(name="suggestion.proposed").count() == 4


async def test_a_form_brings_them_too_and_its_job_title_says_who_decides(company: Company) -> None:
    fields = {
        "name": "Ben",
        "email": "ben@kern-pumpen.example",
        "job_title": "Head of Procurement",
        "message": "We need two pumps",
    }
    lead_id = await process(company, await deliver(company, ChannelKind.FORM, urlencode(fields).encode()))
    read = await found(company, lead_id)
    assert set(read) == {"AUTHORITY", "NEED"}
    assert read["AUTHORITY"].rule == "authority.job_title"


async def test_a_subject_is_read_for_what_the_text_does_not_say(company: Company) -> None:
    raw = (
        MAIL.replace("Subject: Anfrage", "Subject: Anfrage zu Pumpen in Q4").partition("wir suchen")[0]
        + "siehe Anhang.\n"
    )
    lead_id = await process(company, await deliver(company, ChannelKind.MAIL, raw.encode()))
    assert set(await found(company, lead_id)) == {"NEED", "TIMEFRAME"}


@pytest.mark.parametrize("where", ["proposals_of", "_create"])
async def test_when_reading_fails_the_message_is_filed_all_the_same(
    company: Company, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Before anything is written, and after: by a statement that PostgreSQL refuses."""

    async def break_the_database(*_: object) -> Suggestion:
        return await Suggestion.create(workspace_id=company.bob.workspace_id, quote="")

    def fall(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of the reader")

    monkeypatch.setattr(suggestions, where, fall if where == "proposals_of" else break_the_database)
    received = await deliver(company, ChannelKind.MAIL, MAIL.encode())
    lead_id = await process(company, received)
    message = await InboundMessage.get(id=received.message_id)
    assert (message.state, message.lead_id) == ("PROCESSED", lead_id)
    assert "no answers were read out of the text: reading it failed" in message.trace
    assert await Lead.filter(id=lead_id).exists()
    assert not await scoped(Suggestion, company.bob).exists()
    assert await scoped(OutboxEvent, company.bob).filter(name="lead.captured").exists()
    assert not await scoped(OutboxEvent, company.bob).filter(name="suggestion.proposed").exists()


async def test_a_newer_message_is_read_for_the_same_lead_by_one_after_the_other(company: Company) -> None:
    contact = await make_contact(company.bob)
    lead = await make_lead(company.bob, contact_id=contact.id)
    first = await make_suggestion(company.bob, "Budget: 1.000 EUR", lead_id=lead.id)
    await asyncio.gather(
        *(make_suggestion(company.bob, f"Budget: {number}.000 EUR", lead_id=lead.id) for number in range(2, 8))
    )
    rows = await scoped(Suggestion, company.bob).filter(lead_id=lead.id, state="PROPOSED")
    assert len(rows) == 1
    assert (await Suggestion.get(id=first.id)).state == "SUPERSEDED"


async def test_a_criterion_that_is_answered_that_way_is_not_suggested(company: Company) -> None:
    suggestion = await make_suggestion(company.bob, "Budget: 1.000 EUR")
    await suggestions.accept_suggestion(
        actor=company.bob, suggestion_id=suggestion.id, changes={}, expected_version=None, now=suggestion.created_at
    )
    for text in ("Unser Budget liegt bei 1000,00 €.", "Das Budget ist freigegeben."):
        read = await suggestions.suggest_answers(
            actor=company.bob,
            lead_id=suggestion.lead_id,
            text=text,
            expected_version=None,
            idempotency_key=None,
            dry_run=False,
            now=suggestion.created_at,
        )
        assert read.suggestions == ()
    changed = await make_suggestion(company.bob, "Unser Budget liegt bei 2.000 €.", lead_id=suggestion.lead_id)
    assert changed.amount_minor == 200_000
