"""The form of a webhook, once it is certain that Twilio sent it. Read `signature.py` for how."""

import structlog
from aiohttp import web
from multidict import MultiDict, MultiDictProxy

from bridge.twilio.signature import SignatureCheck

OVER = ("completed", "busy", "failed", "no-answer", "canceled")  # CallStatus of a leg that has ended

log = structlog.get_logger(__name__)


async def signed_form(check: SignatureCheck, request: web.Request, *about: str) -> MultiDictProxy[str]:
    """The form of a request that Twilio signed. Raises 403, or 400 when it has no field of `about`."""
    try:
        form = await request.post()
    except (ValueError, LookupError):  # no form, or in no alphabet there is: certainly not Twilio's
        form = MultiDictProxy(MultiDict())
    texts = {name: value for name, value in form.items() if isinstance(value, str)}
    header = request.headers.get("X-Twilio-Signature", "")
    if len(texts) != len(form) or not check.http(request.raw_path, form, header):
        log.warning("signature_refused", path=request.path)
        raise web.HTTPForbidden(text="")
    if not any(form.get(name) for name in about):
        raise web.HTTPBadRequest(text=f"{' or '.join(about)} is missing")
    return form  # type: ignore[return-value]
