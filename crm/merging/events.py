"""Facts about merging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from crm.outbox.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMerged(Event):
    """The subject is the contact that stayed."""

    name: ClassVar[str] = "contact.merged"
    merged_id: UUID
    merge_id: UUID
    moved: dict[str, int]
    """What the subject was given: how many, by kind."""
    filled: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMergeUndone(Event):
    """The subject is the contact that had stayed; ``merged_id`` is there again."""

    name: ClassVar[str] = "contact.merge_undone"
    merged_id: UUID
    merge_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMarkedDistinct(Event):
    """Somebody has said that the subject and the other are two."""

    name: ClassVar[str] = "contact.marked_distinct"
    other_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactUnmarkedDistinct(Event):
    """That was taken back."""

    name: ClassVar[str] = "contact.unmarked_distinct"
    other_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationMerged(Event):
    """The subject is the organization that stayed."""

    name: ClassVar[str] = "organization.merged"
    merged_id: UUID
    merge_id: UUID
    moved: dict[str, int]
    """What the subject was given: how many, by kind."""
    filled: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationMergeUndone(Event):
    """The subject is the organization that had stayed; ``merged_id`` is there again."""

    name: ClassVar[str] = "organization.merge_undone"
    merged_id: UUID
    merge_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationMarkedDistinct(Event):
    """Somebody has said that the subject and the other are two."""

    name: ClassVar[str] = "organization.marked_distinct"
    other_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationUnmarkedDistinct(Event):
    """That was taken back."""

    name: ClassVar[str] = "organization.unmarked_distinct"
    other_id: UUID
