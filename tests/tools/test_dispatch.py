"""The edge of a tool call: always one answer, never an exception, nothing personal in the log."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.scene import Scene
from tools import spoken
from tools.catalogue import TOOLS, Tool
from tools.dispatch import Dispatcher
from tools.identity import PER_CALL
from tools.result import Gate, Reply, ToolResult
from tools.store import StoreUnavailable


async def run(scene: Scene, name: str, arguments_json: str) -> ToolResult:
    return await scene.dispatcher.run(scene.facts, name, arguments_json, Gate.OPEN)


async def test_an_unknown_tool_is_told_with_those_there_are(scene: Scene) -> None:
    """The model can correct itself."""
    result = await run(scene, "book_flight", "{}")
    assert not result.output["ok"]
    assert "check_availability, hold_slot, create_event" in result.output["problem"]
    assert result.error_code == "unknown_tool"
    assert result.reply is Reply.MODEL


async def test_what_does_not_fit_is_not_told_back_at_length(scene: Scene) -> None:
    """A huge wrong value stays out of the answer: the model would read it for the rest of the call."""
    result = await run(scene, "transfer_to_human", json.dumps({"reason": "A" * 20_000}))
    assert result.error_code == "bad_arguments"
    assert result.output["problem"].startswith("reason: Invalid enum value 'AAA")
    assert len(result.output["problem"]) < 300


@pytest.mark.parametrize(
    ("arguments_json", "problem"),
    [
        ("{", "not a JSON object"),
        ("nonsense", "not a JSON object"),
        ("[" * 100_000, "Expected `object`, got `array`"),
        ('"\ud800"', "not a JSON object"),
        ("[]", "Expected `object`, got `array`"),
        ("null", "Expected `object`, got `null`"),
        ('{"slot_id": 1, "customer_name": "Dana"}', "slot_id: Expected `str`, got `int`"),
        ('{"slot_id": "slot_1"}', "missing required field `customer_name`"),
        ('{"slot_id": "../1", "customer_name": "Dana"}', "slot_id: Expected `str` matching regex"),
    ],
)
async def test_arguments_that_do_not_fit_are_explained(
    scene: Scene, arguments_json: str, problem: str
) -> None:
    """Which field, and what is expected; the sentence for the caller says nothing of it."""
    result = await run(scene, "hold_slot", arguments_json)
    assert problem in result.output["problem"]
    assert result.output["say"] == spoken.one_moment()
    assert result.error_code == "bad_arguments"


async def test_no_arguments_may_be_an_empty_string(scene: Scene) -> None:
    """A model that sends nothing where nothing is needed is understood."""
    assert (await run(scene, "wait_for_user", "")).output["ok"]


async def test_every_tool_is_defined_once(scene: Scene) -> None:
    """The definitions are the catalogue, with this business's services and topics."""
    definitions = {found["name"]: found for found in scene.dispatcher.definitions()}
    assert set(definitions) == {tool.name for tool in TOOLS}
    services = definitions["check_availability"]["parameters"]["properties"]["service"]
    assert services["enum"] == ["cleaning", "checkup", "filling"]
    json.dumps(list(definitions.values()))


async def test_a_business_without_questions_has_no_tool_for_them(scene: Scene) -> None:
    """An empty choice would be an invalid schema, and a useless tool."""
    dispatcher = Dispatcher(
        business=msgspec.structs.replace(scene.business, questions=()),
        store=scene.store,
        calendar=scene.calendar,
        sms=scene.sms,
        clock=scene.clock,
        code_key=b"key of the tests",
    )
    assert "answer_question" not in {found["name"] for found in dispatcher.definitions()}
    assert (await dispatcher.run(scene.facts, "answer_question", "{}", Gate.OPEN)).error_code == (
        "unknown_tool"
    )


async def test_changes_of_one_call_are_made_one_after_the_other(scene: Scene) -> None:
    """Two holds asked for at once end with one hold, and the facts name that one."""
    await scene.ask_tuesday()
    await asyncio.gather(
        *(scene.run("hold_slot", slot_id=slot, customer_name="Dana Reed") for slot in ("slot_1", "slot_2"))
    )
    row = await scene.store.reservation(scene.facts.hold_id)
    assert row.state == "held"
    assert scene.facts.held_slot_id == "slot_2"


async def test_two_calls_that_want_one_slot_get_it_once(scene: Scene) -> None:
    """Different calls do not wait for each other; the store decides."""
    other = scene.another_call()
    await scene.ask_tuesday()
    await other.ask_tuesday()
    results = await asyncio.gather(
        *(one.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed") for one in (scene, other))
    )
    assert sorted(result.output["ok"] for result in results) == [False, True]


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
async def test_a_tool_that_breaks_gives_a_sentence(scene: Scene, tool: Tool) -> None:
    """Whatever a handler raises, the model gets one answer with something true to say."""

    async def broken(*_: object) -> ToolResult:
        raise RuntimeError("+12025550143 Dana Reed")

    scene.dispatcher._tools[tool.name] = msgspec.structs.replace(tool, handler=broken)
    arguments: dict[str, Any] = {
        "check_availability": {"service": "cleaning", "from_date": "2026-11-24", "to_date": "2026-11-24"},
        "hold_slot": {"slot_id": "slot_1", "customer_name": "Dana Reed"},
        "create_event": {"hold_id": "x", "customer_name": "Dana Reed"},
        "reschedule_event": {"booking_id": "booking_1", "slot_id": "slot_1"},
        "cancel_event": {"booking_id": "booking_1"},
        "check_code": {"code": "427193"},
        "transfer_to_human": {"reason": "emergency"},
        "take_message": {"message": "Dana Reed called"},
        "answer_question": {"topic": "parking"},
    }.get(tool.name, {})
    with structlog.testing.capture_logs() as logs:
        result = await scene.run(tool.name, **arguments)
    assert not result.output["ok"]
    assert result.output["say"]
    assert any(entry["event"] == "tool_broke" for entry in logs)
    assert "Dana" not in str(logs)
    assert "2025550143" not in str(logs)


async def test_the_last_net_claims_nothing(scene: Scene) -> None:
    """When even the answer for a broken tool breaks, the caller hears that nobody can tell."""
    scene.store.before("add_callback", RuntimeError("boom"))
    scene.calendar.before("insert", RuntimeError("boom"))
    assert (await scene.book_first()).output == {"ok": False, "say": spoken.unsure()}


async def test_a_failure_is_logged_without_what_was_said(scene: Scene) -> None:
    """The log has the tool and the kind of error: no argument, no name, no number."""
    with structlog.testing.capture_logs() as logs:
        scene.store.before("hold", StoreUnavailable("+12025550143"))
        await scene.ask_tuesday()
        await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
        await scene.run("hold_slot", slot_id="slot_9", customer_name="Dana Reed")
        await scene.run("Dana Reed")
    assert [(entry["event"], entry["tool"]) for entry in logs] == [("store_failed", "hold_slot")]
    assert "Dana" not in str(logs)
    assert "2025550143" not in str(logs)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["slot_1", "Dana"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "service",
    "from_date",
    "to_date",
    "slot_id",
    "customer_name",
    "hold_id",
    "topic",
    "message",
    "reason",
)


@given(
    calls=st.lists(
        st.tuples(
            st.sampled_from([tool.name for tool in TOOLS]),
            st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4).map(json.dumps) | st.text(max_size=20),
            st.sampled_from(list(Gate)),
        ),
        max_size=4,
    )
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_call_gets_one_small_answer(scene: Scene, calls: list[tuple[str, str, Gate]]) -> None:
    """A hostile model gets an answer to everything, nothing into the calendar, and two codes out at most."""
    for name, arguments_json, gate in calls:
        result = await scene.dispatcher.run(scene.facts, name, arguments_json, gate)
        assert isinstance(result.output["ok"], bool)
        assert isinstance(result.output["say"], str)
        assert len(json.dumps(result.output)) < 4000
    assert scene.calendar.ours() == []
    assert {to for to, _ in scene.sms.sent} <= {scene.facts.caller_number}
    assert len(scene.sms.sent) <= PER_CALL
    assert all("your code is" in body for _, body in scene.sms.sent)
