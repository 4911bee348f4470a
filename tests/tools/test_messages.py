"""take_message: what the caller wants passed on reaches a person."""

import asyncio
import json

import pytest

from tests.tools.scene import HANG, Scene
from tools import spoken
from tools.messages import tasks_left
from tools.owner import ask
from tools.result import Claim, Gate, Receipt
from tools.store import StoreUnavailable


async def test_a_message_is_kept_with_the_callers_number(scene: Scene) -> None:
    """Someone will call back, because there is a number to call."""
    result = await scene.run("take_message", message="My tooth hurts.\nPlease call.", name="Dana Reed")
    assert result.output == {"ok": True, "say": spoken.message_taken(callable_back=True)}
    assert scene.facts.message_taken


async def test_no_call_back_is_promised_without_a_number(scene: Scene) -> None:
    """A withheld number cannot be called; the caller is asked for one, once, and may decline."""
    scene.facts.caller_number = None
    asked = await scene.run("take_message", message="My tooth hurts.")
    assert "withheld" in asked.output["problem"]
    assert not scene.facts.message_taken
    result = await scene.run("take_message", message="My tooth hurts.")
    assert result.output["say"] == spoken.message_taken(callable_back=False)
    assert "call you" not in result.output["say"]


async def test_a_message_from_a_withheld_number_may_carry_one(scene: Scene) -> None:
    """A number said by the caller travels in the message; nothing more is asked."""
    scene.facts.caller_number = None
    result = await scene.run("take_message", message="My tooth hurts. I am at 202 555 0143.")
    assert result.output["ok"]


@pytest.mark.parametrize("trouble", [StoreUnavailable("locked"), HANG])
async def test_a_message_that_may_be_lost_is_not_confirmed(scene: Scene, trouble: Exception | str) -> None:
    """Whether the store wrote it is unknown, and that is what is said."""
    scene.store.before("add_callback", trouble)
    result = await scene.run("take_message", message="My tooth hurts.")
    assert result.output == {"ok": False, "say": spoken.message_unknown()}
    assert not scene.facts.message_taken


@pytest.mark.parametrize("arguments", [{}, {"message": ""}, {"message": "x" * 601}, {"message": "a\x00b"}])
async def test_a_message_has_limits(scene: Scene, arguments: dict[str, str]) -> None:
    """Empty, endless and binary messages are refused."""
    result = await scene.dispatcher.run(scene.facts, "take_message", json.dumps(arguments), Gate.OPEN)
    assert "message" in result.output["problem"]


async def test_no_other_number_can_be_given(scene: Scene) -> None:
    """Nobody can have a stranger rung."""
    result = await scene.run("take_message", message="Call me", callback_number="+12025550199")
    assert "unknown field `callback_number`" in result.output["problem"]


async def test_a_message_has_a_receipt_of_its_own(scene: Scene) -> None:
    """So that the agent may say that all is done; one that may be lost has none."""
    taken = await scene.run("take_message", message="My tooth hurts.")
    assert taken.receipts == (Receipt(Claim.PASSED_ON),)
    scene.store.before("add_callback", StoreUnavailable("locked"))
    assert (await scene.run("take_message", message="And my jaw.")).receipts == ()


async def test_a_message_told_again_is_one_task(scene: Scene) -> None:
    """Its answer was lost, and the model asked once more, a moment later."""
    scene.store.after("add_callback", StoreUnavailable("lost"))
    for _ in range(2):
        await scene.run("take_message", message="My tooth hurts.", name="Dana Reed")
        await asyncio.sleep(1)
    (task,) = await scene.report.callbacks()
    assert (task.message, task.name) == ("My tooth hurts.", "Dana Reed")


async def test_what_is_told_after_a_message_belongs_to_its_task(scene: Scene) -> None:
    """It is kept once more at the end of the call, with everything that is known by then."""
    for message in ("My tooth hurts.", "Please call in the morning."):
        await scene.run("take_message", message=message)
    await scene.run("save_details", name="Dana Reed", location="48 Oak Street")
    for task in tasks_left(scene.business, scene.facts):
        await ask(scene.store, scene.business, task, now=scene.clock.now())
    tasks = await scene.report.callbacks()
    assert {(kept.message, kept.name) for kept in tasks} == {
        ("My tooth hurts.\nLocation: 48 Oak Street", "Dana Reed"),
        ("Please call in the morning.\nLocation: 48 Oak Street", "Dana Reed"),
    }
