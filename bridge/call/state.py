"""What one call knows, and the few things that every part of its session does.

Pure. The ledgers live here, so that `session.py` (what follows from what happened), `caller.py` (what
the caller does), `recovery.py` (when the model's leg breaks) and `ladder.py` (when the caller hears
nothing) decide over the same ones. Read `session.py` next.
"""

from bridge.call import messages as m
from bridge.call.batch import Batches
from bridge.call.clips import ClipChooser, Clips, Line
from bridge.call.confirm import ConfirmGate
from bridge.call.delays import DelayLedger
from bridge.call.ear import CallerEar
from bridge.call.emergency import Emergency
from bridge.call.keys import Keypad
from bridge.call.leaving import Leaving
from bridge.call.manners import MARK_DELAY_S, MARKS_LATE_S, Manners
from bridge.call.model_leg import ModelLeg
from bridge.call.orders import Orders
from bridge.call.phases import EndReason, Phase
from bridge.call.silence import Silence
from bridge.call.speech import AgentSpeech
from bridge.call.turns import TurnGate


class CallState:
    """One call's ledgers. All `now` are seconds of the call's clock."""

    def __init__(self, manners: Manners, clips: Clips) -> None:
        self.phase = Phase.OPENING
        self.manners = manners
        self.orders = Orders()
        self.turns = TurnGate()
        self.speech = AgentSpeech(self.orders)
        self.playback = self.speech.playback
        self.gate = ConfirmGate()
        self.keypad = Keypad()
        self.batches = Batches()
        self.model = ModelLeg()
        self.ear = CallerEar()
        self.leaving = Leaving()
        self.silence = Silence()
        self.delays = DelayLedger()
        self.clips = ClipChooser(clips)
        self.began: float | None = None  # the telephone's stream started
        self.greeting_turn: str | None = None
        self.turn_made_something = False  # audio or a tool call came in the running turn
        self.turn_is_near = False  # the caller has spoken, and the model answers by itself
        self.patient = False  # the caller asked us to wait
        self.untruths = 0  # since the caller last spoke
        self.emergencies: frozenset[Emergency] = frozenset()  # that the agent was told to ask about
        self.orphans: set[str] = set()  # tool calls that the model's present session does not know of

    @property
    def is_live(self) -> bool:
        """True while turns may be asked for."""
        return self.phase in (Phase.GREETING, Phase.TALKING)

    def do(self, action: m.Action) -> None:
        self.orders.do(action)

    # --- telling the model, and the caller ------------------------------------------

    def tell(self, role: str, text: str) -> str:
        """Tell the model something; the id of the item, "" when it has to wait for a new leg."""
        if self.model.is_ready:
            return self.orders.note(role, text)
        self.model.keep_note(role, text)
        return ""

    def note(self, role: str, text: str) -> None:
        """Tell the model something and have it speak."""
        self.turns.want(after_item=self.tell(role, text) or None)

    def advise(self, text: str) -> None:
        """Tell the model something that every later session of its must know, too."""
        self.speech.memory.advised(text)
        if self.phase is Phase.OPENING:
            self.model.keep_note("system", text)
        else:
            self.note("system", text)

    def say(self, line: Line, now: float) -> None:
        """Say a ready-made line, without the model."""
        if (clip := self.clips.next(line)) is not None:
            self.speech.play_clip(clip, now)

    # --- leaving --------------------------------------------------------------------

    def start_leaving(self, step: m.NextStep, reason: EndReason, now: float) -> None:
        """Go once everything said so far has been heard; bounded."""
        if self.is_live:
            self.phase = Phase.LEAVING
            self.leaving.decide(step, reason, now)
            self.turns.forget_wish()

    def fetch_person(self, reason: EndReason, now: float) -> None:
        """A person, without asking the model: as soon as the caller has heard so."""
        if self.phase is not Phase.LEAVING:
            self.say(Line.CONNECTING, now)
        self.phase = Phase.LEAVING
        self.turns.forget_all()
        self.leaving.decide(m.NextStep.PERSON, reason, now)
        # Nothing else is waited for: no turn, no tool, and no mark that does not come.
        self.leaving.by = self.playback.ends_at(now) + MARK_DELAY_S if self.playback.is_playing() else now

    def stay(self) -> None:
        """Take back a goodbye: there is more to say."""
        if self.phase is Phase.LEAVING and self.leaving.take_back_goodbye():
            self.phase = Phase.TALKING

    @property
    def must_leave_at(self) -> float:
        """When a call that is leaving ends at the latest. Who speaks over a goodbye is heard out."""
        speaks_until = self.ear.endless_at if self.leaving.is_goodbye else None
        return self.leaving.by if speaks_until is None else max(self.leaving.by, speaks_until)

    def may_leave(self, now: float) -> bool:
        if now >= self.must_leave_at:
            return True
        busy = self.turns.turn_id is not None or self.ear.hears_speech
        heard = not self.playback.is_playing() or now >= self._heard_by(now)
        return not busy and not self.batches.is_running and heard

    def leaves_at(self, now: float) -> float:
        """When to look again whether the call may end, if nothing happens before."""
        by = self._heard_by(now)
        return min(by, self.must_leave_at) if by > now else self.must_leave_at

    def _heard_by(self, now: float) -> float:
        """When all must have been played, whatever became of the marks."""
        return self.playback.ends_at(now) + MARKS_LATE_S

    def give_up(self, reason: EndReason, now: float) -> None:
        """The model cannot go on: a person, at once. What is already decided stands."""
        if self.phase is not Phase.LEAVING:  # else the goodbye or farewell is still being heard
            self.leaving.decide(m.NextStep.TROUBLE, reason, now)
            self.end(now)

    def end(self, now: float) -> None:
        step, reason = self.leaving.end()
        self.phase = Phase.ENDED
        self.speech.close(now)
        self.do(m.EndStream(step, reason))
