"""The stand-in's conversation: order, cuts and tool answers."""

from typing import Any

import pytest

from bridge.harness.model.conversation import Conversation, Item
from bridge.harness.model.shapes import Fault


def note(item_id: str) -> Item:
    return Item(body={"id": item_id, "type": "message", "role": "user", "content": []})


def speech(item_id: str, audio_ms: float) -> Item:
    content = [{"type": "output_audio", "transcript": "Hello."}]
    body = {"id": item_id, "type": "message", "role": "assistant", "content": content}
    return Item(body=body, audio_ms=audio_ms)


def conversation(*items: Item) -> Conversation:
    made = Conversation()
    for item in items:
        made.add(item)
    return made


def code_of(do: Any, *arguments: Any) -> str:
    with pytest.raises(Fault) as caught:
        do(*arguments)
    assert caught.value.breach
    return caught.value.code


def test_items_are_put_where_asked() -> None:
    """At the end, at the root, or behind a named item; the id before is told."""
    talk = conversation(note("a"), note("b"))
    assert talk.add(note("c")) == "b"
    assert talk.add(note("d"), "root") is None
    assert talk.add(note("e"), "a") == "a"
    assert talk.previous_of("b") == "e"
    assert talk.last_id() == "c"


def test_items_that_cannot_be_added() -> None:
    """An id is used once, and the item before must exist."""
    talk = conversation(note("a"))
    assert code_of(talk.add, note("a")) == "item_create_duplicate_item_id"
    assert code_of(talk.add, note("b"), "nobody") == "item_create_invalid_previous_item_id"


def test_a_cut_forgets_the_words() -> None:
    """A truncated item keeps its beginning of audio and loses its whole transcript."""
    talk = conversation(speech("a", 1000))
    assert talk.truncate("a", 400).body["content"] == [{"type": "output_audio"}]
    assert talk.tokens() == (0, 8)
    assert code_of(talk.truncate, "a", 401) == "invalid_value"
    talk.truncate("a", 400)


def test_a_cut_may_be_at_the_very_end() -> None:
    """The length of the audio itself is within the audio."""
    conversation(speech("a", 1000)).truncate("a", 1000)


@pytest.mark.parametrize("item", [note("a"), speech("a", 0)])
def test_only_speech_can_be_cut(item: Item) -> None:
    """Items of the caller, and those without audio yet, are to be deleted instead."""
    assert code_of(conversation(item).truncate, "a", 0) == "unsupported_content_type"


def test_unknown_items() -> None:
    """Each thing done to an unknown item has a code of its own."""
    talk = conversation(note("a"))
    talk.delete("a")
    assert code_of(talk.delete, "a") == "item_delete_invalid_item_id"
    assert code_of(talk.truncate, "a", 0) == "item_truncate_invalid_item_id"
    assert code_of(talk.get, "a", "retrieve") == "item_retrieve_invalid_item_id"


def test_tool_answers() -> None:
    """One answer per call, none for a call that is unknown or deleted."""
    talk = conversation(note("call item"), note("other item"))
    talk.asked("call_1", "hold_slot", "call item")
    talk.asked("call_2", "hold_slot", "other item")
    assert talk.answer("call_1").name == "hold_slot"
    assert code_of(talk.answer, "call_1") == "invalid_value"
    assert code_of(talk.answer, "call_9") == "invalid_tool_call_id"
    talk.delete("other item")
    assert code_of(talk.answer, "call_2") == "invalid_tool_call_id"
