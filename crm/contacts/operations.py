"""Making contacts and organizations, and finding those that are there already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.models import Workspace
from crm.accounts.permissions import permit
from crm.contacts import rules
from crm.contacts.events import ContactChanged, ContactCreated, OrganizationChanged, OrganizationCreated
from crm.contacts.models import Contact, ContactEmail, ContactPhone, Organization
from crm.db import atomic, execute, get, scoped
from crm.errors import Duplicate, Invalid
from crm.idempotency import once
from crm.ids import new_id
from crm.outbox import operations as outbox

MOST_ADDRESSES = 20


@dataclass(frozen=True, slots=True)
class NewContact:
    """A person as somebody gives them."""

    name: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    job_title: str | None = None
    organization_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """An organization as somebody gives it."""

    name: str
    domain: str | None = None


R = TypeVar("R", Contact, Organization)


@dataclass(frozen=True, slots=True)
class Found(Generic[R]):
    """A record that was looked for."""

    record: R
    made: bool = False
    """There was none, and it was made."""
    filled: tuple[str, ...] = ()
    """What was empty of it, and is filled now."""

    @property
    def how(self) -> str:
        """For the decision trace: "made", or "found" and what was filled."""
        return "made" if self.made else f"found, {' and '.join(self.filled)} filled" if self.filled else "found"


@atomic()
async def create_contact(*, actor: Actor, new: NewContact, idempotency_key: str | None, now: datetime) -> Contact:
    """Make a contact.

    Raises: Invalid, NotFound (organization), Duplicate (an address belongs to another contact), Forbidden.
    """
    permit(actor, "contact.create")

    async def make(id: UUID) -> Contact:
        return await add_contact(actor=actor, new=new, now=now, id=id)

    return await once(Contact, make, actor=actor, operation="createContact", key=idempotency_key, request=new, now=now)


@atomic()
async def create_organization(
    *, actor: Actor, new: NewOrganization, idempotency_key: str | None, now: datetime
) -> Organization:
    """Make an organization.

    Raises: Invalid, Duplicate (the domain belongs to another organization), Forbidden.
    """
    permit(actor, "organization.create")

    async def make(id: UUID) -> Organization:
        return await add_organization(actor=actor, new=new, now=now, id=id)

    return await once(
        Organization, make, actor=actor, operation="createOrganization", key=idempotency_key, request=new, now=now
    )


async def add_contact(
    *, actor: Actor, new: NewContact, now: datetime, id: UUID | None = None, field: tuple[str, ...] = ()
) -> Contact:
    """Make a contact inside the caller's transaction. ``field`` is where its input stands in the caller's.

    Raises: Invalid, NotFound, Duplicate.
    """
    name = text.required(new.name, field=(*field, "name"))
    job_title = text.optional(new.job_title, field=(*field, "jobTitle"))
    emails = _read_emails(new.emails, field)
    phones = await _read_phones(new.phones, actor, field)
    if new.organization_id is not None:
        await get(Organization, new.organization_id, actor, field=(*field, "organizationId"))
    await _lock_names(actor, *(f"email:{normalized}" for _, normalized in emails))
    await _refuse_taken_addresses(emails, actor, field)
    contact = await Contact.create(
        id=id or new_id(),
        workspace_id=actor.workspace_id,
        name=name,
        name_folded=text.name_key(name),
        job_title=job_title,
        organization_id=new.organization_id,
        created_at=now,
        updated_at=now,
    )
    for position, (address, normalized) in enumerate(emails):
        await ContactEmail.create(
            workspace_id=actor.workspace_id,
            contact_id=contact.id,
            position=position,
            address=address,
            address_normalized=normalized,
        )
    for position, number in enumerate(phones):
        await ContactPhone.create(
            workspace_id=actor.workspace_id, contact_id=contact.id, position=position, number=number
        )
    await outbox.record(ContactCreated(subject_id=contact.id), actor=actor, now=now)
    return contact


async def add_organization(
    *, actor: Actor, new: NewOrganization, now: datetime, id: UUID | None = None, field: tuple[str, ...] = ()
) -> Organization:
    """Make an organization inside the caller's transaction.

    Raises: Invalid, Duplicate.
    """
    name = text.required(new.name, field=(*field, "name"))
    domain = None
    if new.domain is not None and new.domain.strip():
        domain = rules.parse_domain(new.domain, field=(*field, "domain"))
        await _lock_names(actor, f"domain:{domain}")
        other = await scoped(Organization, actor).get_or_none(domain=domain, archived_at=None)
        if other is not None:
            raise Duplicate(
                f"The domain {domain} belongs to the organization {other.name}.",
                field=(*field, "domain"),
                current=other,
            )
    organization = await Organization.create(
        id=id or new_id(),
        workspace_id=actor.workspace_id,
        name=name,
        name_folded=text.name_key(name),
        domain=domain,
        created_at=now,
        updated_at=now,
    )
    await outbox.record(OrganizationCreated(subject_id=organization.id), actor=actor, now=now)
    return organization


async def find_or_add_organization(
    *, actor: Actor, name: str | None, domain: str | None, now: datetime
) -> Found[Organization] | None:
    """The organization of a domain, else of exactly this name; made when there is none. None without either.

    One that is found keeps what it has; only a name that was never more than its domain is filled.
    Inside the caller's transaction.
    """
    name = text.one_line(name, 200) if name else None
    key = f"domain:{domain}" if domain else f"organization:{text.name_key(name)}" if name else None
    if key is None:
        return None
    await _lock_names(actor, key)
    active = scoped(Organization, actor).filter(archived_at=None)
    if domain:
        found = await active.get_or_none(domain=domain)
    else:
        found = await active.filter(name_folded=text.name_key(name or "")).order_by("created_at", "id").first()
    if found is None:
        new = NewOrganization(name=name or domain or "", domain=domain)
        return Found(await add_organization(actor=actor, new=new, now=now), made=True)
    if not name or name == found.name or found.name != found.domain:
        return Found(found)
    found.name, found.name_folded = name, text.name_key(name)
    found.touch(now)
    await found.save()
    await outbox.record(OrganizationChanged(subject_id=found.id, fields=["name"]), actor=actor, now=now)
    return Found(found, filled=("name",))


async def find_or_add_contact(
    *,
    actor: Actor,
    name: str | None,
    email: str | None,
    phone: str | None,
    job_title: str | None,
    organization_id: UUID | None,
    now: datetime,
) -> Found[Contact]:
    """The contact with this address, or with this phone number and name; made when there is none.

    One that is found keeps what it has; an empty organization or job title is filled, and a new phone number added.
    Inside the caller's transaction; address and phone are already checked.
    """
    shown = text.one_line(name or "", 200) or (email.partition("@")[0] if email else None) or phone or ""
    normalized = rules.parse_email(email)[1] if email else None
    await _lock_names(actor, f"email:{normalized}" if normalized else f"phone:{phone}:{text.name_key(shown)}")
    found = await _find_contact(actor, normalized, phone, shown)
    if found is not None:
        filled = await fill_contact(
            found, actor=actor, organization_id=organization_id, job_title=job_title, phone=phone, now=now
        )
        return Found(found, filled=filled)
    new = NewContact(
        name=shown,
        emails=(email,) if email else (),
        phones=(phone,) if phone else (),
        job_title=job_title,
        organization_id=organization_id,
    )
    return Found(await add_contact(actor=actor, new=new, now=now), made=True)


async def fill_contact(
    contact: Contact,
    *,
    actor: Actor,
    organization_id: UUID | None = None,
    job_title: str | None = None,
    phone: str | None = None,
    now: datetime,
) -> tuple[str, ...]:
    """Fill what is empty of a locked contact, and add a phone number it has not; the names of what was filled."""
    filled = []
    if contact.organization_id is None and organization_id is not None:
        contact.organization_id = organization_id
        filled.append("organization")
    if contact.job_title is None and job_title:
        contact.job_title = job_title
        filled.append("job title")
    if phone is not None and await _add_phone(contact, phone, actor):
        filled.append("phone")
    if filled:
        contact.touch(now)
        await contact.save()
        await outbox.record(ContactChanged(subject_id=contact.id, fields=filled), actor=actor, now=now)
    return tuple(filled)


async def _add_phone(contact: Contact, number: str, actor: Actor) -> bool:
    known = await scoped(ContactPhone, actor).filter(contact_id=contact.id).order_by("position")
    if len(known) >= MOST_ADDRESSES or any(row.number == number for row in known):
        return False
    position = known[-1].position + 1 if known else 0
    await ContactPhone.create(workspace_id=actor.workspace_id, contact_id=contact.id, position=position, number=number)
    return True


async def _find_contact(actor: Actor, normalized: str | None, phone: str | None, name: str) -> Contact | None:
    if normalized:
        row = await scoped(ContactEmail, actor).get_or_none(address_normalized=normalized, active=True)
        return await scoped(Contact, actor).select_for_update(no_key=True).get(id=row.contact_id) if row else None
    if phone:
        ids = await scoped(ContactPhone, actor).filter(number=phone).values_list("contact_id", flat=True)
        same = scoped(Contact, actor).filter(id__in=list(ids), name_folded=text.name_key(name), archived_at=None)
        return await same.order_by("created_at", "id").select_for_update(no_key=True).first()
    return None


def _read_emails(given: tuple[str, ...], field: tuple[str, ...]) -> list[tuple[str, str]]:
    if len(given) > MOST_ADDRESSES:
        raise Invalid(f"emails has {len(given)} addresses: give at most {MOST_ADDRESSES}.", field=(*field, "emails"))
    emails: dict[str, str] = {}
    for index, email in enumerate(given):
        address, normalized = rules.parse_email(email, field=(*field, "emails", str(index)))
        emails.setdefault(normalized, address)
    return [(address, normalized) for normalized, address in emails.items()]


async def _read_phones(given: tuple[str, ...], actor: Actor, field: tuple[str, ...]) -> list[str]:
    if len(given) > MOST_ADDRESSES:
        raise Invalid(f"phones has {len(given)} numbers: give at most {MOST_ADDRESSES}.", field=(*field, "phones"))
    if not given:
        return []
    region = (await Workspace.get(id=actor.workspace_id)).region
    numbers = (rules.parse_phone(p, region=region, field=(*field, "phones", str(i))) for i, p in enumerate(given))
    return list(dict.fromkeys(numbers))


async def _refuse_taken_addresses(emails: list[tuple[str, str]], actor: Actor, field: tuple[str, ...]) -> None:
    for index, (address, normalized) in enumerate(emails):
        row = await scoped(ContactEmail, actor).get_or_none(address_normalized=normalized, active=True)
        if row is not None:
            other = await get(Contact, row.contact_id, actor)
            raise Duplicate(
                f"{address} belongs to the contact {other.name}.",
                field=(*field, "emails", str(index)),
                current=other,
            )


async def _lock_names(actor: Actor, *names: str) -> None:
    """Make whoever wants to add a record under the same name wait for this transaction.

    In one order (addresses sort before domains, as they are taken), so that two never wait for each other.
    """
    for name in sorted(names):
        await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{actor.workspace_id}:{name}")
