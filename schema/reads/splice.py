"""Tier 1: an executor that takes finished values from compiled reads and splices them into its result."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo, OperationType, is_object_type
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from crm.reads import Scope
from schema.node import Node

if TYPE_CHECKING:
    from schema.context import Context, Info
    from schema.reads.documents import Operation


class Finished:
    """A value that is complete: the executor passes it on as it is."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class SplicingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Completes values as graphql-core does, but for those that compiled reads have finished.

    Root fields keep their resolvers and all that Strawberry puts around them; a mutation's payload keeps its own, too,
    and the objects in it are read after it has committed. So are objects that a resolver of a query answers for a field
    that is not mapped.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        context: Context = self.context_value
        self._compiled: Operation | None = None
        if context.reads.mode != "stock" and context.operation is not None:
            self._compiled = context.operation
            context.executor = self

    async def spliced(self, info: Info) -> Finished | None:
        """A field of the query root, finished; None where its plain resolver must answer."""
        context, raw = info.context, info._raw_info
        if self._compiled is None or not self._compiled.is_query:
            return None
        value = await context.reads.field(self._compiled, raw.field_nodes, self.variable_values, context)
        return None if value is None else Finished(value[0])

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: Any,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        if type(result) is Finished:
            return result.value
        if isinstance(result, Node) and is_object_type(return_type) and self._is_left_to_us(info, path):
            return self._object(return_type, field_details_list, info, path, result, position_context)
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

    def _is_left_to_us(self, info: GraphQLResolveInfo[Any], path: Path) -> bool:
        """Whether compiled reads may show it: it is in a mutation's payload, or where a resolver has put it."""
        if self._compiled is None:
            return False
        if self.operation.operation is OperationType.MUTATION:
            match path.as_list():
                case [str(), str()] | [str(), str(), int(), str()]:  # of the payload, or of an entry of its list
                    return True
            return False
        context: Context = self.context_value
        return context.reads.types.read(info.parent_type.name, info.field_name) is None

    async def _object(
        self,
        type: GraphQLObjectType,
        field_details_list: Any,
        info: GraphQLResolveInfo[Any],
        path: Path,
        node: Node,
        position_context: Any,
    ) -> Any:
        context: Context = self.context_value
        nodes: list[FieldNode] = info.field_nodes
        if self._compiled is not None:
            place = tuple(map(id, nodes))  # the same for all objects of a list; the document outlives the operation
            value = await context.reads.object(
                self._compiled, place, nodes, type, node.row, self.variable_values, context
            )
            if value is not None or Scope.of(context.actor).filters:
                return value  # None: a filter hides it
        completed = super().complete_value(type, field_details_list, info, path, node, position_context)
        return await completed if isinstance(completed, Awaitable) else completed
