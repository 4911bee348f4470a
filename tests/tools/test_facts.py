"""The facts of a call survive being written down."""

import msgspec

from tests.tools.scene import Scene
from tools.facts import CallFacts


async def test_a_call_goes_on_with_facts_read_back(scene: Scene) -> None:
    """Another process resumes the call: the same slots, the same ids, and the hold can be booked."""
    hold_id = await scene.hold_first()
    kept = msgspec.json.decode(msgspec.json.encode(scene.facts), type=CallFacts)
    assert kept == scene.facts
    resumed = msgspec.structs.replace(scene, facts=kept)
    assert [slot["id"] for slot in (await resumed.ask_tuesday()).output["slots"]] == ["slot_1", "slot_2"]
    result = await resumed.run("create_event", hold_id=hold_id, customer_name="Dana Reed")
    assert result.output["say"] == "You're booked: cleaning on Tuesday, November twenty-fourth at noon."
