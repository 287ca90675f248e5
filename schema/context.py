"""What a request brings along: who asks, when, and the loaders that read each row once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from crm.accounts.facts import Actor
from crm.contacts import queries as contacts
from crm.customfields import queries as customfields
from crm.deals import queries as deals
from crm.intake.secrets import SecretBox
from crm.leads import policies
from crm.leads import queries as leads
from crm.reads import Scope
from crm.rows import by_ids, only
from schema.connections import connection_of
from schema.cursors import CursorSigner
from schema.node import Node
from schema.reads.plain import PlainList, asked_of

if TYPE_CHECKING:
    from schema.reads.documents import Operation
    from schema.reads.mapping import Many
    from schema.reads.runner import Batch, Reads
    from schema.reads.splice import SplicingExecutor


@dataclass
class Context:
    """One request's context. Everything it reads is scoped to the actor's workspace."""

    actor: Actor
    now: datetime
    cursors: CursorSigner
    box: SecretBox
    find_base_url: Callable[[], str]
    reads: Reads
    """The compiled reads; the plain lists too are told by them which arguments mean what."""
    operation: Operation | None = None
    """The operation that is asked for, once it is known to be right."""
    executor: SplicingExecutor | None = None
    """The executor that is at work on the request; None: plain resolvers answer."""
    batches: dict[Any, Batch] = field(default_factory=dict)
    """Objects of a payload that wait to be read together."""
    _rows: dict[str, DataLoader[UUID, Any]] = field(default_factory=dict)

    @cached_property
    def base_url(self) -> str:
        """How the outside reaches this server, without a trailing slash."""
        return self.find_base_url()

    def plainly(self) -> None:
        """Say that plain rows are about to be read.

        Raises: LookupError where the actor's role has a row filter, which only compiled reads know: rather no answer.
        """
        if Scope.of(self.actor).filters:
            raise LookupError("a row filter is in force, and plain resolvers know none")

    async def row(self, kind: str, id: UUID | None) -> Any:
        """The row of that kind with this id, or None; read together with all others that the request wants."""
        self.plainly()
        if id is None:
            return None
        if kind not in self._rows:
            self._rows[kind] = DataLoader(load_fn=partial(by_ids, kind, self.actor))
        return await self._rows[kind].load(id)

    async def row_of(self, kind: str, id: UUID) -> Any:
        """``row`` where a foreign key says that there is one."""
        row = await self.row(kind, id)
        if row is None:
            raise LookupError(f"{kind} {id} is referred to, and not there")
        return row

    async def only(self, kind: str) -> Any:
        """The one row of a kind that each workspace has."""
        self.plainly()
        return await only(kind, self.actor)

    async def spliced(self, info: Info) -> Any:
        """A field of the root as compiled reads answer it; None: they do not, and its plain resolver must."""
        return await self.executor.spliced(info) if self.executor is not None else None

    async def connection(self, info: Info, read: Many, parent: Any) -> Any:
        """A page of a list: of the workspace (``parent`` is None), compiled if it can be, or of an object."""
        if parent is None and (spliced := await self.spliced(info)) is not None:
            return spliced
        self.plainly()
        return await connection_of(PlainList(self, read, _id_of(parent), asked_of(info, read)), self, read)

    async def whole_list(self, info: Info, read: Many, parent: Any) -> Any:
        """The whole of a short list, as ``connection``."""
        if parent is None and (spliced := await self.spliced(info)) is not None:
            return spliced
        self.plainly()
        asked = asked_of(info, read) if read.takes else None
        rows, _ = await PlainList(self, read, _id_of(parent), asked).page()
        return [Node.kinds[read.listing.kind].of(row) for row in rows]

    @cached_property
    def emails(self) -> DataLoader[UUID, list[str]]:
        return self._many(lambda ids: contacts.emails_of(actor=self.actor, contact_ids=ids))

    @cached_property
    def phones(self) -> DataLoader[UUID, list[str]]:
        return self._many(lambda ids: contacts.phones_of(actor=self.actor, contact_ids=ids))

    @cached_property
    def emails_of_organizations(self) -> DataLoader[UUID, list[str]]:
        return self._many(lambda ids: contacts.emails_of_organizations(actor=self.actor, ids=ids))

    @cached_property
    def phones_of_organizations(self) -> DataLoader[UUID, list[str]]:
        return self._many(lambda ids: contacts.phones_of_organizations(actor=self.actor, ids=ids))

    @cached_property
    def postal_addresses(self) -> DataLoader[UUID, list[Any]]:
        return self._many(lambda ids: contacts.postal_addresses_of(actor=self.actor, ids=ids))

    @cached_property
    def answers(self) -> DataLoader[UUID, Any]:
        return self._many(lambda ids: leads.answers_of(actor=self.actor, lead_ids=ids))

    @cached_property
    def policies(self) -> DataLoader[UUID, Any]:
        """The workspace's policy of qualification, by the workspace's id."""

        async def read(ids: list[UUID]) -> dict[UUID, Any]:
            return dict.fromkeys(ids, await policies.read_policy(self.actor))

        return self._many(read)

    @cached_property
    def paces(self) -> DataLoader[UUID, Any]:
        return self._many(lambda ids: leads.paces_of(actor=self.actor, deal_ids=ids, now=self.now))

    @cached_property
    def custom_fields(self) -> DataLoader[Any, Any]:
        return self._many(lambda entities: customfields.fields_in_use(actor=self.actor, entities=entities))

    @cached_property
    def totals(self) -> DataLoader[UUID, Any]:
        return self._many(lambda ids: deals.stage_totals(actor=self.actor, stage_ids=ids))

    def _many(self, read: Callable[[list[Any]], Awaitable[dict[Any, Any]]]) -> DataLoader[Any, Any]:
        async def load(ids: list[Any]) -> list[Any]:
            self.plainly()
            found = await read(ids)
            return [found[id] for id in ids]

        return DataLoader(load_fn=load)

    def forget(self) -> None:
        """Drop what was read: a mutation has changed rows."""
        self._rows.clear()
        for name, value in list(self.__dict__.items()):
            if isinstance(value, DataLoader):
                del self.__dict__[name]


Info = StrawberryInfo[Context, None]


def _id_of(parent: Any) -> UUID | None:
    return None if parent is None else parent.row.id
