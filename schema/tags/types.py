"""Tags in the API."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.fields import shown
from schema.node import Node


@strawberry.type(description="A word that contacts, organizations, leads and deals are sorted by.")
class Tag(Node):
    version: int = shown("Counts the changes, from 1; give it as `expectedVersion`.")
    name: str = shown("The word; no two differ in case, umlauts or accents only.")
    color: str | None = shown("As CSS writes it, such as #1e90ff.")
    description: str | None = shown("When it is to be used.")
    created_at: datetime = shown("When it was made.")
    updated_at: datetime = shown("When it was last changed.")
