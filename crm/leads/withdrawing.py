"""What goes with a conversion that is undone: records that were made for it, and what it filled of others."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from crm import text
from crm.accounts.facts import Actor
from crm.activities.models import Activity
from crm.contacts.archiving import archive_contact, archive_organization
from crm.contacts.events import ContactChanged, OrganizationChanged
from crm.contacts.models import Contact, Organization
from crm.db import lock, scoped
from crm.deals.models import Deal
from crm.effects import EffectCode
from crm.leads import lists
from crm.leads.models import CriterionAnswer, Lead, Suggestion
from crm.leads.receipts import Filled, Ledger, Receipt, api_name, clear, held_by
from crm.outbox import operations as outbox
from crm.tags.models import Tagging

KINDS: dict[str, type[Contact] | type[Organization]] = {"Contact": Contact, "Organization": Organization}
"""In the order in which they are locked."""


Records = dict[tuple[str, UUID], Contact | Organization]


async def locked(receipt: Receipt, made: Iterable[tuple[str, UUID]], actor: Actor) -> Records:
    """The contacts and organizations that a conversion filled, and those that were made, all locked."""
    wanted = {(one.kind, one.id) for one in receipt.filled} | set(made)
    return {
        (kind, id): await lock(model, id, actor)
        for kind, model in KINDS.items()
        for id in sorted(id for of, id in wanted if of == kind)
    }


async def withdraw(receipt: Receipt, records: Records, ledger: Ledger, actor: Actor, now: datetime) -> None:
    """Empty again what a conversion filled of contacts and organizations, unless somebody has changed it since."""
    for key, record in records.items():
        taken = [
            api_name(one.name)[0]
            for one in receipt.filled
            if (one.kind, one.id) == key and await _take(record, one, ledger, actor)
        ]
        if taken:
            record.touch(now)
            await record.save()
            await _record_change(record, taken, actor, now)


async def _take(record: Contact | Organization, filled: Filled, ledger: Ledger, actor: Actor) -> bool:
    name = api_name(filled.name)
    if filled.name in lists.WORDS:
        is_there = bool(await lists.listed(record, filled.name, actor) == filled.after)
        if is_there:
            await lists.write(record, filled.name, [], actor)
    elif is_there := held_by(record, filled.name) == filled.after:
        if filled.name == "name":
            record.name, record.name_folded = filled.before, text.name_key(filled.before)
        else:
            clear(record, filled.name)
    if is_there:
        ledger.tell(EffectCode.CHANGES, f"{name[-1]} of {record.name} is as it was before.", *name, record=record)
    else:
        ledger.tell(
            EffectCode.KEEPS, f"{name[-1]} of {record.name} stays: it has been changed since.", *name, record=record
        )
    return is_there


async def take_tag(deal: Deal, filled: Filled, ledger: Ledger, actor: Actor) -> bool:
    """Take a tag off the deal that the conversion put on it; whether it was there."""
    gone = await scoped(Tagging, actor).filter(deal_id=deal.id, tag_id=UUID(filled.after)).delete()
    if gone:
        ledger.tell(EffectCode.CHANGES, "A tag of the lead is taken off it.", "tags", record=deal)
    return gone > 0


async def archive_made(
    made: Iterable[tuple[str, UUID]], deal: Deal, records: Records, ledger: Ledger, actor: Actor, now: datetime
) -> None:
    """Archive contacts and organizations that were made for a deal, unless anything else refers to them by now."""
    wanted = set(made)
    for key, record in records.items():
        if key not in wanted or record.archived_at is not None:
            continue
        noun = type(record).__name__.lower()
        if await _is_needed(record, deal, actor, now):
            ledger.tell(EffectCode.KEEPS, f"The {noun} {record.name} stays: there is more to it by now.", record=record)
            continue
        if isinstance(record, Contact):
            await archive_contact(actor=actor, contact_id=record.id, expected_version=None, now=now)
        else:
            await archive_organization(actor=actor, organization_id=record.id, expected_version=None, now=now)
        message = f"The {noun} {record.name} was made for the deal, and is archived."
        ledger.tell(EffectCode.ARCHIVES, message, record=record)


async def _is_needed(record: Contact | Organization, deal: Deal, actor: Actor, now: datetime) -> bool:
    """Whether anything refers to a record besides the deal, if that is archived."""
    id, noun = record.id, type(record).__name__.lower()
    of_it = {f"{noun}_id": id}
    deals = scoped(Deal, actor).filter(**of_it)
    questions: list[QuerySet[Any]] = [
        scoped(Lead, actor).filter(**of_it),
        deals if deal.archived_at is None else deals.exclude(id=deal.id),
        scoped(Activity, actor).filter(**of_it),
        scoped(type(record), actor).filter(merged_into_id=id),
    ]
    if isinstance(record, Contact):
        questions += [
            scoped(CriterionAnswer, actor).filter(Q(decision_maker_id=id) | Q(budget_holder_id=id)),
            scoped(Suggestion, actor).filter(decision_maker_id=id),
        ]
    else:
        questions += [
            # A person who was made with it is archived in the same moment.
            scoped(Contact, actor).filter(Q(archived_at=None) | ~Q(archived_at=now), organization_id=id),
            scoped(Organization, actor).filter(parent_id=id),
        ]
    for question in questions:
        if await question.exists():
            return True
    return False


async def _record_change(record: Contact | Organization, fields: list[str], actor: Actor, now: datetime) -> None:
    event = ContactChanged if isinstance(record, Contact) else OrganizationChanged
    await outbox.record(event(subject_id=record.id, fields=fields), actor=actor, now=now)
