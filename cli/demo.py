"""Demo data: a small company's week, made by the same operations that people use."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from crm.accounts.facts import Actor, Role
from crm.contacts.facts import NewContact, NewOrganization
from crm.contacts.operations import create_contact, create_organization
from crm.deals.facts import Place
from crm.deals.operations import NewDeal, create_deal, move_deal
from crm.engine import bound
from crm.leads.conversion import Conversion, convert_lead
from crm.leads.facts import Answer, Criterion, CriterionState
from crm.leads.operations import NewLead, answer_qualification, create_lead, disqualify_lead
from crm.money import Money
from crm.rows import rows

if TYPE_CHECKING:
    from crm.contacts.models import Contact, Organization
    from crm.leads.models import Lead
    from crm.pipelines.models import Stage

_ORGANIZATIONS = (
    ("Müller Maschinenbau GmbH", "mueller-maschinenbau.example"),
    ("Ärztehaus am Park", "aerztehaus-park.example"),
    ("Zorn & Söhne Logistik", "zorn-logistik.example"),
    ("Northwind Bikes Ltd", "northwind-bikes.example"),
)
_CONTACTS = (
    ("Anna Müller", "anna@mueller-maschinenbau.example", "+49 30 5550101", "Head of purchasing", 0),
    ("Dr. Jürgen Özdemir", "oezdemir@aerztehaus-park.example", "+49 40 5550102", "Managing partner", 1),
    ("Claire Zorn", "claire@zorn-logistik.example", "+49 89 5550103", "Owner", 2),
    ("Tom Baker", "tom@northwind-bikes.example", "+44 20 7946 0104", "Operations", 3),
    ("Sofia Rossi", "sofia.rossi@gmx.example", None, None, None),
)


async def fill(actor: Actor, now: datetime) -> None:
    """Fill a new workspace. ``actor`` is Anbahn itself; the data are made in the owner's name."""
    with bound(actor.workspace_id):
        owner = await rows("Member", actor, role=Role.OWNER.value).get()
        stages = await rows("Stage", actor).order_by("position")
    owned = Actor(workspace_id=actor.workspace_id, member_id=owner.id, role=Role.OWNER)
    organizations, contacts = await _people(owned, now - timedelta(days=12))
    await _deals(owned, organizations, contacts, stages, now - timedelta(days=9))
    await _leads(owned, contacts, stages, now)


async def _people(actor: Actor, now: datetime) -> tuple[list[Organization], list[Contact]]:
    organizations = [
        await create_organization(
            actor=actor, new=NewOrganization(name=name, domain=domain), idempotency_key=None, now=now
        )
        for name, domain in _ORGANIZATIONS
    ]
    contacts = [
        await create_contact(
            actor=actor,
            new=NewContact(
                name=name,
                emails=(email,),
                phones=(phone,) if phone else (),
                job_title=title,
                organization_id=organizations[at].id if at is not None else None,
            ),
            idempotency_key=None,
            now=now,
        )
        for name, email, phone, title, at in _CONTACTS
    ]
    return organizations, contacts


async def _deals(
    actor: Actor, organizations: list[Organization], contacts: list[Contact], stages: list[Stage], now: datetime
) -> None:
    plans = (
        ("CNC retrofit, two machines", 0, 0, 4_800_000, "EUR", 2),
        ("Reception software, five seats", 1, 1, 650_000, "EUR", 1),
        ("Fleet tracking, 40 trucks", 2, 2, 2_160_000, "EUR", 1),
        ("Workshop stands", 3, 3, 1_250_000, "GBP", 0),
        ("Spare parts, yearly", 0, 0, 900_000, "EUR", 3),
    )
    for title, organization, contact, minor, currency, stage in plans:
        added = await create_deal(
            actor=actor,
            new=NewDeal(
                title=title,
                stage_id=stages[0].id,
                amount=Money(minor, currency),
                contact_id=contacts[contact].id,
                organization_id=organizations[organization].id,
                expected_close_date=date(now.year, now.month, 1) + timedelta(days=75),
            ),
            idempotency_key=None,
            now=now,
        )
        if stage:
            await move_deal(
                actor=actor,
                deal_id=added.deal.id,
                stage_id=stages[stage].id,
                place=Place.last(),
                expected_version=None,
                lost_reason=None,
                now=now + timedelta(days=3),
            )


async def _leads(actor: Actor, contacts: list[Contact], stages: list[Stage], now: datetime) -> None:
    async def lead(title: str, contact: int, source: str, days: int) -> Lead:
        new = NewLead(title=title, contact_id=contacts[contact].id, source=source)
        return await create_lead(actor=actor, new=new, idempotency_key=None, now=now - timedelta(days=days))

    async def answer(lead: Lead, days: int, *answers: Answer) -> None:
        await answer_qualification(
            actor=actor, lead_id=lead.id, answers=answers, expected_version=None, now=now - timedelta(days=days)
        )

    met = CriterionState.MET
    budget = Answer(Criterion.BUDGET, met, amount=Money(1_200_000, "EUR"))
    need = Answer(Criterion.NEED, met, text="Replace the old scheduling board before the summer")
    authority = Answer(Criterion.AUTHORITY, met, decision_maker_id=contacts[2].id, budget_holder_id=contacts[2].id)
    timeframe = Answer(Criterion.TIMEFRAME, met, not_after=now.date() + timedelta(days=60))

    await lead("Question about the warranty", 4, "mail", 0)
    half = await lead("Second site: same machines again?", 0, "call", 2)
    await answer(
        half, 1, need, Answer(Criterion.BUDGET, CriterionState.PENDING, pending_until=now.date() + timedelta(days=14))
    )
    ready = await lead("Route planning for the new depot", 2, "fair", 4)
    await answer(ready, 3, budget, authority, need, timeframe)
    done = await lead("Patient terminals", 1, "form", 6)
    await answer(done, 5, budget, authority, need, timeframe)
    await convert_lead(
        actor=actor,
        lead_id=done.id,
        how=Conversion(stage_id=stages[1].id, place=Place.first()),
        expected_version=None,
        now=now - timedelta(days=4),
    )
    lost = await lead("Sponsoring of the cycling club", 3, "mail", 7)
    await disqualify_lead(
        actor=actor,
        lead_id=lost.id,
        reason="NO_NEED",
        note="Asked for money, not for bikes",
        nurture_until=None,
        expected_version=None,
        now=now - timedelta(days=6),
    )
