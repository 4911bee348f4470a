"""The second time that a call runs into the same trouble, code decides."""

import pytest

from tests.tools.scene import Scene
from tools import spoken
from tools.ports import CalendarUnavailable
from tools.result import Gate, Then, ToolResult
from tools.trouble import after

DOWN = CalendarUnavailable("backendError")
TIMES = {"ok": False, "say": "Taken. I have noon.", "slots": [{"id": "slot_2"}]}


def answer(code: str | None, **output: object) -> ToolResult:
    return ToolResult(output={"ok": False, "say": "Sorry.", **output}, error_code=code, closes_gate=True)


async def test_the_second_failure_of_the_calendar_fetches_a_person(scene: Scene) -> None:
    """The first offers a message; nobody is asked to try a third time."""
    scene.calendar.before("free_busy", *[DOWN] * 9)
    first = await scene.ask_tuesday()
    assert (first.output["say"], first.then) == (spoken.calendar_unseen(), Then.GO_ON)
    second = await scene.check("2026-12-01")
    assert second.then is Then.FETCH
    assert second.error_code == "calendar_unavailable"
    assert scene.facts.transfer_reason == "calendar_failing"


@pytest.mark.parametrize("code", ["calendar_unavailable", "not_booked", "not_moved"])
async def test_whatever_failed_counts_together(scene: Scene, code: str) -> None:
    """A time not seen, then a booking refused: it is the same calendar. The gate is closed all the same."""
    assert after(scene.kit, scene.facts, answer("calendar_unavailable")).then is Then.GO_ON
    second = after(scene.kit, scene.facts, answer(code))
    assert (second.then, second.closes_gate) == (Then.FETCH, True)


async def test_what_is_not_known_has_to_be_said(scene: Scene) -> None:
    """An unknown outcome counts, and its own sentence stands: the caller must not take it for done."""
    for code in ("booking_unknown", "move_unknown", "cancel_unknown"):
        unknown = answer(code)
        assert after(scene.kit, scene.facts, unknown) is unknown
    assert scene.facts.calendar_failures == 3
    assert after(scene.kit, scene.facts, answer("not_moved")).then is Then.FETCH


async def test_without_a_person_the_apology_stands(scene: Scene) -> None:
    """It offers a message, as often as it has to."""
    alone = scene.at(handoff_number=None)
    failed = answer("calendar_unavailable")
    assert [after(alone.kit, alone.facts, failed) for _ in range(3)] == [failed] * 3
    assert alone.facts.transfer_reason is None


@pytest.mark.parametrize("person", [True, False])
async def test_a_time_taken_twice_brings_another_way_on(scene: Scene, person: bool) -> None:
    """Other times first; then those and somebody to talk to, where there is somebody."""
    shop = scene if person else scene.at(handoff_number=None)
    taken = ToolResult(output=TIMES, error_code="slot_taken", closes_gate=True)
    assert after(shop.kit, shop.facts, taken) is taken
    again = after(shop.kit, shop.facts, taken)
    assert again.output == {**TIMES, "say": f"Taken. I have noon. {spoken.way_on(person)}"}
    assert (again.then, again.closes_gate) == (Then.GO_ON, True)


async def test_a_time_really_taken_twice(scene: Scene) -> None:
    """Through the tools: a person writes into the calendar before each hold."""
    answers = []
    for _ in range(2):
        times = await scene.ask_tuesday()
        slot = scene.offered(times)[0]
        scene.calendar.write(slot.calendar_id, slot.start, slot.end, event_id=f"walk-in {slot.id}")
        answers.append(await scene.run("hold_slot", slot_id=slot.id, customer_name="Dana Reed"))
    assert [one.error_code for one in answers] == ["slot_taken"] * 2
    assert [one.output["say"].endswith(spoken.way_on(person=True)) for one in answers] == [False, True]


async def test_a_service_asked_for_twice_that_there_is_not(scene: Scene) -> None:
    """The model may have misspelt it; the second time the caller is offered a person."""
    first = await scene.check("2026-11-24", service="whitening")
    assert "expected one of cleaning" in first.output["problem"]
    assert "unsupported_request" in first.output["problem"]
    second = await scene.check("2026-11-24", service="whitening")
    assert second.output == {"ok": False, "say": spoken.not_settled(person=True)}
    assert second.then is Then.GO_ON


async def test_what_went_well_is_left_alone(scene: Scene) -> None:
    """As is a mistake of the model's, or a write that came too early."""
    for result in (ToolResult(output={"ok": True, "say": ""}), answer("bad_arguments"), answer(Gate.UNHEARD)):
        assert [after(scene.kit, scene.facts, result) for _ in range(3)] == [result] * 3
