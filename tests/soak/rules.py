"""What a session's orders may be, whatever happens: judged event by event, beside a call of `talks.py`.

Knows only what went in and what came out. Of what is long over it keeps nothing, so that it does not
look like a leak itself.
"""

from collections import deque

from bridge.call import messages as m
from bridge.call.manners import ENDLESS_SPEECH_S
from bridge.call.turns import ASK_LOST_S

KEPT = 60  # items and calls of late
# Of both sides: two seconds while a tool runs that asks for no answer, nine until the caller is asked
# whether they are there, and two until a filler bridges a model that does not ask.
LONGEST_SILENCE_S = 13.5
# What may be said to a session of the model's before it is configured.
_BEFORE = (m.ConfigureModel, m.ReopenModel)
_TO_MODEL = (
    *(m.SendFrame, m.SetListening, m.ClearInput, m.CreateTurn, m.CancelTurn, m.TruncateItem, m.DeleteItem),
    *(m.SendToolOutput, m.SendNote),
)


class Rules:
    """Watches one call."""

    def __init__(self, now: float) -> None:
        self.wrong: list[str] = []
        self._ready = False  # the model's session is configured
        self._turn: str | None = None
        self._asked_at: float | None = None  # and not answered yet
        self._speaking_since: float | None = None
        self._got_ms: dict[str, float] = {}  # audio of an item of this session of the model's
        self._told_of: deque[str] = deque(maxlen=KEPT)  # items that were truncated or deleted
        self._sounding: set[str] = set()  # played since the last clear
        self._dead: deque[str] = deque(maxlen=KEPT)
        self._called: dict[str, bool] = {}  # tool calls of this session: whether answered
        self._run: deque[str] = deque(maxlen=KEPT)
        self._ended = False
        self._audible_until = now
        self._patient = False  # the caller was asked to hold on

    # --- what went in ---------------------------------------------------------------

    def told(self, event: m.Event, now: float) -> None:
        """Before the session is told."""
        match event:
            case m.ModelConfigured():
                self._ready = True
            case m.ModelLegClosed():
                self._model_gone()
            case m.TurnStarted(turn_id=turn_id):
                self._turn, self._asked_at = turn_id, None
            case m.TurnFinished(turn_id=turn_id) if turn_id == self._turn:
                self._turn = None
            case m.ModelFaulted(about=about) if about is not None and about.startswith("ask"):
                self._asked_at = None
            case m.SpeechStarted():
                self._speaking_since = now
            case m.SpeechStopped():
                self._speaking_since, self._audible_until = None, now
            case m.SpokenAudioArrived(item_id=item_id, audio_b64=audio_b64):
                self._got_ms[item_id] = self._got_ms.get(item_id, 0.0) + len(audio_b64) * 3 / 4 / 8
            case m.ToolCalled(call_id=call_id):
                self._called.setdefault(call_id, False)
            case m.ToolFinished(result=result):
                self._patient = result.patient
            case m.UtteranceCommitted() | m.KeyPressed():
                self._patient, self._audible_until = False, max(now, self._audible_until)
            case _:
                pass
        for kept in (self._got_ms, self._called):
            while len(kept) > KEPT:
                del kept[next(iter(kept))]

    # --- what came out --------------------------------------------------------------

    def ordered(self, action: m.Action, now: float) -> None:
        """One of the actions, in order."""
        if self._ended:
            self._note("ordered after the end", action)
        if isinstance(action, _TO_MODEL) and not self._ready:
            self._note("said to a session that is not configured", action)
        match action:
            case m.ReopenModel():
                self._model_gone()
            case m.CreateTurn():
                self._may_ask(action, now)
                self._asked_at = now
            case m.CancelTurn(turn_id=turn_id) if turn_id != self._turn:
                self._note("a turn was cancelled that does not run", action)
            case m.TruncateItem(item_id=item_id, heard_ms=heard_ms):
                self._cut(item_id, action)
                if not 0 < heard_ms < self._got_ms.get(item_id, 0.0):
                    self._note(f"cut outside of {self._got_ms.get(item_id)} ms", action)
            case m.DeleteItem(item_id=item_id):
                self._cut(item_id, action)
            case m.SendToolOutput(call_id=call_id):
                if self._called.get(call_id) is not False:
                    self._note("an answer to a call that this session did not make, or a second one", action)
                self._called[call_id] = True
            case m.RunTool(call_id=call_id):
                if call_id in self._run:
                    self._note("run twice", action)
                self._run.append(call_id)
            case m.PlayAudio(item_id=item_id, audio_bytes=count):
                if item_id in self._dead:
                    self._note("played after it was cleared", action)
                self._sounding.add(item_id)
                self._audible_until = max(now, self._audible_until) + count / 8000
            case m.ClearPlayback():
                self._dead.extend(self._sounding)
                self._sounding.clear()
                self._audible_until = min(self._audible_until, now)
            case m.EndStream():
                self._ended = True
            case _:
                pass

    def waited(self, now: float) -> None:
        """Time has come to `now`, and nothing has happened."""
        if self._ended or self._speaking_since is not None:
            return
        silent_s = now - self._audible_until
        if not self._patient and silent_s > LONGEST_SILENCE_S:
            self.wrong.append(f"{now:.1f}: nobody has been heard for {silent_s:.1f} s")
            self._audible_until = now

    def has_heard_enough(self) -> None:
        """Items that were played to their end are no longer watched."""
        if len(self._sounding) > KEPT:
            self._sounding.clear()

    # --------------------------------------------------------------------------------

    def _model_gone(self) -> None:
        self._ready, self._turn, self._asked_at, self._speaking_since = False, None, None, None
        self._got_ms.clear()
        self._called.clear()

    def _may_ask(self, action: m.Action, now: float) -> None:
        if self._turn is not None:
            self._note("asked while a turn is running", action)
        if self._asked_at is not None and now < self._asked_at + ASK_LOST_S:
            self._note("asked twice at once", action)
        if self._speaking_since is not None and now < self._speaking_since + ENDLESS_SPEECH_S:
            self._note("asked while the caller speaks", action)

    def _cut(self, item_id: str, action: m.Action) -> None:
        if item_id not in self._got_ms:
            self._note("about an item that this session did not speak", action)
        if item_id in self._told_of:
            self._note("told of twice", action)
        self._told_of.append(item_id)

    def _note(self, what: str, action: m.Action) -> None:
        self.wrong.append(f"{what}: {action}")
