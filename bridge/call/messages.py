"""What a call is told and what it orders: every event and every action, typed.

Pure. Events are in the past tense and come from a leg, a tool or the timer; actions are
orders that the shell (`call.py`) carries out. The list of events *is* the call: feeding
it to a fresh `Session` gives the same actions. Vendor field names never appear here; the
codecs in `bridge/twilio/` and `bridge/realtime/` translate. Read `session.py` next.
"""

import enum

import msgspec

from tools.result import Gate, ToolResult


class CodecError(Exception):
    """The peer sent something that does not fit its own protocol. Raised by both codecs."""


class NextStep(enum.StrEnum):
    """What the telephone does once our stream has ended."""

    HANG_UP = "hang_up"
    PERSON = "person"  # as agreed with the caller: the farewell was said
    TROUBLE = "trouble"  # something broke: an apology, then a person


class Event(msgspec.Struct, frozen=True, tag=True):
    """Something that happened. Times are not in it: `Session.receive` is given `now`."""


class Action(msgspec.Struct, frozen=True, tag=True):
    """Something the shell must do."""


# --- events from the caller leg ---------------------------------------------------


class StreamStarted(Event, frozen=True):
    """The telephone's stream was accepted: signature, token and call all fit."""

    stream_sid: str


class FrameArrived(Event, frozen=True, gc=False):
    """One frame of the caller's voice."""

    payload_b64: str  # base64 mu-law, 8 kHz; passed on undecoded


class MarkPlayed(Event, frozen=True):
    """The telephone returned a mark: all that was queued before it has left the queue."""

    name: str


class KeyPressed(Event, frozen=True):
    """The caller pressed a key."""

    digit: str  # one of 0-9 * #


class AudioSent(Event, frozen=True, gc=False):
    """A piece of audio was handed to the caller's socket (not yet played)."""

    item_id: str
    audio_bytes: int  # decoded mu-law bytes: 8 per millisecond


class CallerLegClosed(Event, frozen=True):
    """The caller's stream is over. `stopped` is true when the telephone said so first."""

    stopped: bool
    code: int | None  # websocket close code


# --- events from the model leg ----------------------------------------------------


class ModelOpened(Event, frozen=True):
    """The model's session exists but still has its default settings."""

    session_id: str
    expires_at: int  # unix seconds; 0 when not told


class ModelConfigured(Event, frozen=True):
    """Our settings were accepted; the formats are the ones now in force."""

    input_format: str  # vendor's name of the format, e.g. "audio/pcmu"
    output_format: str


class SpeechStarted(Event, frozen=True):
    """The model's ear hears the caller begin to speak."""

    item_id: str  # of the utterance to come
    audio_start_ms: int


class SpeechStopped(Event, frozen=True):
    """The model's ear hears the caller fall silent."""

    item_id: str
    audio_end_ms: int


class UtteranceCommitted(Event, frozen=True):
    """What the caller said is now part of the conversation."""

    item_id: str


class UtteranceTranscribed(Event, frozen=True):
    """A transcript of what the caller said. Late, out of order, for the record only."""

    item_id: str
    text: str


class ItemAdded(Event, frozen=True):
    """An item stands in the model's conversation."""

    item_id: str
    kind: str  # "message", "function_call", "function_call_output"
    call_id: str | None = None  # of a function call or its output


class TurnStarted(Event, frozen=True):
    """The model began a turn (OpenAI: response)."""

    turn_id: str
    asked_by: str | None = None  # event id of our CreateTurn when the model echoes it, else None


class SpokenAudioArrived(Event, frozen=True):
    """A piece of the model's speech, usually far ahead of real time."""

    turn_id: str
    item_id: str
    audio_b64: str


class SpokenWordsArrived(Event, frozen=True):
    """A piece of the transcript of the model's speech. Runs ahead of the audio."""

    turn_id: str
    item_id: str
    words: str


class ItemFinished(Event, frozen=True):
    """No more audio or words will come for an item of the model's."""

    turn_id: str
    item_id: str
    kind: str
    completed: bool  # false when it was cut short


class ToolCalled(Event, frozen=True):
    """The model finished asking for a tool. Fragments cut short never get here."""

    turn_id: str
    item_id: str
    call_id: str
    name: str
    arguments_json: str


class Usage(msgspec.Struct, frozen=True):
    """Tokens of one turn. A missing figure is 0."""

    input_text: int = 0
    input_audio: int = 0
    cached_text: int = 0
    cached_audio: int = 0
    output_text: int = 0
    output_audio: int = 0


class TurnFinished(Event, frozen=True):
    """A turn was generated to its end (which says nothing about being heard)."""

    turn_id: str
    status: str  # "completed", "cancelled", "incomplete", "failed"
    reason: str | None = None  # e.g. "turn_detected", "max_output_tokens"
    error_code: str | None = None
    usage: Usage | None = None
    retry_after_s: float | None = None  # when the service says so


class ModelFaulted(Event, frozen=True):
    """The model service reported an error; most leave the session open."""

    code: str  # the vendor's code, or its type where the code is empty
    message: str
    about: str | None = None  # our event id, when the fault answers one
    retry_after_s: float | None = None  # when the service says so


class ModelLegClosed(Event, frozen=True):
    """The model's socket is gone, or could not be opened (`code` None, reason says why)."""

    code: int | None
    reason: str
    status: int | None = None  # of HTTP, when the service refused the socket


# --- events from the shell --------------------------------------------------------


class ToolFinished(Event, frozen=True):
    """A tool ran to its end, its deadline or its error: there is always a result."""

    call_id: str
    result: ToolResult


class Tick(Event, frozen=True):
    """The time that `Session.deadline()` asked for has come."""


class Advised(Event, frozen=True):
    """There is something that the model has to know: the call goes on after a break, or must end soon."""

    text: str


class LimitReached(Event, frozen=True):
    """The call has lasted, or cost, as much as a call may."""

    reason: str  # of EndReason


class ServerStopping(Event, frozen=True):
    """This process is about to end: the call must go on without it."""


# --- actions for the model leg ----------------------------------------------------


class SendFrame(Action, frozen=True, gc=False):
    """Pass a frame of the caller's voice to the model."""

    payload_b64: str


class ConfigureModel(Action, frozen=True):
    """Send the whole session configuration, once, before anything else."""

    event_id: str
    interruptible: bool  # false: the model's own ear must not cut its speech (greeting)


class SetListening(Action, frozen=True):
    """Change how the model listens for speech, leaving all else as it is."""

    event_id: str
    interruptible: bool
    threshold: float  # 0-1; higher hears less


class ClearInput(Action, frozen=True):
    """Forget audio the model has heard but not yet committed."""

    event_id: str


class CreateTurn(Action, frozen=True):
    """Ask the model to speak. Only the turn gate may order this."""

    event_id: str
    tools_allowed: bool = True


class CancelTurn(Action, frozen=True):
    """Stop a turn that is being generated."""

    event_id: str
    turn_id: str


class TruncateItem(Action, frozen=True):
    """Tell the model how much of an item the caller heard."""

    event_id: str
    item_id: str
    heard_ms: int


class DeleteItem(Action, frozen=True):
    """Remove an item the caller heard nothing of."""

    event_id: str
    item_id: str


class SendToolOutput(Action, frozen=True):
    """Answer a tool call."""

    event_id: str
    item_id: str  # our own id for the output item, echoed in ItemAdded
    call_id: str
    output_json: str


class SendNote(Action, frozen=True):
    """Tell the model something in text: a key pressed, a fact of the line."""

    event_id: str
    item_id: str
    role: str  # "user" or "system"
    text: str


# --- actions for the caller leg ---------------------------------------------------


class PlayAudio(Action, frozen=True):
    """Queue a piece of audio for the caller."""

    item_id: str
    audio_b64: str
    audio_bytes: int


class SendMark(Action, frozen=True):
    """Ask the telephone to tell when everything queued so far has played."""

    name: str


class ClearPlayback(Action, frozen=True):
    """Drop everything queued for the caller, ours and the telephone's."""


# --- actions for the shell --------------------------------------------------------


class ReopenModel(Action, frozen=True):
    """Close the model's leg, if there is one, and open a new one; nothing of the old one counts any more."""


class RunTool(Action, frozen=True):
    """Run a tool in its own task and answer with ToolFinished."""

    call_id: str
    name: str
    arguments_json: str
    gate: Gate  # what the confirm gate said when the model asked
    proposal: str | None = None  # what it said that of: by the time the tool runs it may be another


class RecordTurn(Action, frozen=True):
    """Write a finished stretch of speech into the call's record."""

    item_id: str
    speaker: str  # "caller" or "agent"
    text: str
    heard_ms: int | None = None  # agent only
    spoken_ms: int | None = None  # agent only: how long the whole would have been
    cut: bool = False  # the text is an estimate of what was heard


class RecordInterruption(Action, frozen=True):
    """Say in the call's record that the caller cut the agent short."""

    item_id: str
    heard_ms: int


class RecordClip(Action, frozen=True):
    """Say in the call's record that a ready-made line was played."""

    item_id: str
    name: str  # of the clip


class RecordReview(Action, frozen=True):
    """Mark the call for the owner to look at."""

    reason: str  # closed list, see truth.py


class RecordUsage(Action, frozen=True):
    """Add a turn's tokens to the call's account."""

    usage: Usage


class EndStream(Action, frozen=True):
    """Commit the next step, then close both legs."""

    next_step: NextStep
    reason: str  # closed list, see session.py
