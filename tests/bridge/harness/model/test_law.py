"""When asking for a turn is right, as scripts of what happened before."""

import pytest

from bridge.harness.model.law import TurnLaw

EARLY = "response.create before every call of the batch is answered"
AGAIN = "a second response.create for the same tool answers"

TURN = ["turn", "end"]


@pytest.mark.parametrize(
    ("story", "breach"),
    [
        ([], None),  # the greeting
        ([*TURN, "words"], None),
        (["turn", "ask a", "end", "answer a"], None),
        (["turn", "ask a", "end", "answer a", *TURN], AGAIN),
        (["turn", "ask a", "end", "answer a", *TURN, "words"], None),
        (["turn", "ask a", "end", "answer a", "turn", "fail"], None),  # one retry is allowed
        (["turn", "ask a", "ask b", "end", "answer a"], EARLY),
        (["turn", "ask a", "ask b", "end", "answer a", "answer b"], None),
        (["turn", "ask a", "ask b", "end", "answer a", "words"], None),  # a key was pressed meanwhile
        (["turn", "ask a", "end", "words", *TURN], None),  # a is slow; nothing speaks against a reprompt
        (["turn", "ask a", "end", "turn", "answer a", "end"], None),  # answered during the next turn
        (["turn", "ask a", "end", "turn", "ask b", "end", "answer b"], None),
    ],
)
def test_breach_of_asking(story: list[str], breach: str | None) -> None:
    """One turn per batch of answers, once all of them are in."""
    law = TurnLaw()
    turns = 0
    for step in story:
        match step.split():
            case ["turn"]:
                turns += 1
                law.turn_started()
            case ["end"]:
                law.turn_ended(made_something=True)
            case ["fail"]:
                law.turn_ended(made_something=False)
            case ["words"]:
                law.words_came()
            case ["ask", call_id]:
                law.tool_asked(str(turns), call_id)
            case ["answer", call_id]:
                law.tool_answered(call_id)
    assert law.breach_of_asking() == breach
