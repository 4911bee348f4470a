"""Reading Google's answers: an answer that is not understood never reads as free."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.google_events import (
    LONGEST_QUERY,
    BadAnswer,
    blocking_events,
    busy_of,
    event_body,
    merged,
    one_event,
    query_windows,
)
from tools.ports import Busy

START = datetime(2026, 11, 26, 19, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERIOD = {"start": "2026-11-26T19:00:00Z", "end": "2026-11-26T20:00:00Z"}
ZONE = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"calendars": []},
        {"calendars": {"other": {"busy": []}}},
        {"calendars": {"chair": {}}},
        {"calendars": {"chair": {"busy": None}}},
        {"calendars": {"chair": {"busy": [], "errors": [{"domain": "global", "reason": "internalError"}]}}},
        {"calendars": {"chair": {"busy": [], "errors": [{}]}}},
        {"calendars": {"chair": {"busy": [{"start": "2026-11-26T19:00:00Z"}]}}},
        {"calendars": {"chair": {"busy": [PERIOD | {"end": "2026-11-26T20:00:00"}]}}},
        {"calendars": {"chair": {"busy": [PERIOD | {"end": 7}]}}},
    ],
)
def test_free_busy_that_is_not_clear_is_bad(answer: dict[str, Any]) -> None:
    """Errors, absent ids, absent lists and times without a zone are all refused."""
    with pytest.raises(BadAnswer):
        busy_of(answer, ["chair"])


def test_free_busy_names_googles_reason() -> None:
    """The code tells which error Google gave."""
    with pytest.raises(BadAnswer, match="calendar_notFound"):
        busy_of({"calendars": {"chair": {"errors": [{"reason": "notFound"}]}}}, ["chair"])


@pytest.mark.parametrize(
    "item",
    [
        {"id": "abc00"},
        {"id": "abc00", "start": {}, "end": {}},
        {"id": "abc00", "start": {"dateTime": "2026-11-26T19:00:00"}, "end": {"dateTime": PERIOD["end"]}},
        {"start": {"dateTime": PERIOD["start"]}, "end": {"dateTime": PERIOD["end"]}},
        {"id": "abc00", "start": {"date": "2026-11-26"}, "end": {"date": "2026-11-27"}},
    ],
)
def test_an_event_that_is_not_clear_is_bad(item: dict[str, Any]) -> None:
    """An event that may block time but cannot be placed is not passed over."""
    with pytest.raises(BadAnswer):
        blocking_events({"items": [item], "timeZone": "No/Where"}, START, START + HOUR)


def test_a_cancelled_event_needs_no_times() -> None:
    """Google leaves times out of some cancelled events."""
    assert one_event({"id": "abc00", "status": "cancelled"}, ZONE) is None
    page = {"items": [{"id": "abc00", "status": "cancelled"}], "nextPageToken": "more"}
    assert blocking_events(page, START, START + HOUR) == ([], "more")


def test_an_empty_page_is_an_answer() -> None:
    """No events is what Google says with an empty list."""
    assert blocking_events({"items": [], "timeZone": ZONE.key}, START, START + HOUR) == ([], None)


def test_times_keep_their_instant_across_the_clock_change() -> None:
    """The hour that comes twice is written with its own offset."""
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    written = [
        event_body(
            event_id="abc00",
            start=begin,
            end=begin + HOUR,
            zone=ZONE,
            summary="",
            description="",
            private={},
        )["start"]["dateTime"]
        for begin in (first, first + HOUR)
    ]
    assert written == ["2026-11-01T01:30:00-04:00", "2026-11-01T01:30:00-05:00"]


def test_windows_cover_the_whole_without_a_gap() -> None:
    """Pieces follow each other, and none is too long."""
    windows = list(query_windows(START, START + timedelta(days=200)))
    assert windows[0][0] == START
    assert windows[-1][1] == START + timedelta(days=200)
    assert all(before[1] == after[0] for before, after in pairwise(windows))
    assert all(end - start <= LONGEST_QUERY for start, end in windows)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8))
def test_merging_keeps_every_busy_minute_and_adds_none(pairs: list[tuple[int, int]]) -> None:
    """Minute by minute, merged stretches say the same as the single ones within the window."""
    stretches = [Busy(_at(begin), _at(begin + length)) for begin, length in pairs]
    result = merged(stretches, _at(10), _at(50))
    for minute in range(70):
        expected = 10 <= minute < 50 and any(each.start <= _at(minute) < each.end for each in stretches)
        assert any(each.start <= _at(minute) < each.end for each in result) == expected
    assert all(before.end < after.start for before, after in pairwise(result))


def _at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)
