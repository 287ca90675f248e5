"""Lists that belong to contacts and organizations, by their names in receipts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from crm.accounts.facts import Actor
from crm.contacts import addresses
from crm.contacts.addresses import KEPT, Party
from crm.contacts.facts import Address
from crm.contacts.models import PostalAddress
from crm.db import scoped

PHONES = "phones"
POSTAL_ADDRESSES = "postalAddresses"
WORDS = {PHONES: "phone numbers", POSTAL_ADDRESSES: "postal addresses"}


async def listed(party: Party, name: str, actor: Actor) -> list[Any]:
    """What the list holds, in its order, as plain data."""
    kept = KEPT[type(party)]
    of_it = {f"{kept.noun}_id": party.id}
    if name == PHONES:
        return [row.number for row in await scoped(kept.phone, actor).filter(**of_it).order_by("position")]
    rows = await scoped(PostalAddress, actor).filter(**of_it).order_by("position")
    return [asdict(Address(**{part: getattr(row, part) for part in Address.__slots__})) for row in rows]


async def write(party: Party, name: str, wanted: list[Any], actor: Actor) -> None:
    """Make the list hold this, as it was read, and nothing else."""
    await (addresses.write_phones if name == PHONES else addresses.write_postal)(party, wanted, actor)
