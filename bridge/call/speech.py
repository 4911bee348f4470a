"""What the agent says: played, heard, written down, and kept true.

Pure. Joins the ledgers that follow an item of the agent's from its first word to its last mark:
`playback.py` (what was heard), `transcript.py` (what was said), `truth.py` (whether it may be),
`memory.py` (what is kept of it for a model that comes anew).
Read `session.py` next, which decides when to speak and when to fall silent.
"""

from bridge.call import messages as m
from bridge.call.audio import audio_bytes, split_audio
from bridge.call.clips import Clip
from bridge.call.memory import Memory
from bridge.call.orders import Orders
from bridge.call.playback import Cut, Playback
from bridge.call.transcript import Transcript
from bridge.call.truth import TruthGuard, Untruth

CLIP = "clip_"  # how ids of items begin that are ready-made


class AgentSpeech:
    """The agent's side of one call. Orders what follows into the session's `orders`."""

    def __init__(self, orders: Orders) -> None:
        self.playback = Playback()
        self.truth = TruthGuard()
        self.memory = Memory()
        self._transcript = Transcript()
        self._orders = orders
        self._dead_turns: set[str] = set()  # cut short: nothing more of them is played or read
        self._foreign: set[str] = set()  # items that the model does not know: clips, and an older session's
        self._greeting_kept = False
        self._clips = 0
        self._clip_is_last = False  # of what was queued
        self._speaks_until = 0.0

    # --- speaking -----------------------------------------------------------------

    def play(self, event: m.SpokenAudioArrived) -> bool:
        """Queue a piece of audio; false when it belongs to something that was cut short."""
        if self.playback.is_dead(event.item_id):
            return False
        if event.turn_id in self._dead_turns:
            self.playback.kill(event.item_id)
            return False
        self._clip_is_last = False
        self._queue(event.item_id, event.audio_b64)
        return True

    def play_clip(self, clip: Clip, now: float) -> None:
        """Say a ready-made line: played, heard and written down as everything else, unknown to the model."""
        self._clips += 1
        item_id = f"{CLIP}{self._clips}"
        self._foreign.add(item_id)
        self.ends_at(now)  # of the agent's own speech, before the clip is behind it
        self._clip_is_last = True
        self._orders.do(m.RecordClip(item_id, clip.name))
        self._transcript.add(item_id, clip.text)
        self._queue(item_id, clip.audio_b64)
        self._mark_end(item_id)

    def _queue(self, item_id: str, audio_b64: str) -> None:
        for piece in split_audio(audio_b64):
            count = audio_bytes(piece)
            mark = self.playback.queue(item_id, count)
            self._orders.do(m.PlayAudio(item_id, piece, count))
            if mark is not None:
                self._orders.do(m.SendMark(mark))

    def _mark_end(self, item_id: str) -> None:
        mark = self.playback.finish(item_id)
        if mark is not None:
            self._orders.do(m.SendMark(mark))

    def take_words(self, event: m.SpokenWordsArrived) -> Untruth | None:
        """Note words of an item; the untruth in them, if any."""
        if self._is_cut(event.turn_id, event.item_id):
            return None
        self._transcript.add(event.item_id, event.words)
        return self.truth.read(event.item_id, event.words)

    def finish(self, event: m.ItemFinished) -> Untruth | None:
        """No more of an item will come; the untruth in its last words, if any."""
        self._mark_end(event.item_id)
        untruth = self.truth.finish(event.item_id)
        return None if self._is_cut(event.turn_id, event.item_id) else untruth

    def mark_played(self, name: str, now: float) -> None:
        ended = self.playback.mark_played(name, now)
        if ended is not None:
            whole_ms = self.playback.queued_ms(ended)
            self._record(Cut(ended, whole_ms, whole_ms, True))

    # --- falling silent -----------------------------------------------------------

    def kill_turn(self, turn_id: str) -> None:
        """Let nothing more of a turn be played."""
        self._dead_turns.add(turn_id)

    def clear(self, now: float, *, by_caller: bool) -> None:
        """Silence at once; what the caller did not hear, the model forgets."""
        if not self.playback.is_playing():
            return
        self._orders.do(m.ClearPlayback())
        for cut in self.playback.clear(now):
            self._record(cut)
            if cut.whole:
                continue
            if by_caller and cut.heard_ms > 0:
                self._orders.do(m.RecordInterruption(cut.item_id, cut.heard_ms))
            self._forget(cut)

    def unsay(self, untruth: Untruth, turn_id: str, now: float) -> bool:
        """Silence a turn for what it claims. True when the caller may have heard the claim."""
        item_id = untruth.item_id
        heard_ms, queued_ms = self.playback.heard_ms(item_id, now), self.playback.queued_ms(item_id)
        heard = untruth.was_heard(heard_ms, queued_ms)
        self._orders.do(m.RecordReview(untruth.review(heard)))
        self.kill_turn(turn_id)
        self.clear(now, by_caller=False)
        if not self.playback.is_dead(item_id):  # no sound of it has come yet, or all that came was heard
            self.playback.kill(item_id)
            cut = Cut(item_id, heard_ms, queued_ms, False)
            if queued_ms:
                self._record(cut)
            self._forget(cut)
        return heard

    def give_up_open_item(self, turn_id: str | None) -> bool:
        """Leave off where the sound has stopped in mid-sentence: what would still come is not played.

        False when nothing was left open.
        """
        cut = self.playback.open_item()
        if cut is None:
            return False
        if turn_id is not None:
            self.kill_turn(turn_id)
        self.playback.kill(cut.item_id)
        self._record(cut)
        self._forget(cut)
        return True

    def model_changed(self, turn_id: str | None) -> None:
        """The model's session is gone; its items play to their end, as far as they came."""
        if turn_id is not None:
            self.kill_turn(turn_id)
        if (cut := self.playback.open_item()) is not None:
            self._mark_end(cut.item_id)
        self._foreign.update(self.playback.item_ids())

    def _forget(self, cut: Cut) -> None:
        if cut.item_id not in self._foreign:
            self._orders.forget_unheard(cut)

    # --- writing down -------------------------------------------------------------

    @property
    def nothing_recorded(self) -> bool:
        """True until the first item of the model's was heard to its end or cut."""
        return not self._greeting_kept

    def unrecorded(self) -> list[str]:
        """The words of what is still being played, in order."""
        return [
            words
            for item_id in self.playback.item_ids()
            if not self._transcript.holds(item_id) and (words := self._transcript.words(item_id))
        ]

    def ends_at(self, now: float) -> tuple[float, float]:
        """When all sound will have been played, and when the agent's own speech will: without clips."""
        ends_at = self.playback.ends_at(now)
        if not self._clip_is_last:
            self._speaks_until = ends_at
        return ends_at, self._speaks_until

    def close(self, now: float) -> None:
        """Write down what is still unfinished when a call ends."""
        for cut in self.playback.unfinished(now, lambda item_id: not self._transcript.holds(item_id)):
            self._record(cut)

    def _record(self, cut: Cut) -> None:
        if (turn := self._transcript.turn(cut)) is not None:
            self._greeting_kept |= not cut.item_id.startswith(CLIP)
            self.memory.recorded(turn)
            self._orders.do(turn)

    def _is_cut(self, turn_id: str, item_id: str) -> bool:
        return turn_id in self._dead_turns or self.playback.is_dead(item_id)
