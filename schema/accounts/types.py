"""Members in the API."""

from __future__ import annotations

import strawberry

from schema.fields import shown
from schema.node import Node
from schema.scalars import EmailAddress


@strawberry.type(description="A person who works in the workspace.")
class Member(Node):
    name: str = shown("The person's name.")
    email: EmailAddress = shown("The address the person is reached at.")
