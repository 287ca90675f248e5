"""Channels, and every message that came in through them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from crm.intake.facts import ChannelKind, InboundState
from crm.records import VersionedRecord, WorkspaceRecord, one_of

if TYPE_CHECKING:
    from crm.leads.models import Lead


class Channel(VersionedRecord):
    """A form or a mailbox through which inquiries come in. Its keys are unique over all workspaces: they find one."""

    kind = fields.CharField(max_length=16)
    name = fields.CharField(max_length=200)
    key = fields.CharField(max_length=64, null=True)
    """A form's public key, part of its address; None for other kinds."""
    secret_hash = fields.BinaryField(null=True)
    """SHA-256 of the secret, by which a delivery finds its channel; None for forms, whose key is public."""
    secret_sealed = fields.BinaryField(null=True)
    """The secret, encrypted, so that an admin can read it again."""

    class Meta:
        table = "channel"
        unique_together = (("workspace", "id"), ("key",), ("secret_hash",))
        constraints = (
            one_of("channel", "kind", ChannelKind),
            CheckConstraint(check="name <> ''", name="channel_name_present"),
            CheckConstraint(check="(kind = 'FORM') = (key IS NOT NULL)", name="channel_form_has_key"),
            CheckConstraint(
                check="(kind = 'MAIL') = (secret_hash IS NOT NULL) AND (secret_hash IS NULL) = (secret_sealed IS NULL)",
                name="channel_mail_has_secret",
            ),
        )


class InboundMessage(WorkspaceRecord):
    """One delivery as it came, and what became of it: the queue of record."""

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "crm.Channel", on_delete=fields.RESTRICT, related_name=False
    )
    channel_id: UUID
    kind = fields.CharField(max_length=16)
    content_type = fields.CharField(max_length=500)
    size = fields.IntField()
    """Bytes it came with; they are in ``InboundRaw``."""
    fingerprint = fields.BinaryField()
    """SHA-256 of what makes two deliveries the same message (docs/adr/0005)."""
    idempotency_key = fields.CharField(max_length=255, null=True)
    """What the sender of a form gave as Idempotency-Key."""
    message_id_header = fields.CharField(max_length=998, null=True)
    """A mail's Message-ID, which its sender chose."""
    received_at = fields.DatetimeField()
    deliveries = fields.IntField(default=1)
    """How often the same message was delivered."""
    last_delivered_at = fields.DatetimeField()
    state = fields.CharField(max_length=16)
    reason = fields.CharField(max_length=40, null=True)
    """Why it was ignored or quarantined: a stable code."""
    attempts = fields.IntField(default=0)
    due_at = fields.DatetimeField(null=True)
    """When it may next be claimed: at once, after a backoff, or when a claim's lease runs out; None when it is done."""
    rung_at = fields.DatetimeField(null=True)
    """When a task was last sent for it, so that a sweep does not flood the queue."""
    done_at = fields.DatetimeField(null=True)
    lead: fields.ForeignKeyNullableRelation[Lead] = fields.ForeignKeyField(
        "crm.Lead", on_delete=fields.SET_NULL, null=True, related_name=False
    )
    lead_id: UUID | None
    trace: fields.Field[list[str]] = fields.JSONField(default=list)
    """What was read and decided, and why: a sentence each."""

    class Meta:
        table = "inbound_message"
        unique_together = (("workspace", "id"),)
        indexes = (
            ("workspace_id", "received_at", "id"),
            ("workspace_id", "channel_id", "fingerprint", "received_at"),
            ("workspace_id", "channel_id", "message_id_header"),
        )
        constraints = (
            one_of("inbound_message", "kind", ChannelKind),
            one_of("inbound_message", "state", InboundState),
            UniqueConstraint(
                fields=("workspace_id", "channel_id", "fingerprint"),
                name="inbound_message_mail_once",
                condition="kind = 'MAIL'",
            ),
            UniqueConstraint(
                fields=("workspace_id", "channel_id", "idempotency_key", "fingerprint"),
                name="inbound_message_key_once",
                condition="idempotency_key IS NOT NULL",
            ),
            CheckConstraint(
                check="(state IN ('IGNORED', 'QUARANTINED')) = (reason IS NOT NULL)", name="inbound_message_has_reason"
            ),
            CheckConstraint(
                check="(state IN ('RECEIVED', 'PROCESSING')) = (due_at IS NOT NULL)", name="inbound_message_open_is_due"
            ),
            CheckConstraint(check="state <> 'PROCESSED' OR done_at IS NOT NULL", name="inbound_message_processed_done"),
        )


class InboundRaw(WorkspaceRecord):
    """The bytes of a message as they came. Apart from the message, so that neither a list nor an update touches them;
    deleted when their retention is over, while the message and its trace stay."""

    message: fields.ForeignKeyRelation[InboundMessage] = fields.ForeignKeyField(
        "crm.InboundMessage", on_delete=fields.CASCADE, related_name=False
    )
    message_id: UUID
    content = fields.BinaryField()

    class Meta:
        table = "inbound_raw"
        unique_together = (("workspace", "id"), ("workspace", "message"))
