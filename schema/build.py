"""The schema, put together."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext, PreExecutionError

from schema.contacts.mutations import ContactMutations
from schema.customfields.mutations import CustomFieldMutations
from schema.deals.changing import DealChangingMutations
from schema.deals.closing import ClosingMutations
from schema.deals.mutations import DealMutations
from schema.intake.mutations import ChannelMutations
from schema.leads.converting import ConversionMutations
from schema.leads.keeping import LeadKeepingMutations
from schema.leads.mutations import LeadMutations
from schema.leads.policy_mutations import QualificationPolicyMutations
from schema.leads.suggesting import SuggestionMutations
from schema.merging.mutations import MergingMutations
from schema.node import Node, attribute
from schema.pipelines.mutations import PipelineMutations
from schema.pipelines.stages import StageMutations
from schema.queries import Query
from schema.reads.splice import SplicingExecutor
from schema.reads.typemap import TypeMap
from schema.scalars import SCALARS
from schema.tags.mutations import TagMutations


@strawberry.type(description="Everything that can be done. A refusal is in `userErrors`, and then nothing was changed.")
class Mutation(
    LeadMutations,
    LeadKeepingMutations,
    QualificationPolicyMutations,
    SuggestionMutations,
    ConversionMutations,
    DealMutations,
    DealChangingMutations,
    ClosingMutations,
    PipelineMutations,
    StageMutations,
    ContactMutations,
    MergingMutations,
    ChannelMutations,
    TagMutations,
    CustomFieldMutations,
):
    pass


class Schema(strawberry.Schema):
    """Our schema. Errors are coded, masked and logged by the view (schema/errors.py), so not here as well."""

    @cached_property
    def types(self) -> TypeMap:
        """The map from its types to the tables."""
        return TypeMap(self._schema, self.config.name_converter.get_graphql_name)

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        return None

    async def _prepare_operation_async(self, context: ExecutionContext, extensions_runner: Any) -> Any:
        # Documents are parsed and validated once, and known by their text from then on.
        if context.query:
            document = context.context.reads.documents.of_text(context.query)
            if document.node is None:
                context.pre_execution_errors = list(document.errors)
                return PreExecutionError(data=None, errors=list(document.errors))
            name = context._provided_operation_name
            context.graphql_document = document.node
            context.pre_execution_errors = [*document.errors, *document.unnamed(name)]
            context.context.operation = document.operation(name)
        return await super()._prepare_operation_async(context, extensions_runner)


def build_schema() -> Schema:
    """A new schema object; building it takes some tenths of a second."""
    return Schema(
        query=Query,
        mutation=Mutation,
        types=list(Node.kinds.values()),
        config=StrawberryConfig(default_resolver=attribute, scalar_map=SCALARS),
        execution_context_class=SplicingExecutor,
    )
