"""transfer_to_human: a person where there is one, a message where there is none."""

import msgspec
import pytest

from tests.tools.scene import Scene
from tools import spoken
from tools.arguments import TransferReason
from tools.business import HandoffRules
from tools.dispatch import Dispatcher
from tools.handoff import fetch
from tools.result import Claim, Receipt, Reply, Then


@pytest.mark.parametrize("reason", list(TransferReason))
async def test_a_person_is_fetched_without_another_word(scene: Scene, reason: TransferReason) -> None:
    """The farewell was said already; the call is moved once it was heard."""
    result = await scene.run("transfer_to_human", reason=reason)
    assert result.output["ok"]
    assert (result.reply, result.then) == (Reply.NONE, Then.TRANSFER)
    assert scene.facts.transfer_reason == reason.value


async def test_the_reason_is_one_of_a_closed_list(scene: Scene) -> None:
    """A reason of the model's own is refused, and nobody is rung."""
    result = await scene.run("transfer_to_human", reason="bored")
    assert "reason: " in result.output["problem"]
    assert result.then is Then.GO_ON


async def test_where_nobody_can_be_rung_a_message_is_offered(scene: Scene) -> None:
    """The caller is not left waiting for somebody who does not exist."""
    alone = Dispatcher(
        business=msgspec.structs.replace(scene.business, handoff_number=None),
        store=scene.store,
        calendar=scene.calendar,
        sms=scene.sms,
        clock=scene.clock,
        code_key=b"key of the tests",
    )
    result = await msgspec.structs.replace(scene, dispatcher=alone).run(
        "transfer_to_human", reason="emergency"
    )
    assert result.output == {"ok": False, "say": spoken.nobody_to_connect()}
    assert (result.reply, result.then) == (Reply.MODEL, Then.GO_ON)
    assert scene.facts.transfer_reason is None


async def test_outside_staffed_hours_a_message_is_offered(scene: Scene) -> None:
    """At once, and without any ringing."""
    rules = HandoffRules(hours=((),) * 7)
    closed = msgspec.structs.replace(scene.business, handoff=rules)
    closed_scene = msgspec.structs.replace(
        scene,
        dispatcher=Dispatcher(
            business=closed,
            store=scene.store,
            calendar=scene.calendar,
            sms=scene.sms,
            clock=scene.clock,
            code_key=b"key of the tests",
        ),
    )
    result = await closed_scene.run("transfer_to_human", reason="emergency")
    assert result.output == {"ok": False, "say": spoken.nobody_to_connect()}
    assert result.then is Then.GO_ON
    assert scene.facts.nobody_there
    assert scene.facts.lead.urgency == "emergency"  # whoever calls back is told so


async def test_code_fetches_a_person_without_the_model(scene: Scene) -> None:
    """The caller has not been told, so a line of ours tells them; where nobody can be had, there is none."""
    fetched = fetch(scene.kit, scene.facts, TransferReason.CALENDAR_FAILING)
    assert fetched is not None
    assert (fetched.reply, fetched.then) == (Reply.NONE, Then.FETCH)
    assert fetched.receipts == (Receipt(Claim.TRANSFERRING),)
    assert scene.facts.transfer_reason == "calendar_failing"
    scene.facts.nobody_came = True
    assert fetch(scene.kit, scene.facts, TransferReason.CALENDAR_FAILING) is None
    alone = scene.at(handoff_number=None)
    alone.facts.nobody_came = False
    assert fetch(alone.kit, alone.facts, TransferReason.CALENDAR_FAILING) is None


async def test_nobody_is_fetched_twice_for_one_caller(scene: Scene) -> None:
    """Who came back from a conference to which nobody came leaves a message."""
    scene.facts.nobody_came = True
    result = await scene.run("transfer_to_human", reason="asks_for_a_person")
    assert (result.output["ok"], result.error_code) == (False, "nobody_came")
    assert result.then is Then.GO_ON
