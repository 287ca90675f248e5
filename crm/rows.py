"""Rows of a workspace by the name of their kind: the plain reads behind the API, without its knowing a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tortoise.models import Model
from tortoise.queryset import QuerySet

from crm.accounts.models import Member
from crm.activities.models import Activity
from crm.contacts.models import Contact, Organization
from crm.customfields.models import CustomField
from crm.db import Scoped, scoped
from crm.deals.models import Deal, StageChange
from crm.intake.models import Channel, InboundMessage
from crm.leads.models import Conversion, Lead, QualificationPolicy, Suggestion
from crm.merging.models import Merge
from crm.pipelines.models import Pipeline, Stage
from crm.tags.models import Tag

KINDS: dict[str, type[Model]] = {
    model.__name__: model
    for model in (
        *(Member, Contact, Organization, Lead, Conversion, Deal, StageChange, Pipeline, Stage, Activity),
        *(Channel, InboundMessage, QualificationPolicy),
        Suggestion,
        *(Tag, CustomField, Merge),
    )
}
"""Every kind of record that is read as such, by its name."""


def rows(kind: str, actor: Scoped, **where: Any) -> QuerySet[Any]:
    """The workspace's rows of a kind whose columns have these values."""
    return scoped(KINDS[kind], actor).filter(**where)


async def by_ids(kind: str, actor: Scoped, ids: Sequence[UUID]) -> list[Any]:
    """The rows with these ids, in their order; None for each that the workspace does not have."""
    found = {row.pk: row for row in await rows(kind, actor, id__in=list(ids))}
    return [found.get(id) for id in ids]


async def only(kind: str, actor: Scoped) -> Any:
    """The one row of a kind that each workspace has."""
    return await rows(kind, actor).get()
