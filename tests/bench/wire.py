"""What the bursting model says: the events of the Realtime service (GA), as the harness's stand-in has them.

Pure. Only audio and words are made often, so only those are made quickly; everything else is small JSON.
"""

import json
from typing import Any

PCMU = {"type": "audio/pcmu"}
# Three words a second, as people speak. No claim, but what the truth guard has to read all the same.
WORDS = ["We", "have", "parking", "behind", "the", "building.", "Would", "mornings", "suit", "you?"]
GREETING = ["Thank", "you", "for", "calling", "Maple", "Street", "Dental."]
USAGE = {
    "total_tokens": 900,
    "input_tokens": 800,
    "output_tokens": 100,
    "input_token_details": {
        "text_tokens": 700,
        "audio_tokens": 100,
        "cached_tokens": 640,
        "cached_tokens_details": {"text_tokens": 640, "audio_tokens": 0},
    },
    "output_token_details": {"text_tokens": 20, "audio_tokens": 80},
}


def event(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, "event_id": "event_of_the_benchmark", **fields})


def session(kind: str, name: str, sound: dict[str, Any]) -> str:
    """`session.created` or `session.updated`; `sound`: the format both ways."""
    audio = {"input": {"format": sound}, "output": {"format": sound, "voice": "marin"}}
    return event(kind, session={"id": name, "type": "realtime", "expires_at": 4102444800, "audio": audio})


def response(kind: str, turn_id: str, status: str, metadata: dict[str, str] | None, **more: Any) -> str:
    body = {
        "object": "realtime.response",
        "id": turn_id,
        "status": status,
        "conversation_id": "conv_of_the_benchmark",
        "output": [],
        "metadata": metadata,
        **more,
    }
    return event(kind, response=body)


def message(item_id: str, role: str, status: str) -> dict[str, Any]:
    """A message as an item."""
    return {"id": item_id, "object": "realtime.item", "type": "message", "status": status, "role": role}


def tool_call(
    item_id: str, call_id: str, name: str, arguments: dict[str, Any], status: str
) -> dict[str, Any]:
    """A function call as an item."""
    return {
        "id": item_id,
        "object": "realtime.item",
        "type": "function_call",
        "status": status,
        "call_id": call_id,
        "name": name,
        "arguments": json.dumps(arguments),
    }


def words(turn_id: str, item_id: str, said: str) -> bytes:
    """A piece of the transcript."""
    return (
        f'{{"type":"response.output_audio_transcript.delta","event_id":"event_of_the_benchmark","response_id":'
        f'"{turn_id}","item_id":"{item_id}","output_index":0,"content_index":0,"delta":"{said}",'
        f'"obfuscation":"aGVsbG8"}}'
    ).encode()


def audio(turn_id: str, item_id: str, payload_b64: str) -> bytes:
    """A piece of the audio."""
    return (
        f'{{"type":"response.output_audio.delta","event_id":"event_of_the_benchmark","response_id":'
        f'"{turn_id}","item_id":"{item_id}","output_index":0,"content_index":0,"delta":"{payload_b64}"}}'
    ).encode()
