"""The silence ladder: what is done when the caller hears nothing.

Pure. While the caller waits for us: a filler after two seconds of silence; a new model leg when
the model owes an event and none has come for four; the next step when it has given nothing for
eight. While we wait for the caller: asked twice whether they are still there, then goodbye. All of
it counts from the last sound that was heard, as far as the clock can tell. Read `session.py` next,
which says how things stand and does what is due.
"""

import enum

import msgspec

FILLER_S = 2.0  # of silence while something is pending
RECONNECT_S = 4.0  # without an event of the model's, though it owes one
NEXT_STEP_S = 8.0  # without a word or a tool call of the model's: no second leg has helped either
REPROMPT_S = 9.0  # of the caller's silence, from the last thing they heard
PATIENCE_S = 45.0  # the same when they are on hold with us, or look for a code
MOST_REPROMPTS = 2


class Due(enum.Enum):
    """What has to be done against the silence."""

    FILLER = enum.auto()
    RECONNECT = enum.auto()
    NEXT_STEP = enum.auto()
    REPROMPT = enum.auto()
    GOODBYE = enum.auto()


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """How things stand. Times are seconds of the call's clock and may lie ahead."""

    sounds_until: float  # all that was sent to the caller is played by then
    speaks_until: float  # the same of the agent's own speech, without clips
    caller_speaks: bool
    pending: bool  # the caller waits for something of ours
    on_model: bool  # it is the model's: a turn, or its leg
    callers_turn: bool  # nothing is, and they may speak
    model_owes: bool  # the model must give an event now; false while we ourselves hold it back
    patient: bool  # the caller has asked us to wait, or has something to look for


NOTHING = Scene(
    sounds_until=0.0,
    speaks_until=0.0,
    caller_speaks=False,
    pending=False,
    on_model=False,
    model_owes=False,
    callers_turn=False,
    patient=False,
)


class Silence:
    """The silence of one call. All `now` are seconds of the call's clock."""

    def __init__(self) -> None:
        self._scene = NOTHING
        self._pending_since: float | None = None
        self._unserved_since: float | None = None  # the model has given nothing the caller can hear or use
        self._owed_since: float | None = None  # the model has given no sign at all
        self._idle_since: float | None = None  # nothing is pending: the caller's turn
        self._reprompts = 0
        self._fillers = 0
        self._deadline: float | None = None

    @property
    def fillers(self) -> int:
        """How many fillers there were since something of ours was last heard."""
        return self._fillers

    # --- what is going on -----------------------------------------------------------

    def look(self, scene: Scene, now: float) -> None:
        """How things stand after an event."""
        self._scene = scene
        quiet = not scene.caller_speaks
        self._pending_since = _since(self._pending_since, scene.pending and quiet, now)
        self._unserved_since = _since(self._unserved_since, scene.on_model and quiet, now)
        self._owed_since = _since(self._owed_since, scene.model_owes and quiet, now)
        self._idle_since = _since(self._idle_since, scene.callers_turn and quiet, now)
        if not scene.pending:
            self._fillers = 0
        self._deadline = self._next_deadline()

    def model_gave_sign(self, now: float) -> None:
        """An event came from the model."""
        if self._owed_since is not None:
            self._owed_since = now

    def model_served(self, now: float) -> None:
        """The model spoke, or asked for a tool."""
        self._fillers = 0
        if self._unserved_since is not None:
            self._unserved_since = now

    def caller_is_there(self) -> None:
        """They spoke or pressed a key: the reprompts begin anew."""
        self._reprompts = 0
        self._idle_since = None

    # --- what is due ------------------------------------------------------------------

    def take_due(self, now: float) -> Due | None:
        """What is to be done now; each is told once."""
        due = self._take(now)
        self._deadline = self._next_deadline()
        return due

    def _take(self, now: float) -> Due | None:
        if _reached(self._next_step_at(), now):
            self._unserved_since = None
            return Due.NEXT_STEP
        if _reached(self._reconnect_at(), now):
            self._owed_since = now
            return Due.RECONNECT
        if _reached(self._filler_at(), now):
            self._pending_since = now  # its own sound comes first; the next silence counts from its end
            self._fillers += 1
            return Due.FILLER
        if _reached(self._reprompt_at(), now):
            self._idle_since = now
            self._reprompts += 1
            return Due.REPROMPT if self._reprompts <= MOST_REPROMPTS else Due.GOODBYE
        return None

    def is_due(self, now: float) -> bool:
        """True when `take_due` may have something, as things stood when they were last looked at."""
        return _reached(self._deadline, now)

    def deadline(self) -> float | None:
        """When `take_due` may have something, as things stood when they were last looked at."""
        return self._deadline

    def _next_deadline(self) -> float | None:
        wishes = (self._next_step_at(), self._reconnect_at(), self._filler_at(), self._reprompt_at())
        return min((wish for wish in wishes if wish is not None), default=None)

    def _filler_at(self) -> float | None:
        return _after(self._pending_since, self._scene.sounds_until, FILLER_S)

    def _reconnect_at(self) -> float | None:
        return _after(self._owed_since, self._scene.speaks_until, RECONNECT_S)

    def _next_step_at(self) -> float | None:
        return _after(self._unserved_since, self._scene.speaks_until, NEXT_STEP_S)

    def _reprompt_at(self) -> float | None:
        patience_s = PATIENCE_S if self._scene.patient else REPROMPT_S
        return _after(self._idle_since, self._scene.sounds_until, patience_s)


def _since(known: float | None, is_so: bool, now: float) -> float | None:
    """Since when something is so: as known, from now on, or not at all."""
    if not is_so:
        return None
    return now if known is None else known


def _after(since: float | None, sound: float, seconds: float) -> float | None:
    """So many seconds after both, when the clock runs at all."""
    return None if since is None else max(since, sound) + seconds


def _reached(at: float | None, now: float) -> bool:
    return at is not None and now >= at
