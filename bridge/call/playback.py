"""The playback ledger: what the caller has heard, to the frame.

Pure. One ledger for all that is played. Audio is *queued* when we decide to play it, *sent*
when the socket took it, *acknowledged* when the telephone returned a mark set behind it;
between marks the position is interpolated by the clock, because the telephone plays at
exactly 8 bytes per millisecond. A mark that comes back after `clear` proves nothing: the
telephone returns those at once. Read `session.py` next.
Source: Twilio, Media Streams, "mark" and "clear"; OpenAI, conversation.item.truncate.
"""

from collections import deque
from collections.abc import Callable

import msgspec

BYTES_PER_MS = 8  # mu-law, 8 kHz, mono
FRAME_MS = 20
MARK_EVERY_BYTES = 250 * BYTES_PER_MS  # so marks are 250-500 ms apart: finer floods, coarser blurs

ITEMS_KEPT = 50  # of those that are over, in case a late piece of one comes; a long call has hundreds
MARK_DELAY_BYTES = 400 * BYTES_PER_MS  # how late a mark may be on its way back to us


class Cut(msgspec.Struct, frozen=True):
    """What became of one item when playback was cleared."""

    item_id: str
    heard_ms: int
    queued_ms: int  # all of it that we had received so far
    finished: bool  # no more of it was to come

    @property
    def whole(self) -> bool:
        """True when the item was heard to its end."""
        return self.finished and self.heard_ms >= self.queued_ms


class _Item(msgspec.Struct):
    queued: int = 0  # bytes
    sent: int = 0
    finished: bool = False
    dead: bool = False
    heard_when_cleared: int = 0


class _Run(msgspec.Struct):
    """A stretch of one item in the order of playing."""

    item_id: str
    start: int  # offset in all bytes sent since the last clear
    length: int


class _Mark(msgspec.Struct):
    name: str
    item_id: str
    ends_item: bool
    offset: int  # offset in all bytes *queued* since the last clear


class Playback:
    """The ledger of one call. All `now` are seconds of the call's clock."""

    def __init__(self) -> None:
        self._items: dict[str, _Item] = {}
        self._runs: list[_Run] = []
        self._marks: deque[_Mark] = deque()
        self._queued = 0  # bytes since the last clear
        self._sent = 0
        self._acknowledged = 0
        self._unmarked = 0  # queued since the last mark
        self._anchor = (0, 0.0)  # (position in bytes, the time it was true)
        self._sent_until = 0.0  # all that was sent is played by then, if marks are left out of account
        self._mark_number = 0

    # --- what we do ---------------------------------------------------------------

    def queue(self, item_id: str, audio_bytes: int) -> str | None:
        """Note audio put into the outbox. Returns the name of a mark to send behind it, if due."""
        item = self._items.setdefault(item_id, _Item())
        item.queued += audio_bytes
        self._queued += audio_bytes
        self._unmarked += audio_bytes
        return self._new_mark(item_id, ends_item=False) if self._unmarked >= MARK_EVERY_BYTES else None

    def finish(self, item_id: str) -> str | None:
        """No more audio of this item will come. Returns a mark for its end, unless it never sounded."""
        item = self._items.get(item_id)
        if item is None or item.dead or item.finished:
            return None
        item.finished = True
        return self._new_mark(item_id, ends_item=True) if item.queued else None

    def sent(self, item_id: str, audio_bytes: int, now: float) -> None:
        """Note audio handed to the socket. Ignored for an item that was cleared meanwhile."""
        item = self._items.get(item_id)
        if item is None or item.dead:
            return
        position = self._position(now)
        if position >= self._sent:  # the telephone's buffer was empty: playing starts now
            self._anchor = (self._sent, now)
        item.sent += audio_bytes
        self._sent_until = max(self._sent_until, now) + audio_bytes / BYTES_PER_MS / 1000
        if self._runs and self._runs[-1].item_id == item_id:
            self._runs[-1].length += audio_bytes
        else:
            self._runs.append(_Run(item_id, self._sent, audio_bytes))
        self._sent += audio_bytes

    def mark_played(self, name: str, now: float) -> str | None:
        """Note a returned mark. Returns the id of an item that is now heard to its end, if it ends one.

        Marks of before the last clear, and names we never sent, are ignored.
        """
        if not any(mark.name == name for mark in self._marks):
            return None
        ended = None
        while self._marks:  # marks come in order; an earlier one that went missing is implied
            mark = self._marks.popleft()
            self._acknowledged = mark.offset
            self._anchor = (min(mark.offset, self._sent), now)
            if mark.ends_item:
                ended = mark.item_id
            if mark.name == name:
                break
        if ended is not None:
            self._forget_before(ended)
        return ended

    def clear(self, now: float) -> list[Cut]:
        """Forget everything unplayed. Returns a cut for each item since the last clear, in playing order."""
        cuts = []
        for item_id, item in self._items.items():
            if item.dead:
                continue
            item.heard_when_cleared = self._heard_bytes(item_id, now)
            item.dead = True
            if item.queued:
                heard_ms = item.heard_when_cleared // BYTES_PER_MS
                cuts.append(Cut(item_id, heard_ms, item.queued // BYTES_PER_MS, item.finished))
        self._runs.clear()
        self._marks.clear()
        self._queued = self._sent = self._acknowledged = self._unmarked = 0
        self._anchor = (0, now)
        self._sent_until = now
        self._forget_before(None)
        return cuts

    # --- what we know -------------------------------------------------------------

    def heard_ms(self, item_id: str, now: float) -> int:
        """Milliseconds of `item_id` that the caller has heard; 0 for an unknown item.

        Interpolated since the last returned mark and never beyond what was sent.
        """
        return self._heard_bytes(item_id, now) // BYTES_PER_MS

    def queued_ms(self, item_id: str) -> int:
        """Milliseconds of `item_id` received so far."""
        item = self._items.get(item_id)
        return item.queued // BYTES_PER_MS if item else 0

    def heard_share(self, item_id: str, now: float) -> float:
        """How much of a *finished* item was heard, 0 to 1; 0 while its length is not known."""
        item = self._items.get(item_id)
        if item is None or not item.finished or not item.queued:
            return 0.0
        return self._heard_bytes(item_id, now) / item.queued

    def is_dead(self, item_id: str) -> bool:
        """True when the item was cleared: late pieces of it must not be played."""
        item = self._items.get(item_id)
        return item is not None and item.dead

    def kill(self, item_id: str) -> None:
        """Let nothing more of an item be played."""
        self._items.setdefault(item_id, _Item()).dead = True

    def is_playing(self) -> bool:
        """True while anything queued is not acknowledged as played."""
        return self._acknowledged < self._queued

    def ends_at(self, now: float) -> float:
        """When everything queued has been played, by the clock; in the past when nothing is playing.

        For deciding about silence. What counts as heard is bounded by marks; this is not, so that
        a telephone that returns none cannot keep a silence from being noticed.
        """
        at, since = self._anchor
        played = at + (now - since) * 1000 * BYTES_PER_MS
        if played >= self._sent and self._queued > self._sent:  # what is queued begins only now
            return max(now, self._sent_until) + (self._queued - self._sent) / BYTES_PER_MS / 1000
        by_marks = since + (self._queued - at) / BYTES_PER_MS / 1000
        return max(by_marks, self._sent_until + (self._queued - self._sent) / BYTES_PER_MS / 1000)

    def item_ids(self) -> dict[str, None]:
        """All items of which anything was queued, in order."""
        return {item_id: None for item_id, item in self._items.items() if item.queued}

    def open_item(self) -> Cut | None:
        """The item of which more should come, as far as it was queued; None when there is none."""
        for item_id, item in reversed(self._items.items()):
            if item.queued and not item.finished and not item.dead:
                queued_ms = item.queued // BYTES_PER_MS
                return Cut(item_id, queued_ms, queued_ms, False)
        return None

    def unfinished(self, now: float, keep: Callable[[str], bool]) -> list[Cut]:
        """Items chosen by `keep` as they stand now, for the record when a call ends."""
        return [
            Cut(item_id, self.heard_ms(item_id, now), item.queued // BYTES_PER_MS, item.finished)
            for item_id, item in self._items.items()
            if not item.dead and item.queued and keep(item_id)
        ]

    def _new_mark(self, item_id: str, ends_item: bool) -> str:
        self._mark_number += 1
        self._unmarked = 0
        name = f"m{self._mark_number}"
        self._marks.append(_Mark(name, item_id, ends_item, self._queued))
        return name

    def _forget_before(self, item_id: str | None) -> None:
        """Items before this one (None: all) were cleared or heard to their end: keep only the last."""
        while len(self._items) > ITEMS_KEPT and (oldest := next(iter(self._items))) != item_id:
            del self._items[oldest]
            while self._runs and self._runs[0].item_id == oldest:
                del self._runs[0]

    def _position(self, now: float) -> int:
        """Bytes played since the last clear, by the anchor and the clock."""
        at, since = self._anchor
        # A mark that has not come back was not reached, or only just: on a line that stalls the
        # clock runs on, and without this a sentence would count as heard that nobody heard.
        most = self._marks[0].offset + MARK_DELAY_BYTES if self._marks else self._sent
        return min(self._sent, most, at + round((now - since) * 1000 * BYTES_PER_MS))

    def _heard_bytes(self, item_id: str, now: float) -> int:
        item = self._items.get(item_id)
        if item is None:
            return 0
        if item.dead:
            return item.heard_when_cleared
        position = self._position(now)
        return sum(
            min(run.length, max(0, position - run.start)) for run in self._runs if run.item_id == item_id
        )
