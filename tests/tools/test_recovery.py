"""The sweeper: who gets what, when, and that nothing stops it."""

import asyncio

from tests.tools.left_behind import MINUTE_S, left_in_booking, row, sweep
from tests.tools.scene import Scene
from tools.ports import CalendarAmbiguous
from tools.recovery import EVERY_S, Recovery, Swept
from tools.store import ReservationState, StoreUnavailable

AMBIGUOUS = CalendarAmbiguous("timeout")
LOST = StoreUnavailable("locked")
BOOKING = ReservationState.BOOKING


async def test_what_its_own_process_is_at_is_left_alone(scene: Scene) -> None:
    """Not a second before its time."""
    await left_in_booking(scene, AMBIGUOUS)
    assert await sweep(scene, MINUTE_S - 5) == Swept()
    assert (await row(scene)).state is BOOKING


async def test_many_sweepers_settle_a_row_once(scene: Scene) -> None:
    """Every process runs one."""
    await left_in_booking(scene, AMBIGUOUS)
    await asyncio.sleep(MINUTE_S)
    swept = await asyncio.gather(*(Recovery(scene.kit).sweep() for _ in range(6)))
    assert sum(each.reservations for each in swept) == 1
    assert scene.calendar.asked.count("bury") == 1


async def test_a_row_that_breaks_does_not_keep_the_others_waiting(scene: Scene) -> None:
    """A mistake of ours is logged, and the next row is settled."""
    await left_in_booking(scene, AMBIGUOUS, after=True)
    other = scene.another_call()
    scene.calendar.before("get", None)
    hold_id = await other.hold_first()
    scene.calendar.before("insert", AMBIGUOUS)
    await other.run("create_event", hold_id=hold_id, customer_name="Dana Reed")
    scene.calendar.before("bury", RuntimeError("boom"))
    swept = await sweep(scene)
    assert (swept.reservations, swept.open) == (1, 1)


async def test_a_store_that_is_away_ends_the_sweep(scene: Scene) -> None:
    """Nothing is raised; the next sweep tries again."""
    scene.store.before("expire_holds", LOST)
    assert await sweep(scene) == Swept()


async def test_a_hold_does_not_outlive_its_time(scene: Scene) -> None:
    """It ends although nobody asks for its slot."""
    await scene.hold_first()
    assert await sweep(scene, scene.business.hold_minutes * 60 + 1) == Swept(holds=1)
    assert (await row(scene)).state is ReservationState.EXPIRED


async def test_it_runs_until_it_is_cancelled(scene: Scene) -> None:
    """Every few seconds, for as long as its process lives."""
    running = asyncio.create_task(Recovery(scene.kit).run())
    await asyncio.sleep(10 * EVERY_S + 1)
    assert scene.store.asked.count("claim_due") == 11
    running.cancel()
    await asyncio.wait([running])
