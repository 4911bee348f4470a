"""The model's leg: whether it stands, what is kept while it does not, and when a new one is opened.

Pure. A leg that breaks in mid-call is replaced at once, one that could not be opened once after a
pause, and no more than twice in a call; a refusal that no second try mends is final. Until the new
leg is ready the caller's last seconds and all notes wait here. Read `session.py` next, which gives the
orders, and `memory.py` for what the new session is told.
"""

from collections import deque

from bridge.call.phases import FATAL_FAULTS

MOST_REOPENINGS = 2  # in a call
RENEW_AFTER_S = 55 * 60.0  # the service ends a session after an hour, without a warning
REOPEN_PAUSE_S = 1.0  # after a leg that could not be opened
KEPT_FRAMES = 250  # five seconds of the caller's voice, for the new session to hear
EXPIRED = "session_expired"  # the service's hour is over
_WORTH_A_TRY = frozenset({408, 409, 425, 429})  # of the 4xx; whatever else is refused stays refused


class ModelLeg:
    """The model's side of one call. All `now` are seconds of the call's clock."""

    def __init__(self) -> None:
        self.is_ready = False  # configured: it may be told things, and hears
        self.reopenings = 0
        self._was_ready = False
        self._ready_since = 0.0
        self._open_at: float | None = None
        self._failed_to_open = 0  # in a row
        self._frames: deque[str] = deque(maxlen=KEPT_FRAMES)
        self._notes: list[tuple[str, str]] = []  # role and text

    @property
    def is_paused(self) -> bool:
        """True while the next try is waited with, by ourselves."""
        return self._open_at is not None

    def configured(self, now: float) -> bool:
        """It is ready. True when it takes another one's place: then it knows nothing of the call.

        Every later change of its settings is told in the same way, and changes nothing here.
        """
        replaces = self._was_ready and not self.is_ready
        if not self.is_ready:
            self._ready_since = now
        self.is_ready = self._was_ready = True
        self._failed_to_open = 0
        return replaces

    def lost(self, now: float, status: int | None = None, reason: str = "") -> bool:
        """The leg is gone, or useless. False when no further try is worth the caller's time.

        `status`: of HTTP, where the upgrade was refused. `reason`: of a close; the service puts an
        error's type and code into it.
        """
        opened = self.is_ready
        self.is_ready = False
        self._failed_to_open = 0 if opened else self._failed_to_open + 1
        refused = status is not None and 300 <= status < 500 and status not in _WORTH_A_TRY
        fatal = reason.rpartition(".")[2] in FATAL_FAULTS
        if refused or fatal or self.reopenings >= MOST_REOPENINGS or self._failed_to_open > 1:
            return False
        self._open_at = now if opened else now + REOPEN_PAUSE_S
        return True

    def stalled(self, now: float) -> bool:
        """The leg says nothing any more. Another one at once, if there may be one."""
        another = self.reopenings < MOST_REOPENINGS
        self.is_ready, self._open_at = False, now if another else None
        return another

    def is_old(self, now: float) -> bool:
        """True when its hour is nearly over: better a new one in a pause than in mid-sentence."""
        return self.is_ready and now >= self._ready_since + RENEW_AFTER_S

    def renew(self, now: float) -> None:
        """Another one in its place. No fault, so it counts for none."""
        self.is_ready, self._open_at = False, now
        self.reopenings -= 1

    def take_due(self, now: float) -> bool:
        """True, once, when a new leg is to be opened."""
        if self._open_at is None or now < self._open_at:
            return False
        self._open_at = None
        self.reopenings += 1
        return True

    def deadline(self) -> float | None:
        return self._open_at

    # --- what waits for the new leg ---------------------------------------------------

    def keep_frame(self, payload_b64: str) -> None:
        """Keep what the caller says, unless no session has ever heard any of it."""
        if self._was_ready:
            self._frames.append(payload_b64)

    def keep_note(self, role: str, text: str) -> None:
        self._notes.append((role, text))

    def take_frames(self) -> list[str]:
        frames = list(self._frames)
        self._frames.clear()
        return frames

    def take_notes(self) -> list[tuple[str, str]]:
        notes, self._notes = self._notes, []
        return notes
