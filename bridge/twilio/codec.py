"""Twilio's Media Streams messages to ours and back; the only place that knows their field names.

Pure, and on the path of every frame: one typed decoder made once, audio never decoded.
Source: Twilio, Media Streams: WebSocket Messages. Twilio adds fields and events without
notice, so what is not declared here is ignored; what is declared must be right.
Read next: `bridge/call/messages.py`, the words this translates to.
"""

import re
from typing import Literal

import msgspec

from bridge.call.messages import CodecError, Event, FrameArrived, KeyPressed, MarkPlayed


class Connected(msgspec.Struct, frozen=True):
    """The socket speaks Media Streams. Says nothing about which call."""


class Start(msgspec.Struct, frozen=True):
    """The stream of one call begins. Nothing in it is proven until its token is checked."""

    stream_sid: str
    call_sid: str
    account_sid: str
    parameters: dict[str, str]  # the TwiML's <Parameter> names and values
    encoding: str  # "audio/x-mulaw"
    sample_rate: int  # Hz


class StreamStopped(msgspec.Struct, frozen=True):
    """Twilio ended the stream; the socket closes next. After a failure this may be missing."""


Received = Event | Connected | Start | StreamStopped


# --- the wire ---------------------------------------------------------------------


class _Format(msgspec.Struct, frozen=True, rename="camel"):
    encoding: str
    sample_rate: int


class _StartBody(msgspec.Struct, frozen=True, rename="camel"):
    stream_sid: str
    call_sid: str
    account_sid: str
    media_format: _Format
    custom_parameters: dict[str, str] = {}


class _MediaBody(msgspec.Struct, frozen=True, gc=False):
    payload: str


class _MarkBody(msgspec.Struct, frozen=True):
    name: str


class _DtmfBody(msgspec.Struct, frozen=True):
    digit: Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"]


class _Connected(msgspec.Struct, frozen=True, tag_field="event", tag="connected"):
    pass


class _Start(msgspec.Struct, frozen=True, tag_field="event", tag="start", rename="camel"):
    stream_sid: str
    start: _StartBody


class _Media(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag="media", rename="camel"):
    stream_sid: str
    media: _MediaBody


class _Mark(msgspec.Struct, frozen=True, tag_field="event", tag="mark", rename="camel"):
    stream_sid: str
    mark: _MarkBody


class _Dtmf(msgspec.Struct, frozen=True, tag_field="event", tag="dtmf", rename="camel"):
    stream_sid: str
    dtmf: _DtmfBody


class _Stop(msgspec.Struct, frozen=True, tag_field="event", tag="stop", rename="camel"):
    stream_sid: str


# Twilio takes exactly these fields; one more risks warning 31951 and the message is dropped.


class _Payload(msgspec.Struct, frozen=True):
    payload: str


class _MediaOut(msgspec.Struct, frozen=True, tag_field="event", tag="media", rename="camel"):
    stream_sid: str
    media: _Payload


class _MarkOut(msgspec.Struct, frozen=True, tag_field="event", tag="mark", rename="camel"):
    stream_sid: str
    mark: _MarkBody


class _ClearOut(msgspec.Struct, frozen=True, tag_field="event", tag="clear", rename="camel"):
    stream_sid: str


class _AnyEvent(msgspec.Struct, frozen=True):
    event: str


_Message = _Connected | _Start | _Media | _Mark | _Dtmf | _Stop
_decoder: msgspec.json.Decoder[_Message] = msgspec.json.Decoder(_Message)
_encoder = msgspec.json.Encoder()
_event_decoder = msgspec.json.Decoder(_AnyEvent)
_KNOWN = frozenset({"connected", "start", "media", "mark", "dtmf", "stop"})

# The payload travels on undecoded, so that what is no base64 is stopped here (0.3 microseconds).
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def decode(text: str | bytes, stream_sid: str | None = None) -> Received | None:
    """The message in `text`; None for an event this project has no use for.

    `stream_sid` is the stream this socket carries, None before its start.
    Raises CodecError when it is binary (Twilio sends none), no JSON object, lacks a field,
    carries an impossible value or names another stream.
    """
    if isinstance(text, bytes):
        raise CodecError("binary message")
    try:
        message = _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        if _is_of_another_kind(text):
            return None
        raise CodecError(f"not a Media Streams message: {error}") from error
    if isinstance(message, _Media) and message.stream_sid == stream_sid:
        return _frame(message.media)  # fifty times a second
    if isinstance(message, _Connected):
        return Connected()
    if stream_sid is not None and message.stream_sid != stream_sid:
        raise CodecError("message of another stream")
    match message:
        case _Media(media=media):
            return _frame(media)
        case _Mark(mark=mark):
            return MarkPlayed(mark.name)
        case _Dtmf(dtmf=dtmf):
            return KeyPressed(dtmf.digit)
        case _Stop():
            return StreamStopped()
        case _Start(start=start):
            return _started(message.stream_sid, start)


def encode_media(stream_sid: str, payload_b64: str) -> str:
    """Audio for the caller: base64 mu-law, 8 kHz, passed on undecoded."""
    return _text(_MediaOut(stream_sid, _Payload(payload_b64)))


def encode_mark(stream_sid: str, name: str) -> str:
    """Ask for `name` back when everything sent so far has been played or cleared."""
    return _text(_MarkOut(stream_sid, _MarkBody(name)))


def encode_clear(stream_sid: str) -> str:
    """Drop what is queued for the caller. Twilio returns the marks that were waiting in it."""
    return _text(_ClearOut(stream_sid))


def _started(stream_sid: str, body: _StartBody) -> Start:
    if not stream_sid or body.stream_sid != stream_sid:
        raise CodecError("start names two streams, or none")
    return Start(
        stream_sid=stream_sid,
        call_sid=body.call_sid,
        account_sid=body.account_sid,
        parameters=body.custom_parameters,
        encoding=body.media_format.encoding,
        sample_rate=body.media_format.sample_rate,
    )


def _frame(media: _MediaBody) -> FrameArrived:
    if len(media.payload) % 4 or not _BASE64.fullmatch(media.payload):
        raise CodecError("media payload is not base64")
    return FrameArrived(media.payload)


def _text(message: _MediaOut | _MarkOut | _ClearOut) -> str:
    return _encoder.encode(message).decode()


def _is_of_another_kind(text: str) -> bool:
    """True for a well-formed message whose event name is none of ours."""
    try:
        return _event_decoder.decode(text).event not in _KNOWN
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False
