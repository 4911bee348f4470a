"""The documents we answer Twilio's webhooks with.

Pure. Each function is one answer and returns the whole document; an oracle test compares
them with the ones twilio's own builder makes. Every `<Connect>` and `<Dial>` names an
`action`, so that the caller always has a next step. Read next: routes.py, which picks one.
"""

import re
import xml.etree.ElementTree as ET
from typing import Literal

from bridge.twilio.addresses import socket_url, webhook_url

CONTENT_TYPE = "text/xml"
TOKEN_PARAMETER = "token"  # noqa: S105 - the <Parameter>'s name, not a secret

STREAM_PATH = "/twilio/stream"
NEXT_PATH = "/twilio/next"
STATUS_PATH = "/twilio/status"

RING_S = 30  # how long a person's phone rings; Twilio's own default for <Dial>

# Characters that no XML 1.0 document may contain, escaped or not; one of them in an owner's
# sentence would make the whole answer unreadable for Twilio.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def stream(public_base_url: str, token: str, *, say: str | None = None, with_status: bool = False) -> str:
    """Connect the call to our socket, and ask `/twilio/next` what to do after it.

    `token` travels as a `<Parameter>`, since Twilio strips a query from a stream's URL.
    `say` is spoken before the stream opens, for a call that is taken up again.
    `with_status` asks for stream callbacks, the only place where Twilio reports a failed handshake.
    """
    response = _response(say)
    action = webhook_url(public_base_url, NEXT_PATH, retried=True)
    connect = _add(response, "Connect", action=action, method="POST")
    attributes = {"url": socket_url(public_base_url, STREAM_PATH)}
    if with_status:
        attributes["statusCallback"] = webhook_url(public_base_url, STATUS_PATH)
    _add(_add(connect, "Stream", **attributes), "Parameter", name=TOKEN_PARAMETER, value=token)
    return _document(response)


def person(
    number: str,
    action_url: str,
    *,
    say: str | None = None,
    caller_id: str | None = None,
    ring_s: int = RING_S,
) -> str:
    """Ring `number` (E.164) and join the caller; afterwards, answered or not, ask `action_url`.

    `caller_id` must be a number of our account or the caller's own; None: Twilio shows the caller's.
    """
    response = _response(say)
    attributes = {"action": action_url, "method": "POST", "timeout": str(ring_s)}
    if caller_id is not None:
        attributes["callerId"] = caller_id
    _add(_add(response, "Dial", **attributes), "Number").text = _xml_text(number)
    return _document(response)


def hang_up(say: str | None = None) -> str:
    """End the call, after a sentence if there is one (a goodbye, or that we will call back)."""
    response = _response(say)
    _add(response, "Hangup")
    return _document(response)


def reject(reason: Literal["busy", "rejected"] = "busy") -> str:
    """Refuse an unanswered call, unbilled. Only as the answer to a call's first webhook."""
    response = _response()
    _add(response, "Reject", reason=reason)
    return _document(response)


def empty() -> str:
    """Nothing to do: the answer to a callback. As an answer to a call it hangs up."""
    return _document(_response())


def _response(say: str | None = None) -> ET.Element:
    response = ET.Element("Response")
    if say is not None:
        _add(response, "Say").text = _xml_text(say)
    return response


def _add(parent: ET.Element, name: str, /, **attributes: str) -> ET.Element:
    ordered = {key: _xml_text(attributes[key]) for key in sorted(attributes)}
    return ET.SubElement(parent, name, ordered)


def _xml_text(text: str) -> str:
    return _NOT_XML.sub("", text)


def _document(response: ET.Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + ET.tostring(response, encoding="unicode")
