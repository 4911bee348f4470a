"""Media Streams messages are written as Twilio writes them and read as strictly."""

import json
from typing import Any

import pytest

from bridge.harness.telephone.stream_messages import BadMessage, Clear, Mark, Media, Writer, read

STREAM = "MZ" + "0" * 32


def test_messages_are_numbered_in_decimal_strings() -> None:
    """The sequence counts everything from start on, chunks count frames."""
    writer = Writer("AC1", "CA1", STREAM)
    assert json.loads(writer.connected()) == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    start = json.loads(writer.start({"token": "t"}))
    assert start["sequenceNumber"] == "1"
    assert start["streamSid"] == start["start"]["streamSid"] == STREAM
    assert start["start"]["mediaFormat"] == {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    assert start["start"]["customParameters"] == {"token": "t"}
    media = json.loads(writer.media(b"\xff" * 3, 155))
    assert media == {
        "event": "media",
        "sequenceNumber": "2",
        "media": {"track": "inbound", "chunk": "1", "timestamp": "155", "payload": "////"},
        "streamSid": STREAM,
    }
    assert json.loads(writer.dtmf("1"))["dtmf"] == {"track": "inbound_track", "digit": "1"}
    assert json.loads(writer.mark("m")) == {
        "event": "mark",
        "sequenceNumber": "4",
        "mark": {"name": "m"},
        "streamSid": STREAM,
    }
    assert json.loads(writer.media(b"", 175))["media"]["chunk"] == "2"
    assert json.loads(writer.stop())["stop"] == {"accountSid": "AC1", "callSid": "CA1"}


def message(event: str, **more: Any) -> str:
    return json.dumps({"event": event, "streamSid": STREAM, **more})


def test_what_twilio_takes() -> None:
    """The three messages a server may send."""
    assert read(message("media", media={"payload": "////"}), STREAM) == Media(b"\xff\xff\xff", 4)
    assert read(message("mark", mark={"name": "m"}), STREAM) == Mark("m")
    assert read(message("clear"), STREAM) == Clear()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "unknown event"),
        (message("stop"), "unknown event"),
        (message("media"), "missing field media"),
        (message("media", media="////"), "no object|object is none|should be an object"),
        (message("media", media={}), "missing field payload"),
        (message("media", media={"payload": "////", "track": "outbound"}), "extra field track"),
        (message("media", media={"payload": "////"}, sequenceNumber="1"), "extra field sequenceNumber"),
        (message("media", media={"payload": 5}), "not a text"),
        (message("media", media={"payload": ""}), "empty"),
        (message("media", media={"payload": "///"}), "not base64"),
        (message("media", media={"payload": "//*/"}), "not base64"),
        (message("media", media={"payload": "ÄÄÄÄ"}), "not base64"),
        (message("mark", mark={"name": ""}), "empty"),
        (message("mark", mark={"name": "m", "x": 1}), "extra field x"),
        (message("clear", mark={"name": "m"}), "extra field mark"),
        ('{"event":"clear"}', "missing field streamSid"),
        ('{"event":"clear","streamSid":"MZother"}', "not this stream"),
        ('{"event":["clear"],"streamSid":"MZother"}', "unknown event"),
    ],
)
def test_what_twilio_refuses(text: str, wrong: str) -> None:
    """One field too many, too few or wrong is enough."""
    with pytest.raises(BadMessage, match=wrong):
        read(text, STREAM)
