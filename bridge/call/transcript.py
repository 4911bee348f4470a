"""The transcript: what the agent said, and of that what was heard.

Pure. Words arrive while an item is spoken; when it was heard to its end or cut, they become
one turn of the record, once. Read `session.py` next.
"""

from bridge.call.messages import RecordTurn
from bridge.call.playback import Cut


class Transcript:
    """The agent's side of one call, item by item."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        self._recorded: set[str] = set()

    def holds(self, item_id: str) -> bool:
        """True when the item is recorded: whatever comes of it later changes nothing."""
        return item_id in self._recorded

    def add(self, item_id: str, words: str) -> None:
        if item_id in self._recorded:
            return
        self._words[item_id] = self._words.get(item_id, "") + words

    def words(self, item_id: str) -> str:
        """What was said so far of an item that is not recorded; "" for any other."""
        return self._words.get(item_id, "")

    def turn(self, cut: Cut) -> RecordTurn | None:
        """What to record of an item that is over; None without words, or when it is recorded already."""
        words = self._words.pop(cut.item_id, None)
        if words is None:
            return None
        self._recorded.add(cut.item_id)
        # Deltas carry no times, so what was heard is estimated by proportion, and labelled so.
        share = cut.heard_ms / max(1, cut.queued_ms)
        heard = words if cut.whole else words[: round(len(words) * share)]
        return RecordTurn(cut.item_id, "agent", heard.strip(), cut.heard_ms, cut.queued_ms, cut=not cut.whole)
