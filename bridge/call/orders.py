"""The orders that follow one event: actions in order, with ids that are counted.

Pure. What takes several actions, or an id of ours, is put together here, so that `session.py` reads as
decisions. Ids are counted, not random: replaying the events of a call gives the same actions.
"""

import json
from typing import Any

from bridge.call import messages as m
from bridge.call.playback import FRAME_MS, Cut


class Orders:
    """Collects the actions of one call's session."""

    def __init__(self) -> None:
        self._actions: list[m.Action] = []
        self._ids = 0

    def take(self) -> list[m.Action]:
        """What was ordered since the last time."""
        actions, self._actions = self._actions, []
        return actions

    def do(self, action: m.Action) -> None:
        self._actions.append(action)

    def new_id(self, kind: str) -> str:
        self._ids += 1
        return f"{kind}_{self._ids}"

    # --- orders with an id ----------------------------------------------------------

    def listen(self, threshold: float, *, interruptible: bool = True) -> None:
        """Let the model hear, and by its own ear be interrupted or not."""
        self.do(m.SetListening(self.new_id("listen"), interruptible, threshold))

    def cancel_turn(self, turn_id: str) -> None:
        self.do(m.CancelTurn(self.new_id("cancel"), turn_id))

    def delete_item(self, item_id: str) -> None:
        self.do(m.DeleteItem(self.new_id("delete"), item_id))

    def forget_unheard(self, cut: Cut) -> None:
        """Leave in the model's memory what the caller heard of an item, and no more."""
        if cut.heard_ms <= 0:
            self.delete_item(cut.item_id)
            return
        heard_ms = min(cut.heard_ms, cut.queued_ms - FRAME_MS)  # the cut must lie within the audio
        if heard_ms > 0:
            self.do(m.TruncateItem(self.new_id("truncate"), cut.item_id, heard_ms))

    def note(self, role: str, text: str) -> str:
        """Tell the model something in text; the id of the item."""
        item_id = self.new_id("note")
        self.do(m.SendNote(self.new_id("tell"), item_id, role, text))
        return item_id

    def tool_output(self, call_id: str, output: dict[str, Any]) -> str:
        """Answer a tool call; the id of the item."""
        item_id = self.new_id("output")
        text = json.dumps(output, ensure_ascii=False)
        self.do(m.SendToolOutput(self.new_id("answer"), item_id, call_id, text))
        return item_id
