"""POST /ingress/forms/{key}: a contact form, straight from a browser or from the website's own server."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.forms.limits import MAX_MULTIPART, FormError
from adapters.forms.web import decode, fingerprint
from api.body import BodyRefused, read_body
from api.ingress.answers import LONGEST_CONTENT_TYPE, fault, open_door, refused, store
from crm.doors import form_of
from crm.intake.facts import ChannelKind
from crm.intake.operations import Delivery

MEDIA_TYPES = "application/x-www-form-urlencoded, multipart/form-data, application/json"
LONGEST_IDEMPOTENCY_KEY = 255

# A form's key is public and stands in a page's source, so any page may post to it; no credential is involved.
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "86400",
}
_STATUS = {"UNSUPPORTED_MEDIA_TYPE": 415, "TOO_LARGE": 413}


async def preflight(_request: Request) -> Response:
    """Let a page's script post to a form (Fetch standard, CORS preflight)."""
    return Response(status_code=204, headers=_CORS)


async def receive_form(request: Request) -> JSONResponse:
    """Verify, store the raw bytes, answer; nothing else."""
    answer = await _receive(request)
    answer.headers.update(_CORS)
    return answer


async def _receive(request: Request) -> JSONResponse:
    try:
        door = await open_door(form_of(request.path_params["key"]))
        if door is None:
            return refused(404, "UNKNOWN_FORM", "There is no form with this key: copy the address from its channel.")
        content_type = request.headers.get("content-type", "")
        if len(content_type) > LONGEST_CONTENT_TYPE:
            message = f"Content-Type has {len(content_type)} characters: send at most {LONGEST_CONTENT_TYPE}."
            return refused(400, "CONTENT_TYPE_TOO_LONG", message)
        key = request.headers.get("idempotency-key", "").strip() or None
        if key is not None and len(key) > LONGEST_IDEMPOTENCY_KEY:
            return refused(
                400, "INVALID_IDEMPOTENCY_KEY", f"Idempotency-Key has at most {LONGEST_IDEMPOTENCY_KEY} characters."
            )
        raw = await read_body(request, MAX_MULTIPART)
        delivery = Delivery(
            channel_id=door.channel_id,
            kind=ChannelKind.FORM,
            content_type=content_type,
            raw=raw,
            fingerprint=fingerprint(decode(content_type, raw)),
            idempotency_key=key,
        )
        return await store(request, door, delivery)
    except FormError as error:
        status = _STATUS.get(error.code, 400)
        return refused(status, error.code, error.message, {"Accept-Post": MEDIA_TYPES} if status == 415 else None)
    except BodyRefused as error:
        return refused(error.status, error.code, error.message)
    except Exception as error:
        return fault(error)
