"""The confirm gate: may a write go ahead?

Pure. A write needs a proposal (a hold, say). The gate opens when something the agent said
*after* the proposal stood in the conversation was heard to its end (or nearly), and the
caller then began to speak, or pressed a key. It proves that the caller had the chance to
object; the model's word "confirmed" proves nothing. Read `session.py` next.
"""

from collections.abc import Callable

from tools.result import Gate

HEARD_ENOUGH = 0.8  # share of a read-back that counts as heard: people answer before the last word


class ConfirmGate:
    """One call's gate. Closed until proven open."""

    def __init__(self) -> None:
        self._proposal: str | None = None
        self._output_item: str | None = None  # the proposal on its way into the conversation
        self._in_conversation = False
        self._turns: set[str] = set()  # turns that began after the proposal
        self._read_backs: list[str] = []  # items spoken in those turns
        self._answering = False  # the caller began to speak after a read-back was heard
        self._answered = False

    def proposed(self, proposal: str, output_item: str) -> None:
        """A tool proposed something new; its answer is on the way to the model as `output_item`."""
        self.close()
        self._proposal = proposal
        self._output_item = output_item

    def close(self) -> None:
        """A fact changed, or the model's memory was rebuilt: nothing counts any more."""
        self.__init__()  # type: ignore[misc]

    def item_accepted(self, item_id: str) -> None:
        if item_id == self._output_item:
            self._in_conversation = True

    def turn_started(self, turn_id: str) -> None:
        if self._in_conversation:
            self._turns.add(turn_id)

    def item_spoken(self, turn_id: str, item_id: str) -> None:
        if turn_id in self._turns and item_id not in self._read_backs:
            self._read_backs.append(item_id)

    def caller_began(self, heard_share: Callable[[str], float]) -> None:
        """The caller starts to speak. Call it before playback is cleared."""
        self._answering = self._heard(heard_share)

    def caller_finished(self) -> None:
        """What the caller said is in the conversation."""
        if self._answering:
            self._answered = True

    def state(self, heard_share: Callable[[str], float]) -> Gate:
        if self._proposal is None:
            return Gate.NO_PROPOSAL
        if self._answered:
            return Gate.OPEN
        return Gate.UNANSWERED if self._heard(heard_share) else Gate.UNHEARD

    def _heard(self, heard_share: Callable[[str], float]) -> bool:
        return any(heard_share(item_id) >= HEARD_ENOUGH for item_id in self._read_backs)
