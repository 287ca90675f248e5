"""What the law leaves out, by name: fields that resolvers answer, and compiled reads never do."""

from __future__ import annotations

OUTSIDE = {
    "pipelineAsOf": "computed from spans of time; tests/crm/test_history.py has its own oracle",
    "pipelineChanges": "as pipelineAsOf",
    "contactsLike": "found by doors of the database; tests/crm/test_duplicates.py has its own oracle",
    "organizationsLike": "as contactsLike",
    "contactDuplicates": "as contactsLike",
    "organizationDuplicates": "as contactsLike",
}
"""By name, with what holds it instead. Objects of other types below them are compiled; tests/schema/test_past.py."""
OUTSIDE_BELOW = {
    "Contact.duplicates": "as contactsLike",
    "Organization.duplicates": "as contactsLike",
}
"""The same of other types."""


def is_outside(type: str, field: str) -> bool:
    """Whether the law says nothing of a field."""
    return (type == "Query" and field in OUTSIDE) or f"{type}.{field}" in OUTSIDE_BELOW
