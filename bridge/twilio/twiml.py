"""The documents we answer Twilio's webhooks with.

Pure. Each function is one answer and returns the whole document; an oracle test compares
them with the ones twilio's own builder makes. Every `<Connect>` and `<Dial>` names an
`action`, so that the caller always has a next step. Read next: routes.py, which picks one.
"""

import re
import xml.etree.ElementTree as ET

from bridge.twilio.addresses import socket_url, webhook_url

CONTENT_TYPE = "text/xml"
ANSWERED_PARAMETER = "answered_ms"
TOKEN_PARAMETER = "token"  # noqa: S105 - the <Parameter>'s name, not a secret

VOICE_PATH = "/twilio/voice"
STREAM_PATH = "/twilio/stream"
NEXT_PATH = "/twilio/next"
STATUS_PATH = "/twilio/status"

RING_S = 30  # how long a person's phone rings; Twilio's own default for <Dial>

KEY_S = 8  # for the key, from the end of the brief

# Characters that no XML 1.0 document may contain, escaped or not; one of them in an owner's
# sentence would make the whole answer unreadable for Twilio.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def stream(
    public_base_url: str, token: str, *, say: str | None = None, answered_ms: int | None = None
) -> str:
    """Connect the call to our socket, after a sentence if there is one, and ask `/twilio/next` what to do
    after it.

    `token` travels as a `<Parameter>`, since Twilio strips a query from a stream's URL.
    So does `answered_ms`, how long this answer took: whatever process has the stream learns it so.
    Stream callbacks are asked for because a failed handshake is reported nowhere else.
    """
    response = _response(say)
    action = webhook_url(public_base_url, NEXT_PATH, retried=True)
    connect = _add(response, "Connect", action=action, method="POST")
    url, status = socket_url(public_base_url, STREAM_PATH), webhook_url(public_base_url, STATUS_PATH)
    opened = _add(connect, "Stream", statusCallback=status, url=url)
    _add(opened, "Parameter", name=TOKEN_PARAMETER, value=token)
    if answered_ms is not None:
        _add(opened, "Parameter", name=ANSWERED_PARAMETER, value=str(answered_ms))
    return _document(response)


def person(number: str, action_url: str, *, say: str | None = None) -> str:
    """Ring `number` (E.164) and join the caller; afterwards, answered or not, ask `action_url`."""
    response = _response(say)
    dial = _add(response, "Dial", action=action_url, method="POST", timeout=str(RING_S))
    _add(dial, "Number").text = _xml_text(number)
    return _document(response)


def hold(room: str, action_url: str) -> str:
    """Have the caller wait in a conference, with Twilio's own hold music, until a person joins it.

    It ends when the caller leaves. `action_url` is asked what comes next once it is over.
    """
    response = _response()
    dial = _add(response, "Dial", action=action_url, method="POST")
    _conference(dial, room, starts=False)
    return _document(response)


def join(room: str) -> str:
    """Have a person join the caller who waits in `room`, which ends when the person leaves."""
    response = _response()
    _conference(_add(response, "Dial"), room, starts=True)
    return _document(response)


def brief(words: str, key_url: str) -> str:
    """Tell whoever answered what the call is about; `key_url` is asked with the key, or without one."""
    response = _response()
    gather = _add(
        response,
        "Gather",
        action=key_url,
        finishOnKey="",
        method="POST",
        numDigits="1",
        timeout=str(KEY_S),
    )
    _add(gather, "Say").text = _xml_text(words)
    _add(response, "Redirect", method="POST").text = _xml_text(key_url)
    return _document(response)


def ask_again(public_base_url: str, path: str, pause_s: int, *, say: str | None = None) -> str:
    """Let the caller wait, after a sentence if any, then ask `path` again: another process may answer."""
    response = _response(say)
    _add(response, "Pause", length=str(pause_s))
    redirect = _add(response, "Redirect", method="POST")
    redirect.text = _xml_text(webhook_url(public_base_url, path, retried=True))
    return _document(response)


def hang_up(say: str | None = None) -> str:
    """End the call, after a sentence if there is one (a goodbye, or that we will call back)."""
    response = _response(say)
    _add(response, "Hangup")
    return _document(response)


def message(text: str | None) -> str:
    """Answer a text that came in, with words or (None) with nothing."""
    response = _response()
    if text is not None:
        _add(response, "Message").text = _xml_text(text)
    return _document(response)


def empty() -> str:
    """Nothing to do: the answer to a callback. As an answer to a call it hangs up."""
    return _document(_response())


def _conference(dial: ET.Element, room: str, *, starts: bool) -> None:
    """A room that begins with a person, and ends when either of the two leaves: nobody waits alone."""
    noun = _add(
        dial,
        "Conference",
        beep="false",
        endConferenceOnExit="true",
        startConferenceOnEnter="true" if starts else "false",
    )
    noun.text = _xml_text(room)


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
