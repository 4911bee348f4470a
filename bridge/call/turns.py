"""The turn gate: the one owner of "please speak" (OpenAI: response.create).

Pure. Never two turns at once, never while the caller speaks, at most one per batch of tool
answers. Read `session.py` next.

How to read `_NEXT`: (who has the floor, what happened) -> who has it then. A pair that is
not in the table changes nothing. When editing keep true: only ASK leads to ASKED, and
nothing but FINISHED, REFUSED or LOST leads back to FREE.
Source: OpenAI, Realtime conversations: one response at a time writes to the conversation.
"""

import enum

REFUSED_PAUSE_S = 0.3  # a refused wish is not repeated at once
ASK_LOST_S = 5.0  # neither a turn nor a fault after asking: ask again
SERVER_TURN_S = 1.5  # after the caller stops, the model begins a turn by itself within this
REFUSED_ALREADY_SPEAKING = "conversation_already_has_active_response"


class Floor(enum.Enum):
    """Who has the model's floor."""

    FREE = enum.auto()
    ASKED = enum.auto()  # we asked for a turn and wait for it to start
    TAKEN = enum.auto()  # a turn is being generated


class _Signal(enum.Enum):
    ASK = enum.auto()
    STARTED = enum.auto()
    FINISHED = enum.auto()
    REFUSED = enum.auto()
    LOST = enum.auto()


_NEXT = {
    (Floor.FREE, _Signal.ASK): Floor.ASKED,
    (Floor.FREE, _Signal.STARTED): Floor.TAKEN,  # the model's own turn, after the caller spoke
    (Floor.ASKED, _Signal.STARTED): Floor.TAKEN,
    (Floor.ASKED, _Signal.REFUSED): Floor.FREE,
    (Floor.ASKED, _Signal.LOST): Floor.FREE,
    (Floor.TAKEN, _Signal.FINISHED): Floor.FREE,
}


class TurnGate:
    """Decides when a turn may be asked for. All `now` are seconds of the call's clock."""

    def __init__(self) -> None:
        self.floor = Floor.FREE
        self.turn_id: str | None = None  # of the turn being generated
        self.caller_speaking = False
        self._wanted = False
        self._wanted_after: str | None = None  # item that the turn must have seen
        self._asked_event: str | None = None
        self._unserved = False  # what we asked for last has not been answered by any turn
        self._asked_at = 0.0
        self._not_before = 0.0

    # --- wishes -------------------------------------------------------------------

    def want(self, after_item: str | None = None) -> None:
        """Ask for a turn as soon as it is allowed; several wishes make one turn.

        `after_item`: our item that is still on its way; a turn that the model begins by
        itself after having taken it in serves the wish.
        """
        self._wanted = True
        self._wanted_after = after_item

    def forget_wish(self) -> None:
        """Nobody needs to speak any more: the call is ending."""
        self._wanted = False

    def take_wish(self) -> bool:
        """Whether a turn is wished for; then that is now the business of whoever asks."""
        wanted, self._wanted = self._wanted, False
        return wanted

    def wait(self, until: float) -> None:
        """Ask for nothing before `until`: a pause before a retry."""
        self._not_before = max(self._not_before, until)

    @property
    def is_due(self) -> bool:
        """True while somebody waits for a turn: wished for, asked for, or being generated."""
        return self._wanted or self.floor is not Floor.FREE

    def is_held(self, now: float) -> bool:
        """True while we ourselves hold a wish back: a pause before a retry."""
        return self._wanted and self.floor is Floor.FREE and now < self._not_before

    def forget_all(self) -> None:
        """The model's session is gone, and whatever was asked of it."""
        self.__init__()  # type: ignore[misc]

    # --- what happened ------------------------------------------------------------

    def item_accepted(self, item_id: str) -> None:
        if self._wanted_after == item_id:
            self._wanted_after = None

    def caller_began(self) -> None:
        self.caller_speaking = True

    def caller_stopped(self, now: float) -> None:
        self.caller_speaking = False
        self._not_before = max(self._not_before, now + SERVER_TURN_S)

    def was_noise(self) -> None:
        """Nobody spoke after all: no utterance follows, and no turn of the model's own."""
        self.caller_speaking = False

    def turn_started(self, turn_id: str, asked_by: str | None = None) -> None:
        """`asked_by`: event id of the asking that the turn answers; None: the model's own turn."""
        self._move(_Signal.STARTED)
        self.turn_id = turn_id
        self._not_before = 0.0
        if asked_by is not None and asked_by == self._asked_event:
            self._unserved = False  # what was wished for since then still waits
            return
        # The model's own turn serves a wish only if it began after our item was taken in.
        self._unserved = self._wanted_after is not None
        if not self._unserved:
            self._wanted = False

    def turn_finished(self, turn_id: str) -> None:
        # A finish for a turn we never saw start happens around interruptions; it is not ours to count.
        if turn_id == self.turn_id:
            self.turn_id = None
            self._move(_Signal.FINISHED)

    def faulted(self, code: str, about: str | None, now: float) -> bool:
        """A fault that answers our asking frees the floor; true when it is as good as a failed turn.

        `conversation_already_has_active_response` is a benign race: the model's own ear may
        begin a turn between our check and our asking. The wish stays if that turn began too
        early to serve it, and also when the refused turn was the model's own (`about` None:
        the caller spoke while a turn that cannot be interrupted was generated).
        """
        ours = about is not None and about == self._asked_event
        if code == REFUSED_ALREADY_SPEAKING and (about is None or (ours and self._unserved)):
            self._wanted = True
            self.wait(now + REFUSED_PAUSE_S)
        if ours:
            self._asked_event = None
            self._move(_Signal.REFUSED)
        return ours and code != REFUSED_ALREADY_SPEAKING

    # --- decisions ----------------------------------------------------------------

    def may_ask(self, now: float) -> bool:
        """True when CreateTurn may be sent now. The caller of this must then call `asked`."""
        if self.floor is Floor.ASKED and now >= self._asked_at + ASK_LOST_S:
            self._move(_Signal.LOST)
            self._wanted = True
        return (
            self._wanted and self.floor is Floor.FREE and not self.caller_speaking and now >= self._not_before
        )

    def asked(self, event_id: str, now: float) -> None:
        self._move(_Signal.ASK)
        self._asked_event = event_id
        self._asked_at = now
        self._wanted = False
        self._unserved = True

    def deadline(self) -> float | None:
        """When `may_ask` may change its mind by time alone."""
        if self.floor is Floor.ASKED:
            return self._asked_at + ASK_LOST_S
        if self._wanted and self.floor is Floor.FREE and not self.caller_speaking:
            return self._not_before
        return None

    def _move(self, signal: _Signal) -> None:
        self.floor = _NEXT.get((self.floor, signal), self.floor)
