"""What the agent says: played, heard, written down, and kept true.

Pure. Joins the ledgers that follow an item of the agent's from its first word to its last mark:
`playback.py` (what was heard), `transcript.py` (what was said), `truth.py` (whether it may be).
Read `session.py` next, which decides when to speak and when to fall silent.
"""

from bridge.call import messages as m
from bridge.call.audio import audio_bytes, split_audio
from bridge.call.orders import Orders
from bridge.call.playback import Cut, Playback
from bridge.call.transcript import Transcript
from bridge.call.truth import TruthGuard, Untruth


class AgentSpeech:
    """The agent's side of one call. Orders what follows into the session's `orders`."""

    def __init__(self, orders: Orders) -> None:
        self.playback = Playback()
        self.truth = TruthGuard()
        self._transcript = Transcript()
        self._orders = orders
        self._dead_turns: set[str] = set()  # cut short: nothing more of them is played or read

    # --- speaking -----------------------------------------------------------------

    def play(self, event: m.SpokenAudioArrived) -> bool:
        """Queue a piece of audio; false when it belongs to something that was cut short."""
        if self.playback.is_dead(event.item_id):
            return False
        if event.turn_id in self._dead_turns:
            self.playback.kill(event.item_id)
            return False
        for piece in split_audio(event.audio_b64):
            count = audio_bytes(piece)
            mark = self.playback.queue(event.item_id, count)
            self._orders.do(m.PlayAudio(event.item_id, piece, count))
            if mark is not None:
                self._orders.do(m.SendMark(mark))
        return True

    def take_words(self, event: m.SpokenWordsArrived) -> Untruth | None:
        """Note words of an item; the untruth in them, if any."""
        if self._is_cut(event.turn_id, event.item_id):
            return None
        self._transcript.add(event.item_id, event.words)
        return self.truth.read(event.item_id, event.words)

    def finish(self, event: m.ItemFinished) -> Untruth | None:
        """No more of an item will come; the untruth in its last words, if any."""
        mark = self.playback.finish(event.item_id)
        if mark is not None:
            self._orders.do(m.SendMark(mark))
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
            self._orders.forget_unheard(cut)

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
            self._orders.forget_unheard(cut)
        return heard

    # --- writing down -------------------------------------------------------------

    @property
    def nothing_recorded(self) -> bool:
        """True until the first item was heard to its end or cut."""
        return self._transcript.is_empty

    def close(self, now: float) -> None:
        """Write down what is still unfinished when a call ends."""
        for cut in self.playback.unfinished(now, lambda item_id: not self._transcript.holds(item_id)):
            self._record(cut)

    def _record(self, cut: Cut) -> None:
        if (turn := self._transcript.turn(cut)) is not None:
            self._orders.do(turn)

    def _is_cut(self, turn_id: str, item_id: str) -> bool:
        return turn_id in self._dead_turns or self.playback.is_dead(item_id)
