"""Messages nobody should send, of the telephone and of the model: malformed, large, binary, of tomorrow.

What is malformed has to be counted and ignored, what is new ignored; the call goes on.
"""

import json

from bridge.twilio.stream import MESSAGE_LIMIT

STREAM = "MZ" + "f" * 32  # never the stream's own
MEDIA = {"event": "media", "sequenceNumber": "9", "streamSid": STREAM}
FRAME = "/" * 216

FROM_THE_LINE: tuple[str | bytes, ...] = (
    "",
    "\x00",
    "{",
    "null",
    "[]",
    "17",
    '"media"',
    "[" * 10_000,
    '{"event": 5}',
    '{"event": null}',
    '{"streamSid": "MZ"}',
    '{"event": "tomorrow", "sequenceNumber": "9", "streamSid": "MZ", "tomorrow": {}}',
    '{"event": "connected", "protocol": "Call", "version": "1.0.0"}',
    json.dumps(MEDIA),
    json.dumps({**MEDIA, "media": {"timestamp": "1", "payload": FRAME}}),
    json.dumps({**MEDIA, "media": {"timestamp": 1, "payload": FRAME}}),
    json.dumps({**MEDIA, "media": "nothing"}),
    json.dumps({"event": "mark", "streamSid": STREAM, "mark": {"name": "m1"}}),
    json.dumps({"event": "dtmf", "streamSid": STREAM, "dtmf": {"digit": "0"}}),
    json.dumps({"event": "stop", "streamSid": STREAM, "stop": {}}),
    json.dumps({"event": "start", "streamSid": STREAM, "start": {}}),
    json.dumps({**MEDIA, "filler": "x" * (MESSAGE_LIMIT - 1000)}),
    b"",
    b"\xff" * 160,
    b"\x00" * 60_000,
)
FROM_THE_MODEL: tuple[str | bytes, ...] = (
    "",
    "{",
    "null",
    "[]",
    '"error"',
    "[" * 10_000,
    '{"event_id": "e"}',
    '{"type": 5}',
    '{"type": "session.created"}',
    '{"type": "session.updated", "session": []}',
    '{"type": "response.created", "response": {}}',
    '{"type": "response.done", "response": "resp_1"}',
    '{"type": "response.output_audio.delta", "response_id": "r", "item_id": 5, "delta": "////"}',
    '{"type": "response.output_audio.delta", "response_id": "r", "item_id": "i"}',
    '{"type": "response.output_item.done", "response_id": "r", "item": {"id": "i", "type": "function_call"'
    ', "status": "completed"}}',
    '{"type": "input_audio_buffer.speech_started", "item_id": "i", "audio_start_ms": "now"}',
    '{"type": "error", "error": "something"}',
    b"\xff\xfe",
    b"{",
)
OF_TOMORROW: tuple[str, ...] = (
    '{"type": "response.thought.delta", "event_id": "e", "delta": "hm"}',
    '{"type": "rate_limits.updated", "rate_limits": [{"name": 5}], "more": {"and": ["more"]}}',
    '{"type": "conversation.item.added", "item": {"id": "i", "type": "hologram", "depth": 3}, "at": 1}',
    '{"type": "error", "error": {"type": "new_kind", "message": "", "code": null, "severity": "mild"}}',
)
GIANT = "x" * 5_000_000  # beyond any message of Twilio's
