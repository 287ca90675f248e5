"""Changing what is known of a deal. Where it stands is changed by moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.models import Member
from crm.accounts.permissions import permit
from crm.activities import operations as activities
from crm.activities.models import ActivityKind
from crm.changes import UNCHANGED, Change, or_else
from crm.contacts.models import Contact, Organization
from crm.customfields import values as customfields
from crm.customfields.facts import Entity
from crm.customfields.rules import Given, merged
from crm.db import atomic, get, lock, scoped
from crm.deals import rules
from crm.deals.events import DealAssigned, DealChanged, DealSlipped, DealValueChanged
from crm.deals.facts import DealStatus
from crm.deals.models import Deal
from crm.errors import Invalid
from crm.money import Money, written
from crm.outbox import operations as outbox
from crm.outbox.events import Event
from crm.tags import operations as tags


@dataclass(frozen=True, slots=True, kw_only=True)
class DealChanges:
    """What is to be otherwise; None empties a field."""

    title: Change[str | None] = UNCHANGED
    description: Change[str | None] = UNCHANGED
    amount: Change[Money | None] = UNCHANGED
    probability: Change[int | None] = UNCHANGED
    """In percent; None: its stage's again."""
    expected_close_date: Change[date | None] = UNCHANGED
    contact_id: Change[UUID | None] = UNCHANGED
    organization_id: Change[UUID | None] = UNCHANGED
    owner_id: Change[UUID | None] = UNCHANGED
    lost_reason: Change[str | None] = UNCHANGED
    won_reason: Change[str | None] = UNCHANGED
    tag_ids: Change[tuple[UUID, ...]] = UNCHANGED
    custom: tuple[Given, ...] = ()
    """Values of some custom fields; all others stay."""


@atomic()
async def update_deal(
    *, actor: Actor, deal_id: UUID, changes: DealChanges, expected_version: int | None, now: datetime
) -> Deal:
    """Change what is known of a deal; where nothing is otherwise than before, nothing is written.

    Raises: NotFound, StaleVersion, LostReasonMissing, Invalid, Forbidden.
    """
    permit(actor, "deal.update")
    custom = await customfields.read(Entity.DEAL, changes.custom, actor=actor)
    deal = await lock(Deal, deal_id, actor, expected_version=expected_version)
    permit(actor, "deal.update", deal)
    rules.check_active(deal.facts())
    await _check_references(changes, actor)
    columns = {**_columns(deal, changes), "custom": merged(deal.custom, custom)}
    before = {name: getattr(deal, name) for name in columns if getattr(deal, name) != columns[name]}
    retagged = changes.tag_ids is not UNCHANGED and await tags.replace(deal, changes.tag_ids, actor=actor, now=now)
    if retagged and not before:  # the event of the tags says it all
        deal.touch(now)
        await deal.save(update_fields=["version", "updated_at"])
    if not before:
        return deal
    for name in before:
        setattr(deal, name, columns[name])
    deal.touch(now)
    await deal.save(update_fields=[*before, "version", "updated_at"])
    summary = await _summary(before, deal, actor)
    await activities.log(actor=actor, kind=ActivityKind.CHANGE, summary=summary, deal_id=deal.id, now=now)
    for event in events_of(before, deal):
        await outbox.record(event, actor=actor, now=now)
    return deal


async def _check_references(changes: DealChanges, actor: Actor) -> None:
    if changes.contact_id is not UNCHANGED and changes.contact_id is not None:
        await get(Contact, changes.contact_id, actor, field=("contactId",))
    if changes.organization_id is not UNCHANGED and changes.organization_id is not None:
        await get(Organization, changes.organization_id, actor, field=("organizationId",))
    if changes.owner_id is not UNCHANGED and changes.owner_id is not None:
        await get(Member, changes.owner_id, actor, field=("ownerId",))


def _columns(deal: Deal, changes: DealChanges) -> dict[str, object]:
    """The row's columns after the change, of those that can be changed.

    Raises: LostReasonMissing, Invalid.
    """
    title: str | None = or_else(changes.title, deal.title)
    if title is None:
        raise Invalid("A deal has a title: give 1 to 500 characters.", field=("title",))
    amount = or_else(changes.amount, deal.amount)
    status = DealStatus(deal.status)
    columns: dict[str, object] = {
        "title": text.required(title, field=("title",), limit=500),
        "amount_minor": amount.minor if amount else None,
        "currency": amount.currency if amount else None,
        "expected_close_date": or_else(changes.expected_close_date, deal.expected_close_date),
        "contact_id": or_else(changes.contact_id, deal.contact_id),
        "organization_id": or_else(changes.organization_id, deal.organization_id),
        "owner_id": or_else(changes.owner_id, deal.owner_id),
    }
    if changes.description is not UNCHANGED:
        columns["description"] = text.note(changes.description, field=("description",))
    if changes.probability is not UNCHANGED:
        columns["probability_override"] = rules.decide_probability(status, changes.probability)
    if changes.lost_reason is not UNCHANGED:
        given = text.optional(changes.lost_reason, field=("lostReason",), limit=500)
        columns["lost_reason"] = rules.decide_lost_reason(status, given)
    if changes.won_reason is not UNCHANGED:
        given = text.optional(changes.won_reason, field=("wonReason",), limit=500)
        columns["won_reason"] = rules.decide_won_reason(status, given)
    return columns


_NAMES = {
    "title": "title",
    "description": "description",
    "amount_minor": "amount",
    "currency": "amount",
    "probability_override": "probability",
    "expected_close_date": "expectedCloseDate",
    "contact_id": "contact",
    "organization_id": "organization",
    "owner_id": "owner",
    "lost_reason": "lostReason",
    "won_reason": "wonReason",
    "source": "source",
    "utm": "utm",
    "qualification_snapshot": "qualificationSnapshot",
    "custom": "customFields",
}
"""Columns by their names in the API."""


def events_of(before: dict[str, object], deal: Deal) -> list[Event]:
    """What others are told of a deal of which columns are otherwise; ``before`` is what these were."""
    fields = list(dict.fromkeys(_NAMES[name] for name in before))
    events: list[Event] = [DealChanged(subject_id=deal.id, fields=fields)]
    if "amount" in fields:
        events.append(
            DealValueChanged(
                subject_id=deal.id,
                from_minor=_before(before, deal, "amount_minor"),
                from_currency=_before(before, deal, "currency"),
                to_minor=deal.amount_minor,
                to_currency=deal.currency,
            )
        )
    earlier, later = before.get("expected_close_date"), deal.expected_close_date
    if isinstance(earlier, date) and later is not None and later > earlier:
        events.append(DealSlipped(subject_id=deal.id, from_date=earlier, to_date=later))
    if "owner" in fields:
        events.append(
            DealAssigned(subject_id=deal.id, from_owner_id=_before(before, deal, "owner_id"), to_owner_id=deal.owner_id)
        )
    return events


def _before(before: dict[str, object], deal: Deal, name: str) -> Any:
    return before[name] if name in before else getattr(deal, name)


async def _summary(before: dict[str, object], deal: Deal, actor: Actor) -> str:
    """What the timeline says: values where people ask for them later, else only what was changed."""
    said = []
    for field in dict.fromkeys(_NAMES[name] for name in before):
        match field:
            case "amount":
                minor, currency = (_before(before, deal, name) for name in ("amount_minor", "currency"))
                earlier, later = _money(minor, currency), _money(deal.amount_minor, deal.currency)
                said.append(f"amount from {earlier} to {later}")
            case "expectedCloseDate":
                days = (before["expected_close_date"], deal.expected_close_date)
                earlier, later = (day.isoformat() if isinstance(day, date) else "none" for day in days)
                said.append(f"expected close from {earlier} to {later}")
            case "probability":
                chances = (before["probability_override"], deal.probability_override)
                earlier, later = ("its stage's" if chance is None else f"{chance} %" for chance in chances)
                said.append(f"probability from {earlier} to {later}")
            case "owner":
                owners: tuple[Any, ...] = (before["owner_id"], deal.owner_id)
                known = scoped(Member, actor).filter(id__in=[id for id in owners if id is not None])
                names = {member.id: member.name for member in await known}
                earlier, later = (names.get(id, "nobody") for id in owners)
                said.append(f"owner from {earlier} to {later}")
            case "lostReason" | "wonReason":
                said.append(f"reason to {deal.lost_reason or deal.won_reason or 'none'}")
            case _:
                said.append(field)
    return f"Changed: {'; '.join(said)}"


def _money(minor: int | None, currency: str | None) -> str:
    return "none" if minor is None or currency is None else f"{written(minor, currency)} {currency}"
