"""Turning leads into deals. Undoing it is in crm/leads/unconversion.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from crm.accounts.facts import Actor
from crm.accounts.models import Member
from crm.accounts.permissions import permit
from crm.activities import operations as activities
from crm.activities.models import ActivityKind
from crm.contacts.facts import NewContact, NewOrganization
from crm.db import atomic, check_version, get, lock, scoped
from crm.deals.facts import Place
from crm.deals.models import Deal
from crm.effects import Effect, EffectCode
from crm.errors import DomainError, Invalid
from crm.idempotency import once
from crm.leads import feeding, parties, rules
from crm.leads.events import LeadConverted
from crm.leads.facts import DuplicatePolicy, LeadState
from crm.leads.models import Conversion as ConversionRow
from crm.leads.models import Lead
from crm.leads.receipts import Ledger, Receipt
from crm.leads.records import ask_nothing, facts
from crm.money import Money
from crm.outbox import operations as outbox

MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a lead is to become a deal."""

    stage_id: UUID | None = None
    """None: the first open stage of the pipeline."""
    place: Place | None = None
    contact_id: UUID | None = None
    new_contact: NewContact | None = None
    organization_id: UUID | None = None
    new_organization: NewOrganization | None = None
    deal_id: UUID | None = None
    """An open deal that the lead is to feed, instead of a new one."""
    force: bool = False
    title: str | None = None
    """None: the lead's."""
    pipeline_id: UUID | None = None
    """None: the stage's, else the first."""
    owner_id: UUID | None = None
    """None: the lead's, else whoever converts it."""
    amount: Money | None = None
    """None: the budget."""
    expected_close_date: date | None = None
    """None: the end of the timeframe."""
    duplicates: DuplicatePolicy = DuplicatePolicy.REFUSE


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of the lead. ``already``: it had been converted before; nothing was changed now."""

    lead: Lead
    deal: Deal
    already: bool
    neighbour_gone: bool = False
    """The card named in ``place`` was not in the column any more; the deal landed at the end."""
    effects: Sequence[Effect] = ()
    refusals: Sequence[DomainError] = ()
    """Of a rehearsal: why it would be refused."""


@dataclass(frozen=True, slots=True)
class Request:
    """One of several conversions."""

    lead_id: UUID
    how: Conversion
    expected_version: int | None = None
    idempotency_key: str | None = None
    dry_run: bool = False


@atomic()
async def convert_lead(
    *,
    actor: Actor,
    lead_id: UUID,
    how: Conversion,
    expected_version: int | None,
    idempotency_key: str | None = None,
    dry_run: bool = False,
    now: datetime,
) -> Converted:
    """Turn a qualified lead into a deal, or let it feed an existing one. Repeating it returns the same deal.

    The key also keeps a request that arrives late from converting a lead again whose conversion has been undone since.
    A rehearsal goes on where it can, and returns all its refusals.

    Raises: NotFound, StaleVersion, NotQualified, AlreadyConverted (into another deal than asked), Duplicate,
    WrongPipeline, FieldsRequired, Invalid, Forbidden.
    """
    lead = await lock(Lead, lead_id, actor)
    permit(actor, "lead.convert", lead)
    if lead.state == LeadState.CONVERTED.value:
        return await _again(lead, lead.deal_id, how, actor)
    done: Converted | None = None

    async def convert(id: UUID) -> ConversionRow:
        nonlocal done
        check_version(lead, expected_version)
        ledger = Ledger(rehearsing=dry_run)
        row, done = await _convert(id, lead, how, ledger, actor, now)
        return row

    row = await once(
        ConversionRow,
        convert,
        actor=actor,
        operation="convertLead",
        key=idempotency_key,
        request=(lead_id, how),
        now=now,
    )
    return done or await _again(lead, row.deal_id, how, actor)


async def convert_leads(
    *, actor: Actor, requests: Sequence[Request | DomainError], dry_run: bool = False, now: datetime
) -> list[Converted | DomainError]:
    """Convert several leads, each in a transaction of its own: what is refused of one leaves the others done.

    A request that could not be read is given as its refusal. The results are in the requests' order.

    Raises: Invalid (none, or too many), Forbidden.
    """
    permit(actor, "lead.convert")
    check_number(requests)
    results: list[Converted | DomainError] = []
    for request in requests:
        if isinstance(request, DomainError):
            results.append(request)
            continue
        try:
            converted = await convert_lead(
                actor=actor,
                lead_id=request.lead_id,
                how=request.how,
                expected_version=request.expected_version,
                idempotency_key=request.idempotency_key,
                dry_run=dry_run or request.dry_run,
                now=now,
            )
        except DomainError as error:
            results.append(error)
        else:
            results.append(converted)
    return results


def check_number(requests: Sequence[object]) -> None:
    """Raises: Invalid for none or too many."""
    if not 1 <= len(requests) <= MOST_AT_ONCE:
        raise Invalid(f"leads has {len(requests)} entries: give 1 to {MOST_AT_ONCE}.", field=("leads",))


async def _again(lead: Lead, deal_id: UUID | None, how: Conversion, actor: Actor) -> Converted:
    deal = await scoped(Deal, actor).get(id=deal_id)
    if how.deal_id is not None and how.deal_id != deal.id:
        raise rules.AlreadyConverted(f"The lead has been converted into the deal {deal.title}.", field=("dealId",))
    return Converted(lead=lead, deal=deal, already=True)


async def _convert(
    id: UUID, lead: Lead, how: Conversion, ledger: Ledger, actor: Actor, now: datetime
) -> tuple[ConversionRow, Converted]:
    """Convert a locked lead; the receipt has the id."""
    if how.force:
        permit(actor, "lead.force_convert", lead)
    if lead.archived_at is not None:
        raise Invalid("The lead is archived: restore it first.", field=("id",))
    try:
        rules.check_convert(await facts(lead, actor), forced=how.force)
    except rules.NotQualified as error:
        ledger.refuse(error)
    if how.owner_id is not None:
        await get(Member, how.owner_id, actor, field=("ownerId",))
    # The column, or the deal, before the people: rows are locked in one order by all operations.
    target = await (feeding.open_deal(how.deal_id, how, actor) if how.deal_id else feeding.landing(how, actor))
    choice = parties.Choice(
        how.contact_id, how.new_contact, how.organization_id, how.new_organization, how.duplicates
    )  # fmt: skip
    chosen = await parties.settle(lead, choice, ledger, actor, now)
    carried = await feeding.gather(lead, how, chosen, actor)
    if isinstance(target, Deal):
        deal, neighbour_gone = target, False
        await feeding.feed(lead, deal, carried, ledger, actor, now)
    else:
        deal, neighbour_gone = await feeding.make(lead, target, how, carried, ledger, actor, now)
    before = _take_over(lead, deal, chosen, ledger, now)
    await lead.save()
    row = await ConversionRow.create(
        id=id,
        workspace_id=actor.workspace_id,
        lead_id=lead.id,
        deal_id=deal.id,
        receipt=Receipt(before, tuple(ledger.made), tuple(ledger.filled)).plain(),
        converted_at=now,
        converted_by_id=actor.member_id,
    )
    await activities.log(
        actor=actor,
        kind=ActivityKind.CHANGE,
        summary=f"Converted into the deal {deal.title}",
        lead_id=lead.id,
        deal_id=deal.id,
        now=now,
    )
    await outbox.record(LeadConverted(subject_id=lead.id, deal_id=deal.id), actor=actor, now=now)
    converted = Converted(lead, deal, already=False, neighbour_gone=neighbour_gone)
    return row, replace(converted, effects=ledger.effects, refusals=ledger.refusals)


OPEN_ONLY = ("disqualify_reason", "disqualify_note", "nurture_until")
"""Columns of a lead that are empty once it is converted."""


def _take_over(lead: Lead, deal: Deal, chosen: parties.Parties, ledger: Ledger, now: datetime) -> dict[str, Any]:
    """Make the lead a converted one; what it was before."""
    before = {name: getattr(lead, name) for name in ("state", *OPEN_ONLY)}
    for name in OPEN_ONLY:
        setattr(lead, name, None)
    ask_nothing(lead)
    lead.state = LeadState.CONVERTED.value
    lead.converted_at = now
    lead.deal_id = deal.id
    ledger.tell(EffectCode.CHANGES, f"The lead is CONVERTED, and was {before['state']}.", "state", record=lead)
    for name, party in (("contact_id", chosen.contact), ("organization_id", chosen.organization)):
        if getattr(lead, name) is None and party is not None:
            ledger.fill(lead, name, party.id, f"The lead's {name.removesuffix('_id')}")
    lead.touch(now)
    return before
