"""Members in the API."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.accounts.enums import Role
from schema.fields import shown
from schema.node import Node
from schema.scalars import EmailAddress


@strawberry.type(description="A person who works in the workspace.")
class Member(Node):
    version: int = shown("Counts the changes, from 1.")
    name: str = shown("The person's name.")
    email: EmailAddress = shown("The address the person is reached at.")
    role: Role = shown("What the person may do.")  # type: ignore[valid-type]
    created_at: datetime = shown("When the person joined.")
    updated_at: datetime = shown("When it was last changed.")
