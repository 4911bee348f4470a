"""OpenAI Realtime's events to ours and back; the only place that knows their field names.

Pure. One typed decoder made once, audio never decoded. OpenAI adds events and fields without
notice, so what is not declared here is ignored; what is declared must be right. Their
*response* is our *turn*. Source: OpenAI, Realtime API reference (GA), client and server events.
Read next: `wire.py`, `session_config.py` for session.update, `connection.py` for the socket.
"""

import re
from typing import Any

import msgspec

from bridge.call import messages as m
from bridge.call.messages import CodecError
from bridge.realtime import wire as w

# Metadata of a response comes back with it: that is how we know which of our requests it answers.
ASKED_BY = "asked_by"
# No word has it, and PostgreSQL takes no text with it: a call's end must not be lost to that.
NUL, NUL_IN_JSON = "\x00", "\\u0000"


class _AnyEvent(msgspec.Struct, frozen=True):
    type: str


READ_TYPES = frozenset(str(kind.__struct_config__.tag) for kind in w.Received.__subclasses__())
_decoder = msgspec.json.Decoder(w.Known)
_type_decoder = msgspec.json.Decoder(_AnyEvent)
_encoder = msgspec.json.Encoder()
# At most four figures, so that no message of the service's can be a number without end.
_AGAIN_IN = re.compile(r"try again in (\d{1,4}(?:\.\d{1,4})?) ?(ms|s)\b", re.IGNORECASE)
# Wrong JSON or shape, bytes that are no UTF-8, brackets without end.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


# --- reading ------------------------------------------------------------------------


def decode(text: str | bytes) -> m.Event | None:
    """What a message of the model's means to us; None when it means nothing to us.

    Raises CodecError for a message that is not JSON or has not the shape its type promises.
    """
    try:
        received = _decoder.decode(text)
    except _UNREADABLE as wrong:
        # The decoder refuses a type it does not know as it refuses a wrong shape: tell them apart.
        if _type_of(text) in READ_TYPES:
            raise CodecError(str(wrong)) from wrong
        return None
    return _translated(received)


def _type_of(text: str | bytes) -> str:
    try:
        return _type_decoder.decode(text).type
    except _UNREADABLE as wrong:
        raise CodecError(f"not an event of the Realtime API: {wrong}") from wrong


def _translated(received: w.Known) -> m.Event | None:
    match received:
        case w.AudioDelta(response_id=turn_id, item_id=item_id, delta=audio_b64):
            return m.SpokenAudioArrived(turn_id, item_id, audio_b64)
        case w.TranscriptDelta(response_id=turn_id, item_id=item_id, delta=words):
            return m.SpokenWordsArrived(turn_id, item_id, words.replace(NUL, ""))
        case w.SpeechStarted(item_id=item_id, audio_start_ms=start_ms):
            return m.SpeechStarted(item_id, start_ms)
        case w.SpeechStopped(item_id=item_id, audio_end_ms=end_ms):
            return m.SpeechStopped(item_id, end_ms)
        case w.Committed(item_id=item_id):
            return m.UtteranceCommitted(item_id)
        case w.Transcribed(item_id=item_id, transcript=transcript):
            return m.UtteranceTranscribed(item_id, transcript.replace(NUL, ""))
        case w.ItemAdded(item=item):
            return m.ItemAdded(item.id, item.type, item.call_id)
        case w.OutputItemDone(response_id=turn_id, item=item):
            return _item_finished(turn_id, item)
        case w.ResponseCreated(response=response):
            if response.conversation_id is None:
                return None  # out of band: it neither takes the floor nor is spoken
            return m.TurnStarted(response.id, (response.metadata or {}).get(ASKED_BY))
        case w.ResponseDone(response=response):
            return _turn_finished(response)
        case w.SessionCreated(session=session):
            return m.ModelOpened(session.id, session.expires_at or 0)
        case w.SessionUpdated(session=session):
            return m.ModelConfigured(session.audio.input.format.type, session.audio.output.format.type)
        case w.Error(error=fault):
            code, after_s = fault.code or fault.type, retry_after_s(fault.message)
            return m.ModelFaulted(code, fault.message, fault.event_id, after_s)


def _item_finished(turn_id: str, item: w.Item) -> m.Event:
    completed = item.status == "completed"
    # An interrupted call is a fragment with broken arguments; it must never run.
    if item.type != "function_call" or not completed:
        return m.ItemFinished(turn_id, item.id, item.type, completed)
    if item.call_id is None or item.name is None or item.arguments is None:
        raise CodecError("a completed function_call without call_id, name or arguments")
    arguments = item.arguments.replace(NUL_IN_JSON, "")
    return m.ToolCalled(turn_id, item.id, item.call_id, item.name, arguments)


def _turn_finished(response: w.Response) -> m.TurnFinished:
    details = response.status_details or w.StatusDetails()
    error = details.error
    return m.TurnFinished(
        response.id,
        response.status or "",
        details.reason,
        (error.code or error.type) if error is not None else None,
        None if response.usage is None else _usage(response.usage),
        retry_after_s(error.message) if error is not None and error.message else None,
    )


def retry_after_s(message: str) -> float | None:
    """The seconds that a refusal names ("Please try again in 1.2s."); None when it names none."""
    found = _AGAIN_IN.search(message)
    return None if found is None else float(found[1]) / (1000 if found[2] == "ms" else 1)


def _usage(usage: w.Usage) -> m.Usage:
    taken = usage.input_token_details or w.InputSplit()
    cached = taken.cached_tokens_details or w.Split()  # a part of `taken`, not on top of it
    made = usage.output_token_details or w.Split()
    return m.Usage(
        input_text=taken.text_tokens or 0,
        input_audio=taken.audio_tokens or 0,
        cached_text=cached.text_tokens or 0,
        cached_audio=cached.audio_tokens or 0,
        output_text=made.text_tokens or 0,
        output_audio=made.audio_tokens or 0,
    )


# --- writing ------------------------------------------------------------------------


class _Append(msgspec.Struct, frozen=True, tag_field="type", tag="input_audio_buffer.append"):
    audio: str


def encode(action: m.Action) -> str:
    """The wire text of an order for the model.

    ConfigureModel and SetListening need the session's settings: `SessionConfig.encode` does
    those. Raises TypeError for them and for what is not for the model at all.
    """
    if isinstance(action, m.SendFrame):  # 50 times a second for each call
        return _encoder.encode(_Append(action.payload_b64)).decode()
    return _encoder.encode(_body(action)).decode()


def _body(action: m.Action) -> dict[str, Any]:
    match action:
        case m.CreateTurn(event_id=event_id, tools_allowed=tools_allowed):
            # Nothing else: per-turn instructions would replace the whole persona.
            response: dict[str, Any] = {"metadata": {ASKED_BY: event_id}}
            if not tools_allowed:
                response["tool_choice"] = "none"
            return {"type": "response.create", "event_id": event_id, "response": response}
        case m.CancelTurn(event_id=event_id, turn_id=turn_id):
            return {"type": "response.cancel", "event_id": event_id, "response_id": turn_id}
        case m.TruncateItem(event_id=event_id, item_id=item_id, heard_ms=heard_ms):
            return {
                "type": "conversation.item.truncate",
                "event_id": event_id,
                "item_id": item_id,
                "content_index": 0,
                "audio_end_ms": heard_ms,
            }
        case m.DeleteItem(event_id=event_id, item_id=item_id):
            return {"type": "conversation.item.delete", "event_id": event_id, "item_id": item_id}
        case m.SendToolOutput(event_id=event_id, item_id=item_id, call_id=call_id, output_json=output):
            item = {"id": item_id, "type": "function_call_output", "call_id": call_id, "output": output}
            return {"type": "conversation.item.create", "event_id": event_id, "item": item}
        case m.SendNote(event_id=event_id, item_id=item_id, role=role, text=text):
            content = [{"type": "input_text", "text": text}]
            note = {"id": item_id, "type": "message", "role": role, "content": content}
            return {"type": "conversation.item.create", "event_id": event_id, "item": note}
        case m.ClearInput(event_id=event_id):
            return {"type": "input_audio_buffer.clear", "event_id": event_id}
        case _:
            raise TypeError(f"{type(action).__name__} is not encoded here")
