"""Free/busy asked for ahead: fresh while calls last, silent when it fails, gone when they end."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
import structlog

from tests.tools.scene import CHAIR_1, CHAIR_2, HANG, Scene
from tools.business import Mode
from tools.ports import CalendarUnavailable
from tools.prefetch import AGAIN_S, OLDEST_S, FreeBusy

BEGIN = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def ahead(scene: Scene) -> AsyncIterator[FreeBusy]:
    """The prefetch of the scene's own tools; at the end nothing of it may run."""
    yield scene.dispatcher.free_busy
    await asyncio.sleep(0)  # a task that was cancelled has its last turn
    assert "free/busy prefetch" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_the_first_offer_of_a_call_needs_no_way_to_google(scene: Scene, ahead: FreeBusy) -> None:
    """What was asked when the call arrived answers the caller's wish, and the next wish as well."""
    with ahead.kept_fresh():
        await asyncio.sleep(3)
        assert scene.calendar.asked == ["free_busy"]
        first = await scene.ask_tuesday()
        assert (await scene.check("2026-12-09")).output["slots"]
    assert first.output["slots"][0]["start"] == "2026-11-24T12:00:00-05:00"
    assert scene.calendar.asked == ["free_busy"]


async def test_what_a_person_wrote_is_seen_within_half_a_minute(scene: Scene, ahead: FreeBusy) -> None:
    """While the call lasts it is asked for again; an answer is never older than its limit."""
    with ahead.kept_fresh():
        await asyncio.sleep(3)
        scene.fill("2026-11-24 12:00", "2026-11-24 15:00")
        await asyncio.sleep(AGAIN_S)
        assert (await scene.ask_tuesday()).output["slots"][0]["start"] == "2026-11-24T15:00:00-05:00"
        assert scene.calendar.asked == ["free_busy", "free_busy"]


async def test_where_nothing_is_booked_nothing_is_asked(scene: Scene) -> None:
    """No calendar hears of a call, even where the owner has named some."""
    leads = scene.at(mode=Mode.LEADS)
    with leads.dispatcher.free_busy.kept_fresh():
        await asyncio.sleep(AGAIN_S * 2)
    assert scene.calendar.asked == []


async def test_calls_share_one_question(scene: Scene, ahead: FreeBusy) -> None:
    """However many calls there are, the calendar is asked once a while, until the last has ended."""
    with ahead.kept_fresh():
        with ahead.kept_fresh(), ahead.kept_fresh():
            await asyncio.sleep(AGAIN_S * 2.5)
        await asyncio.sleep(AGAIN_S)
        assert scene.calendar.asked == ["free_busy"] * 4
    await asyncio.sleep(AGAIN_S * 3)
    assert scene.calendar.asked == ["free_busy"] * 4


async def test_after_the_last_call_nothing_is_known(scene: Scene, ahead: FreeBusy) -> None:
    """An answer is not kept for the next call: it would be of another time."""
    with ahead.kept_fresh():
        await asyncio.sleep(1)
    await ahead.between([CHAIR_1], BEGIN + DAY, BEGIN + 2 * DAY)
    assert scene.calendar.asked == ["free_busy"] * 2


@pytest.mark.parametrize("trouble", [CalendarUnavailable("backendError"), RuntimeError("x"), HANG])
async def test_a_failed_prefetch_is_silent(scene: Scene, ahead: FreeBusy, trouble: Exception | str) -> None:
    """The tool asks for real and answers as if there had been no prefetch."""
    scene.calendar.before("free_busy", trouble)
    with structlog.testing.capture_logs() as logs, ahead.kept_fresh():
        await asyncio.sleep(3)
        assert (await scene.ask_tuesday()).output["ok"]
        assert scene.calendar.asked == ["free_busy", "free_busy"]
    assert [line["event"] for line in logs] == {
        CalendarUnavailable: ["prefetch_failed"],
        RuntimeError: ["prefetch_broke"],
        str: [],
    }[type(trouble)]


async def test_a_failed_prefetch_is_made_up_for(scene: Scene, ahead: FreeBusy) -> None:
    """The next question comes at its time, whatever became of the last."""
    scene.calendar.before("free_busy", CalendarUnavailable("backendError"))
    with ahead.kept_fresh():
        await asyncio.sleep(AGAIN_S + 1)
        assert (await scene.ask_tuesday()).output["ok"]
        assert scene.calendar.asked == ["free_busy", "free_busy"]


async def test_an_old_answer_is_not_used(scene: Scene, ahead: FreeBusy) -> None:
    """When the questions after it failed, an answer stops counting at its age limit, and not before."""
    scene.calendar.before("free_busy", None, CalendarUnavailable("backendError"), CalendarUnavailable("x"))
    with ahead.kept_fresh():
        await asyncio.sleep(OLDEST_S - 1)
        await ahead.between([CHAIR_1], BEGIN + DAY, BEGIN + 2 * DAY)
        assert scene.calendar.asked == ["free_busy"] * 2
        await asyncio.sleep(2)
        with pytest.raises(CalendarUnavailable):
            await ahead.between([CHAIR_1], BEGIN + DAY, BEGIN + 2 * DAY)


async def test_days_further_ahead_are_asked_for_real(scene: Scene, ahead: FreeBusy) -> None:
    """Only what the answer covers is taken from it: its days, its calendars, nothing before it."""
    with ahead.kept_fresh():
        await asyncio.sleep(1)
        await ahead.between([CHAIR_1, CHAIR_2], BEGIN + DAY, BEGIN + 59 * DAY)
        assert scene.calendar.asked == ["free_busy"]
        await ahead.between([CHAIR_1], BEGIN + DAY, BEGIN + 60 * DAY)
        await ahead.between([CHAIR_1], BEGIN - DAY, BEGIN + DAY)
        scene.calendar.events["other"] = {}
        await ahead.between(["other"], BEGIN + DAY, BEGIN + 2 * DAY)
        assert scene.calendar.asked == ["free_busy"] * 4


async def test_a_time_just_taken_is_not_offered_again(scene: Scene, ahead: FreeBusy) -> None:
    """The hold looks for itself; what it finds makes the prefetched answer worthless at once."""
    with ahead.kept_fresh():
        await asyncio.sleep(1)
        await scene.ask_tuesday()
        scene.fill("2026-11-24 12:00", "2026-11-24 12:30")
        taken = await scene.run("hold_slot", slot_id="slot_1", customer_name="Dana Reed")
        assert taken.error_code == "slot_taken"
        noon = "2026-11-24T12:00:00-05:00"
        assert noon not in {slot["start"] for slot in taken.output["slots"]}
        assert noon not in {slot["start"] for slot in (await scene.ask_tuesday()).output["slots"]}


async def test_an_answer_on_its_way_when_something_was_taken_does_not_count(
    scene: Scene, ahead: FreeBusy
) -> None:
    """It may have been given before; it is asked once more."""
    scene.calendar.before("free_busy", ahead.forget)
    with ahead.kept_fresh():
        await asyncio.sleep(1)
        assert scene.calendar.asked == ["free_busy", "free_busy"]


async def test_live_rows_are_laid_over_a_prefetched_answer(scene: Scene, ahead: FreeBusy) -> None:
    """A hold of another call counts at once, not with the next question."""
    with ahead.kept_fresh():
        await asyncio.sleep(1)
        await scene.hold_first()
        other = await scene.another_call().ask_tuesday()
        assert other.output["slots"][0]["start"] == "2026-11-24T13:30:00-05:00"
        assert scene.calendar.asked.count("free_busy") == 1


async def test_closing_ends_a_question_on_its_way(scene: Scene, ahead: FreeBusy) -> None:
    """The server's end waits for nothing and leaves nothing; closing twice is harmless."""
    scene.calendar.before("free_busy", HANG)
    with ahead.kept_fresh():
        await asyncio.sleep(1)
        await ahead.close()
        await ahead.close()


async def test_how_long_an_offer_takes(scene: Scene, ahead: FreeBusy) -> None:
    """Prints what a caller waits for: a wish answered from prefetched free/busy. Judged by the reader."""
    for number in range(200):
        start = datetime(2026, 11, 24, 9, tzinfo=UTC) + number // 6 * DAY + number % 6 * timedelta(hours=1)
        scene.calendar.write(CHAIR_1, start, start + timedelta(minutes=30), f"busy{number}")
    with ahead.kept_fresh():
        await asyncio.sleep(1)
        for what, last in {"one day": "2026-11-24", "a month": "2026-12-24"}.items():
            took = []
            for _ in range(200):
                began = time.perf_counter()
                await scene.check("2026-11-24", service="checkup", to_date=last)
                took.append((time.perf_counter() - began) * 1000)
            took.sort()
            print(f"check_availability, {what}: p50 {median(took):.2f} ms, p99 {took[197]:.2f} ms")  # noqa: T201
        assert scene.calendar.asked == ["free_busy"]
