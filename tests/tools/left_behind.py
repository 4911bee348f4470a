"""What the tests of recovery share: a process that stopped half-way, and one that comes after it."""

import asyncio
from typing import Any

from tests.tools.scene import Scene
from tools.ports import CalendarUnavailable
from tools.recovery import Recovery, Swept
from tools.store import UNFINISHED_AFTER, ReservationState

UNAVAILABLE = CalendarUnavailable("backendError")
MINUTE_S = UNFINISHED_AFTER.total_seconds() + 1


async def sweep(scene: Scene, after_s: float = MINUTE_S) -> Swept:
    """Another process sweeps, some seconds from now."""
    await asyncio.sleep(after_s)
    return await Recovery(scene.kit).sweep()


async def row(scene: Scene) -> Any:
    """The one reservation there is, or the latest."""
    [*_, last] = await scene.report.reservations()
    return last


async def told(scene: Scene) -> list[str]:
    """Why a person was asked, once the caller's own task is left out."""
    return [task.reason for task in await scene.report.callbacks() if task.reason != "booking_unknown"]


async def left_in_booking(scene: Scene, stumble: Any, *, after: bool = False) -> Any:
    """A booking whose insert stumbled, and whose outcome nobody could see."""
    hold_id = await scene.hold_first()
    (scene.calendar.after if after else scene.calendar.before)("insert", stumble)
    scene.calendar.before("get", UNAVAILABLE)
    await scene.run("create_event", hold_id=hold_id, customer_name="Dana Reed")
    found = await row(scene)
    assert found.state is ReservationState.BOOKING
    return found
