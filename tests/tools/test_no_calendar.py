"""A calendar that is none."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from tools.no_calendar import NoCalendar
from tools.ports import CalendarEvent, CalendarPort, CalendarUnavailable

START = datetime(2026, 11, 24, 14, tzinfo=UTC)
END = START + timedelta(minutes=30)
TIMES = {"start": START, "end": END}
EVENT = CalendarEvent(id="e", start=START, end=END, summary="", ours=True, etag="1", created=START)
QUESTIONS: dict[str, Callable[[CalendarPort], Awaitable[object]]] = {
    "free_busy": lambda port: port.free_busy(["a"], START, END),
    "events_between": lambda port: port.events_between("a", START, END),
    "insert": lambda port: port.insert("a", event_id="e", summary="", description="", private={}, **TIMES),
    "get": lambda port: port.get("a", "e"),
    "was_deleted": lambda port: port.was_deleted("a", "e"),
    "move": lambda port: port.move("a", EVENT, private={}, **TIMES),
    "delete": lambda port: port.delete("a", "e"),
    "bury": lambda port: port.bury("a", event_id="e", **TIMES),
}


@pytest.mark.parametrize("method", QUESTIONS)
async def test_whatever_is_asked_nothing_is_known_or_changed(method: str) -> None:
    """Certainly not done, and never free."""
    with pytest.raises(CalendarUnavailable):
        await QUESTIONS[method](NoCalendar())


async def test_nothing_that_a_calendar_can_do_is_left_out() -> None:
    """Every question is among those above; closing it is no trouble."""
    assert {name for name in vars(CalendarPort) if not name.startswith("_")} == QUESTIONS.keys()
    await NoCalendar().close()
