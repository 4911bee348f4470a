"""The events of the Realtime service, as far as we read them.

Pure: structs for `codec.py`, which alone uses them. Only the fields we need are declared and
nobody else's are missed; `None` and a missing field mean the same. The names are OpenAI's.
Source: OpenAI, Realtime API reference (GA), server events.
"""

import msgspec


class Format(msgspec.Struct, frozen=True):
    type: str = ""


class Direction(msgspec.Struct, frozen=True):
    format: Format = Format()


class Audio(msgspec.Struct, frozen=True):
    input: Direction = Direction()
    output: Direction = Direction()


class Session(msgspec.Struct, frozen=True):
    id: str = ""
    expires_at: int | None = None
    audio: Audio = Audio()


class Item(msgspec.Struct, frozen=True):
    id: str
    type: str
    status: str | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


class TurnError(msgspec.Struct, frozen=True):
    type: str | None = None
    code: str | None = None
    message: str | None = None


class StatusDetails(msgspec.Struct, frozen=True):
    reason: str | None = None
    error: TurnError | None = None


class Split(msgspec.Struct, frozen=True):
    text_tokens: int | None = None
    audio_tokens: int | None = None


class InputSplit(msgspec.Struct, frozen=True):
    text_tokens: int | None = None
    audio_tokens: int | None = None
    cached_tokens_details: Split | None = None


class Usage(msgspec.Struct, frozen=True):
    input_token_details: InputSplit | None = None
    output_token_details: Split | None = None


class Response(msgspec.Struct, frozen=True):
    id: str
    status: str | None = None
    conversation_id: str | None = None
    status_details: StatusDetails | None = None
    usage: Usage | None = None
    metadata: dict[str, str] | None = None


class Fault(msgspec.Struct, frozen=True):
    type: str
    message: str
    code: str | None = None
    event_id: str | None = None


class Received(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of the events we read."""


class SessionCreated(Received, frozen=True, tag="session.created"):
    session: Session


class SessionUpdated(Received, frozen=True, tag="session.updated"):
    session: Session


class SpeechStarted(Received, frozen=True, tag="input_audio_buffer.speech_started"):
    item_id: str
    audio_start_ms: int


class SpeechStopped(Received, frozen=True, tag="input_audio_buffer.speech_stopped"):
    item_id: str
    audio_end_ms: int


class Committed(Received, frozen=True, tag="input_audio_buffer.committed"):
    item_id: str


class Transcribed(Received, frozen=True, tag="conversation.item.input_audio_transcription.completed"):
    item_id: str
    transcript: str


class ItemAdded(Received, frozen=True, tag="conversation.item.added"):
    item: Item


class ResponseCreated(Received, frozen=True, tag="response.created"):
    response: Response


class AudioDelta(Received, frozen=True, tag="response.output_audio.delta"):
    response_id: str
    item_id: str
    delta: str


class TranscriptDelta(Received, frozen=True, tag="response.output_audio_transcript.delta"):
    response_id: str
    item_id: str
    delta: str


class OutputItemDone(Received, frozen=True, tag="response.output_item.done"):
    response_id: str
    item: Item


class ResponseDone(Received, frozen=True, tag="response.done"):
    response: Response


class Error(Received, frozen=True, tag="error"):
    error: Fault


Known = (
    SessionCreated
    | SessionUpdated
    | SpeechStarted
    | SpeechStopped
    | Committed
    | Transcribed
    | ItemAdded
    | ResponseCreated
    | AudioDelta
    | TranscriptDelta
    | OutputItemDone
    | ResponseDone
    | Error
)
