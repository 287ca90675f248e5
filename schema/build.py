"""The schema, put together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import strawberry
from graphql import GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from schema.contacts.mutations import ContactMutations
from schema.deals.mutations import DealMutations
from schema.intake.mutations import ChannelMutations
from schema.leads.mutations import LeadMutations
from schema.node import attribute
from schema.queries import NODES, Query
from schema.scalars import SCALARS


@strawberry.type(description="Everything that can be done. A refusal is in `userErrors`, and then nothing was changed.")
class Mutation(LeadMutations, DealMutations, ContactMutations, ChannelMutations):
    pass


class Schema(strawberry.Schema):
    """Our schema. Errors are coded, masked and logged by the view (schema/errors.py), so not here as well."""

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        return None


class OneOperation(SchemaExtension):
    """Refuses several operations of which none is named (GraphQL, section 6.1); Strawberry would run the first."""

    def on_parse(self) -> Iterator[None]:
        yield
        document = self.execution_context.graphql_document
        if document is None or self.execution_context._provided_operation_name is not None:
            return
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        if len(operations) > 1:
            raise GraphQLError("The document holds several operations: name one in operationName.", operations[1:])


def build_schema() -> Schema:
    """A new schema object; building it takes some tenths of a second."""
    return Schema(
        query=Query,
        mutation=Mutation,
        types=list(NODES.values()),
        config=StrawberryConfig(default_resolver=attribute, scalar_map=SCALARS),
        extensions=[OneOperation],
    )
