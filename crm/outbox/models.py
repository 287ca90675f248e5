"""Facts that were committed and that others want to hear of."""

from __future__ import annotations

from tortoise import fields

from crm.records import WorkspaceRecord


class OutboxEvent(WorkspaceRecord):
    """One fact in the past tense, written in the same commit as what it tells of."""

    name = fields.CharField(max_length=60)
    subject_type = fields.CharField(max_length=40)
    subject_id = fields.UUIDField()
    payload: fields.Field[dict[str, object]] = fields.JSONField()
    at = fields.DatetimeField()

    class Meta:
        table = "outbox_event"
        unique_together = (("workspace", "id"),)
        indexes = (("workspace_id", "subject_id", "at"),)
