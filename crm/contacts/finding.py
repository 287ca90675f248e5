"""Finding the contacts and organizations that are there already, and making those that are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from tortoise.expressions import Q

from crm import text
from crm.accounts.facts import Actor
from crm.contacts import rules
from crm.contacts.addresses import MOST_ADDRESSES, domain_names, email_names, lock_names
from crm.contacts.events import ContactChanged, OrganizationChanged
from crm.contacts.facts import NewContact, NewOrganization
from crm.contacts.models import Contact, ContactEmail, ContactPhone, Organization, OrganizationEmail
from crm.contacts.operations import add_contact, add_organization
from crm.db import scoped
from crm.outbox import operations as outbox

R = TypeVar("R", Contact, Organization)
_FIELDS = {"organization": "organization", "job title": "jobTitle", "phone": "phones"}
"""What is filled of a contact, and its name in the API."""


@dataclass(frozen=True, slots=True)
class Found(Generic[R]):
    """A record that was looked for."""

    record: R
    by: str
    """What it was looked for by."""
    made: bool = False
    """There was none, and it was made."""
    filled: tuple[str, ...] = ()
    """What was empty of it, and is filled now."""

    @property
    def how(self) -> str:
        """For the decision trace: "made", or "found" and what was filled."""
        return "made" if self.made else f"found, {' and '.join(self.filled)} filled" if self.filled else "found"


async def find_or_add_organization(
    *, actor: Actor, name: str | None, domain: str | None, email: str | None = None, now: datetime
) -> Found[Organization] | None:
    """The organization whose own address it is (info@), else of a domain, else of exactly this name.

    Made when there is none; None without a domain and a name. One that is found keeps what it has; only a name that was
    never more than its domain is filled. An archived one is not found. Inside the caller's transaction; the address and
    the domain are already checked.
    """
    name = text.one_line(name, 200) if name else None
    emails = [rules.parse_email(email)] if email else []
    names = domain_names(domain) or ([f"organization:{text.name_key(name)}"] if name else [])
    await lock_names(actor, *email_names(Organization, emails), *names)
    for _, normalized in emails:
        row = await scoped(OrganizationEmail, actor).get_or_none(address_normalized=normalized, active=True)
        if row is not None:
            return Found(await scoped(Organization, actor).get(id=row.organization_id), by="address")
    if not names:
        return None
    by = "domain" if domain else "name"
    active = scoped(Organization, actor).filter(archived_at=None)
    if domain:
        found = await active.get_or_none(domain=domain) or await _heir_of_domain(actor, domain)
    else:
        found = await active.filter(name_folded=text.name_key(name or "")).order_by("created_at", "id").first()
    if found is None:
        new = NewOrganization(name=name or domain or "", domain=domain)
        return Found(await add_organization(actor=actor, new=new, now=now), by=by, made=True)
    if not name or name == found.name or found.name != found.domain:
        return Found(found, by=by)
    return Found(await _named(found, name, actor, now), by=by, filled=("name",))


async def _named(found: Organization, name: str, actor: Actor, now: datetime) -> Organization:
    """Give an organization its name that has had none but its domain."""
    organization = await scoped(Organization, actor).select_for_update(no_key=True).get(id=found.id)
    organization.name, organization.name_folded = name, text.name_key(name)
    organization.touch(now)
    await organization.save()
    await outbox.record(OrganizationChanged(subject_id=organization.id, fields=["name"]), actor=actor, now=now)
    return organization


async def _heir_of_domain(actor: Actor, domain: str) -> Organization | None:
    """The organization that one with this domain was merged into."""
    of_merged = scoped(Organization, actor).filter(domain=domain, merged_into_id__isnull=False)
    found = await of_merged.order_by("-archived_at", "id").first()
    while found is not None and found.merged_into_id is not None:
        found = await scoped(Organization, actor).get(id=found.merged_into_id)
    return found if found is not None and found.archived_at is None else None


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

    One that is found keeps what it has; an empty organization or job title is filled, and a new phone number added. An
    archived one is not found.
    Inside the caller's transaction; address and phone are already checked.
    """
    shown = text.one_line(name or "", 200) or (email.partition("@")[0] if email else None) or phone or ""
    normalized = rules.parse_email(email)[1] if email else None
    await lock_names(actor, f"email:{normalized}" if normalized else f"phone:{phone}:{text.name_key(shown)}")
    by = "address" if email else "phone number and name" if phone else "name"
    found = await _find_contact(actor, normalized, phone, shown)
    if found is not None:
        filled = await fill_contact(
            found, actor=actor, organization_id=organization_id, job_title=job_title, phone=phone, now=now
        )
        return Found(found, by=by, filled=filled)
    new = NewContact(
        name=shown,
        emails=(email,) if email else (),
        phones=(phone,) if phone else (),
        job_title=job_title,
        organization_id=organization_id,
    )
    return Found(await add_contact(actor=actor, new=new, now=now), by=by, made=True)


async def fill_contact(
    contact: Contact,
    *,
    actor: Actor,
    organization_id: UUID | None = None,
    job_title: str | None = None,
    phone: str | None = None,
    now: datetime,
) -> tuple[str, ...]:
    """Fill what is empty of a locked contact, and add a phone number it has not; the names of what was filled.

    An archived one stays as it is.
    """
    filled = []
    if contact.archived_at is not None:
        return ()
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
        fields = [_FIELDS[name] for name in filled]
        await outbox.record(ContactChanged(subject_id=contact.id, fields=fields), actor=actor, now=now)
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
        return await _find_by_email(actor, normalized)
    if phone:
        ids = list(await scoped(ContactPhone, actor).filter(number=phone).values_list("contact_id", flat=True))
        key = text.name_key(name)
        # Whoever was merged into one of them is known by the other name as well.
        merged = scoped(Contact, actor).filter(merged_into_id__in=ids, name_folded=key)
        heirs = list(await merged.values_list("merged_into_id", flat=True)) if ids else []
        same = scoped(Contact, actor).filter(Q(name_folded=key) | Q(id__in=heirs), id__in=ids, archived_at=None)
        return await same.order_by("created_at", "id").select_for_update(no_key=True).first()
    return None


async def _find_by_email(actor: Actor, normalized: str) -> Contact | None:
    before = None
    while True:
        row = await scoped(ContactEmail, actor).get_or_none(address_normalized=normalized, active=True)
        if row is None or row.contact_id == before:
            return None
        active = scoped(Contact, actor).filter(id=row.contact_id, archived_at=None)
        found = await active.select_for_update(no_key=True).first()
        if found is not None:
            return found
        # Whoever archives it at this moment frees its address; whoever merges it gives the address to another.
        before = row.contact_id
