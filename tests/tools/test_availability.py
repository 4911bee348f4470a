"""check_availability: what is offered, what counts as taken, and that unknown is never free."""

from datetime import timedelta
from typing import Any

import pytest

from tests.tools.scene import CHAIR_1, HANG, Scene
from tools import spoken
from tools.ports import CalendarUnavailable
from tools.result import Reply
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


async def test_a_day_that_is_full_leads_to_the_next(scene: Scene) -> None:
    """When nothing fits the wish, the next day with free times is offered."""
    await scene.ask_tuesday()
    tuesday = scene.facts.offered["slot_1"].start
    scene.calendar.write(CHAIR_1, tuesday - timedelta(hours=6), tuesday + timedelta(hours=6))
    result = await scene.ask_tuesday()
    assert result.output["ok"]
    assert result.output["say"].startswith(
        "I'm sorry, I have nothing free then. I have Wednesday, November twenty-fifth at nine AM, or at "
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


async def test_past_the_horizon_nothing_is_free(scene: Scene) -> None:
    """A date too far ahead is answered without asking the calendar for it."""
    result = await scene.run(
        "check_availability", service="cleaning", from_date="2027-06-01", to_date="2027-06-01"
    )
    assert result.output["say"] == spoken.nothing_then([])
    assert scene.calendar.asked == []


async def test_a_calendar_that_never_answers_ends_at_the_deadline(scene: Scene) -> None:
    """The model gets its answer, whatever hangs."""
    scene.calendar.before("free_busy", HANG)
    assert (await scene.ask_tuesday()).output == {"ok": False, "say": spoken.calendar_unseen()}
