"""What a request brings along: who asks, when, and the loaders that read each row once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo
from tortoise.models import Model

from crm.accounts.facts import Actor
from crm.contacts import queries as contacts
from crm.db import scoped
from crm.deals import queries as deals
from crm.intake.secrets import SecretBox
from crm.leads import queries as leads
from schema.cursors import CursorSigner

M = TypeVar("M", bound=Model)


@dataclass
class Context:
    """One request's context. Everything it reads is scoped to the actor's workspace."""

    actor: Actor
    now: datetime
    cursors: CursorSigner
    box: SecretBox
    base_url: str
    """How the outside reaches this server, without a trailing slash."""
    _rows: dict[type[Model], DataLoader[UUID, Any]] = field(default_factory=dict)

    async def row(self, model: type[M], id: UUID | None) -> M | None:
        """The row with this id, read together with all others that the request wants."""
        if id is None:
            return None
        if model not in self._rows:
            self._rows[model] = DataLoader(load_fn=self._by_id(model))
        found: M | None = await self._rows[model].load(id)
        return found

    async def row_of(self, model: type[M], id: UUID) -> M:
        """``row`` where a foreign key says that there is one."""
        row = await self.row(model, id)
        if row is None:
            raise LookupError(f"{model.__name__} {id} is referred to, and not there")
        return row

    def _by_id(self, model: type[M]) -> Callable[[list[UUID]], Awaitable[list[M | None]]]:
        async def load(ids: list[UUID]) -> list[M | None]:
            rows = {row.pk: row for row in await scoped(model, self.actor).filter(id__in=ids)}
            return [rows.get(id) for id in ids]

        return load

    @cached_property
    def emails(self) -> DataLoader[UUID, list[str]]:
        return self._many(lambda ids: contacts.emails_of(actor=self.actor, contact_ids=ids))

    @cached_property
    def phones(self) -> DataLoader[UUID, list[str]]:
        return self._many(lambda ids: contacts.phones_of(actor=self.actor, contact_ids=ids))

    @cached_property
    def answers(self) -> DataLoader[UUID, Any]:
        return self._many(lambda ids: leads.answers_of(actor=self.actor, lead_ids=ids))

    @cached_property
    def totals(self) -> DataLoader[UUID, Any]:
        return self._many(lambda ids: deals.stage_totals(actor=self.actor, stage_ids=ids))

    def _many(self, read: Callable[[list[UUID]], Awaitable[dict[UUID, Any]]]) -> DataLoader[UUID, Any]:
        async def load(ids: list[UUID]) -> list[Any]:
            found = await read(ids)
            return [found[id] for id in ids]

        return DataLoader(load_fn=load)

    def forget(self) -> None:
        """Drop what was read: a mutation has changed rows."""
        self._rows.clear()
        for name in ("emails", "phones", "answers", "totals"):
            self.__dict__.pop(name, None)


Info = StrawberryInfo[Context, None]
