"""Looking for records that may be the same. What is archived is none, nor what somebody has said is another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.models import Workspace
from crm.contacts.freemail import FREEMAIL_DOMAINS
from crm.contacts.models import (
    Contact,
    ContactEmail,
    ContactPhone,
    Organization,
    OrganizationEmail,
    OrganizationPhone,
)
from crm.contacts.rules import company_domain, parse_phone
from crm.db import execute, scoped
from crm.errors import Invalid
from crm.merging import rules
from crm.merging.facts import DuplicateReason, Evidence, Likeness

MOST = 20
"""How many duplicates of one record are told."""
MOST_PAIRS = 10_000
"""How many pairs of a workspace are told."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be the same as the one that is asked about."""

    id: UUID
    score: int
    reasons: tuple[DuplicateReason, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records that may be the same."""

    first: UUID
    """The older one."""
    second: UUID
    score: int
    reasons: tuple[DuplicateReason, ...]

    @property
    def place(self) -> tuple[int, UUID, UUID]:
        """Where it stands among all: the best first."""
        return -self.score, self.first, self.second


async def duplicates_of_contact(*, actor: Actor, contact_id: UUID) -> list[Candidate]:
    """Who may be the same person as a contact, the most probable first; nobody for one that is archived."""
    contact = await scoped(Contact, actor).get_or_none(id=contact_id, archived_at=None)
    if contact is None:
        return []
    emails = scoped(ContactEmail, actor).filter(contact_id=contact_id, active=True)
    phones = scoped(ContactPhone, actor).filter(contact_id=contact_id)
    return await _contacts_like(
        actor,
        contact.name_folded,
        [str(address) for address in await emails.values_list("address_normalized", flat=True)],
        [str(number) for number in await phones.values_list("number", flat=True)],
        contact.organization_id,
        contact_id,
    )


async def duplicates_of_organization(*, actor: Actor, organization_id: UUID) -> list[Candidate]:
    """As ``duplicates_of_contact``, for an organization."""
    organization = await scoped(Organization, actor).get_or_none(id=organization_id, archived_at=None)
    if organization is None:
        return []
    emails = scoped(OrganizationEmail, actor).filter(organization_id=organization_id, active=True)
    phones = scoped(OrganizationPhone, actor).filter(organization_id=organization_id)
    return await _organizations_like(
        actor,
        organization.name_folded,
        organization.domain,
        [str(address) for address in await emails.values_list("address_normalized", flat=True)],
        [str(number) for number in await phones.values_list("number", flat=True)],
        organization_id,
    )


async def contacts_like(
    *, actor: Actor, name: str | None, emails: Sequence[str], phones: Sequence[str], organization_id: UUID | None
) -> list[Candidate]:
    """Who may be the person that somebody is about to enter; addresses and numbers as they are compared."""
    return await _contacts_like(actor, text.name_key(name or ""), emails, phones, organization_id, None)


async def organizations_like(
    *, actor: Actor, name: str | None, domain: str | None, emails: Sequence[str], phones: Sequence[str]
) -> list[Candidate]:
    """As ``contacts_like``, for an organization."""
    return await _organizations_like(actor, text.name_key(name or ""), domain, emails, phones, None)


async def _contacts_like(
    actor: Actor,
    folded: str,
    emails: Iterable[str],
    phones: Iterable[str],
    organization_id: UUID | None,
    itself: UUID | None,
) -> list[Candidate]:
    rows = await execute(
        "SELECT * FROM door_contacts_like($1, $2, $3, $4, $5, $6)",
        folded or None,
        sorted(map(rules.mailbox, emails)),
        sorted(phones),
        sorted(_domains(emails)),
        organization_id,
        itself,
    )
    return _candidates((row, rules.likeness_of_contacts(_evidence(row))) for row in rows)


async def _organizations_like(
    actor: Actor,
    folded: str,
    domain: str | None,
    emails: Iterable[str],
    phones: Iterable[str],
    itself: UUID | None,
) -> list[Candidate]:
    rows = await execute(
        "SELECT * FROM door_organizations_like($1, $2, $3, $4, $5)",
        rules.core_name(folded) if folded else None,
        sorted(map(rules.mailbox, emails)),
        sorted(phones),
        sorted(_domains(emails) | ({domain} if domain else set())),
        itself,
    )
    return _candidates((row, rules.likeness_of_organizations(_evidence(row))) for row in rows)


async def phones_as_compared(*, actor: Actor, given: Sequence[str]) -> list[str]:
    """Numbers as they are compared (E.164), without what is none."""
    found = []
    region = (await Workspace.get(id=actor.workspace_id)).region if given else ""
    for number in given:
        try:
            found.append(parse_phone(number, region=region))
        except Invalid:
            continue
    return found


async def contact_pairs(*, actor: Actor) -> list[Pair]:
    """Pairs of contacts that may be the same person, the most probable first.

    Only those that have a mailbox, a phone number or the whole name in common: whose names are merely similar is told
    for each contact by itself.
    """
    rows = await execute("SELECT * FROM door_contact_pairs($1, $2)", sorted(FREEMAIL_DOMAINS), MOST_PAIRS)
    return _pairs((row, rules.likeness_of_contacts(_evidence(row))) for row in rows)


async def organization_pairs(*, actor: Actor) -> list[Pair]:
    """As ``contact_pairs``, for organizations, which may have a domain in common, too."""
    rows = await execute("SELECT * FROM door_organization_pairs($1, $2)", sorted(FREEMAIL_DOMAINS), MOST_PAIRS)
    return _pairs((row, rules.likeness_of_organizations(_evidence(row))) for row in rows)


def _domains(emails: Iterable[str]) -> set[str]:
    """The domains that stand for a company: as they are in the addresses, and as they were registered."""
    found: set[str] = set()
    for address in emails:
        registered = company_domain(address)
        if registered is not None:
            found |= {registered, address.rpartition("@")[2]}
    return found


def _evidence(row: dict[str, Any]) -> Evidence:
    return Evidence(
        same_email=row["same_email"],
        same_phone=row["same_phone"],
        same_name=row["same_name"],
        similarity=row["similarity"],
        same_domain=row["same_domain"],
        same_organization=row["same_organization"],
    )


def _candidates(judged: Iterable[tuple[dict[str, Any], Likeness | None]]) -> list[Candidate]:
    found = [Candidate(UUID(str(row["id"])), likeness.score, likeness.reasons) for row, likeness in judged if likeness]
    return sorted(found, key=lambda one: (-one.score, one.id))[:MOST]


def _pairs(judged: Iterable[tuple[dict[str, Any], Likeness | None]]) -> list[Pair]:
    found = [
        Pair(UUID(str(row["first"])), UUID(str(row["second"])), likeness.score, likeness.reasons)
        for row, likeness in judged
        if likeness
    ]
    return sorted(found, key=lambda pair: pair.place)
