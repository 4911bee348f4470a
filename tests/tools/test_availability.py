"""check_availability: what is offered, what counts as taken, and that unknown is never free."""

from datetime import date
from typing import Any

import pytest

from tests.tools.scene import CHAIR_1, CHAIR_2, HANG, Scene
from tools import spoken, spoken_changes
from tools.ports import CalendarUnavailable
from tools.result import Reply, ToolResult
from tools.store import StoreUnavailable


async def test_free_times_are_offered_with_ids(scene: Scene) -> None:
    """Two spread times of the afternoon, in words, with their start on the business's clock."""
    result = await scene.ask_tuesday()
    assert result.output == {
        "ok": True,
        "say": "I have Tuesday, November twenty-fourth at noon, or at three PM.",
        "slots": [
            {
                "id": "slot_1",
                "spoken": "Tuesday, November twenty-fourth at noon",
                "start": "2026-11-24T12:00:00-05:00",
            },
            {
                "id": "slot_2",
                "spoken": "Tuesday, November twenty-fourth at three PM",
                "start": "2026-11-24T15:00:00-05:00",
            },
        ],
    }
    assert result.reply is Reply.MODEL
    assert result.proposal is None
    assert set(scene.facts.offered) == {"slot_1", "slot_2"}


async def test_a_time_offered_twice_keeps_its_id(scene: Scene) -> None:
    """Asking again mints no new ids for the same times; other times get fresh ones."""
    first = await scene.ask_tuesday()
    assert (await scene.ask_tuesday()).output == first.output
    morning = await scene.run(
        "check_availability",
        service="cleaning",
        from_date="2026-11-24",
        to_date="2026-11-24",
        part_of_day="morning",
    )
    assert [slot["id"] for slot in morning.output["slots"]] == ["slot_3", "slot_4"]


async def test_a_day_that_is_full_leads_to_the_nearest_others(scene: Scene) -> None:
    """When nothing fits the wish, the same answer offers the days on either side, at that time of day."""
    scene.fill("2026-11-24 06:00", "2026-11-24 20:00")
    result = await scene.ask_tuesday()
    assert result.output["ok"]
    assert result.output["say"] == (
        "I'm sorry, I have nothing free then. I have Monday, November twenty-third at noon, or Wednesday, "
        "November twenty-fifth at noon, or Monday, November thirtieth at noon."
    )
    assert [slot["id"] for slot in result.output["slots"]] == ["slot_1", "slot_2", "slot_3"]
    assert scene.calendar.asked == ["free_busy"]


async def test_a_closed_day_is_called_closed(scene: Scene) -> None:
    """On a holiday the caller hears that it is closed, not that all is taken; Friday is closed as well."""
    result = await scene.check("2026-11-26")
    assert result.output["say"] == (
        "I'm sorry, we are closed then. I have Tuesday, November twenty-fourth at nine AM, or Wednesday, "
        "November twenty-fifth at nine AM, or Monday, November thirtieth at nine AM."
    )


async def test_weeks_without_a_free_time_are_skipped(scene: Scene) -> None:
    """Nothing for weeks around the wish: the first there is, however far, with one more question."""
    scene.fill("2026-11-23 06:00", "2027-01-11 12:00")
    result = await scene.check("2026-12-01")
    assert result.output["say"] == (
        "I'm sorry, I have nothing free then. I have Monday, January eleventh at noon, or Tuesday, "
        "January twelfth at nine AM, or Wednesday, January thirteenth at nine AM."
    )
    assert scene.calendar.asked == ["free_busy", "free_busy"]


async def test_nothing_at_all_leads_to_a_message_or_a_person(scene: Scene) -> None:
    """When as far ahead as can be booked nothing is free, no day is asked for any more."""
    scene.fill("2026-11-23 06:00", "2027-02-01 12:00")
    result = await scene.check("2026-12-01")
    assert result.output == {"ok": True, "say": spoken.nothing_at_all(person=True), "slots": []}
    assert result.output["say"].endswith("Shall I take a message, or would you rather speak to a person?")


async def test_whom_nobody_came_for_is_offered_no_person_again(scene: Scene) -> None:
    """Neither where nothing is free, nor where it is not proved who is calling."""
    scene.fill("2026-11-23 06:00", "2027-02-01 12:00")
    scene.facts.nobody_came = True
    result = await scene.check("2026-12-01")
    assert result.output["say"] == spoken.nothing_at_all(person=False)
    scene.facts.caller_number = None
    result = await scene.run("find_bookings")
    assert result.output["say"] == spoken_changes.cannot_be_proven(person=False)


async def test_a_provider_may_be_asked_for_by_name(scene: Scene) -> None:
    """Only that calendar's times are offered, and also after one of them was just taken."""
    both = await scene.check("2026-11-24", service="checkup", part_of_day="afternoon")
    assert both.output["slots"]  # the first chair works in the afternoon, the second does not
    second = await scene.check("2026-11-24", service="checkup", provider="chair 2")
    assert second.output["say"].startswith("I have Tuesday, November twenty-fourth at nine AM, or at ")
    assert {slot.calendar_id for slot in scene.offered(second)} == {CHAIR_2}
    slot = scene.offered(second)[0]
    scene.calendar.write(CHAIR_2, slot.start, slot.end)
    taken = await scene.run("hold_slot", slot_id=slot.id, customer_name="Dana Reed")
    assert taken.error_code == "slot_taken"
    assert {other.calendar_id for other in scene.offered(taken)} == {CHAIR_2}


async def test_somebody_else_when_the_provider_has_no_time_at_all(scene: Scene) -> None:
    """Then the caller is told that the times are with others."""
    scene.fill("2026-11-23 06:00", "2027-02-01 12:00", CHAIR_2)
    result = await scene.check("2026-11-24", service="checkup", provider="Chair 2")
    assert result.output["say"].startswith(
        "I'm sorry, I have nothing free with them. With somebody else, I have Monday, November twenty-third"
    )
    assert {slot.calendar_id for slot in scene.offered(result)} == {CHAIR_1}


async def test_a_provider_who_does_not_do_it_is_told_to_the_model(scene: Scene) -> None:
    """The model learns who does."""
    result = await scene.check("2026-11-24", service="cleaning", provider="Chair 2")
    assert result.output["problem"] == (
        "provider: nobody of that name does cleaning; expected one of Chair 1"
    )


async def test_a_hold_of_another_call_is_taken_and_our_own_is_not(scene: Scene) -> None:
    """Live rows are laid over the calendar's answer; a call is not in its own way."""
    await scene.hold_first()
    assert (await scene.ask_tuesday()).output["slots"][0]["start"] == "2026-11-24T12:00:00-05:00"
    other = await scene.another_call().ask_tuesday()
    assert other.output["slots"][0]["start"] == "2026-11-24T13:30:00-05:00"


@pytest.mark.parametrize("trouble", [CalendarUnavailable("backendError"), RuntimeError("x")])
async def test_a_calendar_that_cannot_be_read_offers_nothing(scene: Scene, trouble: Exception) -> None:
    """Unknown is never free: no times, a true sentence, a way on."""
    scene.calendar.before("free_busy", trouble)
    result = await scene.ask_tuesday()
    assert result.output == {"ok": False, "say": spoken.calendar_unseen()}
    assert result.error_code is not None
    assert scene.facts.offered == {}


async def test_a_store_that_cannot_be_read_offers_nothing(scene: Scene) -> None:
    """Without our own rows a time may be somebody's."""
    scene.store.before("live_reservations", StoreUnavailable("locked"))
    assert (await scene.ask_tuesday()).output == {"ok": False, "say": spoken.calendar_unseen()}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"service": "surgery"}, "service: unknown; expected one of cleaning, checkup, filling"),
        ({"from_date": "2026-11-25"}, "to_date: is before from_date"),
        ({"from_date": "2026-11-02", "to_date": "2026-11-03"}, "today is Monday, 2026-11-23"),
        ({"weekday": "friday"}, "weekday: 2026-11-24 is a Tuesday, not a Friday"),
        ({"from_date": "24 November"}, "from_date: Invalid RFC3339"),
        ({"part_of_day": "night"}, "part_of_day: Invalid enum value 'night'"),
        ({"to_date": None}, "to_date: Expected `date`"),
        ({"when": "soon"}, "unknown field `when`"),
    ],
)
async def test_a_wish_that_makes_no_sense_is_explained_to_the_model(
    scene: Scene, arguments: dict[str, Any], problem: str
) -> None:
    """The model is told which field is wrong and what is expected; the calendar is not asked."""
    wish: dict[str, Any] = {
        "service": "cleaning",
        "from_date": "2026-11-24",
        "to_date": "2026-11-24",
        **arguments,
    }
    result = await scene.run("check_availability", **wish)
    assert not result.output["ok"]
    assert result.output["say"] == spoken.one_moment()
    assert problem in result.output["problem"]
    assert scene.calendar.asked == []


async def test_a_weekday_within_a_range_is_a_filter(scene: Scene) -> None:
    """ "Some Thursday in December" finds Thursdays only."""
    result = await scene.run(
        "check_availability",
        service="cleaning",
        from_date="2026-12-01",
        to_date="2026-12-20",
        weekday="thursday",
    )
    assert {slot["spoken"].split(",")[0] for slot in result.output["slots"]} == {"Thursday"}


async def test_past_the_horizon_the_last_day_is_told(scene: Scene) -> None:
    """A date too far ahead is answered without asking the calendar for it."""
    result = await scene.check("2027-06-01")
    assert result.output == {
        "ok": False,
        "say": spoken.too_far_ahead(date(2027, 1, 22)),
        "problem": "from_date: nothing can be booked after Friday, 2027-01-22",
    }
    assert result.error_code == "too_far_ahead"
    assert scene.calendar.asked == []


async def test_a_calendar_that_never_answers_ends_at_the_deadline(scene: Scene) -> None:
    """The model gets its answer, whatever hangs."""
    scene.calendar.before("free_busy", HANG)
    assert (await scene.ask_tuesday()).output == {"ok": False, "say": spoken.calendar_unseen()}


# --- for a booking that is to be moved ------------------------------------------------


def starts(result: ToolResult) -> list[str]:
    return [slot["start"][11:16] for slot in result.output["slots"] if slot["start"].startswith("2026-11-24")]


async def filling_at_ten(scene: Scene, until: str = "10:00") -> None:
    """A filling on Tuesday from ten to eleven with a buffer until a quarter past, shown as booking_1.

    Before it somebody is away, until `until` once it is booked.
    """
    scene.fill("2026-11-24 09:00", "2026-11-24 10:00")
    await scene.booked_before(service="filling", part_of_day="morning", provider="Chair 1")
    scene.fill("2026-11-24 08:00", f"2026-11-24 {until}")
    scene.facts.attested = True
    await scene.run("find_bookings")


async def morning(scene: Scene, **more: Any) -> ToolResult:
    wish = {"service": "filling", "part_of_day": "morning", "provider": "Chair 1", **more}
    return await scene.check("2026-11-24", **wish)


async def test_its_own_time_is_not_in_the_way(scene: Scene) -> None:
    """Half an hour later lies over its own event, row and buffer; the time it has is not offered."""
    await filling_at_ten(scene)
    scene.fill("2026-11-24 11:45", "2026-11-24 12:30", why="lunch")
    assert "10:30" not in starts(await morning(scene))
    assert starts(await morning(scene, moving="booking_1")) == ["10:30"]


async def test_what_touches_it_stays_busy(scene: Scene) -> None:
    """Free/busy runs the two together: only its own part is cut out."""
    await filling_at_ten(scene, until="09:00")
    scene.fill("2026-11-24 11:00", "2026-11-24 12:30", why="next")
    assert starts(await morning(scene, moving="booking_1")) == ["09:00", "09:30"]


@pytest.mark.parametrize(
    ("begin", "end", "free"),
    [
        ("10:45", "11:00", ["09:00", "09:30"]),
        ("10:15", "10:45", ["09:00"]),
        ("09:30", "11:30", []),
        ("10:00", "11:00", []),
    ],
)
async def test_what_lies_over_it_stays_busy(scene: Scene, begin: str, end: str, free: list[str]) -> None:
    """A person's event over our own is in nobody's way to be forgotten."""
    await filling_at_ten(scene, until="09:00")
    scene.fill("2026-11-24 11:30", "2026-11-24 12:30", why="lunch")
    scene.fill(f"2026-11-24 {begin}", f"2026-11-24 {end}", why="walk-in")
    found = starts(await morning(scene, moving="booking_1"))
    assert [start for start in found if start < "12:00"] == free


async def test_the_time_it_has_elsewhere_is_offered_only_if_asked_for(scene: Scene) -> None:
    """The same start in another chair is no move, unless that chair is wished for."""
    scene.fill("2026-11-24 10:30", "2026-11-24 12:30")
    await scene.booked_before(service="checkup", part_of_day="morning", provider="Chair 1")  # at nine
    scene.facts.attested = True
    await scene.run("find_bookings")
    wish = {"service": "checkup", "part_of_day": "morning", "moving": "booking_1"}
    assert "09:00" not in starts(await scene.check("2026-11-24", **wish))
    assert starts(await scene.check("2026-11-24", provider="Chair 2", **wish))[0] == "09:00"


async def test_the_list_of_events_must_be_seen(scene: Scene) -> None:
    """Without it nobody knows what else stands there: nothing is offered."""
    await filling_at_ten(scene)
    scene.calendar.before("events_between", CalendarUnavailable("backendError"))
    assert (await morning(scene, moving="booking_1")).output == {"ok": False, "say": spoken.calendar_unseen()}


async def test_only_a_booking_that_was_shown_can_be_moved(scene: Scene) -> None:
    """Nobody's time but the caller's own is left out of account, and only for its own service."""
    await filling_at_ten(scene)
    assert "service: " in (await scene.check("2026-11-24", moving="booking_1")).output["problem"]
    assert (await morning(scene, moving="booking_2")).error_code == "out_of_turn"
    other = scene.another_call()
    assert (await morning(other, moving="booking_1")).error_code == "not_proven"
    other.facts.attested = True
    assert (await morning(other, moving="booking_1")).error_code == "out_of_turn"
