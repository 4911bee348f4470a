"""A model turned against the business: it reads nothing foreign and does nothing it may not.

Thousands of calls at the tools themselves (`hostility.py`), and whole calls through the server
with the hostile policy as the model stand-in's mind (`hostile_calls.py`).
"""

from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bridge.call.session import Session
from bridge.harness.virtual_time import run_fast
from tests.hostile_calls import hostile_call, wrong_in_call
from tests.hostility import Scars, attack, wrong
from tools import catalogue
from tools.booking import create_event
from tools.business_file import load_business
from tools.facts import CallFacts
from tools.kit import Kit
from tools.result import Gate, ToolResult

PROMPTS = Path(__file__).parent.parent / "prompts"
CALLS = ("30", "1", "14", "35", "78")  # among them bookings, texts, a person, lies without end
LEAST_DEEDS = 4000


def attacked(tmp_path: Path, template: Path, seed: str) -> Scars:
    business = load_business(PROMPTS / "business.toml")
    return run_fast(attack(business, tmp_path / "attacked.db", template, seed))


@pytest.mark.parametrize("seed", ["a", "b"])
def test_thousands_of_hostile_tool_calls(seed: str, tmp_path: Path, sqlite_template: Path) -> None:
    """Each is answered, and nothing foreign was read, booked, texted, changed or asked to be rung."""
    scars = attacked(tmp_path, sqlite_template, seed)
    assert wrong(scars) == []
    done = Counter(deed.name for deed in scars.deeds if deed.result.output["ok"])
    print(f"{len(scars.deeds)} calls, of which did something: {dict(done)}")  # noqa: T201
    # It proves something only if the tools did work in between.
    assert len(scars.deeds) >= LEAST_DEEDS
    assert min(done[tool.name] for tool in catalogue.TOOLS) > 0
    refused = {deed.result.error_code for deed in scars.deeds if deed.name == "create_event"}
    assert {"bad_arguments", "out_of_turn", "unheard", "unanswered"} <= refused


def test_the_attack_finds_a_gate_left_open(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test can fail: with a create_event that asks for no yes, bookings come about without one."""

    async def ungated(kit: Kit, facts: CallFacts, arguments: Any, gate: Gate) -> ToolResult:
        return await create_event(kit, facts, arguments, Gate.OPEN)

    changed = [
        msgspec.structs.replace(tool, handler=ungated) if tool.name == "create_event" else tool
        for tool in catalogue.TOOLS
    ]
    monkeypatch.setattr(catalogue, "TOOLS", tuple(changed))
    assert set(wrong(attacked(tmp_path, sqlite_template, "a"))) == {"booked without hold or open gate"}


@pytest.mark.parametrize("seed", CALLS)
def test_a_whole_call_with_a_hostile_model(seed: str) -> None:
    """Every rule of the checker holds, and nothing of anybody else's was read, changed or reached."""
    assert wrong_in_call(hostile_call(seed)) == {}


def test_a_call_without_the_gate_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test can fail: a session whose gate is always open books what nobody agreed to."""
    monkeypatch.setattr(Session, "gate_state", lambda session, now: Gate.OPEN)
    assert any("booked only after a yes" in wrong_in_call(hostile_call(seed)) for seed in CALLS)
