"""From a stranger's bytes to a lead: receive, claim, file. The table is the queue; a task is only a doorbell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crm import text
from crm.accounts.facts import Actor
from crm.accounts.permissions import permit
from crm.db import atomic, execute, scoped
from crm.doors import hashed
from crm.idempotency import once
from crm.ids import new_id
from crm.intake import rules
from crm.intake.events import ChannelCreated, InboundMessageQuarantined
from crm.intake.facts import ChannelKind, Claim, InboundState
from crm.intake.models import Channel, InboundMessage
from crm.intake.secrets import SecretBox, new_form_key, new_secret
from crm.outbox import operations as outbox


@dataclass(frozen=True, slots=True)
class Delivery:
    """Bytes that came in through a channel, verified as far as the channel asks for it."""

    channel_id: UUID
    kind: ChannelKind
    content_type: str
    raw: bytes
    fingerprint: bytes
    """SHA-256 of what makes two deliveries the same message."""
    idempotency_key: str | None = None
    """A form's Idempotency-Key header."""
    message_id_header: str | None = None
    """A mail's Message-ID."""


@dataclass(frozen=True, slots=True)
class Received:
    """The message a delivery belongs to. ``duplicate``: it had been delivered before."""

    message_id: UUID
    duplicate: bool


@atomic()
async def create_channel(
    *,
    actor: Actor,
    kind: ChannelKind,
    name: str,
    box: SecretBox,
    idempotency_key: str | None = None,
    now: datetime,
) -> Channel:
    """Open a way in: a form with a public key, or a mailbox with a secret.

    Raises: Invalid, Forbidden.
    """
    permit(actor, "channel.create")
    clean_name = text.required(name, field=("name",))

    async def make(id: UUID) -> Channel:
        secret = new_secret() if kind is ChannelKind.MAIL else None
        channel = await Channel.create(
            id=id,
            workspace_id=actor.workspace_id,
            kind=kind.value,
            name=clean_name,
            key=new_form_key() if kind is ChannelKind.FORM else None,
            secret_hash=hashed(secret) if secret else None,
            secret_sealed=box.seal(secret) if secret else None,
            created_at=now,
            updated_at=now,
        )
        await outbox.record(ChannelCreated(subject_id=channel.id, kind=kind.value), actor=actor, now=now)
        return channel

    request = {"kind": kind.value, "name": clean_name}
    return await once(
        Channel, make, actor=actor, operation="createChannel", key=idempotency_key, request=request, now=now
    )


@atomic()
async def receive(*, actor: Actor, delivery: Delivery, now: datetime) -> Received:
    """Store a delivery, or find the message that it repeats. Committed when this returns: only then may an edge say so.

    Any number of equal deliveries at the same time end as one message.
    """
    permit(actor, "intake.receive")
    if delivery.kind is ChannelKind.FORM and delivery.idempotency_key is None:
        # Equal values count as the same only for a while, which no unique index can say: equal ones wait here.
        name = f"{delivery.channel_id}:{delivery.fingerprint.hex()}"
        await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
        earlier = await _same_form(actor, delivery, now)
        if earlier is not None:
            return await _repeated(earlier, actor, now)
    id = new_id()
    inserted = await execute(
        "WITH message AS ("
        " INSERT INTO inbound_message (id, workspace_id, channel_id, kind, content_type, size, fingerprint,"
        " idempotency_key, message_id_header, received_at, last_delivered_at, deliveries, state, attempts, due_at,"
        " trace)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, 1, 'RECEIVED', 0, $10, '[]')"
        " ON CONFLICT DO NOTHING RETURNING id)"
        " INSERT INTO inbound_raw (id, workspace_id, message_id, content)"
        " SELECT $11, $2, message.id, $12 FROM message RETURNING message_id",
        id,
        actor.workspace_id,
        delivery.channel_id,
        delivery.kind.value,
        delivery.content_type,
        len(delivery.raw),
        delivery.fingerprint,
        delivery.idempotency_key,
        delivery.message_id_header,
        now,
        new_id(),
        delivery.raw,
    )
    if inserted:
        return Received(message_id=id, duplicate=False)
    same = await (
        scoped(InboundMessage, actor)
        .filter(
            channel_id=delivery.channel_id,
            fingerprint=delivery.fingerprint,
            idempotency_key=delivery.idempotency_key,
            kind=delivery.kind.value,
        )
        .only("id")
        .get()
    )
    return await _repeated(same.id, actor, now)


@atomic()
async def claim(*, actor: Actor, message_id: UUID, now: datetime) -> Claim | None:
    """Take a message for as long as a lease lasts; the attempt counts from now on, also if the worker dies.

    None when somebody else has it, when it is done, or when it has just been given up.
    """
    permit(actor, "intake.claim")
    # One row, by its id: waiting for whoever has it locked (another claim, or a repeated delivery being counted) and
    # looking again is right; passing over it would leave the message to the sweep.
    rows = await execute(
        "UPDATE inbound_message SET state = 'PROCESSING', attempts = attempts + 1, due_at = $3"
        " FROM inbound_raw raw WHERE raw.workspace_id = $1 AND raw.message_id = inbound_message.id"
        " AND inbound_message.workspace_id = $1 AND inbound_message.id = $2"
        " AND inbound_message.attempts < $5"
        # What nobody has tried yet is due whatever the clock of the process that stored it said.
        " AND (inbound_message.due_at <= $4"
        "      OR inbound_message.state = 'RECEIVED' AND inbound_message.attempts = 0)"
        " RETURNING attempts, kind, content_type, raw.content, received_at",
        actor.workspace_id,
        message_id,
        now + rules.LEASE,
        now,
        rules.MOST_ATTEMPTS,
    )
    if not rows:
        await _give_up_if_spent(actor, message_id, now)
        return None
    row = rows[0]
    return Claim(
        workspace_id=actor.workspace_id,
        message_id=message_id,
        attempt=row["attempts"],
        kind=ChannelKind(row["kind"]),
        content_type=row["content_type"],
        raw=bytes(row["content"]),
        received_at=row["received_at"],
    )


@atomic()
async def postpone(*, actor: Actor, claim: Claim, error: str, now: datetime) -> None:
    """Give a claimed message back after a fault of ours: it is due again after a backoff, or given up.

    ``error`` is one line for the decision trace; it must not hold the message's content.
    """
    permit(actor, "intake.file")
    message = await hold(actor=actor, claim=claim)
    if message is None:
        return
    message.trace = [*message.trace, f"attempt {claim.attempt} failed: {text.one_line(error, 300)}"]
    if claim.attempt >= rules.MOST_ATTEMPTS:
        await quarantine(message, rules.GAVE_UP, f"given up after {claim.attempt} attempts", actor=actor, now=now)
        return
    message.state = InboundState.RECEIVED.value
    message.due_at = now + rules.backoff(claim.attempt, claim.message_id)
    message.rung_at = None
    await message.save()


async def hold(*, actor: Actor, claim: Claim) -> InboundMessage | None:
    """The claimed message, locked; None when the claim has run out and somebody else has it, or it is done."""
    message = await scoped(InboundMessage, actor).select_for_update(no_key=True).get_or_none(id=claim.message_id)
    if message is None or message.state != InboundState.PROCESSING.value or message.attempts != claim.attempt:
        return None
    return message


async def quarantine(message: InboundMessage, reason: str, detail: str, *, actor: Actor, now: datetime) -> None:
    """Set a message aside where people see it, with a stable reason. Inside the caller's transaction."""
    message.state = InboundState.QUARANTINED.value
    message.reason = reason
    message.due_at = None
    message.done_at = now
    message.trace = [*message.trace, f"quarantined ({reason}): {detail}"]
    await message.save()
    await outbox.record(InboundMessageQuarantined(subject_id=message.id, reason=reason), actor=actor, now=now)


async def _same_form(actor: Actor, delivery: Delivery, now: datetime) -> UUID | None:
    equal = scoped(InboundMessage, actor).filter(
        channel_id=delivery.channel_id, fingerprint=delivery.fingerprint, idempotency_key=None
    )
    latest = await equal.order_by("-received_at").only("id", "received_at").first()
    return latest.id if latest is not None and rules.is_same_form(latest.received_at, now) else None


async def _repeated(message_id: UUID, actor: Actor, now: datetime) -> Received:
    await execute(
        "UPDATE inbound_message SET deliveries = deliveries + 1, last_delivered_at = $3"
        " WHERE workspace_id = $1 AND id = $2",
        actor.workspace_id,
        message_id,
        now,
    )
    return Received(message_id=message_id, duplicate=True)


async def _give_up_if_spent(actor: Actor, message_id: UUID, now: datetime) -> None:
    """A message whose last attempt died with its worker ends in quarantine."""
    spent = scoped(InboundMessage, actor).filter(id=message_id, due_at__lte=now, attempts__gte=rules.MOST_ATTEMPTS)
    message = await spent.select_for_update(no_key=True, skip_locked=True).first()
    if message is not None:
        detail = f"every one of {message.attempts} attempts ended without a result; the worker died or hung"
        await quarantine(message, rules.GAVE_UP, detail, actor=actor, now=now)
