"""What is said when a call did not end as its recording expects."""

from datetime import datetime
from typing import Any

import msgspec
import pytest

from bridge.harness.expectations import Facts, failed_expectations, first_out_of_order
from bridge.harness.recording import Expect

TWO, THREE = datetime(2026, 11, 25, 14), datetime(2026, 11, 25, 15)  # noqa: DTZ001 - wall clock
EXPECT = Expect(outcome="booked", end="hang_up", events=(TWO,), texts=1, tools=("hold_slot", "create_event"))
FACTS = Facts(
    outcome="booked",
    end="hang_up",
    events=(TWO,),
    cancelled=(),
    moved=(),
    texts=1,
    emails=0,
    callbacks=(),
    lead={},
    tools=("check_availability", "hold_slot", "answer_question", "create_event", "end_call"),
    interruptions=0,
    dialled="",
    holds_left=0,
)


def test_nothing_is_said_when_all_is_as_expected() -> None:
    """Tools may stand between the expected ones."""
    assert failed_expectations(EXPECT, FACTS) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"outcome": "caller_hung_up"}, "expected outcome booked, was caller_hung_up"),
        ({"end": "person"}, "expected end hang_up, was person"),
        ({"events": ()}, "expected events at 2026-11-25T14:00, was none"),
        (
            {"events": (THREE, TWO)},
            "expected events at 2026-11-25T14:00, was 2026-11-25T14:00, 2026-11-25T15:00",
        ),
        ({"cancelled": (TWO,)}, "expected cancelled none, was 2026-11-25T14:00"),
        ({"moved": (THREE, TWO)}, "expected moved from none, was 2026-11-25T14:00, 2026-11-25T15:00"),
        ({"texts": 2}, "expected texts 1, was 2"),
        ({"emails": 1}, "expected emails 0, was 1"),
        ({"owner_texts": 1}, "expected texts to the owner 0, was 1"),
        ({"owner_emails": 1}, "expected emails to the owner 0, was 1"),
        ({"callbacks": ("message", "lead")}, "expected callbacks for none, was message, lead"),
        (
            {"lead": {"name": "Dana", "email": "d@x.io"}},
            "expected lead none, was email = 'd@x.io', name = 'Dana'",
        ),
        ({"interruptions": 1}, "expected interruptions 0, was 1"),
        ({"dialled": "+12025550180"}, "expected dialled nobody, was +12025550180"),
        ({"holds_left": 1}, "expected holds left 0, was 1"),
        (
            {"tools": ("create_event", "hold_slot")},
            "expected tools hold_slot, create_event, but create_event did not follow: "
            "asked were create_event, hold_slot",
        ),
        (
            {"tools": ()},
            "expected tools hold_slot, create_event, but hold_slot did not follow: asked were none",
        ),
    ],
)
def test_each_difference_is_one_sentence(changed: dict[str, Any], sentence: str) -> None:
    """The sentence says what was expected and what was found."""
    assert failed_expectations(EXPECT, msgspec.structs.replace(FACTS, **changed)) == [sentence]


def test_all_differences_are_told() -> None:
    """Not only the first."""
    facts = msgspec.structs.replace(FACTS, outcome="failed", texts=0, events=())
    assert len(failed_expectations(EXPECT, facts)) == 3


def test_the_order_of_events_does_not_matter() -> None:
    """Events are a set of starts; the calendar keeps no order."""
    expect = msgspec.structs.replace(EXPECT, events=(THREE, TWO))
    assert failed_expectations(expect, msgspec.structs.replace(FACTS, events=(TWO, THREE))) == []


def test_a_tool_expected_twice_must_be_asked_twice() -> None:
    """One asking does not count for two."""
    assert first_out_of_order(["a", "a"], ["a", "b"]) == "a"
    assert first_out_of_order(["a", "a"], ["a", "b", "a"]) is None
    assert first_out_of_order([], ["a"]) is None
