"""The stand-in's mind reads what a new session is told: by the server's own wording."""

from bridge.call.memory import Memory
from bridge.call.messages import RecordTurn
from bridge.harness.model.policy_resume import is_seed, last_answers, late_answer, lost, told_by
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.model.policy_words import Contents


def memory() -> Memory:
    """One sentence was said, one tool answered, one is running."""
    known = Memory()
    known.recorded(RecordTurn("a1", "agent", "Let me look."))
    for call_id, name in (("c1", "check_availability"), ("c2", "hold_slot")):
        known.tool_called(call_id, name)
    known.tool_answered("c1", {"ok": True, "slots": [{"id": "slot_1"}]})
    return known


def test_the_note_of_a_new_session_is_known() -> None:
    """And no other note is taken for one."""
    assert is_seed("system", memory().seed("Nothing.", [], []))
    assert not is_seed("user", memory().seed("Nothing.", [], []))
    assert not is_seed("system", "There has been unbroken noise on the line.")


def test_what_was_lost_is_told_from_what_was_not() -> None:
    """Said, answered and running are not lost."""
    seed = memory().seed("Nothing.", [], ["c2"])
    parts: Contents = [
        Say("Let me look."),
        CallTool("check_availability", {}),
        CallTool("hold_slot", {}),
        Say("More."),
    ]
    assert lost(parts, seed) == [Say("More.")]
    again = CallTool("create_event", {})
    assert lost([again], seed) == [again]


def test_answers_are_read_out_of_the_notes() -> None:
    """The latest of each tool's; and one that came late."""
    seed = memory().seed("Nothing.", [], [])
    answer = {"ok": True, "slots": [{"id": "slot_1"}]}
    assert last_answers(seed) == {"check_availability": answer}
    assert told_by(seed) == [("check_availability", answer)]
    late = memory().late_answer("c2", {"ok": True})
    assert late_answer(late) == ("hold_slot", {"ok": True})
    assert told_by(late) == [("hold_slot", {"ok": True})]
    assert late_answer("The caller pressed 5.") is None
    assert told_by("The caller pressed 5.") == []
