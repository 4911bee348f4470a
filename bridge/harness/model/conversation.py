"""The conversation a Realtime session keeps: items in order, cuts, tool calls and their answers.

Pure. Methods raise model_shapes.Fault with the service's own codes.
Source: OpenAI, Realtime API, conversation.item.*. Read next: model/turn.py, which adds the
model's items, and model/session.py, which adds everybody else's.
"""

from typing import Any

import msgspec

from bridge.harness.model.shapes import Fault


class Item(msgspec.Struct, kw_only=True):
    """One item. `body` is what is sent of it."""

    body: dict[str, Any]
    audio_ms: float = 0.0  # of the model's speech sent and not cut away

    @property
    def id(self) -> str:
        item_id: str = self.body["id"]
        return item_id

    @property
    def is_speech(self) -> bool:
        """True for speech of the model's, which alone may be cut."""
        return self.body.get("role") == "assistant" and self.audio_ms > 0


class ToolCall(msgspec.Struct, kw_only=True):
    """A tool call that was asked to its end."""

    call_id: str
    name: str
    item_id: str
    answered: bool = False


class Conversation:
    """The items of the default conversation, oldest first."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._calls: dict[str, ToolCall] = {}

    # --- adding -------------------------------------------------------------------

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Put an item behind `after` (None: the end, "root": the beginning); the id before it.

        Raises Fault for an id that is taken or an `after` that is unknown.
        """
        if self._place_of(item.id) is not None:
            message = f"Error adding item: an item with ID '{item.id}' already exists."
            raise Fault("item_create_duplicate_item_id", message, "item.id")
        at = len(self._items)
        if after == "root":
            at = 0
        elif after is not None:
            before = self._place_of(after)
            if before is None:
                message = f"Error adding item: the previous item with ID '{after}' does not exist."
                raise Fault("item_create_invalid_previous_item_id", message, "previous_item_id")
            at = before + 1
        self._items.insert(at, item)
        return self.previous_of(item.id)

    def previous_of(self, item_id: str) -> str | None:
        """Id of the item before; None for the first and for one that is gone."""
        place = self._place_of(item_id)
        return self._items[place - 1].id if place else None

    def last_id(self) -> str | None:
        return self._items[-1].id if self._items else None

    # --- tool calls ---------------------------------------------------------------

    def asked(self, call_id: str, name: str, item_id: str) -> None:
        """A tool call was generated to its end."""
        self._calls[call_id] = ToolCall(call_id=call_id, name=name, item_id=item_id)

    def answer(self, call_id: str) -> ToolCall:
        """The call that an output answers; it is answered from now on. Raises Fault."""
        call = self._calls.get(call_id)
        if call is None or self._place_of(call.item_id) is None:
            message = f"Tool call ID '{call_id}' not found in conversation."
            raise Fault("invalid_tool_call_id", message, "item.call_id")
        if call.answered:
            message = f"Tool call ID '{call_id}' already has an output."
            raise Fault("invalid_value", message, "item.call_id")
        call.answered = True
        return call

    # --- changing -----------------------------------------------------------------

    def get(self, item_id: str, doing: str) -> Item:
        """The item. Raises Fault with the code for what is being done: retrieve, delete, truncate."""
        place = self._place_of(item_id)
        if place is None:
            message = f"Error {doing[:-1]}ing item: the item with ID '{item_id}' does not exist."
            raise Fault(f"item_{doing}_invalid_item_id", message, "item_id")
        return self._items[place]

    def delete(self, item_id: str) -> None:
        """Forget an item. Raises Fault."""
        self._items.remove(self.get(item_id, "delete"))

    def truncate(self, item_id: str, audio_end_ms: int) -> Item:
        """Cut the model's speech; its whole transcript is forgotten. Raises Fault."""
        item = self.get(item_id, "truncate")
        if not item.is_speech:
            message = "Only model output audio messages can be truncated."
            raise Fault("unsupported_content_type", message, "item_id")
        if audio_end_ms > item.audio_ms:
            message = f"Audio content of {item.audio_ms:.0f}ms is already shorter than {audio_end_ms}ms"
            raise Fault("invalid_value", message, "audio_end_ms")
        item.audio_ms = audio_end_ms
        for content in item.body["content"]:
            content.pop("transcript", None)
        return item

    # --- counting -----------------------------------------------------------------

    def tokens(self) -> tuple[int, int]:
        """Text and audio tokens of all items; about what the service would bill."""
        text = audio = 0
        for item in self._items:
            body = item.body
            words = [content.get("text", "") for content in body.get("content", [])]
            words += [body.get("arguments", ""), body.get("output", "")]
            text += sum(text_tokens(part) for part in words)
            audio += audio_tokens(item.audio_ms, spoken_by_model=body.get("role") == "assistant")
        return text, audio

    def _place_of(self, item_id: str) -> int | None:
        return next((at for at, item in enumerate(self._items) if item.id == item_id), None)


def text_tokens(text: str) -> int:
    """About four letters each."""
    return -(-len(text) // 4)


def audio_tokens(ms: float, *, spoken_by_model: bool) -> int:
    """One for 100 ms of the caller's voice, one for 50 ms of the model's."""
    return round(ms / (50 if spoken_by_model else 100))
