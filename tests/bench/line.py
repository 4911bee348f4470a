"""One simulated call's books: what was sent when, what came out, what was played. No I/O.

Kept by the telephone's end (`telephone.py`) and the model's end (`model.py`) of the same call, which live in
one process and so share a clock. All `at` are its seconds. The playout is Twilio's: twenty milliseconds at a
tick, marks returned when everything before them was played, or at once when it is cleared.
"""

from collections import deque

from tests.bench.samples import Arrivals, Samples
from tests.bench.stamp import BYTES_PER_MS, FRAME_BYTES

OVERDUE_S = 1.0  # nothing is under way for so long


class Line:
    """The books of one call."""

    def __init__(self, number: int, samples: Samples, arrivals: Arrivals) -> None:
        self.number = number
        self.started_at: float | None = None  # when `start` was sent
        self.has_heard = False
        self._samples = samples
        self._arrivals = arrivals
        # from the caller to the model
        self._frames: list[float] = []  # when each was sent
        self._next_frame: int | None = None  # the first that reaches the model may be any
        # from the model to the caller
        self._pieces: list[tuple[float, int, int]] = []  # when it was sent, turn, bytes
        self._next_piece = 0
        self._owed = 0  # bytes of the last piece that have not come yet
        self._may_be_dropped = 0  # pieces before this one were under way when the caller began to speak
        # playing
        self._queued = 0  # bytes ever, less what was cleared
        self._played = 0
        self._began: dict[int, int] = {}  # turn -> where in the queue it began
        self._marks: deque[tuple[int, str]] = deque()
        # interrupting
        self._interrupted_at: float | None = None
        self._turn = 0
        self._told: dict[int, float] = {}  # milliseconds, by turn
        self._heard: dict[int, float] = {}

    # --- the caller's frames --------------------------------------------------------

    def frame_sent(self, at: float) -> int:
        """The number to put into it."""
        self._frames.append(at)
        return len(self._frames) - 1

    def frame_arrived(self, number: int, at: float) -> None:
        samples = self._samples
        expected = number if self._next_frame is None else self._next_frame
        self._next_frame = number + 1
        if samples.is_open:
            samples.to_model.append(at - self._frames[number])
            samples.frames += 1
            # One that comes late, after a later one, is as bad as one that does not come.
            samples.lost += abs(number - expected)

    # --- the model's audio ----------------------------------------------------------

    def piece_sent(self, turn: int, audio_bytes: int, at: float) -> int:
        """The number to put into it."""
        self._pieces.append((at, turn, audio_bytes))
        self._turn = turn
        return len(self._pieces) - 1

    def audio_arrived(self, piece: int | None, audio_bytes: int, at: float) -> None:
        """`piece`: its number; None for the second part of one, or for what the server says itself."""
        if not self.has_heard:
            self.has_heard = True
            if self.started_at is not None:
                self._arrivals.first_audio.append(at - self.started_at)
        if piece is None:
            self._owed = max(0, self._owed - audio_bytes)
        else:
            self._piece_arrived(piece, audio_bytes, at)
        self._queued += audio_bytes

    def _piece_arrived(self, piece: int, audio_bytes: int, at: float) -> None:
        sent_at, turn, whole = self._pieces[piece]
        lost = self._missing(self._next_piece, piece) + bool(self._owed)
        self._next_piece, self._owed = piece + 1, whole - audio_bytes
        self._began.setdefault(turn, self._queued)
        if self._samples.is_open:
            self._samples.to_caller.append(at - sent_at)
            self._samples.lost += lost

    def _missing(self, first: int, before: int) -> int:
        return max(0, before - max(first, self._may_be_dropped))

    def overdue(self, at: float) -> int:
        """Frames and pieces that were sent long ago and have not come."""
        frames, first = len(self._frames), self._next_frame or 0
        while frames > first and self._frames[frames - 1] > at - OVERDUE_S:
            frames -= 1
        return max(0, frames - first) + self._overdue_pieces(at)

    def _overdue_pieces(self, at: float) -> int:
        pieces = len(self._pieces)
        while pieces > self._next_piece and self._pieces[pieces - 1][0] > at - OVERDUE_S:
            pieces -= 1
        return self._missing(self._next_piece, pieces)

    # --- playing --------------------------------------------------------------------

    def tick(self) -> list[str]:
        """Twenty milliseconds more are played; the marks that are due."""
        self._played = min(self._queued, self._played + FRAME_BYTES)
        due = []
        while self._marks and self._marks[0][0] <= self._played:
            due.append(self._marks.popleft()[1])
        return due

    def mark_arrived(self, name: str) -> bool:
        """True when it is to be returned at once: there is nothing before it."""
        if self._queued <= self._played:
            return True
        self._marks.append((self._queued, name))
        return False

    @property
    def unplayed_ms(self) -> float:
        return (self._queued - self._played) / BYTES_PER_MS

    # --- interrupting ---------------------------------------------------------------

    def caller_began(self, at: float, *, over: bool) -> None:
        """The model says that the caller speaks; `over`: over its turn, so that a clear must follow."""
        if self._samples.is_open:
            self._samples.overdue += self._overdue_pieces(at)
        self._may_be_dropped = len(self._pieces)
        if over:
            self._interrupted_at = at

    def clear_arrived(self, at: float) -> list[str]:
        """The marks to return at once."""
        if self._interrupted_at is not None:
            if self._samples.is_open:
                self._samples.clears.append(at - self._interrupted_at)
            self._interrupted_at = None
            began = self._began.get(self._turn, self._played)
            self._heard[self._turn] = max(0, self._played - began) / BYTES_PER_MS
            self._compare(self._turn)
        self._queued, self._owed = self._played, 0
        returned = [name for _, name in self._marks]
        self._marks.clear()
        return returned

    def truncated(self, turn: int, heard_ms: float) -> None:
        """The server tells the model how much of a turn was heard."""
        self._told[turn] = heard_ms
        self._compare(turn)

    def caller_finished(self) -> None:
        """The caller has spoken: an interruption that was not followed by a clear is a fault."""
        if self._interrupted_at is not None and self._samples.is_open:
            self._samples.uncleared += 1
        self._interrupted_at = None

    def _compare(self, turn: int) -> None:
        if turn in self._told and turn in self._heard:
            told, heard = self._told.pop(turn), self._heard.pop(turn)
            if self._samples.is_open:
                self._samples.cuts.append((told - heard) / 1000)
