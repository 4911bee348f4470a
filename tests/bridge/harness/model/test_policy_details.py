"""The receptionist keeps what callers tell, and asks for what the owner wants to know."""

from typing import Any

from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.recording import CallerLine, Intent
from tests.bridge.harness.policy_scene import HOLD_1, YES, Conversation, line
from tools import spoken, spoken_details

INSTRUCTIONS = """\
Begin the call with exactly these words, then wait:
"Hello, this is the roofers'. How can I help you?"

# Details
- name: their name.
- property_type: Is it a house, a flat or a shop? Answers: house, flat, shop.
"""
READ_BACK = f"{spoken_details.read_back('the number', 'one two')} {spoken_details.is_that_right()}"


def told(**details: str) -> CallerLine:
    return line(Intent.DETAILS, details=details)


def kept(*missing: str, say: str = "Thank you.") -> dict[str, Any]:
    return {"ok": True, "say": say, **({"still_to_ask": list(missing)} if missing else {})}


def leads_only() -> Conversation:
    """A business that books nothing."""
    call = Conversation()
    call.mind.instructed(INSTRUCTIONS, frozenset({"save_details", "take_message", "end_call"}))
    return call


def test_what_is_missing_is_asked_for_in_order() -> None:
    """The owner's own questions are in the owner's words; all told, a message ends it, once."""
    call = leads_only()
    assert call.hear(told(reason="A leak.")) == [CallTool("save_details", {"reason": "A leak."})]
    ask_name = Say("May I have your name, please?")
    assert call.answer("save_details", kept("name", "property_type")) == [Say("Thank you."), ask_name]
    call.hear(told(name="Carl Boone"))
    own = Say("Is it a house, a flat or a shop?")
    assert call.answer("save_details", kept("property_type")) == [Say("Thank you."), own]
    call.hear(told(property_type="house"))
    message = CallTool("take_message", {"message": "A leak."})
    assert call.answer("save_details", kept()) == [Say("Thank you."), message]
    taken = spoken.message_taken(callable_back=True)
    assert call.answer("take_message", {"ok": True, "say": taken}) == [Say(taken)]
    assert call.hear(YES) == [Say("Is there anything else?")]


def test_a_read_back_is_answered_before_the_next_question() -> None:
    """One question at a time."""
    call = leads_only()
    call.hear(told(callback_number="12"))
    assert call.answer("save_details", kept("property_type", say=READ_BACK)) == [Say(READ_BACK)]
    assert call.hear(YES) == [Say("Is it a house, a flat or a shop?")]


def test_a_name_told_as_a_detail_is_the_customers() -> None:
    """It is not asked for again when a time is kept."""
    call = Conversation().offered()
    call.hear(told(name="Dana Reed"))
    call.answer("save_details", kept())
    assert call.hear(line(Intent.CHOOSE, option=1)) == [HOLD_1]


def test_details_interrupt_no_booking() -> None:
    """After the read-back of an address the times that were offered still stand, and no message is taken."""
    call = Conversation().offered()
    call.hear(told(email="dana@example.com", reason="A check."))
    assert call.answer("save_details", kept(say=READ_BACK)) == [Say(READ_BACK)]
    assert call.hear(YES) == [call.mind._offer()]
