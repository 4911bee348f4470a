"""Twilio's stream messages become ours, and ours Twilio's."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.call.messages import CodecError, FrameArrived, KeyPressed, MarkPlayed
from bridge.twilio.codec import (
    Connected,
    Start,
    StreamStopped,
    decode,
    encode_clear,
    encode_mark,
    encode_media,
)

STREAM = "MZ" + "0" * 32
FRAME = base64.b64encode(bytes(160)).decode()
START: dict[str, Any] = {
    "event": "start",
    "sequenceNumber": "1",
    "start": {
        "accountSid": "AC1",
        "streamSid": STREAM,
        "callSid": "CA1",
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "t"},
    },
    "streamSid": STREAM,
}


def message(event: str, **body: object) -> str:
    """A message of the stream as Twilio numbers it."""
    return json.dumps({"event": event, "sequenceNumber": "4", "streamSid": STREAM, **body})


def media(**changes: object) -> str:
    """A media message with some fields of its body replaced."""
    body = {"track": "inbound", "chunk": "1", "timestamp": "155", "payload": FRAME, **changes}
    return message("media", media=body)


def test_connected_and_start() -> None:
    """The first two messages carry all that the handshake needs."""
    assert decode('{"event":"connected","protocol":"Call","version":"1.0.0"}') == Connected()
    assert decode(json.dumps(START)) == Start(
        stream_sid=STREAM,
        call_sid="CA1",
        account_sid="AC1",
        parameters={"token": "t"},
        encoding="audio/x-mulaw",
        sample_rate=8000,
    )


def test_start_without_parameters() -> None:
    """A stream whose TwiML had no Parameter has an empty set of them."""
    body = {key: value for key, value in START["start"].items() if key != "customParameters"}
    start = decode(json.dumps({**START, "start": body}))
    assert isinstance(start, Start)
    assert start.parameters == {}


def test_frame_keeps_its_base64() -> None:
    """A frame is passed on exactly as it came, with its time as a number."""
    assert decode(media(), STREAM) == FrameArrived(FRAME)


def test_mark_key_and_stop() -> None:
    """The other three events of a running stream."""
    assert decode(message("mark", mark={"name": "item:200"}), STREAM) == MarkPlayed("item:200")
    assert decode(message("dtmf", dtmf={"track": "inbound_track", "digit": "#"}), STREAM) == KeyPressed("#")
    assert decode(message("stop", stop={"accountSid": "AC1", "callSid": "CA1"}), STREAM) == StreamStopped()


@pytest.mark.parametrize("text", ['{"event":"weather"}', '{"event":"weather","streamSid":5,"media":[]}'])
def test_unknown_event_is_ignored(text: str) -> None:
    """Twilio adds events without notice; they are no fault."""
    assert decode(text, STREAM) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "null",
        "{}",
        '{"event":5}',
        '{"event":"media"}',
        '{"event":"media","x":' + "[" * 20_000,
        media(payload=""),
        media(payload=None),
        media(payload="AAA"),
        media(payload='AA"A'),
        media(payload="AA=A"),
        media(payload="A==="),
        media(payload="AAAA\n"),
        media(payload="ÄÄÄÄ"),
        message("mark", mark={}),
        message("mark", mark={"name": 5}),
        message("dtmf", dtmf={"digit": "12"}),
        message("dtmf", dtmf={"digit": ""}),
        json.dumps({**START, "streamSid": "MZother"}),
        json.dumps({**START, "start": {}}),
        b"\x00\x01",
    ],
)
def test_malformed_message_is_refused(text: str | bytes) -> None:
    """Whatever cannot be right is a CodecError and nothing else."""
    with pytest.raises(CodecError):
        decode(text)


@pytest.mark.parametrize(
    "text",
    [
        media(),
        message("mark", mark={"name": "m"}),
        message("dtmf", dtmf={"digit": "1"}),
        message("stop"),
        json.dumps(START),
    ],
)
def test_message_of_another_stream_is_refused(text: str) -> None:
    """A socket carries one stream; what names another is not for this call."""
    assert decode(text, STREAM) is not None
    with pytest.raises(CodecError, match="another stream"):
        decode(text, "MZ" + "1" * 32)


@given(st.text() | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_no_text_does_worse_than_a_codec_error(text: str) -> None:
    """A hostile peer can make the codec refuse, never fail."""
    with contextlib.suppress(CodecError):
        decode(text, STREAM)


def test_what_we_send_has_exactly_the_fields_twilio_allows() -> None:
    """No field more, no field less: Twilio drops a message with either."""
    assert json.loads(encode_media(STREAM, FRAME)) == {
        "event": "media",
        "streamSid": STREAM,
        "media": {"payload": FRAME},
    }
    assert json.loads(encode_mark(STREAM, 'a "name"')) == {
        "event": "mark",
        "streamSid": STREAM,
        "mark": {"name": 'a "name"'},
    }
    assert json.loads(encode_clear(STREAM)) == {"event": "clear", "streamSid": STREAM}


def test_a_payload_cannot_break_out_of_its_message() -> None:
    """Even a payload that is no base64 stays inside its own field."""
    text = encode_media(STREAM, '"}},{"event":"clear')
    assert json.loads(text)["media"] == {"payload": '"}},{"event":"clear'}
