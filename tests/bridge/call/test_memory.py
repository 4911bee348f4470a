"""What a new session is told."""

from bridge.call.memory import LONGEST_ANSWER, LONGEST_TURN, MOST_TURNS, TURNS_KEPT, UNKNOWN, Memory
from bridge.call.messages import RecordTurn


def test_the_last_turns_are_told_in_order_as_they_were_heard() -> None:
    """The words of both sides, a cut one as far as heard, a late transcript in its own place."""
    memory = Memory()
    assert memory.is_empty
    memory.recorded(RecordTurn("a1", "agent", "How can I help you?"))
    memory.caller_spoke("u1")
    memory.recorded(RecordTurn("a2", "agent", "I have Wednesday", cut=True))
    memory.caller_spoke("u1", "A cleaning, please.")
    memory.caller_spoke("u1")
    memory.caller_spoke("u2")
    seed = memory.seed("Nothing yet.", ["at two PM."], [])
    said = seed.split("What was said last")[1].split("\n\n")[0].splitlines()[1:]
    assert said == [
        "You: How can I help you?",
        "Caller: A cleaning, please.",
        "You: I have Wednesday (cut off here)",
        f"Caller: {UNKNOWN}",
        "You: at two PM.",
    ]
    assert "What is true: Nothing yet." in seed


def test_an_hour_of_talk_is_not_kept() -> None:
    """Only the last turns are ever told, so only they are kept, and some for words that come late."""
    memory = Memory()
    for number in range(500):
        memory.caller_spoke(f"u{number}", "some words")
    memory.caller_spoke("u495", "Words that came late.")
    assert len(memory._turns) == TURNS_KEPT
    said = memory.seed("", [], []).splitlines()
    assert said.index("Caller: Words that came late.") < len(said) - 4


def test_it_is_bounded() -> None:
    """The model pays for every word for the rest of the call."""
    memory = Memory()
    for number in range(50):
        memory.caller_spoke(f"u{number}", f"{number} " + "x" * 10_000)
    memory.tool_called("c1", "check_availability")
    memory.tool_answered("c1", {"say": "y" * 10_000})
    seed = memory.seed("", [], [])
    assert "Caller: 38 " in seed
    assert "Caller: 37 " not in seed
    assert len(seed) < MOST_TURNS * (LONGEST_TURN + 10) + LONGEST_ANSWER + 1000


def test_each_tools_latest_answer_is_told() -> None:
    """With the ids that the model needs to go on."""
    memory = Memory()
    for call_id, hold in (("c1", "old"), ("c2", "new")):
        memory.tool_called(call_id, "hold_slot")
        memory.tool_answered(call_id, {"ok": True, "hold_id": hold})
    seed = memory.seed("", [], [])
    assert 'hold_slot: {"ok": true, "hold_id": "new"}' in seed
    assert '"old"' not in seed
    assert "read back and confirmed anew" in seed


def test_a_running_tool_is_not_asked_for_again() -> None:
    """Its answer is told later, by the tool's name."""
    memory = Memory()
    memory.tool_called("c1", "create_event")
    assert "Still running: create_event." in memory.seed("", [], ["c1"])
    answer = memory.late_answer("c1", {"ok": True, "say": "You're booked."})
    assert answer.startswith("The tool create_event, ")
    assert answer.endswith('has answered: {"ok": true, "say": "You\'re booked."}')


def test_what_the_model_was_told_is_told_again() -> None:
    """A call that goes on after a break, or must end soon, does so in every session."""
    memory = Memory()
    memory.advised("The telephone line was cut.")
    assert not memory.is_empty
    assert "The telephone line was cut." in memory.seed("", [], [])
