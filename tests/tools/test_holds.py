"""hold_slot: a time is kept, read back, and nobody else gets it."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.tools.scene import CHAIR_1, HANG, Scene
from tools import spoken
from tools.holds import MOST_BOOKINGS
from tools.ports import CalendarUnavailable
from tools.result import Reply
from tools.store import ReservationState, StoreUnavailable


async def test_a_hold_reads_back_and_proposes(scene: Scene) -> None:
    """The answer is the question a yes will confirm; the row is in the store."""
    await scene.ask_tuesday()
    result = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
    assert result.output["ok"]
    assert result.output["say"] == (
        "To confirm: cleaning for Dana Reed on Tuesday, November twenty-fourth at noon. "
        "Shall I book it, and text you the details?"
    )
    assert result.proposal == result.output["hold_id"] == scene.facts.hold_id
    row = await scene.store.reservation(scene.facts.hold_id)
    assert row.state is ReservationState.HELD
    assert row.start == datetime(2026, 11, 24, 17, tzinfo=UTC)
    assert row.expires_at - scene.clock.now() > timedelta(minutes=4)
    assert scene.calendar.ours() == []


async def test_the_row_keeps_the_buffer_too(scene: Scene) -> None:
    """A filling keeps the quarter of an hour after it, in the store and in the look at the calendar."""
    await scene.run("check_availability", service="filling", from_date="2026-11-24", to_date="2026-11-24")
    slot = scene.facts.offered["slot_1"]
    scene.calendar.write(slot.calendar_id, slot.end + timedelta(minutes=14), slot.end + timedelta(hours=1))
    assert not (await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")).output["ok"]
    scene.calendar.events[slot.calendar_id].clear()
    scene.calendar.write(slot.calendar_id, slot.end + timedelta(minutes=15), slot.end + timedelta(hours=1))
    assert (await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")).output["ok"]
    row = await scene.store.reservation(scene.facts.hold_id)
    assert row.end - slot.end == timedelta(minutes=15)


async def test_only_an_offered_slot_can_be_held(scene: Scene) -> None:
    """An id the model made up, or another call's, is refused."""
    await scene.another_call().ask_tuesday()
    result = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
    assert not result.output["ok"]
    assert "not offered in this call" in result.output["problem"]
    assert result.proposal is None


@pytest.mark.parametrize("by", ["a person", "another call"])
async def test_a_taken_slot_comes_with_others(scene: Scene, by: str) -> None:
    """What was taken meanwhile is told, with fresh times in the same answer."""
    await scene.ask_tuesday()
    slot = scene.facts.offered["slot_1"]
    if by == "a person":
        scene.calendar.write(CHAIR_1, slot.start, slot.end)
    else:
        await scene.another_call().hold_first()
    result = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
    assert not result.output["ok"]
    assert result.output["say"].startswith("I'm sorry, that time has just been taken. I have ")
    assert "2026-11-24T12:00:00-05:00" not in [slot["start"] for slot in result.output["slots"]]
    assert set(scene.facts.offered) >= {slot["id"] for slot in result.output["slots"]}
    assert result.proposal is None
    assert result.closes_gate
    assert result.reply is Reply.MODEL
    assert scene.facts.hold_id is None


async def test_taken_is_told_even_when_nothing_else_can_be_seen(scene: Scene) -> None:
    """A calendar that fails at looking for others does not hide that this one is gone."""
    await scene.ask_tuesday()
    slot = scene.facts.offered["slot_1"]
    scene.calendar.write(CHAIR_1, slot.start, slot.end)
    scene.calendar.before("free_busy", CalendarUnavailable("backendError"))
    result = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
    assert result.output["say"] == spoken.just_taken([])


async def test_an_unreadable_calendar_holds_nothing(scene: Scene) -> None:
    """Fail closed: no row, no read-back."""
    await scene.ask_tuesday()
    scene.calendar.before("events_between", CalendarUnavailable("backendError"))
    result = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
    assert result.output == {"ok": False, "say": spoken.calendar_unseen()}
    assert scene.facts.hold_id is None
    assert "hold" not in scene.store.asked


@pytest.mark.parametrize("trouble", [StoreUnavailable("locked"), HANG])
async def test_a_hold_nobody_heard_of_cannot_be_booked(scene: Scene, trouble: StoreUnavailable | str) -> None:
    """When the store's answer is lost the earlier proposal no longer counts either."""
    await scene.ask_tuesday()
    scene.store.after("hold", trouble)
    result = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
    assert not result.output["ok"]
    assert result.closes_gate
    assert result.proposal is None


async def test_a_service_dropped_since_it_was_offered_is_refused(scene: Scene) -> None:
    """A resumed call may meet a newer business file: the model is sent to look again."""
    await scene.ask_tuesday()
    slot = scene.facts.offered["slot_1"]
    scene.facts.offered["slot_1"] = msgspec.structs.replace(slot, service="whitening")
    result = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
    assert "no longer offered" in result.output["problem"]


async def test_a_second_hold_lets_go_of_the_first(scene: Scene) -> None:
    """A call holds one time; the other is free for the next caller."""
    first = await scene.hold_first()
    await scene.run("hold_slot", slot_id="slot_2", customer_name="Dana Reed")
    assert scene.facts.hold_id != first
    row = await scene.store.reservation(first)
    assert row.state is ReservationState.RELEASED


async def test_the_same_time_again_is_a_new_hold(scene: Scene) -> None:
    """A corrected name is read back anew, and the yes to the first read-back cannot confirm it."""
    first = await scene.hold_first()
    result = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reid")
    assert "for Dana Reid on" in result.output["say"]
    assert scene.facts.held_name == "Dana Reid"
    refused = await scene.run("create_event", hold_id=first, customer_name="Dana Reid")
    assert not refused.output["ok"]
    assert (
        await scene.run("create_event", hold_id=result.output["hold_id"], customer_name="Dana Reid")
    ).output["ok"]


@pytest.mark.parametrize(
    "name", ["Dana Reed", "Dr. Anne-Marie O’Brien", "José", "Sam Field, Jr.", "Zoë van der Berg"]
)
async def test_names_people_have(scene: Scene, name: str) -> None:
    """Letters with the marks that names have are taken as they are."""
    await scene.ask_tuesday()
    assert (await scene.run("hold_slot", slot_id="slot_1", customer_name=name)).output["ok"]


@pytest.mark.parametrize(
    "name", ["", "evil.example/x", "call 5550100", "a\nb", "{name}", "x" * 61, "www.a.b"]
)
async def test_names_nobody_has(scene: Scene, name: str) -> None:
    """A name cannot carry a number, an address or a template into a text."""
    await scene.ask_tuesday()
    result = await scene.run("hold_slot", slot_id="slot_1", customer_name=name)
    assert "customer_name: " in result.output["problem"]


async def test_one_call_cannot_fill_the_calendar(scene: Scene) -> None:
    """After as many bookings as a family needs, the next time is not even held."""
    for _ in range(MOST_BOOKINGS):
        await scene.ask_tuesday()
        slot_id = list(scene.facts.offered)[-1]
        assert (await scene.run("hold_slot", slot_id=slot_id, customer_name="Dana Reed")).output["ok"]
        assert (
            await scene.run("create_event", hold_id=scene.facts.hold_id, customer_name="Dana Reed")
        ).output["ok"]
    await scene.ask_tuesday()
    result = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
    assert result.error_code == "too_many_bookings"
    assert result.output["say"] == spoken.not_booked()
    assert scene.facts.hold_id is None
