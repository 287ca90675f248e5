"""Records for tests, made by the same operations that people use."""

from __future__ import annotations

from datetime import date, datetime
from itertools import count
from typing import Any

from adapters.read import read
from crm.accounts.facts import Actor
from crm.contacts.archiving import archive_contact, archive_organization, restore_contact, restore_organization
from crm.contacts.changing import update_contact, update_organization
from crm.contacts.facts import ContactChange, NewContact, NewOrganization, OrganizationChange
from crm.contacts.models import Contact, Organization
from crm.contacts.operations import create_contact, create_organization
from crm.customfields.facts import Entity, FieldKind
from crm.customfields.models import CustomField
from crm.customfields.operations import NewField, create_custom_field
from crm.db import scoped
from crm.deals.models import Deal
from crm.deals.operations import NewDeal, create_deal
from crm.intake import filing, operations
from crm.intake.facts import ChannelKind
from crm.intake.operations import Delivery, Received
from crm.leads.conversion import Conversion, convert_lead
from crm.leads.facts import Answer, Criterion, CriterionState
from crm.leads.models import Lead, Suggestion
from crm.leads.operations import NewLead, answer_qualification, create_lead
from crm.leads.suggestions import suggest_answers
from crm.merging.models import Merge
from crm.merging.operations import merge_contacts, merge_organizations
from crm.money import Money
from crm.pipelines.facts import NewStage, StageKind
from crm.pipelines.models import Stage
from crm.pipelines.operations import create_pipeline
from crm.tags.models import Tag
from crm.tags.operations import NewTag, create_tag
from tests.conftest import NOW, Company

_numbers = count(1)


async def make_contact(actor: Actor, name: str = "Anna Beispiel", **fields: Any) -> Contact:
    return await create_contact(actor=actor, new=NewContact(name=name, **fields), idempotency_key=None, now=NOW)


async def make_organization(
    actor: Actor, name: str = "Beispiel GmbH", domain: str | None = None, **fields: Any
) -> Organization:
    new = NewOrganization(name=name, domain=domain, **fields)
    return await create_organization(actor=actor, new=new, idempotency_key=None, now=NOW)


async def change_contact(actor: Actor, contact: Contact, **fields: Any) -> Contact:
    change = ContactChange(**fields)
    return await update_contact(actor=actor, contact_id=contact.id, change=change, expected_version=None, now=NOW)


async def change_organization(actor: Actor, organization: Organization, **fields: Any) -> Organization:
    change = OrganizationChange(**fields)
    return await update_organization(
        actor=actor, organization_id=organization.id, change=change, expected_version=None, now=NOW
    )


async def archive(actor: Actor, record: Any) -> Any:
    """Put a contact or an organization away."""
    given: dict[str, Any] = {"actor": actor, "expected_version": None, "now": NOW}
    if isinstance(record, Contact):
        return await archive_contact(contact_id=record.id, **given)
    return await archive_organization(organization_id=record.id, **given)


async def restore(actor: Actor, record: Any) -> Any:
    """Take a contact or an organization out again."""
    given: dict[str, Any] = {"actor": actor, "expected_version": None, "now": NOW}
    if isinstance(record, Contact):
        return await restore_contact(contact_id=record.id, **given)
    return await restore_organization(organization_id=record.id, **given)


async def make_stages(actor: Actor, name: str, *opened: str) -> list[Stage]:
    """The stages of a new pipeline: open ones of these names, then Won and Lost."""
    stages = [NewStage(stage, StageKind.OPEN, 10) for stage in opened]
    stages += [NewStage("Won", StageKind.WON), NewStage("Lost", StageKind.LOST)]
    pipeline = await create_pipeline(actor=Actor.system(actor.workspace_id), name=name, stages=tuple(stages), now=NOW)
    return list(await scoped(Stage, actor).filter(pipeline_id=pipeline.id).order_by("position"))


async def make_lead(actor: Actor, title: str = "Three pumps", **fields: Any) -> Lead:
    if "contact_id" not in fields and "organization_id" not in fields:
        fields["contact_id"] = (await make_contact(actor, f"Person {next(_numbers)}")).id
    return await create_lead(actor=actor, new=NewLead(title=title, **fields), idempotency_key=None, now=NOW)


ALL_MET = (
    Answer(Criterion.BUDGET, CriterionState.MET, amount=Money(1_250_000, "EUR")),
    Answer(Criterion.AUTHORITY, CriterionState.MET),
    Answer(Criterion.NEED, CriterionState.MET, text="Pumps"),
    Answer(Criterion.TIMEFRAME, CriterionState.MET, not_before=date(2026, 5, 1), not_after=date(2026, 6, 30)),
)


async def make_qualified_lead(actor: Actor, title: str = "Three pumps", **fields: Any) -> Lead:
    lead = await make_lead(actor, title, **fields)
    return await answer_qualification(actor=actor, lead_id=lead.id, answers=ALL_MET, expected_version=None, now=NOW)


async def make_suggestion(
    actor: Actor, text: str = "Wir suchen drei Pumpen. Die Entscheidung liegt bei mir.", **fields: Any
) -> Suggestion:
    """The first of what a text gives, of a new lead or ``lead_id``."""
    lead_id = fields.pop("lead_id", None) or (await make_lead(actor, **fields)).id
    read = await suggest_answers(
        actor=actor, lead_id=lead_id, text=text, expected_version=None, idempotency_key=None, dry_run=False, now=NOW
    )
    return read.suggestions[0]


async def make_converted_lead(actor: Actor, title: str = "Three pumps", **fields: Any) -> Lead:
    lead = await make_qualified_lead(actor, title, **fields)
    how = Conversion()
    return (await convert_lead(actor=actor, lead_id=lead.id, how=how, expected_version=None, now=NOW)).lead


async def make_deal(actor: Actor, title: str = "Pumps", **fields: Any) -> Deal:
    new = NewDeal(title=title, **fields)
    return (await create_deal(actor=actor, new=new, idempotency_key=None, now=NOW)).deal


async def make_merge(actor: Actor, into: Contact | Organization, *others: Contact | Organization) -> Merge:
    """Merge records of one kind; the first receipt."""
    merge = merge_contacts if isinstance(into, Contact) else merge_organizations
    ids = {"into_id": into.id, "from_ids": [other.id for other in others]}
    merged = await merge(actor=actor, **ids, expected_version=None, idempotency_key=None, now=NOW)  # type: ignore[arg-type]
    return merged.merges[0]


async def deliver(company: Company, kind: ChannelKind, raw: bytes, *, now: datetime = NOW, **fields: Any) -> Received:
    """Store a delivery as the ingress does, with a fingerprint over the raw bytes unless one is given."""
    import hashlib

    channel = company.form if kind is ChannelKind.FORM else company.mailbox
    default_type = "application/x-www-form-urlencoded" if kind is ChannelKind.FORM else "message/rfc822"
    delivery = Delivery(
        **{
            "channel_id": channel.id,
            "kind": kind,
            "content_type": default_type,
            "raw": raw,
            "fingerprint": hashlib.sha256(raw).digest(),
            **fields,
        }
    )
    return await operations.receive(actor=company.system, delivery=delivery, now=now)


async def process(company: Company, received: Received, *, now: datetime = NOW) -> Any:
    """Claim, read and file a message as a worker does; the id of its lead, or None."""
    claim = await operations.claim(actor=company.system, message_id=received.message_id, now=now)
    if claim is None:
        return None
    parsed = read(claim.kind.value, claim.content_type, claim.raw)
    return await filing.file(actor=company.system, claim=claim, parsed=parsed, now=now)


async def make_tag(actor: Actor, name: str = "Fair", **fields: Any) -> Tag:
    return await create_tag(actor=actor, new=NewTag(name=name, **fields), idempotency_key=None, now=NOW)


async def make_custom_field(actor: Actor, name: str = "Size", **fields: Any) -> CustomField:
    new = NewField(**{"entity": Entity.DEAL, "name": name, "kind": FieldKind.TEXT, **fields})
    return await create_custom_field(actor=actor, new=new, idempotency_key=None, now=NOW)
