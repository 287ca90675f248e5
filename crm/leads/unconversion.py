"""Turning a deal back into the lead that it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.activities import operations as activities
from crm.activities.models import Activity, ActivityKind
from crm.db import atomic, lock, scoped
from crm.deals.archiving import archive_deal
from crm.deals.facts import DealStatus
from crm.deals.models import Deal
from crm.effects import Effect, EffectCode
from crm.errors import DomainError, Invalid
from crm.leads.conversion import check_number
from crm.leads.events import LeadUnconverted
from crm.leads.facts import LeadState
from crm.leads.feeding import columns, save
from crm.leads.models import Conversion, Lead
from crm.leads.policies import hold_policy
from crm.leads.receipts import TAG, Filled, Ledger, Receipt, api_name, clear, held_by
from crm.leads.records import resume
from crm.leads.withdrawing import archive_made, locked, take_tag, withdraw
from crm.outbox import operations as outbox


@dataclass(frozen=True, slots=True)
class Unconverted:
    """What became of the lead, and of the deal that it had become or fed."""

    lead: Lead
    deal: Deal
    effects: Sequence[Effect] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One of several conversions to be undone."""

    lead_id: UUID
    expected_version: int | None = None
    dry_run: bool = False


@atomic()
async def unconvert_lead(
    *, actor: Actor, lead_id: UUID, expected_version: int | None, dry_run: bool = False, now: datetime
) -> Unconverted:
    """Undo a lead's conversion while its deal is open: the lead is as it was before, and can be converted again.

    A deal that was made for it, and that no other lead feeds, is archived; one that was there keeps all but what this
    lead filled and nobody has changed since. Contacts and organizations that were made are archived unless they are
    needed by now.

    Raises: NotFound, StaleVersion, Invalid (it is not converted, or the deal is closed), Forbidden.
    """
    policy = await hold_policy(actor)
    lead = await lock(Lead, lead_id, actor, expected_version=expected_version)
    permit(actor, "lead.unconvert", lead)
    if lead.state != LeadState.CONVERTED.value or lead.deal_id is None:
        raise Invalid(f"The lead is {lead.state}: only a conversion can be undone.", field=("id",))
    if lead.archived_at is not None:
        raise Invalid("The lead is archived: restore it first.", field=("id",))
    deal = await lock(Deal, lead.deal_id, actor)
    if deal.status != DealStatus.OPEN.value:
        raise Invalid(f"The deal {deal.title} is {deal.status}: reopen it first.", field=("id",))
    conversion, receipt = await _receipt(lead, deal, actor)
    ledger = Ledger(rehearsing=dry_run)
    _give_back(lead, receipt, ledger, now)
    await resume(lead, policy, actor, now)
    await lead.save()
    others = await scoped(Lead, actor).filter(deal_id=deal.id).count()
    made = await _made_for(deal, receipt, actor)
    if made is None or others:
        await _leave(deal, receipt, ledger, actor, now)
        made = set(receipt.made)
        if others and ("Deal", deal.id) in made:
            message = f"The deal {deal.title} stays as it is, for it is fed by other leads."
            ledger.tell(EffectCode.KEEPS, message, record=deal)
    else:
        await _keep_entries(lead, deal, ledger, actor)
        if deal.archived_at is None:
            deal = await archive_deal(actor=actor, deal_id=deal.id, expected_version=None, now=now)
            ledger.tell(EffectCode.ARCHIVES, f"The deal {deal.title} is taken off the board.", record=deal)
    records = await locked(receipt, made, actor)
    await withdraw(receipt, records, ledger, actor, now)
    await archive_made(made, deal, records, ledger, actor, now)
    if conversion is not None:
        conversion.undone_at, conversion.undone_by_id = now, actor.member_id
        await conversion.save()
    summary = f"The conversion into the deal {deal.title} was undone"
    await activities.log(
        actor=actor, kind=ActivityKind.CHANGE, summary=summary, lead_id=lead.id, deal_id=deal.id, now=now
    )
    await outbox.record(LeadUnconverted(subject_id=lead.id, deal_id=deal.id), actor=actor, now=now)
    return Unconverted(lead, deal, ledger.effects)


async def unconvert_leads(
    *, actor: Actor, requests: Sequence[Request | DomainError], dry_run: bool = False, now: datetime
) -> list[Unconverted | DomainError]:
    """Undo several conversions, each in a transaction of its own; as ``convert_leads``.

    Raises: Invalid (none, or too many), Forbidden.
    """
    permit(actor, "lead.unconvert")
    check_number(requests)
    results: list[Unconverted | DomainError] = []
    for request in requests:
        if isinstance(request, DomainError):
            results.append(request)
            continue
        try:
            undone = await unconvert_lead(
                actor=actor,
                lead_id=request.lead_id,
                expected_version=request.expected_version,
                dry_run=dry_run or request.dry_run,
                now=now,
            )
        except DomainError as error:
            results.append(error)
        else:
            results.append(undone)
    return results


async def _receipt(lead: Lead, deal: Deal, actor: Actor) -> tuple[Conversion | None, Receipt]:
    conversion = await scoped(Conversion, actor).get_or_none(lead_id=lead.id, undone_at=None)
    if conversion is not None:
        return conversion, Receipt.of(conversion.receipt)
    # It was converted before receipts were written. Its deal was made for it if both happened in one moment.
    state = LeadState.QUALIFIED if lead.qualified_at else LeadState.PROSPECTING
    made = (("Deal", deal.id),) if deal.created_at == lead.converted_at else ()
    return None, Receipt({"state": state.value}, made)


def _give_back(lead: Lead, receipt: Receipt, ledger: Ledger, now: datetime) -> None:
    """Make the lead what it was before."""
    for name, value in receipt.lead.items():
        setattr(lead, name, date.fromisoformat(value) if name == "nurture_until" and value else value)
    lead.converted_at = lead.deal_id = None
    ledger.tell(EffectCode.CHANGES, f"The lead is {lead.state} again.", "state", record=lead)
    for filled in receipt.filled:
        if filled.kind == "Lead":
            _unfill(lead, filled, ledger)
    lead.touch(now)


async def _made_for(deal: Deal, receipt: Receipt, actor: Actor) -> set[tuple[str, UUID]] | None:
    """What conversions into this deal have made, if one of them made the deal itself; None: it was made by hand."""
    receipts = [Receipt.of(row.receipt) for row in await scoped(Conversion, actor).filter(deal_id=deal.id)]
    made = {one for each in (*receipts, receipt) for one in each.made}
    return made if ("Deal", deal.id) in made else None


async def _leave(deal: Deal, receipt: Receipt, ledger: Ledger, actor: Actor, now: datetime) -> None:
    """Take out of a deal that stays what the lead filled."""
    changed, before = False, columns(deal)
    for filled in receipt.filled:
        if filled.kind == "Deal":
            is_tag = filled.name == TAG
            gone = await take_tag(deal, filled, ledger, actor) if is_tag else _unfill(deal, filled, ledger)
            changed = changed or gone
    if changed:
        await save(deal, before, actor, now)


def _unfill(record: Lead | Deal, filled: Filled, ledger: Ledger) -> bool:
    """Empty a field that the conversion filled, unless somebody has changed it since."""
    name = api_name(filled.name)
    if held_by(record, filled.name) != filled.after:
        ledger.tell(EffectCode.KEEPS, f"{name[-1]} stays: it has been changed since.", *name, record=record)
        return False
    clear(record, filled.name)
    ledger.tell(EffectCode.CHANGES, f"{name[-1]} is empty again.", *name, record=record)
    return True


async def _keep_entries(lead: Lead, deal: Deal, ledger: Ledger, actor: Actor) -> None:
    """Put what was logged on the deal since then on the lead's timeline as well, so that it is found there."""
    logged = scoped(Activity, actor).filter(deal_id=deal.id, lead_id=None).exclude(kind=ActivityKind.CHANGE.value)
    moved = await logged.update(lead_id=lead.id)
    if moved:
        message = f"{moved} entries of the deal's timeline go on in that of the lead."
        ledger.tell(EffectCode.MOVES, message, "timeline", record=lead)
