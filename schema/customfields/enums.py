"""The words that custom fields are told in."""

from __future__ import annotations

from crm.customfields import facts
from schema.enums import described

CustomFieldEntity = described(
    facts.Entity,
    "Which records a custom field belongs to.",
    name="CustomFieldEntity",
    CONTACT="People.",
    ORGANIZATION="Companies, associations and authorities.",
    LEAD="Leads.",
    DEAL="Deals.",
)
CustomFieldKind = described(
    facts.FieldKind,
    "What a custom field holds.",
    name="CustomFieldKind",
    TEXT="A text, on as many lines as it takes, of at most 10000 characters.",
    NUMBER="A number of at most 30 digits, kept exactly.",
    BOOLEAN="Yes or no.",
    DATE="A day.",
    CHOICE="One of the field's choices.",
    CHOICES="Any number of the field's choices.",
)
