"""The Media Streams messages, as Twilio writes them and as strictly as Twilio reads them.

Pure, with a JSON codec of its own, so that an error in the server's codec is not mirrored.
Source: Twilio, Media Streams: WebSocket Messages; error 31951 for what is refused.
Tests that play a hostile peer use the makers by hand. Read next: stream_client.py.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

import msgspec

LARGEST_PAYLOAD_CHARS = 16 * 1024  # ours: Twilio's own limit is not documented


class BadMessage(Exception):
    """Twilio would drop this message with warning 31951. The text says what is wrong."""


class Media(msgspec.Struct, frozen=True):
    """Audio to play."""

    audio: bytes
    payload_chars: int  # length of its base64


class Mark(msgspec.Struct, frozen=True):
    """A name to return once everything before it has been played."""

    name: str


class Clear(msgspec.Struct, frozen=True):
    """Drop what is queued."""


class Writer:
    """Makes the messages of one stream, numbering them as Twilio does: in decimal strings."""

    def __init__(self, account_sid: str, call_sid: str, stream_sid: str) -> None:
        self.stream_sid = stream_sid
        self._account_sid = account_sid
        self._call_sid = call_sid
        self._sequence = 0
        self._chunk = 0

    def connected(self) -> str:
        return _text({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self, parameters: Mapping[str, str]) -> str:
        body = {
            "accountSid": self._account_sid,
            "streamSid": self.stream_sid,
            "callSid": self._call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(parameters),
        }
        return self._numbered("start", start=body)

    def media(self, frame: bytes, timestamp_ms: int) -> str:
        self._chunk += 1
        body = {
            "track": "inbound",
            "chunk": str(self._chunk),
            "timestamp": str(timestamp_ms),
            "payload": base64.b64encode(frame).decode(),
        }
        return self._numbered("media", media=body)

    def dtmf(self, digit: str) -> str:
        return self._numbered("dtmf", dtmf={"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        return self._numbered("mark", mark={"name": name})

    def stop(self) -> str:
        return self._numbered("stop", stop={"accountSid": self._account_sid, "callSid": self._call_sid})

    def _numbered(self, event: str, **body: Any) -> str:
        self._sequence += 1
        head = {"event": event, "sequenceNumber": str(self._sequence)}
        return _text({**head, **body, "streamSid": self.stream_sid})


def read(text: str, stream_sid: str) -> Media | Mark | Clear:
    """A message of the server's. Raises BadMessage for anything but exactly the fields Twilio allows."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadMessage("not JSON") from error
    if not isinstance(message, dict):
        raise BadMessage("not a JSON object")
    event = message.get("event")
    if event not in ("media", "mark", "clear"):
        raise BadMessage(f"unknown event {event!r}")
    body_key = () if event == "clear" else (event,)
    _exactly(message, "event", "streamSid", *body_key)
    if message["streamSid"] != stream_sid:
        raise BadMessage("streamSid is not this stream's")
    if event == "clear":
        return Clear()
    body = message[event]
    field = "payload" if event == "media" else "name"
    _exactly(body, field)
    value = body[field]
    if not isinstance(value, str) or not value:
        raise BadMessage(f"{event}.{field} is not a text, or empty")
    if event == "mark":
        return Mark(value)
    try:
        return Media(base64.b64decode(value, validate=True), len(value))
    except (binascii.Error, ValueError) as error:
        raise BadMessage("media.payload is not base64") from error


def _exactly(value: object, *keys: str) -> None:
    if not isinstance(value, dict):
        raise BadMessage("a field that should be an object is none")
    if missing := set(keys) - value.keys():
        raise BadMessage(f"missing field {min(missing)}")
    if extra := value.keys() - set(keys):
        raise BadMessage(f"extra field {min(extra)}")


def _text(message: dict[str, Any]) -> str:
    return json.dumps(message, separators=(",", ":"))
