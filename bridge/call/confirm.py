"""The confirm gate: may a write go ahead?

Pure. A write needs a proposal (a hold, say). The gate opens when something the agent said
*after* the proposal stood in the conversation, and which named what is proposed, was heard to
its end (or nearly), and the caller then began to speak, or pressed a key. It proves that the
caller had the chance to object; the model's word "confirmed" proves nothing, and nor does an
answer to anything else it said. Read `session.py` next.
"""

from collections.abc import Callable

from tools.read_back import names
from tools.result import Gate, ReadBack

HEARD_ENOUGH = 0.8  # share of a read-back that counts as heard: people answer before the last word


class ConfirmGate:
    """One call's gate. Closed until proven open."""

    def __init__(self) -> None:
        self._proposal: str | None = None
        self._read_back: ReadBack | None = None  # what must be named of the proposal
        self._output_item: str | None = None  # the proposal on its way into the conversation
        self._in_conversation = False
        self._anew = False  # this model did not propose it: it has to be told to read it back
        self._turns: set[str] = set()  # turns that began after the proposal
        self._items: list[str] = []  # sounding in those turns
        self._words: dict[str, str] = {}  # of those turns, by item; they run ahead of the sound
        self._answering: set[str] = set()  # items heard when the caller began to speak
        self._answered: set[str] = set()

    def proposed(self, proposal: str, output_item: str, read_back: ReadBack | None = None) -> None:
        """A tool proposed something new; its answer is on the way to the model as `output_item`."""
        self.close()
        self._proposal = proposal
        self._output_item = output_item
        self._read_back = read_back

    @property
    def proposal(self) -> str | None:
        """What the gate is about."""
        return self._proposal

    def close(self) -> None:
        """A fact changed: nothing counts any more."""
        self.__init__()  # type: ignore[misc]

    def begin_anew(self, output_item: str = "") -> None:
        """The model's memory was rebuilt: what stands proposed must be read back and answered again.

        `output_item`: ours, on its way to the model, in which it is told.
        """
        proposal, read_back = self._proposal, self._read_back
        self.close()
        self._proposal, self._read_back, self._output_item = proposal, read_back, output_item
        self._anew = True

    def item_accepted(self, item_id: str) -> None:
        if item_id == self._output_item:
            self._in_conversation = True

    def turn_started(self, turn_id: str) -> None:
        if self._in_conversation:
            self._turns.add(turn_id)

    def item_spoken(self, turn_id: str, item_id: str) -> None:
        if turn_id in self._turns and item_id not in self._items:
            self._items.append(item_id)

    def words_spoken(self, turn_id: str, item_id: str, words: str) -> None:
        if turn_id in self._turns:
            self._words[item_id] = self._words.get(item_id, "") + words

    def caller_began(self, heard_share: Callable[[str], float]) -> None:
        """The caller starts to speak. Call it before playback is cleared."""
        self._answering = self._heard(heard_share)

    def caller_finished(self) -> None:
        """What the caller said is in the conversation."""
        self._answered |= self._answering

    def state(self, heard_share: Callable[[str], float], *, playing: bool) -> Gate:
        """`playing`: something of the agent's is still to be heard."""
        if self._proposal is None:
            return Gate.NO_PROPOSAL
        read_backs = {item_id for item_id in self._items if self._names(item_id)}
        if read_backs & self._answered:
            return Gate.OPEN
        if not read_backs and (self._answered or (self._anew and not self._items)):
            return Gate.NOT_READ_BACK
        heard = self._heard(heard_share)
        if heard & (read_backs or heard):
            return Gate.UNANSWERED
        # Cut short by an early yes, or never begun: whoever waited for its end would wait for ever.
        return Gate.UNHEARD if playing else Gate.NOT_READ_BACK

    def _heard(self, heard_share: Callable[[str], float]) -> set[str]:
        return {item_id for item_id in self._items if heard_share(item_id) >= HEARD_ENOUGH}

    def _names(self, item_id: str) -> bool:
        """True for a read-back. Sound whose words never came is none: better a person than an error."""
        return self._read_back is None or names(self._read_back, self._words.get(item_id, ""))
