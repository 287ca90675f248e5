"""POST /ingress/mail/raw: a mail as it is, from a mail server or provider that holds the channel's secret."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse

from adapters.mail.fingerprint import fingerprint
from api.auth import basic_password, bearer
from api.body import BodyRefused, read_body
from api.ingress.answers import LONGEST_CONTENT_TYPE, fault, open_door, refused, store
from crm.doors import mailbox_of
from crm.intake.facts import ChannelKind
from crm.intake.operations import Delivery

LARGEST_MAIL = 40 * 2**20
MEDIA_TYPE = "message/rfc822"


async def receive_mail(request: Request) -> JSONResponse:
    """Verify, store the raw bytes, answer; nothing else."""
    try:
        secret = bearer(request) or basic_password(request)
        door = await open_door(mailbox_of(secret)) if secret else None
        if door is None:
            return refused(
                401,
                "UNAUTHENTICATED",
                "Send the mail channel's secret as bearer token, or as password of Basic authentication.",
                {"WWW-Authenticate": 'Bearer realm="anbahn", Basic realm="anbahn"'},
            )
        content_type = request.headers.get("content-type", "")
        if len(content_type) > LONGEST_CONTENT_TYPE:
            message = f"Content-Type has {len(content_type)} characters: send at most {LONGEST_CONTENT_TYPE}."
            return refused(400, "CONTENT_TYPE_TOO_LONG", message)
        if content_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
            return refused(
                415,
                "UNSUPPORTED_MEDIA_TYPE",
                f"Send the mail as it is, with Content-Type: {MEDIA_TYPE}.",
                {"Accept-Post": MEDIA_TYPE},
            )
        raw = await read_body(request, LARGEST_MAIL)
        print_ = fingerprint(raw)
        delivery = Delivery(
            channel_id=door.channel_id,
            kind=ChannelKind.MAIL,
            content_type=content_type,
            raw=raw,
            fingerprint=print_.digest,
            message_id_header=print_.message_id,
        )
        return await store(request, door, delivery)
    except BodyRefused as error:
        return refused(error.status, error.code, error.message)
    except Exception as error:
        return fault(error)
