"""Compiled reads at work: from a request's operation to the data of its response.

Two ways lead here. *Tier 2* answers a whole query by one plan (``answer``). *Tier 1* answers single fields of the root,
and the objects in a mutation's payload, while the executor does the rest (schema/reads/splice.py). Where a query holds
what is not compiled, or asks for what cannot be answered, both step back and plain resolvers answer.
"""

from __future__ import annotations

import asyncio
from builtins import id as builtin_id
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from graphql import FieldNode, GraphQLError, GraphQLObjectType
from graphql.execution.values import VariableValues

from crm.caches import CacheStats, SegmentedCache
from crm.reads import ReadPool, Scope
from schema.reads.arguments import Asked
from schema.reads.compiler import Compiler
from schema.reads.documents import Documents, Operation, Prepared, plan_key
from schema.reads.plan import Build, Plan, Unbuilt, Unproved
from schema.reads.selection import Pick, Selector, Uncompilable
from schema.reads.typemap import TypeMap

if TYPE_CHECKING:
    from schema.context import Context

Mode = Literal["compiled", "spliced", "stock"]
"""``compiled``: both tiers. ``spliced``: tier 1 only. ``stock``: plain resolvers only, to compare with and as a net."""

PLANS = 2_000


class Batch:
    """Objects that a payload wants by the same plan."""

    found: asyncio.Future[dict[UUID, Any]]

    def __init__(self) -> None:
        self.ids: list[UUID] = []


class Reads:
    """What the requests of a process share: the type map, the documents, and the plans."""

    def __init__(self, types: TypeMap, pool: ReadPool, mode: Mode = "compiled") -> None:
        self.types = types
        self.pool = pool
        self.mode = mode
        self.documents = Documents(types.schema)
        self.plans: SegmentedCache[Any, Plan] = SegmentedCache(PLANS)

    def stats(self) -> dict[str, CacheStats]:
        """How the caches do."""
        return {"documents": self.documents.cache.stats(), "plans": self.plans.stats()}

    async def answer(
        self,
        operation: Operation,
        given: Mapping[str, Any] | None,
        context: Context,
        unproved_key: bytes | None = None,
    ) -> dict[str, Any] | None:
        """The data of a whole query; None where the executor must answer it.

        Raises: Unproved, where ``unproved_key`` was given and the read could not prove it (schema/reads/plan.py).
        """
        variables = operation.variables(self.types.schema, given)
        if variables is None:
            return None

        def prepare() -> Prepared:
            selector = Selector(self.types.schema, operation.fragments, variables)
            selection = selector.select([operation.node.selection_set], operation.root)
            return Prepared(selection, self.types, context.cursors)

        if unproved_key is not None and not operation.is_prepared("whole", variables):
            raise Unproved  # nothing is made for a key before it is proved
        prepared = operation.prepared("whole", variables, prepare)
        found = self._planned(operation.root.name, prepared, variables, context, at_hand=unproved_key is not None)
        if found is None:
            return None
        try:
            data: dict[str, Any] = await self._run(*found, context, unproved_key)
        except Unbuilt:
            return None
        return data

    async def field(
        self, operation: Operation, nodes: Sequence[FieldNode], variables: VariableValues, context: Context
    ) -> tuple[Any] | None:
        """The value of one field of the query root; None where its resolver must answer it."""
        key = nodes[0].alias.value if nodes[0].alias else nodes[0].name.value

        def prepare() -> Prepared:
            selector = Selector(self.types.schema, operation.fragments, variables)
            return Prepared(selector.select_field(nodes, operation.root), self.types, context.cursors)

        prepared = operation.prepared(("field", key), variables, prepare)
        found = self._planned(operation.root.name, prepared, variables, context)
        try:
            return None if found is None else ((await self._run(*found, context))[key],)
        except Unbuilt:
            return None

    async def object(
        self,
        operation: Operation,
        place: tuple[int, ...],
        nodes: Sequence[FieldNode],
        type: GraphQLObjectType,
        row: Any,
        variables: VariableValues,
        context: Context,
    ) -> Any:
        """An object whose row the ORM has loaded; None where it is not compiled (or not there any more)."""

        def prepare() -> Prepared:
            selector = Selector(self.types.schema, operation.fragments, variables)
            selection = selector.select([node.selection_set for node in nodes if node.selection_set], type)
            return Prepared(selection, self.types, context.cursors)

        prepared = operation.prepared(("object", place, type.name), variables, prepare)
        if prepared is None:
            return None
        scope = Scope.of(context.actor)
        # Whom a filter may keep from seeing the object is shown what a query of his own would find.
        build = self._loaded(type.name, prepared, scope) if not scope.filters else None
        if build is not None:
            return build(row, (), context)
        found = self._planned(type.name, prepared, variables, context, Asked(type.name, ()))
        try:
            return None if found is None else await self._batched(*found, row.id, context)
        except Unbuilt:
            return None

    def _loaded(self, type_name: str, prepared: Prepared, scope: Scope) -> Build | None:
        """What makes the object of its loaded row alone; None where it takes a query."""
        if scope.key not in prepared.loaded:
            try:
                build = Compiler(self.types, scope, ()).compile_loaded(type_name, prepared.selection.picks)
            except Uncompilable:
                build = None
            prepared.loaded[scope.key] = build
        return prepared.loaded[scope.key]

    async def _batched(self, plan: Plan, asked: list[Asked], scope: Scope, id: UUID, context: Context) -> Any:
        """One of the objects that a payload wants by the same plan: they are read together."""
        alike = not any(part.values for part in asked)
        key = builtin_id(plan) if alike else object()
        batch = context.batches.get(key)
        if batch is None:
            batch = context.batches[key] = Batch()
            batch.found = asyncio.ensure_future(self._read_batch(key, plan, asked, scope, context))
        batch.ids.append(id)
        return (await batch.found).get(id)

    async def _read_batch(self, key: Any, plan: Plan, asked: list[Asked], scope: Scope, context: Context) -> Any:
        await asyncio.sleep(0)  # until the payload's other objects have joined
        ids = context.batches.pop(key).ids
        return await self._run(plan, [*asked[:-1], Asked(None, (ids,))], scope, context)

    def plan(self, root: str, picks: tuple[Pick, ...], asked: Sequence[Asked], scope: Scope) -> Plan:
        """The plan for what is selected of the query root.

        Raises: Uncompilable.
        """
        key = (root, picks, plan_key(list(asked), scope))
        plan = self.plans.get(key)
        if plan is None:
            compiler = Compiler(self.types, scope, [part.shape for part in asked])
            is_root = root == self._query.name
            plan = compiler.compile(root, picks) if is_root else compiler.compile_objects(root, picks)
            self.plans.put(key, plan)
        return plan

    @property
    def _query(self) -> GraphQLObjectType:
        query = self.types.schema.query_type
        if query is None:
            raise LookupError("the schema has no query root")
        return query

    def _planned(
        self,
        root: str,
        prepared: Prepared | None,
        variables: VariableValues,
        context: Context,
        *more: Asked,
        at_hand: bool = False,
    ) -> tuple[Plan, list[Asked], Scope] | None:
        """The plan and what it asks for; None where there is none, or where an argument is wrong."""
        if prepared is None:
            return None
        try:
            asked = [*prepared.asked(variables, context.cursors), *more]
        except GraphQLError:  # of an argument; the executor says what is wrong
            return None
        scope = Scope.of(context.actor)
        key = plan_key(asked, scope)
        if key not in prepared.plans:
            if at_hand:
                raise Unproved
            try:
                prepared.keep(key, self.plan(root, prepared.selection.picks, asked, scope))
            except Uncompilable:
                prepared.keep(key, None)
        plan = prepared.plans[key]
        return None if plan is None else (plan, asked, scope)

    async def _run(
        self,
        plan: Plan,
        asked: list[Asked],
        scope: Scope,
        context: Context,
        unproved_key: bytes | None = None,
    ) -> Any:
        values = [part.values for part in asked]
        async with self.pool.lease() as connection:
            return await plan.run(connection, scope, context.now, values, context, unproved_key)
