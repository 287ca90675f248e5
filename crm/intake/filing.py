"""Filing what was read: the contact, the organization and the lead, in one commit with the message's new state."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm.accounts.facts import Actor
from crm.accounts.models import Workspace
from crm.accounts.permissions import permit
from crm.activities import operations as activities
from crm.activities.models import Activity, ActivityKind
from crm.contacts import rules as addresses
from crm.contacts.finding import find_or_add_contact, find_or_add_organization
from crm.contacts.models import Contact, Organization
from crm.db import atomic, scoped
from crm.errors import Invalid
from crm.ids import new_id
from crm.intake import rules
from crm.intake.events import InboundMessageProcessed
from crm.intake.facts import ChannelKind, Claim, InboundState
from crm.intake.inquiry import Inquiry, Unreadable
from crm.intake.models import InboundMessage
from crm.intake.operations import hold, quarantine
from crm.leads.models import Lead
from crm.leads.operations import add_lead
from crm.leads.suggestions import Given, suggest_if_possible
from crm.outbox import operations as outbox


@atomic()
async def file(*, actor: Actor, claim: Claim, parsed: Inquiry | Unreadable, now: datetime) -> UUID | None:
    """Make the lead of a claimed message, or quarantine it; the id of the lead, if one was made.

    Does nothing when the claim has run out: whoever holds the message now files it.
    """
    permit(actor, "intake.file")
    message = await hold(actor=actor, claim=claim)
    if message is None:
        return None
    if isinstance(parsed, Unreadable):
        await quarantine(message, parsed.reason[:40], parsed.detail, actor=actor, now=now)
        return None
    trace = [*message.trace, *parsed.trace, *await _suspicions(message, actor)]
    email, phone, remarks = await _read_addresses(parsed, actor)
    trace += remarks
    if email is None and phone is None and not parsed.name:
        message.trace = trace
        await quarantine(message, "NO_CONTACT_DETAILS", "nothing says who wrote it", actor=actor, now=now)
        return None
    organization = await _organization(parsed, email, actor, trace, now)
    contact = await _contact(parsed, email, phone, organization, actor, trace, now)
    said = rules.said_besides(
        parsed,
        contact_name=contact.name,
        organization_name=organization.name if organization else None,
        job_title=contact.job_title,
        phone_read=phone is not None,
    )
    if said:
        trace.append(f"kept on the timeline, for it differs from what is known: {', '.join(name for name, _ in said)}")
    lead, entry = await _lead(parsed, said, message, contact, organization, actor, now)
    trace.append(f"a new interest: lead made: {lead.title}")
    given = Given(
        text=entry.body or "",
        subject=parsed.subject,
        activity_id=entry.id,
        contact_id=contact.id,
        today=message.received_at.date(),
    )
    proposed = await suggest_if_possible(actor=actor, lead_id=lead.id, given=given, now=now)
    trace += [proposed] if proposed else []
    message.state = InboundState.PROCESSED.value
    message.due_at = None
    message.done_at = now
    message.lead_id = lead.id
    message.trace = trace
    await message.save()
    await outbox.record(InboundMessageProcessed(subject_id=message.id, lead_id=lead.id), actor=actor, now=now)
    return lead.id


async def _suspicions(message: InboundMessage, actor: Actor) -> list[str]:
    """A Message-ID that came before over other content: a sender chooses it, so both are handled on their own."""
    if message.message_id_header is None:
        return []
    others = scoped(InboundMessage, actor).filter(
        channel_id=message.channel_id, message_id_header=message.message_id_header
    )
    if await others.exclude(id=message.id).exists():
        return ["suspected: the same Message-ID came with other content; handled on its own"]
    return []


async def _read_addresses(inquiry: Inquiry, actor: Actor) -> tuple[str | None, str | None, list[str]]:
    remarks = []
    email = phone = None
    if inquiry.email:
        try:
            email = addresses.parse_email(inquiry.email)[0]
        except Invalid as error:
            remarks.append(f"e-mail address left out: {error.message}")
    if inquiry.phone:
        region = (await Workspace.get(id=actor.workspace_id)).region
        try:
            phone = addresses.parse_phone(inquiry.phone, region=region)
        except Invalid as error:
            remarks.append(f"phone number left out: {error.message}")
    return email, phone, remarks


async def _organization(
    inquiry: Inquiry, email: str | None, actor: Actor, trace: list[str], now: datetime
) -> Organization | None:
    domain = addresses.company_domain(addresses.parse_email(email)[1]) if email else None
    found = await find_or_add_organization(actor=actor, name=inquiry.organization, domain=domain, email=email, now=now)
    if found is None:
        trace.append("no organization: none was named, and the address is at a free-mail provider or missing")
        return None
    trace.append(f"organization {found.how} by {found.by}: {found.record.name}")
    return found.record


async def _contact(
    inquiry: Inquiry,
    email: str | None,
    phone: str | None,
    organization: Organization | None,
    actor: Actor,
    trace: list[str],
    now: datetime,
) -> Contact:
    found = await find_or_add_contact(
        actor=actor,
        name=inquiry.name,
        email=email,
        phone=phone,
        job_title=inquiry.job_title[:200] if inquiry.job_title else None,
        organization_id=organization.id if organization else None,
        now=now,
    )
    trace.append(f"contact {found.how} by {found.by}: {found.record.name}")
    return found.record


async def _lead(
    inquiry: Inquiry,
    said: list[tuple[str, str]],
    message: InboundMessage,
    contact: Contact,
    organization: Organization | None,
    actor: Actor,
    now: datetime,
) -> tuple[Lead, Activity]:
    """The lead, and the entry of its timeline that holds the message."""
    kind = ChannelKind(message.kind)
    organization_id = organization.id if organization else contact.organization_id
    lead = await add_lead(
        actor=actor,
        now=now,
        id=new_id(),
        title=rules.title(inquiry),
        source=rules.source(kind),
        utm=inquiry.utm,
        contact_id=contact.id,
        organization_id=organization_id,
        channel_id=message.channel_id,
        inbound_message_id=message.id,
    )
    entry = await activities.log(
        actor=actor,
        kind=ActivityKind.FORM if kind is ChannelKind.FORM else ActivityKind.EMAIL,
        summary=inquiry.subject or lead.title,
        body=rules.body(inquiry, said),
        contact_id=contact.id,
        organization_id=organization_id,
        lead_id=lead.id,
        inbound_message_id=message.id,
        now=message.received_at,
    )
    return lead, entry
