"""What belongs to contacts and organizations: all that a merge must hand over.

A test holds these against the database's catalog, so that nothing which refers to a person is ever forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from crm.contacts.models import (
    Contact,
    ContactEmail,
    ContactPhone,
    Organization,
    OrganizationEmail,
    OrganizationPhone,
    PostalAddress,
)
from crm.merging import events
from crm.merging.facts import Part

Party: TypeAlias = Contact | Organization


@dataclass(frozen=True, slots=True)
class Reference:
    """A column whose value is simply replaced by the record that stays."""

    table: str
    column: str
    part: Part
    versioned: bool = False
    """Whether the row counts its changes. (The lead of an answer counts those of the answer.)"""

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, slots=True)
class Addresses:
    """A list of addresses in an order, none of them twice."""

    model: type[Any]
    part: Part
    key: Callable[[Any], str]
    """By which two of them are the same."""

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table)


@dataclass(frozen=True, slots=True)
class Mergeable:
    """One kind of record that can be merged."""

    model: type[Any]
    noun: str
    """As people and columns call it: ``contact``."""
    references: tuple[Reference, ...]
    addresses: tuple[Addresses, ...]
    merged: type[events.ContactMerged | events.OrganizationMerged]
    undone: type[events.ContactMergeUndone | events.OrganizationMergeUndone]
    marked: type[events.ContactMarkedDistinct | events.OrganizationMarkedDistinct]
    unmarked: type[events.ContactUnmarkedDistinct | events.OrganizationUnmarkedDistinct]

    @property
    def fillable(self) -> tuple[str, ...]:
        """The columns that are filled from a merged record where they are empty: all that may be empty.

        Not the parent of an organization: who is above whom is looked at as a whole.
        """
        columns, fields = self.model._meta.db_fields, self.model._meta.fields_map
        apart = ("merged_into_id", "archived_at", "parent_id")
        return tuple(name for name in fields if name in columns and fields[name].null and name not in apart)


def api_name(column: str) -> str:
    """A column as the API names it: ``job_title`` → ``jobTitle``; ``organization_id`` → ``organization``."""
    first, *rest = column.removesuffix("_id").split("_")
    return first + "".join(word.capitalize() for word in rest)


_POSTAL = ("label", "street", "postal_code", "city", "region", "country")


def _postal(row: PostalAddress) -> str:
    return "\n".join(getattr(row, name) or "" for name in _POSTAL)


CONTACTS = Mergeable(
    model=Contact,
    noun="contact",
    references=(
        Reference("lead", "contact_id", Part.LEAD, versioned=True),
        Reference("deal", "contact_id", Part.DEAL, versioned=True),
        Reference("criterion_answer", "decision_maker_id", Part.ANSWER),
        Reference("criterion_answer", "budget_holder_id", Part.ANSWER),
        Reference("suggestion", "decision_maker_id", Part.SUGGESTION, versioned=True),
        Reference("activity", "contact_id", Part.ACTIVITY),
    ),
    addresses=(
        Addresses(ContactEmail, Part.EMAIL, lambda row: str(row.address_normalized)),
        Addresses(ContactPhone, Part.PHONE, lambda row: str(row.number)),
        Addresses(PostalAddress, Part.POSTAL_ADDRESS, _postal),
    ),
    merged=events.ContactMerged,
    undone=events.ContactMergeUndone,
    marked=events.ContactMarkedDistinct,
    unmarked=events.ContactUnmarkedDistinct,
)
ORGANIZATIONS = Mergeable(
    model=Organization,
    noun="organization",
    references=(
        Reference("lead", "organization_id", Part.LEAD, versioned=True),
        Reference("deal", "organization_id", Part.DEAL, versioned=True),
        Reference("contact", "organization_id", Part.CONTACT, versioned=True),
        Reference("organization", "parent_id", Part.BRANCH, versioned=True),
        Reference("activity", "organization_id", Part.ACTIVITY),
    ),
    addresses=(
        Addresses(OrganizationEmail, Part.EMAIL, lambda row: str(row.address_normalized)),
        Addresses(OrganizationPhone, Part.PHONE, lambda row: str(row.number)),
        Addresses(PostalAddress, Part.POSTAL_ADDRESS, _postal),
    ),
    merged=events.OrganizationMerged,
    undone=events.OrganizationMergeUndone,
    marked=events.OrganizationMarkedDistinct,
    unmarked=events.OrganizationUnmarkedDistinct,
)
APART = frozenset(
    {
        *(f"{table}.{noun}_id" for noun in ("contact", "organization") for table in ("tagging", "postal_address")),
        *(f"{noun}_{address}.{noun}_id" for noun in ("contact", "organization") for address in ("email", "phone")),
        *(f"{noun}.merged_into_id" for noun in ("contact", "organization")),
        *(f"merge.{which}{noun}_id" for noun in ("contact", "organization") for which in ("", "merged_")),
        *(f"distinct_pair.{which}{noun}_id" for noun in ("contact", "organization") for which in ("", "other_")),
    }
)
"""What refers to them too, and is seen to by itself: what must not be there twice, and the history of merging."""
