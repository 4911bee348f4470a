"""What is queued with a booking: texts and reminders, and when they are due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.tools.rows import NOON, booking
from tests.tools.scene import Scene
from tools.business import Reminders
from tools.kit import Kit
from tools.notices import booked_notices, cancelled_notices, latest_kind, text_body
from tools.store import Channel, Notice, Reservation

BEGIN = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)  # Monday, 9:05 in New York


def kit_with(scene: Scene, *hours: int, quiet: tuple[int, int] = (21 * 60, 8 * 60)) -> Kit:
    """This business with other reminders."""
    business = msgspec.structs.replace(scene.business, reminders=Reminders(hours_before=hours, quiet=quiet))
    return msgspec.structs.replace(scene.kit, business=business)


def texts(notices: tuple[Notice, ...]) -> dict[str, Notice]:
    """Those by SMS, by kind."""
    return {notice.kind: notice for notice in notices if notice.channel is Channel.SMS}


def due(kit: Kit, row: Reservation) -> dict[str, datetime | None]:
    """When the reminders of a booking are due."""
    found = texts(booked_notices(kit, row))
    return {kind: notice.due_at for kind, notice in found.items() if kind.startswith("reminder")}


async def test_a_booking_is_confirmed_and_reminded_of(scene: Scene) -> None:
    """At once to the number that booked; and a day before."""
    found = texts(booked_notices(scene.kit, booking()))
    assert found.keys() == {"confirmation", "reminder_24"}
    assert {notice.to for notice in found.values()} == {"+12025550143"}
    assert found["confirmation"].due_at is None
    assert found["reminder_24"].due_at == NOON - timedelta(hours=24)
    assert found["confirmation"].body == text_body(scene.business, booking())
    assert "Tuesday, November 24" in found["reminder_24"].body


async def test_a_move_is_told_as_one(scene: Scene) -> None:
    """No second confirmation; the new time's reminder."""
    row = booking(moves_id="r0")
    found = texts(booked_notices(scene.kit, row))
    assert found.keys() == {"moved", "reminder_24"}
    assert "moved to Tuesday, November 24" in found["moved"].body
    assert (latest_kind(row), text_body(scene.business, row)) == ("moved", found["moved"].body)


async def test_a_cancellation_is_told_and_nothing_else(scene: Scene) -> None:
    """Who has no appointment is not reminded of it."""
    found = texts(cancelled_notices(scene.kit, booking()))
    assert found.keys() == {"cancelled"}
    assert "cancelled" in found["cancelled"].body
    due_at = found["cancelled"].due_at
    assert due_at is not None, "no tool sends it"
    assert due_at <= scene.clock.now()


@pytest.mark.parametrize(
    "changes",
    [{"wants_text": False}, {"caller_number": None}, {"caller_number": "+447400123456"}],
)
async def test_who_gets_no_text(scene: Scene, changes: dict[str, Any]) -> None:
    """Whoever did not agree, has no number, or is in a country that is not texted to."""
    row = booking(**changes)
    assert texts(booked_notices(scene.kit, row)) == texts(cancelled_notices(scene.kit, row)) == {}


async def test_several_reminders(scene: Scene) -> None:
    """Each of its own kind; none for an appointment that is too soon for it, or that wants none."""
    kit = kit_with(scene, 2, 24, 48)
    assert due(kit, booking()) == {
        "reminder_2": NOON - timedelta(hours=2),
        "reminder_24": NOON - timedelta(hours=24),
    }
    assert due(kit_with(scene), booking()) == {}
    assert due(kit_with(scene, 24), booking(BEGIN + timedelta(hours=24, minutes=30))) == {}
    hour_ahead = BEGIN + timedelta(hours=25, minutes=1)
    assert due(kit_with(scene, 24), booking(hour_ahead)) == {"reminder_24": hour_ahead - timedelta(hours=24)}


async def test_reminders_keep_the_night(scene: Scene) -> None:
    """They are sent before it; two that this brings together are one."""
    early = datetime(2026, 11, 25, 14, tzinfo=UTC)  # Wednesday, 9:00 in New York
    evening = datetime(2026, 11, 25, 1, 45, tzinfo=UTC)  # Tuesday, 20:45
    assert due(kit_with(scene, 2), booking(early)) == {"reminder_2": evening}
    assert due(kit_with(scene, 2, 3), booking(early)) == {"reminder_2": evening}
    assert due(kit_with(scene, 2, quiet=(0, 0)), booking(early)) == {"reminder_2": early - timedelta(hours=2)}


async def test_a_reminder_that_the_night_brings_too_near_is_none(scene: Scene) -> None:
    """Booked in the evening for the morning: the text would come on the heels of the confirmation."""
    begin = scene.clock.now()
    quiet = (10 * 60, 13 * 60)  # begins within the hour
    assert due(kit_with(scene, 1, quiet=quiet), booking(begin + timedelta(hours=3))) == {}


async def test_a_name_in_another_script_is_kept(scene: Scene) -> None:
    """And one with accents is written plainly."""
    confirmation = scene.business.wording.confirmation_text
    assert "{name}" in confirmation
    assert "Иван" in text_body(scene.business, booking(customer_name="Иван Петров"))
    assert "Dvorak" in text_body(scene.business, booking(customer_name="Dvořák"))
