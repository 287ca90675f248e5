"""The schema, put together."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import GraphQLError
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


def build_schema() -> Schema:
    """A new schema object; building it takes some tenths of a second."""
    return Schema(
        query=Query,
        mutation=Mutation,
        types=list(NODES.values()),
        config=StrawberryConfig(default_resolver=attribute, scalar_map=SCALARS),
    )
