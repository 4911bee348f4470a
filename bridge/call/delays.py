"""Turn delay: from the caller's last word to the agent's first, and whose time it was.

Pure. Three shares: the *model's* (from its word that the caller has stopped, which comes a set silence after
the last sound, to the first piece of its answer), the *server's* (from that piece's arrival here to its
being handed to the caller's socket) and *playout* (from there to the ear, by marks). Where one of our
ready-made lines comes first, all until then was waiting for the model. Read `session.py`, which tells
what happens, and `record.py`, which keeps what came of it.
"""

from collections import deque
from collections.abc import Callable, Iterable
from statistics import median

import msgspec

from bridge.call.speech import CLIP

KEPT = 200  # turns; of a longer call the latest
BOUNDS_MS = (300, 600, 1000, 1500, 2500)  # upper ends of the histogram's parts; the last part has none


class Share(msgspec.Struct, frozen=True):
    """One share over all turns."""

    p50_ms: float
    max_ms: float


class TurnDelays(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the turns of one stream."""

    turns: int
    handed: Share  # model and server together: end of speech to the caller's socket
    model: Share
    server: Share
    playout: Share | None  # None: no mark came back
    histogram: tuple[int, ...]  # turns by `handed`, in the parts of BOUNDS_MS


class DelayLedger:
    """The turns of one call's stream. All `now` are seconds of the call's clock."""

    def __init__(self) -> None:
        self._stopped: float | None = None  # the caller waits for an answer since
        self._came: float | None = None  # and its first piece is here since
        self._item = ""  # the latest the agent says
        self._handed: float | None = None  # when its first piece was; not yet known to be heard
        self._turns: deque[tuple[float, float]] = deque(maxlen=KEPT)  # model's and server's, in seconds
        self._playouts: deque[float] = deque(maxlen=KEPT)

    def caller_began(self) -> None:
        """Nobody waits for an answer any more."""
        self._stopped = self._came = None

    def caller_stopped(self, now: float) -> None:
        self._stopped, self._came = now, None

    def audio_came(self, item_id: str, now: float) -> None:
        """A piece of the model's speech is here, and is to be played."""
        if item_id == self._item:
            return
        self._item, self._handed = item_id, None
        if self._stopped is not None:
            self._came = now

    def audio_sent(self, item_id: str, now: float) -> None:
        """A piece of any speech was handed to the caller's socket."""
        if self._stopped is None:
            return
        if item_id.startswith(CLIP):
            self._item, self._came = item_id, now
        elif item_id != self._item or self._came is None:
            return  # the rest of what was said before
        came = now if self._came is None else self._came
        self._turns.append((came - self._stopped, now - came))
        self._handed = now
        self._stopped = self._came = None

    def mark_played(self, heard_ms: Callable[[str], int], now: float) -> None:
        """A mark came back. `heard_ms`: of an item, by the marks so far."""
        if self._handed is not None and (heard := heard_ms(self._item)) > 0:
            self._playouts.append(max(0.0, now - self._handed - heard / 1000))
            self._handed = None

    def summary(self) -> TurnDelays | None:
        """None when the caller was never answered."""
        if not self._turns:
            return None
        handed = [model + server for model, server in self._turns]
        return TurnDelays(
            turns=len(handed),
            handed=_share(handed),
            model=_share(model for model, _ in self._turns),
            server=_share(server for _, server in self._turns),
            playout=_share(self._playouts) if self._playouts else None,
            histogram=_histogram(handed),
        )


def _share(seconds: Iterable[float]) -> Share:
    all_ms = [second * 1000 for second in seconds]
    return Share(round(median(all_ms), 1), round(max(all_ms), 1))


def _histogram(seconds: Iterable[float]) -> tuple[int, ...]:
    counts = [0] * (len(BOUNDS_MS) + 1)
    for second in seconds:
        counts[sum(second * 1000 >= bound for bound in BOUNDS_MS)] += 1
    return tuple(counts)
