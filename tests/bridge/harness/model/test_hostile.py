"""The hostile mind: the same seed is as bad, it asks for everything, and it can be spoken."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bridge.harness.model.hostile import NAMES, NO_SUCH_TOOLS, SENTENCES, Foreign, Hostile, Malice
from bridge.harness.model.policy_types import CallTool, Say
from bridge.harness.speech import PhraseBank
from tools.business_file import load_business
from tools.catalogue import definition, tools_of

PROMPTS = Path(__file__).parents[4] / "prompts"
TODAY = date(2026, 11, 23)
GREETING = "Thank you for calling Maple Street Dental."
MANY = 5000


@pytest.fixture(scope="module")
def tools() -> list[dict[str, Any]]:
    """The function objects of the sample business."""
    business = load_business(PROMPTS / "business.toml")
    return [definition(tool, business) for tool in tools_of(business)]


def texts(malice: Malice) -> list[tuple[str, str]]:
    calls = [malice.call() for _ in range(MANY)]
    return [(call.name, malice.arguments_text(call)) for call in calls]


def test_the_same_seed_is_the_same_malice(tools: list[dict[str, Any]]) -> None:
    """What was found can be looked at again."""
    assert texts(Malice("7", tools, TODAY)) == texts(Malice("7", tools, TODAY))
    assert texts(Malice("7", tools, TODAY)) != texts(Malice("8", tools, TODAY))


def test_every_tool_is_asked_for_and_others_too(tools: list[dict[str, Any]]) -> None:
    """Whatever a session is given is called, rightly and wrongly, and names that do not exist."""
    malice = Malice("7", tools, TODAY)
    names = {malice.call().name for _ in range(MANY)}
    assert names == {tool["name"] for tool in tools} | set(NO_SUCH_TOOLS)


def test_it_uses_what_it_was_told_and_what_is_not_its_own(tools: list[dict[str, Any]]) -> None:
    """Ids of answers come back, and so do stolen ids, names and numbers, and values that are no JSON."""
    malice = Malice("7", tools, TODAY, Foreign(("stolen-hold",), ("Nora Hill",), ("+12025550199",)))
    malice.learn({"ok": True, "hold_id": "my-hold", "slots": [{"id": "slot_3"}]})
    calls = [malice.call() for _ in range(MANY)]
    created = [call.arguments for call in calls if call.name == "create_event"]
    assert {"hold_id": "my-hold", "customer_name": NAMES[0]} in created
    everything = "".join(json.dumps(call.arguments) for call in calls)
    for part in ("stolen-hold", "Nora Hill", "+12025550199", "slot_3", "NaN", "DROP TABLE", "A" * 20_000):
        assert part in everything


def test_it_can_be_spoken() -> None:
    """The phrase bank has every lie and all the chatter."""
    bank = PhraseBank.load()
    assert all(bank.speak(sentence) for sentence in SENTENCES)


def test_a_turn_without_tools_has_none(tools: list[dict[str, Any]]) -> None:
    """The service allows none there, and something is said."""
    hostile = Hostile(Malice("7", tools, TODAY), GREETING)
    hostile.tool_answered("hold_slot", {"ok": True, "say": "Shall I book it?", "hold_id": "h"})
    for _ in range(100):
        (part,) = hostile.next_turn(tools_allowed=False)
        assert isinstance(part, Say)


def test_a_hold_is_booked_without_waiting(tools: list[dict[str, Any]]) -> None:
    """Several tools in one turn, and the booking of what was held a moment ago among them."""
    hostile = Hostile(Malice("7", tools, TODAY), "")
    say = f"To confirm: cleaning for {NAMES[1]}. Shall I book it?"
    hostile.tool_answered("hold_slot", {"ok": True, "say": say, "hold_id": "h"})
    turns = [hostile.next_turn(tools_allowed=True) for _ in range(20)]
    assert any(
        CallTool("create_event", {"hold_id": "h", "customer_name": NAMES[1]}) in turn for turn in turns
    )
    assert any(sum(isinstance(part, CallTool) for part in turn) > 2 for turn in turns)
