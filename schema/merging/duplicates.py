"""Duplicates in the API. Their reads are answered by these resolvers, not compiled (docs/reads.md): what looks alike is
found by doors of the database, which answer with ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import strawberry

from crm.contacts import rules as contacts
from crm.errors import Invalid
from crm.merging import queries
from schema import ids
from schema.connections import After, Before, Connection, First, Last, connection_from
from schema.context import Info
from schema.lazy import LazyContact, LazyOrganization
from schema.merging.enums import DuplicateReason
from schema.node import Node
from schema.reads.arguments import asked_of_page

SCORE = "How probable it is, 0 to 100; nothing below 40 is shown."
REASONS = "Why, the weightiest reason first."


@strawberry.type(description="A contact that may be the same person as another.")
class ContactDuplicate:
    contact: LazyContact = strawberry.field(description="Who it may be.")
    score: int = strawberry.field(description=SCORE)
    reasons: list[DuplicateReason] = strawberry.field(description=REASONS)  # type: ignore[valid-type]


@strawberry.type(description="An organization that may be the same as another.")
class OrganizationDuplicate:
    organization: LazyOrganization = strawberry.field(description="Which it may be.")
    score: int = strawberry.field(description=SCORE)
    reasons: list[DuplicateReason] = strawberry.field(description=REASONS)  # type: ignore[valid-type]


@strawberry.type(description="Two contacts that may be the same person.")
class ContactDuplicatePair:
    first: LazyContact = strawberry.field(description="The older one.")
    second: LazyContact = strawberry.field(description="The newer one.")
    score: int = strawberry.field(description=SCORE)
    reasons: list[DuplicateReason] = strawberry.field(description=REASONS)  # type: ignore[valid-type]


@strawberry.type(description="Two organizations that may be the same.")
class OrganizationDuplicatePair:
    first: LazyOrganization = strawberry.field(description="The older one.")
    second: LazyOrganization = strawberry.field(description="The newer one.")
    score: int = strawberry.field(description=SCORE)
    reasons: list[DuplicateReason] = strawberry.field(description=REASONS)  # type: ignore[valid-type]


async def of_contact(info: Info, contact_id: Any) -> list[ContactDuplicate]:
    """The duplicates of one contact."""
    info.context.plainly()
    found = await queries.duplicates_of_contact(actor=info.context.actor, contact_id=contact_id)
    return await _contacts(info, found)


async def of_organization(info: Info, organization_id: Any) -> list[OrganizationDuplicate]:
    """The duplicates of one organization."""
    info.context.plainly()
    found = await queries.duplicates_of_organization(actor=info.context.actor, organization_id=organization_id)
    return await _organizations(info, found)


async def _contacts(info: Info, found: Iterable[queries.Candidate]) -> list[ContactDuplicate]:
    shown = await _shown(info, "Contact", found)
    return [ContactDuplicate(contact=node, score=one.score, reasons=list(one.reasons)) for node, one in shown]


async def _organizations(info: Info, found: Iterable[queries.Candidate]) -> list[OrganizationDuplicate]:
    shown = await _shown(info, "Organization", found)
    return [OrganizationDuplicate(organization=node, score=one.score, reasons=list(one.reasons)) for node, one in shown]


async def _shown(info: Info, kind: str, found: Iterable[queries.Candidate]) -> list[tuple[Any, queries.Candidate]]:
    """What was found, with its rows; without what has gone since."""
    rows = [(Node.kinds[kind].of_optional(await info.context.row(kind, one.id)), one) for one in found]
    return [(node, one) for node, one in rows if node is not None]


async def _page(
    info: Info, kind: str, pair_type: Any, pairs: Sequence[queries.Pair], given: dict[str, Any]
) -> Connection[Any]:
    """A page of pairs in the order of their places."""
    name, cursors = f"{kind}DuplicatePair", info.context.cursors
    asked = asked_of_page(given, name, cursors)
    inside = [
        pair
        for pair in pairs
        if (asked.after is None or pair.place > asked.after) and (asked.before is None or pair.place < asked.before)
    ]
    # One more than the page holds says that there are more.
    found = inside[-asked.size - 1 :] if asked.backward else inside[: asked.size + 1]
    of = Node.kinds[kind].of
    rows = {id: await info.context.row_of(kind, id) for pair in found for id in (pair.first, pair.second)}

    def show(pair: queries.Pair) -> Any:
        first, second = of(rows[pair.first]), of(rows[pair.second])
        return pair_type(first=first, second=second, score=pair.score, reasons=list(pair.reasons))

    async def count() -> int:
        return len(pairs)

    return connection_from(found, asked, lambda pair: cursors.write(name, pair.place), show, count)


Name = Annotated[str | None, strawberry.argument(description="The name as somebody gives it.")]
Domain = Annotated[str | None, strawberry.argument(description="The domain or web address.")]
Emails = Annotated[
    list[str] | None,
    strawberry.argument(description="E-mail addresses, at most 20; what is no address yet is passed over."),
]
Phones = Annotated[
    list[str] | None,
    strawberry.argument(description="Phone numbers, at most 20; what is no number yet is passed over."),
]
Whose = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The organization the person belongs to; passed over where it is no id of one."),
]


@strawberry.type
class DuplicateQueries:
    @strawberry.field(
        description="Contacts that may be the person about to be entered, the most probable first, at most 20; for"
        " asking while somebody types, before createContact."
    )
    async def contacts_like(
        self,
        info: Info,
        name: Name = None,
        emails: Emails = None,
        phones: Phones = None,
        organization_id: Whose = None,
    ) -> list[ContactDuplicate]:
        info.context.plainly()
        organization = ids.split(organization_id) if organization_id else None
        found = await queries.contacts_like(
            actor=info.context.actor,
            name=name,
            emails=_emails(emails),
            phones=await _phones(info, phones),
            organization_id=organization[1] if organization and organization[0] == "Organization" else None,
        )
        return await _contacts(info, found)

    @strawberry.field(
        description="Organizations that may be the one about to be entered, the most probable first, at most 20."
    )
    async def organizations_like(
        self,
        info: Info,
        name: Name = None,
        domain: Domain = None,
        emails: Emails = None,
        phones: Phones = None,
    ) -> list[OrganizationDuplicate]:
        info.context.plainly()
        found = await queries.organizations_like(
            actor=info.context.actor,
            name=name,
            domain=_domain(domain),
            emails=_emails(emails),
            phones=await _phones(info, phones),
        )
        return await _organizations(info, found)

    @strawberry.field(
        description="Pairs of contacts that may be the same person, the most probable first: those with a mailbox, a"
        " phone number or the whole name in common, at most 10,000. Names that are merely similar are found at each"
        " contact: `duplicates`. Where more than 20 have one thing in common, each is paired with the oldest."
    )
    async def contact_duplicates(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[ContactDuplicatePair]:
        info.context.plainly()
        pairs = await queries.contact_pairs(actor=info.context.actor)
        given = {"first": first, "after": after, "last": last, "before": before}
        return await _page(info, "Contact", ContactDuplicatePair, pairs, given)

    @strawberry.field(
        description="Pairs of organizations that may be the same, as `contactDuplicates`; a domain in common counts,"
        " too."
    )
    async def organization_duplicates(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[OrganizationDuplicatePair]:
        info.context.plainly()
        pairs = await queries.organization_pairs(actor=info.context.actor)
        given = {"first": first, "after": after, "last": last, "before": before}
        return await _page(info, "Organization", OrganizationDuplicatePair, pairs, given)


MOST_GIVEN = 20
"""Addresses or numbers of one question; more are passed over."""


def _emails(given: list[str] | None) -> list[str]:
    found = []
    for address in (given or [])[:MOST_GIVEN]:
        try:
            found.append(contacts.parse_email(address)[1])
        except Invalid:
            continue
    return found


async def _phones(info: Info, given: list[str] | None) -> list[str]:
    return await queries.phones_as_compared(actor=info.context.actor, given=(given or [])[:MOST_GIVEN])


def _domain(given: str | None) -> str | None:
    try:
        return contacts.parse_domain(given) if given else None
    except Invalid:
        return None
