"""The addresses of contacts and organizations: read, held against those of others, and replaced as wholes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias
from uuid import UUID

from tortoise.expressions import F

from crm.accounts.facts import Actor
from crm.accounts.models import Workspace
from crm.contacts import rules
from crm.contacts.facts import Address
from crm.contacts.models import (
    Contact,
    ContactEmail,
    ContactPhone,
    Organization,
    OrganizationEmail,
    OrganizationPhone,
    PostalAddress,
)
from crm.db import execute, get, scoped
from crm.errors import Duplicate, Invalid
from crm.ids import new_id

MOST_ADDRESSES = 20

Party: TypeAlias = Contact | Organization
"""Whoever has addresses."""
Email: TypeAlias = tuple[str, str]
"""(as written, as compared)."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the addresses of one kind of party are kept."""

    noun: str
    """As people and columns call it: ``contact``."""
    email: type[ContactEmail] | type[OrganizationEmail]
    phone: type[ContactPhone] | type[OrganizationPhone]
    lock: str
    """Begins the names under which its e-mail addresses are locked."""


KEPT: dict[type[Party], Kept] = {
    Contact: Kept("contact", ContactEmail, ContactPhone, "email"),
    Organization: Kept("organization", OrganizationEmail, OrganizationPhone, "domain-email"),
}


# Reading what people give


def read_emails(given: Sequence[str], field: tuple[str, ...] = ()) -> list[Email]:
    """The addresses, each once.

    Raises: Invalid.
    """
    _bound(given, "emails", "addresses", field)
    emails: dict[str, str] = {}
    for index, email in enumerate(given):
        address, normalized = rules.parse_email(email, field=(*field, "emails", str(index)))
        emails.setdefault(normalized, address)
    return [(address, normalized) for normalized, address in emails.items()]


async def read_phones(given: Sequence[str], actor: Actor, field: tuple[str, ...] = ()) -> list[str]:
    """The numbers in E.164, each once.

    Raises: Invalid.
    """
    _bound(given, "phones", "numbers", field)
    if not given:
        return []
    region = (await Workspace.get(id=actor.workspace_id)).region
    numbers = (rules.parse_phone(p, region=region, field=(*field, "phones", str(i))) for i, p in enumerate(given))
    return list(dict.fromkeys(numbers))


def read_postal(given: Sequence[Address], field: tuple[str, ...] = ()) -> list[Address]:
    """The postal addresses, each once.

    Raises: Invalid.
    """
    _bound(given, "postalAddresses", "addresses", field)
    at = (*field, "postalAddresses")
    return list(dict.fromkeys(rules.parse_address(address, field=(*at, str(i))) for i, address in enumerate(given)))


def _bound(given: Sequence[object], name: str, noun: str, field: tuple[str, ...]) -> None:
    if len(given) > MOST_ADDRESSES:
        raise Invalid(f"{name} has {len(given)} {noun}: give at most {MOST_ADDRESSES}.", field=(*field, name))


# One address, one record


def email_names(kind: type[Party], emails: Iterable[Email]) -> list[str]:
    """The names under which e-mail addresses are locked."""
    return [f"{KEPT[kind].lock}:{normalized}" for _, normalized in emails]


def domain_names(domain: str | None) -> list[str]:
    """The name under which a domain is locked."""
    return [f"domain:{domain}"] if domain else []


async def lock_names(actor: Actor, *names: str) -> None:
    """Make whoever wants a record to have the same name or address wait for this transaction.

    In one order, so that two never wait for each other: first what an operation locks of organizations, by one call,
    then what it locks of contacts, by another; and both before it locks a contact or an organization.
    """
    for name in sorted(set(names)):
        await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{actor.workspace_id}:{name}")


async def email_holder(
    kind: type[Party], emails: Sequence[Email], actor: Actor, *, by: UUID | None = None
) -> tuple[int, Party] | None:
    """Which of the addresses belongs to another record than ``by``, and to which; they are locked."""
    kept = KEPT[kind]
    rows = scoped(kept.email, actor).filter(address_normalized__in=[n for _, n in emails], active=True)
    holders = {row.address_normalized: getattr(row, f"{kept.noun}_id") for row in await rows} if emails else {}
    for index, (_, normalized) in enumerate(emails):
        if holders.get(normalized, by) != by:
            return index, await get(kind, holders[normalized], actor)
    return None


async def domain_holder(domain: str | None, actor: Actor, *, by: UUID | None = None) -> Organization | None:
    """The organization other than ``by`` that has the domain; it is locked."""
    if domain is None:
        return None
    return await scoped(Organization, actor).filter(domain=domain, archived_at=None).exclude(id=by).first()


async def refuse_taken_emails(
    kind: type[Party], emails: Sequence[Email], actor: Actor, field: tuple[str, ...] = (), *, by: UUID | None = None
) -> None:
    """Raises: Duplicate for addresses that belong to another record than ``by``."""
    taken = await email_holder(kind, emails, actor, by=by)
    if taken is not None:
        index, other = taken
        message = f"{emails[index][0]} belongs to the {KEPT[kind].noun} {other.name}."
        raise Duplicate(message, field=(*field, "emails", str(index)), current=other)


async def refuse_taken_domain(
    domain: str | None, actor: Actor, field: tuple[str, ...] = (), *, by: UUID | None = None
) -> None:
    """Raises: Duplicate for a domain that belongs to another organization than ``by``."""
    other = await domain_holder(domain, actor, by=by)
    if other is not None:
        message = f"The domain {domain} belongs to the organization {other.name}."
        raise Duplicate(message, field=(*field, "domain"), current=other)


# Writing


async def add_all(
    party: Party, emails: Iterable[Email], numbers: Iterable[str], postal: Iterable[Address], actor: Actor
) -> None:
    """Give a party that is being made its addresses."""
    kept = KEPT[type(party)]
    for model, wanted in (
        (kept.email, _of_emails(emails)),
        (kept.phone, _of_phones(numbers)),
        (PostalAddress, _of_postal(postal)),
    ):
        await _add(model, party, list(enumerate(wanted)), actor)


async def write_emails(party: Party, emails: Iterable[Email], actor: Actor) -> bool:
    """Give the party these e-mail addresses and no others; whether that changed anything."""
    return await _replace(KEPT[type(party)].email, party, _of_emails(emails), ("address_normalized",), actor)


async def write_phones(party: Party, numbers: Iterable[str], actor: Actor) -> bool:
    """As ``write_emails``, for phone numbers."""
    return await _replace(KEPT[type(party)].phone, party, _of_phones(numbers), ("number",), actor)


async def write_postal(party: Party, addresses: Iterable[Address], actor: Actor) -> bool:
    """As ``write_emails``, for postal addresses."""
    return await _replace(PostalAddress, party, _of_postal(addresses), tuple(Address.__slots__), actor)


Columns: TypeAlias = dict[str, Any]


def _of_emails(emails: Iterable[Email]) -> list[Columns]:
    return [{"address": address, "address_normalized": normalized} for address, normalized in emails]


def _of_phones(numbers: Iterable[str]) -> list[Columns]:
    return [{"number": number} for number in numbers]


def _of_postal(addresses: Iterable[Address]) -> list[Columns]:
    return [asdict(address) for address in addresses]


def _owner(party: Party) -> Columns:
    return {f"{KEPT[type(party)].noun}_id": party.id}


async def _add(model: Any, party: Party, wanted: Sequence[tuple[int, Columns]], actor: Actor) -> None:
    rows = [
        model(id=new_id(), workspace_id=actor.workspace_id, **_owner(party), position=position, **entry)
        for position, entry in wanted
    ]
    if rows:
        await model.bulk_create(rows)


async def _replace(model: Any, party: Party, wanted: list[Columns], key: tuple[str, ...], actor: Actor) -> bool:
    """Make a list of a party's what is wanted, the first one at 0. What stays keeps its row: others refer to it."""
    known = await scoped(model, actor).filter(**_owner(party)).order_by("position")
    if len(known) == len(wanted) and all(
        getattr(row, name) == value for row, entry in zip(known, wanted, strict=True) for name, value in entry.items()
    ):
        return False
    rows = {tuple(getattr(row, name) for name in key): row for row in reversed(known)}
    found = [rows.get(tuple(entry[name] for name in key)) for entry in wanted]
    kept = {row.id for row in found if row is not None}
    gone = [row.id for row in known if row.id not in kept]
    if gone:
        await scoped(model, actor).filter(id__in=gone).delete()
    if kept:
        # No two rows may have one position at any time.
        await scoped(model, actor).filter(**_owner(party)).update(position=F("position") + 1000)
    for position, (row, entry) in enumerate(zip(found, wanted, strict=True)):
        if row is not None:
            row.update_from_dict({**entry, "position": position})
            await row.save()
    absent = [(position, wanted[position]) for position, row in enumerate(found) if row is None]
    await _add(model, party, absent, actor)
    return True
