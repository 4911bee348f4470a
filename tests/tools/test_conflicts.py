"""What in the calendar is in the way, and who was there first."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from tests.bridge.store.examples import NOW
from tests.tools.scene import CHAIR_1, Scene
from tools.conflicts import in_the_way, was_first
from tools.ports import CalendarEvent
from tools.store import UNFINISHED_AFTER, Reservation, ReservationState

HOUR = timedelta(hours=1)


async def booked(scene: Scene) -> tuple[Reservation, CalendarEvent]:
    """The noon of Tuesday, booked."""
    await scene.book_first()
    (event,) = scene.calendar.ours()
    return await scene.store.reservation(scene.facts.booking_id), event


async def seen(scene: Scene, row: Reservation, own: str | None = None) -> list[str]:
    found = await in_the_way(scene.kit, CHAIR_1, row.start - 4 * HOUR, row.end + 4 * HOUR, own)
    return [event.id for event in found]


async def test_what_people_write_is_in_the_way(scene: Scene) -> None:
    """And events of an installation that is not ours."""
    row, event = await booked(scene)
    scene.calendar.write(CHAIR_1, row.end, row.end + HOUR)
    assert await seen(scene, row) == ["human"]
    scene.calendar.change(CHAIR_1, event.id, reservation_id="of another database")
    assert sorted(await seen(scene, row)) == sorted([event.id, "human"])
    assert await seen(scene, row, own=event.id) == ["human"]


async def test_our_own_rows_are_judged_by_the_store(scene: Scene) -> None:
    """Where a row has its event, the calendar has nothing to add; where a person put it, it has."""
    row, event = await booked(scene)
    assert await seen(scene, row) == []
    scene.calendar.change(CHAIR_1, event.id, start=event.start + HOUR, end=event.end + HOUR)
    assert await seen(scene, row) == [event.id]


async def test_an_event_of_ours_that_is_still_shown_is_not_in_the_way(scene: Scene) -> None:
    """The calendar lags: for a minute after a row ended its event is not believed; after that it is."""
    row, event = await booked(scene)
    now = scene.clock.now()
    leave = {"reservation_id": row.id, "ends_as": ReservationState.CANCELLED, "now": now}
    await scene.store.begin_leaving(**leave)
    await scene.store.finish_leaving(reservation_id=row.id, now=now)
    assert await seen(scene, row) == []
    await asyncio.sleep(UNFINISHED_AFTER.total_seconds())
    assert await seen(scene, row) == [event.id]


@pytest.mark.parametrize(
    ("theirs", "created", "updated", "first"),
    [(-1, 0, 2, True), (0, 0, 2, True), (1, 0, 2, False), (None, 0, 2, True), (0, None, 2, True)],
)
async def test_first_is_who_was_written_first(
    scene: Scene, theirs: int | None, created: int | None, updated: int, first: bool
) -> None:
    """By when both were created, whatever was written into ours later; what cannot be told is theirs."""
    await scene.book_first()
    row = await scene.store.reservation(scene.facts.booking_id)
    assert was_first(event(theirs, None), row, event(created, updated)) is first


async def test_of_a_moved_event_it_is_the_move_that_counts(scene: Scene) -> None:
    """It was made long before, at another time."""
    await scene.book_first()
    booked = await scene.store.reservation(scene.facts.booking_id)
    row = msgspec.structs.replace(booked, moves_id="another")
    assert was_first(event(1, None), row, event(0, 2))
    assert not was_first(event(3, None), row, event(0, 2))


def event(created: int | None, updated: int | None) -> CalendarEvent:
    """`created`, `updated`: hours after some moment."""
    return CalendarEvent(
        id="event",
        start=NOW,
        end=NOW + HOUR,
        summary="",
        ours=False,
        etag="",
        created=None if created is None else NOW + created * HOUR,
        updated=None if updated is None else NOW + updated * HOUR,
    )
