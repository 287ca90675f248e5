"""What the law leaves out, by name: fields of the query root that resolvers answer, and compiled reads never do."""

from __future__ import annotations

OUTSIDE = {
    "pipelineAsOf": "computed from spans of time; tests/crm/test_history.py has its own oracle",
    "pipelineChanges": "as pipelineAsOf",
}
"""By name, with what holds it instead. Objects of other types below them are compiled; tests/schema/test_past.py."""
