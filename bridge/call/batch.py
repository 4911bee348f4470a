"""Tool calls and who speaks after them: one answer each, one turn for a whole batch.

Pure. A batch is the tool calls of one turn. Once its last answer is on the way and its turn
is over, the model is asked to speak once, if any of the answers wants that; a slow tool of
an earlier turn keeps no later batch waiting. Read `session.py` next.
"""

import msgspec


class _Batch(msgspec.Struct):
    running: set[str]  # call ids
    wants_reply: bool = False
    last_output: str | None = None  # our item that answered last


class Batches:
    """The tool calls of one call."""

    def __init__(self) -> None:
        self._by_turn: dict[str, _Batch] = {}
        self._turn_of: dict[str, str] = {}  # by call id, of every call ever seen

    @property
    def is_running(self) -> bool:
        """True while any tool has not answered."""
        return any(batch.running for batch in self._by_turn.values())

    def running(self) -> list[str]:
        """Call ids of the tools that have not answered, oldest first."""
        return [call_id for call_id in self._turn_of if self._is_open(call_id)]

    def called(self, turn_id: str, call_id: str) -> bool:
        """Note a call; false when it was noted before, for the same call appears in several events."""
        if call_id in self._turn_of:
            return False
        self._turn_of[call_id] = turn_id
        self._by_turn.setdefault(turn_id, _Batch(set())).running.add(call_id)
        return True

    def owe_reply(self, turn_id: str) -> None:
        """A wish to speak that is older than this turn's calls is served after them."""
        self._by_turn[turn_id].wants_reply = True

    def _is_open(self, call_id: str) -> bool:
        batch = self._by_turn.get(self._turn_of[call_id])
        return batch is not None and call_id in batch.running

    def answered(self, call_id: str, output_item: str, *, wants_reply: bool) -> None:
        batch = self._by_turn.get(self._turn_of.get(call_id, ""))
        if batch is not None:
            batch.running.discard(call_id)
            batch.wants_reply |= wants_reply
            batch.last_output = output_item

    def take_reply(self, turn_in_progress: str | None) -> str | None:
        """The output item that a due reply must have seen, or None when no reply is due. Taken once."""
        due = None
        for turn_id, batch in list(self._by_turn.items()):
            if not batch.running and turn_id != turn_in_progress:
                del self._by_turn[turn_id]
                due = batch.last_output if batch.wants_reply else due
        return due
